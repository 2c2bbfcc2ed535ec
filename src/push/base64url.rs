//! Base64 of keys, tokens and headers: encoded as base64url without padding (RFC 4648, section 5), decoded
//! from either alphabet, with or without padding.

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

pub(super) fn decode(encoded: &str) -> Option<Vec<u8>> {
    let encoded = encoded.trim().replace('+', "-").replace('/', "_");
    ENGINE.decode(encoded).ok()
}

/// Decodes exactly `N` bytes.
pub(super) fn decode_array<const N: usize>(encoded: &str) -> Option<[u8; N]> {
    decode(encoded)?.try_into().ok()
}
