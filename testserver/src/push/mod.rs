//! Web Push: sends encrypted and signed notifications to the endpoints of push subscriptions.

mod delivery;
mod encryption;
mod queue;
mod unsubscribe;
mod vapid;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub(crate) use delivery::deliver_all;
pub(crate) use encryption::Recipient;
pub(crate) use queue::{PushJob, PushQueue};
pub use queue::{PushMessage, PushMessages};
pub(crate) use unsubscribe::{unsubscribe, unsubscribe_url};
pub(crate) use vapid::VAPID_PUBLIC_KEY;

/// URL-safe Base64. Encodes without padding, decodes with or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn encode_base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

/// Decodes standard or URL-safe Base64.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('+', "-").replace('/', "_")).ok()
}
