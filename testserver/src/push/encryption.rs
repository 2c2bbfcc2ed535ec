//! Encryption of push messages in the two encodings that Mastodon supports: `aes128gcm` (RFC 8291) and `aesgcm`.
//!
//! The code is independent of the decryption in mastodon-sdk, so that tests of one verify the other.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use super::decode_base64;

/// Length in bytes of an uncompressed P-256 point, and of the authentication secret of a subscription.
const POINT_LEN: usize = 65;
const AUTH_LEN: usize = 16;

/// Padding delimiter of the last record (RFC 8188).
const LAST_RECORD_DELIMITER: u8 = 2;

/// Keys of a push subscription.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    public: PublicKey,
    auth: [u8; AUTH_LEN],
}

impl Recipient {
    /// Decodes the Base64 keys of a subscription; `None` if one of them is invalid.
    pub(crate) fn new(p256dh: &str, auth: &str) -> Option<Self> {
        let public = decode_base64(p256dh)
            .filter(|bytes| bytes.len() == POINT_LEN)
            .and_then(|bytes| PublicKey::from_sec1_bytes(&bytes).ok())?;
        let auth = decode_base64(auth)?.try_into().ok()?;
        Some(Self { public, auth })
    }
}

/// Keys of a single message: a key pair and a salt.
pub(super) struct EphemeralKeys {
    private: SecretKey,
    pub(super) salt: [u8; 16],
}

impl EphemeralKeys {
    /// Generates keys; `None` if the system provides no random numbers.
    pub(super) fn new() -> Option<Self> {
        let (mut private, mut salt) = ([0; 32], [0; 16]);
        loop {
            getrandom::fill(&mut private).ok()?;
            getrandom::fill(&mut salt).ok()?;
            // About one of 2^32 random numbers is not a valid key.
            if let Ok(private) = SecretKey::from_slice(&private) {
                return Some(Self { private, salt });
            }
        }
    }

    /// Returns the public key as an uncompressed point.
    pub(super) fn public_point(&self) -> [u8; POINT_LEN] {
        encode_point(&self.private.public_key())
    }

    /// Encrypts as `aesgcm`. The salt and the public key are sent in headers.
    pub(super) fn encrypt_aesgcm(&self, plaintext: &[u8], recipient: &Recipient) -> Vec<u8> {
        let secret = self.derive_secret(recipient, b"Content-Encoding: auth\0");
        // Both points, each preceded by its length in two bytes.
        let mut context = b"P-256\0".to_vec();
        for point in [encode_point(&recipient.public), self.public_point()] {
            context.extend([0, POINT_LEN as u8]);
            context.extend(point);
        }
        // Padding length: zero.
        let plaintext = [&[0, 0], plaintext].concat();
        self.encrypt(&secret, "aesgcm", &context, plaintext)
    }

    /// Encrypts as `aes128gcm`. The body starts with the salt, the record size and the public key.
    pub(super) fn encrypt_aes128gcm(&self, plaintext: &[u8], recipient: &Recipient) -> Vec<u8> {
        let (recipient_point, own_point) = (encode_point(&recipient.public), self.public_point());
        let info = [b"WebPush: info\0", &recipient_point[..], &own_point[..]].concat();
        let secret = self.derive_secret(recipient, &info);
        let plaintext = [plaintext, &[LAST_RECORD_DELIMITER]].concat();
        let record = self.encrypt(&secret, "aes128gcm", b"", plaintext);
        let mut body = self.salt.to_vec();
        body.extend(
            u32::try_from(record.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        body.push(POINT_LEN as u8);
        body.extend(own_point);
        body.extend(record);
        body
    }

    /// Derives the shared secret from the key agreement and the authentication secret.
    fn derive_secret(&self, recipient: &Recipient, info: &[u8]) -> [u8; 32] {
        let shared = self.private.diffie_hellman(&recipient.public);
        hkdf_sha256(&recipient.auth, shared.raw_secret_bytes(), info)
    }

    fn encrypt(
        &self,
        secret: &[u8],
        encoding: &str,
        context: &[u8],
        mut plaintext: Vec<u8>,
    ) -> Vec<u8> {
        let info = |label: &str| {
            let label = format!("Content-Encoding: {label}\0");
            [label.as_bytes(), context].concat()
        };
        let key: [u8; 16] = hkdf_sha256(&self.salt, secret, &info(encoding));
        let nonce: [u8; 12] = hkdf_sha256(&self.salt, secret, &info("nonce"));
        let tag = Aes128Gcm::new((&key).into()).encrypt_inout_detached(
            (&nonce).into(),
            &[],
            plaintext.as_mut_slice().into(),
        );
        // Fails only for plaintexts of 64 GiB or more.
        if let Ok(tag) = tag {
            plaintext.extend(tag);
        }
        plaintext
    }
}

/// Encodes a public key as an uncompressed point.
fn encode_point(key: &PublicKey) -> [u8; POINT_LEN] {
    let mut bytes = [0; POINT_LEN];
    bytes.copy_from_slice(key.to_sec1_point(false).as_bytes());
    bytes
}

/// HKDF with SHA-256.
fn hkdf_sha256<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    // Fails only for outputs longer than 8160 bytes (255 hashes).
    let _result = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::encode_base64;
    use super::*;

    /// Keys and salt of the example in appendix A of RFC 8291.
    fn example() -> (EphemeralKeys, Recipient) {
        let private = decode_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let keys = EphemeralKeys {
            private: SecretKey::from_slice(&private).unwrap(),
            salt: decode_base64("DGv6ra1nlYgDCS1FRnbzlw")
                .unwrap()
                .try_into()
                .unwrap(),
        };
        let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let recipient = Recipient::new(p256dh, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        (keys, recipient)
    }

    #[test]
    fn aes128gcm_matches_the_example_of_rfc_8291() {
        let (keys, recipient) = example();
        let plaintext = b"When I grow up, I want to be a watermelon";
        let mut body = keys.encrypt_aes128gcm(plaintext, &recipient);
        let record = body.len() - (16 + 4 + 1 + POINT_LEN);
        assert_eq!(body[16..20], (record as u32).to_be_bytes());
        // Mastodon writes the actual record size; the example writes a maximum of 4096.
        body[16..20].copy_from_slice(&4096_u32.to_be_bytes());
        assert_eq!(
            encode_base64(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn recipient_needs_a_point_and_an_authentication_secret() {
        let (p256dh, auth) = (
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        );
        assert!(Recipient::new(p256dh, auth).is_some());
        for (p256dh, auth) in [("AAAA", auth), (p256dh, "AAAA"), ("", "")] {
            assert!(Recipient::new(p256dh, auth).is_none(), "{p256dh} {auth}");
        }
    }
}
