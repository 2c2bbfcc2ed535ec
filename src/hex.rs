//! Hexadecimal names: random ones, and hashes.

use hmac_sha256::Hash;

use crate::error::Error;

/// Number of bytes of a name. So many bits are enough to tell names apart.
const LEN: usize = 16;

/// Returns 128 random bits in hexadecimal.
pub(crate) fn random_hex() -> Result<String, Error> {
    let mut bytes = [0u8; LEN];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::internal(format!(
            "the operating system returned no random numbers: {error}"
        ))
    })?;
    Ok(encode(&bytes))
}

/// Returns the first 128 bits of the SHA-256 hash of some parts, in hexadecimal.
pub(crate) fn hash_hex(parts: &[&[u8]]) -> String {
    let mut hash = Hash::new();
    for part in parts {
        hash.update(part);
    }
    encode(&hash.finalize()[..LEN])
}

fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
