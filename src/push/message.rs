//! Encrypted push messages: the two ways that servers encrypt them, taken apart and opened.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use http::HeaderMap;
use p256::PublicKey;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use super::base64url;
use super::keys::{POINT, PushKeyPair};
use crate::error::push::{PushError, header, shortened};

/// The largest body that is read. Push services pass on 4096 bytes; this leaves room for those that
/// send on their own.
const MAX_BODY: usize = 1 << 16;

/// The bytes that prove that nothing was changed.
const TAG: usize = 16;

/// How a push message is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PushEncoding {
    /// `aesgcm`, after an early draft: what Mastodon sends unless the subscription is `standard`.
    Aesgcm,
    /// `aes128gcm`, as RFC 8188 and RFC 8291 have it.
    Aes128gcm,
}

impl PushEncoding {
    /// The name in the header `Content-Encoding`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aesgcm => "aesgcm",
            Self::Aes128gcm => "aes128gcm",
        }
    }

    /// The bytes that stand beside the text in its record, at the least: padding and tag.
    fn overhead(self) -> usize {
        match self {
            Self::Aesgcm => 2 + TAG,
            Self::Aes128gcm => 1 + TAG,
        }
    }
}

/// A push message taken apart, not decrypted yet. For programs that pass messages on, or get them in
/// another form than that of a request; others use [`PushReceiver`](super::PushReceiver).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedPush<'b> {
    pub(super) encoding: PushEncoding,
    pub(super) salt: [u8; 16],
    pub(super) sender: [u8; POINT],
    /// The most encrypted bytes that the one record may have.
    pub(super) record: usize,
    pub(super) encrypted: &'b [u8],
}

impl<'b> EncryptedPush<'b> {
    /// Takes a request apart. Without the header `Content-Encoding` the encoding is told by whether
    /// there is a header `Encryption`.
    ///
    /// # Errors
    ///
    /// [`PushError`] says which header or which part of the body cannot be read.
    pub fn from_request(headers: &HeaderMap, body: &'b [u8]) -> Result<Self, PushError> {
        let named = header(headers, "content-encoding")?;
        let encryption = header(headers, "encryption")?;
        let encoding = named.as_deref().map(str::trim);
        match encoding.unwrap_or(if encryption.is_some() {
            "aesgcm"
        } else {
            "aes128gcm"
        }) {
            name if name.eq_ignore_ascii_case("aes128gcm") => Self::aes128gcm(body),
            name if name.eq_ignore_ascii_case("aesgcm") => {
                let missing = PushError::MissingHeader;
                let encryption = encryption.ok_or(missing("Encryption"))?;
                let key = header(headers, "crypto-key")?.ok_or(missing("Crypto-Key"))?;
                Self::aesgcm(&encryption, &key, body)
            }
            other => Err(PushError::Encoding(shortened(other))),
        }
    }

    /// Takes a message in `aesgcm` apart: the values of the headers `Encryption` and `Crypto-Key`,
    /// and the body.
    ///
    /// # Errors
    ///
    /// [`PushError`] says which part cannot be read.
    pub fn aesgcm(encryption: &str, crypto_key: &str, body: &'b [u8]) -> Result<Self, PushError> {
        let malformed = |part, reason| PushError::Malformed { part, reason };
        let salt = parameter(encryption, "salt")
            .and_then(base64url::array)
            .ok_or(malformed("Encryption", "it has no `salt` of 16 bytes"))?;
        let sender = parameter(crypto_key, "dh")
            .and_then(base64url::array)
            .ok_or(malformed("Crypto-Key", "it has no `dh` of 65 bytes"))?;
        let size = parameter(encryption, "rs").unwrap_or("4096");
        let size: u32 = size
            .parse()
            .ok()
            .filter(|size| *size > 2)
            .ok_or(malformed("Encryption", "`rs` is no record size"))?;
        // The draft counts the padding to a record but not the tag, and a full record would be
        // followed by another one.
        Self {
            encoding: PushEncoding::Aesgcm,
            salt,
            sender,
            record: (size as usize).saturating_add(TAG - 1),
            encrypted: body,
        }
        .checked()
    }

