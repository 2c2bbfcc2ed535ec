//! Web Push: notifications that are sent, encrypted and signed, to an address that a program chose.

mod deliver;
mod encrypt;
mod outbox;
mod sign;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub(crate) use deliver::deliver_all;
pub(crate) use encrypt::Recipient;
pub(crate) use outbox::{Job, Outbox};
pub use outbox::{PushMessage, Pushes};
pub(crate) use sign::VAPID_KEY;

/// Base64 for addresses: unpadded when written, padded or not when read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

/// The bytes of a text in Base64, for addresses or not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.replace('+', "-").replace('/', "_")).ok()
}
