//! Base64 as push messages have it: for URLs and unpadded when written, either alphabet when read.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().replace('+', "-").replace('/', "_");
    ENGINE.decode(text).ok()
}

/// Exactly so many bytes.
pub(super) fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}