    /// Takes a message in `aes128gcm` apart; all that it needs stands in its body.
    ///
    /// # Errors
    ///
    /// [`PushError`] says which part cannot be read.
    pub fn aes128gcm(body: &'b [u8]) -> Result<Self, PushError> {
        let malformed = |reason| PushError::Malformed {
            part: "the beginning of the body",
            reason,
        };
        let head = |body: &'b [u8]| {
            let (salt, rest) = body.split_first_chunk::<16>()?;
            let (size, rest) = rest.split_first_chunk::<4>()?;
            let (length, rest) = rest.split_first()?;
            let (sender, encrypted) = rest.split_at_checked(usize::from(*length))?;
            Some((*salt, u32::from_be_bytes(*size), sender, encrypted))
        };
        let (salt, size, sender, encrypted) =
            head(body).ok_or(malformed("it is cut off, or not encrypted"))?;
        let sender = sender
            .try_into()
            .map_err(|_| malformed("the sender's key has not 65 bytes"))?;
        Self {
            encoding: PushEncoding::Aes128gcm,
            salt,
            sender,
            record: size as usize,
            encrypted,
        }
        .checked()
    }

    /// Push messages are small, and have one record.
    pub(super) fn checked(self) -> Result<Self, PushError> {
        let bytes = self.encrypted.len();
        if bytes > MAX_BODY {
            return Err(PushError::FileTooLarge {
                bytes,
                most: MAX_BODY,
            });
        }
        let (least, most) = (self.encoding.overhead(), self.record);
        if !(least..=most).contains(&bytes) {
            return Err(PushError::RecordSize { bytes, least, most });
        }
        Ok(self)
    }

    /// How it is encrypted.
    pub fn encoding(&self) -> PushEncoding {
        self.encoding
    }

    /// Decrypts it. That it can be decrypted says that whoever sent it knew the public key and the
    /// secret, as the server does; who it was says only its signature, which
    /// [`VapidKey::verify`](super::VapidKey::verify) checks.
    ///
    /// # Errors
    ///
    /// [`PushError::Malformed`] when the sender's key is none, [`PushError::Decryption`] when it is
    /// not for these keys or was changed, [`PushError::Padding`] when it is not padded rightly.
    pub fn decrypt(&self, keys: &PushKeyPair) -> Result<Vec<u8>, PushError> {
        let sender =
            PublicKey::from_sec1_bytes(&self.sender).map_err(|_| PushError::Malformed {
                part: "the sender's key",
                reason: "it is no point of the curve P-256",
            })?;
        let shared = keys.private.diffie_hellman(&sender);
        let (info, context) = self.labels(&keys.public_point());
        let mut secret = Zeroizing::new([0; 32]);
        expand(
            &*keys.auth,
            shared.raw_secret_bytes(),
            &[&info],
            &mut *secret,
        )?;
        self.open(&*secret, &context)
    }

    /// What goes into the derivation of the keys, besides the secrets: the label of the first step,
    /// and what follows the labels of the second one.
    fn labels(&self, receiver: &[u8; POINT]) -> (Vec<u8>, Vec<u8>) {
        match self.encoding {
            PushEncoding::Aes128gcm => {
                let info = [b"WebPush: info\0", &receiver[..], &self.sender[..]].concat();
                (info, Vec::new())
            }
            PushEncoding::Aesgcm => {
                let length = [0, POINT as u8];
                let context = [
                    b"P-256\0",
                    &length[..],
                    &receiver[..],
                    &length[..],
                    &self.sender[..],
                ];
                (b"Content-Encoding: auth\0".to_vec(), context.concat())
            }
        }
    }

    /// Opens the record with the secret that both sides have derived.
    pub(super) fn open(&self, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, PushError> {
        let name = self.encoding.as_str().as_bytes();
        let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
        let label: &[u8] = b"Content-Encoding: ";
        expand(
            &self.salt,
            secret,
            &[label, name, b"\0", context],
            &mut *key,
        )?;
        expand(
            &self.salt,
            secret,
            &[label, b"nonce\0", context],
            &mut nonce,
        )?;
        let (text, tag) = self
            .encrypted
            .split_last_chunk::<TAG>()
            .ok_or(PushError::Decryption)?;
        let mut text = text.to_vec();
        Aes128Gcm::new((&*key).into())
            .decrypt_inout_detached((&nonce).into(), &[], text.as_mut_slice().into(), tag.into())
            .map_err(|_| PushError::Decryption)?;
        unpad(self.encoding, text)
    }
}

/// HKDF with SHA-256.
fn expand(salt: &[u8], secret: &[u8], info: &[&[u8]], out: &mut [u8]) -> Result<(), PushError> {
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand_multi_info(info, out)
        .map_err(|_| PushError::Decryption)
}

/// Takes off what a message is filled up with, so that its length tells less.
pub(super) fn unpad(encoding: PushEncoding, mut text: Vec<u8>) -> Result<Vec<u8>, PushError> {
    match encoding {
        PushEncoding::Aesgcm => {
            let (length, rest) = text
                .split_first_chunk::<2>()
                .ok_or(PushError::Padding("there is none"))?;
            let length = usize::from(u16::from_be_bytes(*length));
            let padding = rest
                .get(..length)
                .ok_or(PushError::Padding("it is longer than the message"))?;
            if padding.iter().any(|byte| *byte != 0) {
                return Err(PushError::Padding("it is not all zeros"));
            }
            text.drain(..2 + length);
        }
        PushEncoding::Aes128gcm => {
            let end = text
                .iter()
                .rposition(|byte| *byte != 0)
                .ok_or(PushError::Padding("nothing ends the message"))?;
            match text[end] {
                2 => text.truncate(end),
                1 => return Err(PushError::Padding("the message goes on in another record")),
                _ => return Err(PushError::Padding("nothing ends the message")),
            }
        }
    }
    Ok(text)
}

/// The value of a parameter in a header such as `keyid=p256dh;salt=…, dh=…`.
pub(super) fn parameter<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.split([';', ',']).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}
