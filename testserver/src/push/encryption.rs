//! Encryption for whoever has the private key of a subscription, in the two ways that Mastodon knows.
//!
//! It shares nothing with the SDK that decrypts it: each judges the other.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use super::decode_base64;

/// The bytes of a encode_point of the curve, and of the secret of a subscription.
const POINT: usize = 65;
const SECRET: usize = 16;

/// Ends the text of the last record.
const LAST_RECORD: u8 = 2;

/// The keys of a subscription.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    public: PublicKey,
    auth: [u8; SECRET],
}

impl Recipient {
    /// From the two keys in Base64. Says of each whether it is one.
    pub(crate) fn new(p256dh: &str, auth: &str) -> Result<Self, Vec<&'static str>> {
        let public = decode_base64(p256dh)
            .filter(|bytes| bytes.len() == POINT)
            .and_then(|bytes| PublicKey::from_sec1_bytes(&bytes).ok());
        let auth = decode_base64(auth).and_then(|bytes| bytes.try_into().ok());
        match (public, auth) {
            (Some(public), Some(auth)) => Ok(Self { public, auth }),
            (public, auth) => {
                let problems = [
                    (public.is_none(), "Key p256dh is invalid"),
                    (auth.is_none(), "Key auth is invalid"),
                ];
                let problems = problems.into_iter().filter(|(wrong, _)| *wrong);
                Err(problems.map(|(_, problem)| problem).collect())
            }
        }
    }
}

/// What is new for each message: a key pair, and a salt.
pub(super) struct EphemeralKeys {
    own: SecretKey,
    pub(super) salt: [u8; 16],
}

impl EphemeralKeys {
    /// `None` where the system gives no random numbers.
    pub(super) fn new() -> Option<Self> {
        let (mut own, mut salt) = ([0; 32], [0; 16]);
        loop {
            getrandom::fill(&mut own).ok()?;
            getrandom::fill(&mut salt).ok()?;
            // One number in 2^32 is none of the curve.
            if let Ok(own) = SecretKey::from_slice(&own) {
                return Some(Self { own, salt });
            }
        }
    }

    /// The public key of the pair.
    pub(super) fn encode_point(&self) -> [u8; POINT] {
        encode_point(&self.own.public_key())
    }

    /// The body in `aesgcm`. What stands in no header is not in it.
    pub(super) fn aesgcm(&self, text: &[u8], to: &Recipient) -> Vec<u8> {
        let secret = self.secret(to, b"Content-Encoding: auth\0");
        // Both points, each after its length in two bytes.
        let mut context = b"P-256\0".to_vec();
        for encode_point in [encode_point(&to.public), self.encode_point()] {
            context.extend([0, POINT as u8]);
            context.extend(encode_point);
        }
        // No padding: a length of zero.
        let text = [&[0, 0], text].concat();
        self.encrypt(&secret, "aesgcm", &context, text)
    }

    /// The body in `aes128gcm`, which begins with all that the recipient needs.
    pub(super) fn aes128gcm(&self, text: &[u8], to: &Recipient) -> Vec<u8> {
        let (theirs, ours) = (encode_point(&to.public), self.encode_point());
        let info = [b"WebPush: info\0", &theirs[..], &ours[..]].concat();
        let secret = self.secret(to, &info);
        let text = [text, &[LAST_RECORD]].concat();
        let record = self.encrypt(&secret, "aes128gcm", b"", text);
        let mut body = self.salt.to_vec();
        body.extend(
            u32::try_from(record.len())
                .unwrap_or(u32::MAX)
                .to_be_bytes(),
        );
        body.push(POINT as u8);
        body.extend(ours);
        body.extend(record);
        body
    }

    /// What both sides can work out, and nobody else.
    fn secret(&self, to: &Recipient, info: &[u8]) -> [u8; 32] {
        let shared = self.own.diffie_hellman(&to.public);
        hkdf_sha256(&to.auth, shared.raw_secret_bytes(), info)
    }

    fn encrypt(&self, secret: &[u8], name: &str, context: &[u8], mut text: Vec<u8>) -> Vec<u8> {
        let info = |what: &str| {
            let label = format!("Content-Encoding: {what}\0");
            [label.as_bytes(), context].concat()
        };
        let key: [u8; 16] = hkdf_sha256(&self.salt, secret, &info(name));
        let nonce: [u8; 12] = hkdf_sha256(&self.salt, secret, &info("nonce"));
        let sealed = Aes128Gcm::new((&key).into()).encrypt_inout_detached(
            (&nonce).into(),
            &[],
            text.as_mut_slice().into(),
        );
        // It fails for texts of 64 GiB alone.
        if let Ok(tag) = sealed {
            text.extend(tag);
        }
        text
    }
}

fn encode_point(key: &PublicKey) -> [u8; POINT] {
    let mut bytes = [0; POINT];
    bytes.copy_from_slice(key.to_sec1_point(false).as_bytes());
    bytes
}

/// HKDF with SHA-256.
fn hkdf_sha256<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    // It fails for thousands of bytes alone.
    let _short = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::encode_base64;
    use super::*;

    /// The keys and the salt of the example in appendix A of RFC 8291.
    fn example() -> (EphemeralKeys, Recipient) {
        let own = decode_base64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let keys = EphemeralKeys {
            own: SecretKey::from_slice(&own).unwrap(),
            salt: decode_base64("DGv6ra1nlYgDCS1FRnbzlw")
                .unwrap()
                .try_into()
                .unwrap(),
        };
        let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let to = Recipient::new(p256dh, "BTBZMqHH6r4Tts7J_aSIgg").unwrap();
        (keys, to)
    }

    #[test]
    fn the_example_of_rfc_8291_comes_out() {
        let (keys, to) = example();
        let text = b"When I grow up, I want to be a watermelon";
        let mut body = keys.aes128gcm(text, &to);
        let record = body.len() - (16 + 4 + 1 + POINT);
        assert_eq!(body[16..20], (record as u32).to_be_bytes());
        // Mastodon says how large the record is; the example, how large it may be.
        body[16..20].copy_from_slice(&4096_u32.to_be_bytes());
        assert_eq!(
            encode_base64(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn what_are_no_keys_is_told_one_by_one() {
        let problems = |p256dh, auth| Recipient::new(p256dh, auth).unwrap_err();
        let off_the_curve = encode_base64([4; POINT]);
        assert_eq!(
            problems(&off_the_curve, "BTBZMqHH6r4Tts7J_aSIgg=="),
            ["Key p256dh is invalid"]
        );
        assert_eq!(
            problems("!", "AAAA"),
            ["Key p256dh is invalid", "Key auth is invalid"]
        );
    }
}
