//! Message encryption for Web Push: `aes128gcm` (RFC 8188, RFC 8291) and its draft version `aesgcm`
//! (draft-ietf-webpush-encryption-04).

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use http::HeaderMap;
use p256::PublicKey;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use super::base64url;
use super::headers::{header_value, parameter, truncated};
use super::keys::{PUBLIC_KEY_LEN, PushKeyPair};
use crate::error::PushError;

/// Maximum size of the encrypted payload in bytes. Push services need to accept 4096 bytes only (RFC 8030,
/// section 7.2); servers that send to the application directly can exceed that.
const MAX_BODY_LEN: usize = 1 << 16;

/// Length in bytes of the AES-GCM authentication tag.
const TAG_LEN: usize = 16;

/// Content encoding of a push message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PushEncoding {
    /// `aesgcm`, from draft-ietf-webpush-encryption-04. Mastodon's default.
    Aesgcm,
    /// `aes128gcm`, from RFC 8188 and RFC 8291. Mastodon 4.4.0 and later use it if the subscription is
    /// [`standard`](crate::methods::NewPushSubscription::standard).
    Aes128gcm,
}

impl PushEncoding {
    /// Returns the name of the encoding in the `Content-Encoding` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aesgcm => "aesgcm",
            Self::Aes128gcm => "aes128gcm",
        }
    }

    /// Returns the minimum number of bytes that padding and authentication tag add to a record.
    fn overhead(self) -> usize {
        match self {
            Self::Aesgcm => 2 + TAG_LEN,
            Self::Aes128gcm => 1 + TAG_LEN,
        }
    }
}

/// An encrypted push message, split into its parts.
///
/// [`PushReceiver`](super::PushReceiver) covers the usual case. Use this type if the application receives
/// push messages in another form than an HTTP request, or decrypts a payload that is not a notification.
///
/// ```
/// use mastodon_sdk::push::{EncryptedPush, PushError, PushKeyPair};
///
/// fn decrypt(body: &[u8], keys: &PushKeyPair) -> Result<Vec<u8>, PushError> {
///     EncryptedPush::aes128gcm(body)?.decrypt(keys)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedPush<'b> {
    pub(super) encoding: PushEncoding,
    pub(super) salt: [u8; 16],
    /// The sender's ephemeral public key, not validated yet.
    pub(super) sender_key: [u8; PUBLIC_KEY_LEN],
    /// Maximum size in bytes of the encrypted record.
    pub(super) max_record: usize,
    /// The encrypted record with its authentication tag.
    pub(super) encrypted: &'b [u8],
}

impl<'b> EncryptedPush<'b> {
    /// Parses the headers and the body of an HTTP request.
    ///
    /// The `Content-Encoding` header selects the encoding. Without it, the encoding is `aesgcm` if there is
    /// an `Encryption` header, and `aes128gcm` otherwise.
    ///
    /// # Errors
    ///
    /// [`PushError::UnsupportedEncoding`] for other encodings; [`PushError::MissingHeader`],
    /// [`PushError::Malformed`], [`PushError::TooLarge`] or [`PushError::RecordSize`] if the headers or the
    /// body are malformed.
    pub fn from_request(headers: &HeaderMap, body: &'b [u8]) -> Result<Self, PushError> {
        let content_encoding = header_value(headers, "content-encoding")?;
        let encryption = header_value(headers, "encryption")?;
        let encoding = content_encoding.as_deref().map(str::trim);
        match encoding.unwrap_or(if encryption.is_some() {
            "aesgcm"
        } else {
            "aes128gcm"
        }) {
            name if name.eq_ignore_ascii_case("aes128gcm") => Self::aes128gcm(body),
            name if name.eq_ignore_ascii_case("aesgcm") => {
                let missing = PushError::MissingHeader;
                let encryption = encryption.ok_or(missing("Encryption"))?;
                let crypto_key = header_value(headers, "crypto-key")?;
                let crypto_key = crypto_key.ok_or(missing("Crypto-Key"))?;
                Self::aesgcm(&encryption, &crypto_key, body)
            }
            other => Err(PushError::UnsupportedEncoding(truncated(other))),
        }
    }

    /// Parses a message in the `aesgcm` encoding.
    ///
    /// `encryption` and `crypto_key` are the values of the headers `Encryption` and `Crypto-Key`.
    ///
    /// # Errors
    ///
    /// [`PushError::Malformed`], [`PushError::TooLarge`] or [`PushError::RecordSize`].
    pub fn aesgcm(encryption: &str, crypto_key: &str, body: &'b [u8]) -> Result<Self, PushError> {
        let malformed = |part, reason| PushError::Malformed { part, reason };
        let salt = parameter(encryption, "salt")
            .and_then(base64url::decode_array)
            .ok_or(malformed("Encryption", "it contains no `salt` of 16 bytes"))?;
        let sender_key = parameter(crypto_key, "dh")
            .and_then(base64url::decode_array)
            .ok_or(malformed("Crypto-Key", "it contains no `dh` of 65 bytes"))?;
        let size = parameter(encryption, "rs").unwrap_or("4096");
        let size: u32 = size
            .parse()
            .ok()
            .filter(|size| *size > 2)
            .ok_or(malformed("Encryption", "`rs` is not a valid record size"))?;
        // The draft's record size includes the padding but not the tag, and a record of the full size is
        // followed by another one.
        Self {
            encoding: PushEncoding::Aesgcm,
            salt,
            sender_key,
            max_record: (size as usize).saturating_add(TAG_LEN - 1),
            encrypted: body,
        }
        .check_size()
    }

    /// Parses a message in the `aes128gcm` encoding, whose body contains all parameters.
    ///
    /// # Errors
    ///
    /// [`PushError::Malformed`], [`PushError::TooLarge`] or [`PushError::RecordSize`].
    pub fn aes128gcm(body: &'b [u8]) -> Result<Self, PushError> {
        let malformed = |reason| PushError::Malformed {
            part: "the `aes128gcm` header",
            reason,
        };
        let split_header = |body: &'b [u8]| {
            let (salt, rest) = body.split_first_chunk::<16>()?;
            let (record_size, rest) = rest.split_first_chunk::<4>()?;
            let (key_length, rest) = rest.split_first()?;
            let (sender_key, encrypted) = rest.split_at_checked(usize::from(*key_length))?;
            Some((
                *salt,
                u32::from_be_bytes(*record_size),
                sender_key,
                encrypted,
            ))
        };
        let (salt, record_size, sender_key, encrypted) =
            split_header(body).ok_or(malformed("the body is truncated, or not encrypted"))?;
        let sender_key = sender_key
            .try_into()
            .map_err(|_| malformed("the sender's public key is not 65 bytes long"))?;
        Self {
            encoding: PushEncoding::Aes128gcm,
            salt,
            sender_key,
            max_record: record_size as usize,
            encrypted,
        }
        .check_size()
    }

    /// Rejects payloads that are too large, and those that are not exactly one record, which RFC 8291
    /// requires.
    pub(super) fn check_size(self) -> Result<Self, PushError> {
        let bytes = self.encrypted.len();
        if bytes > MAX_BODY_LEN {
            return Err(PushError::TooLarge {
                bytes,
                limit: MAX_BODY_LEN,
            });
        }
        let (min, max) = (self.encoding.overhead(), self.max_record);
        if !(min..=max).contains(&bytes) {
            return Err(PushError::RecordSize { bytes, min, max });
        }
        Ok(self)
    }

    /// Returns the content encoding.
    pub fn encoding(&self) -> PushEncoding {
        self.encoding
    }

    /// Decrypts the message and returns its payload.
    ///
    /// Decryption does not authenticate the server: everyone who knows the public key and the authentication
    /// secret can encrypt a message. [`VapidKey::verify`](super::VapidKey::verify) checks the signature.
    ///
    /// # Errors
    ///
    /// [`PushError::Malformed`] if the sender's public key is not a point on the curve P-256,
    /// [`PushError::Decryption`] if the message is encrypted for other keys or was changed,
    /// [`PushError::InvalidPadding`] if its padding is invalid.
    pub fn decrypt(&self, keys: &PushKeyPair) -> Result<Vec<u8>, PushError> {
        let sender_key =
            PublicKey::from_sec1_bytes(&self.sender_key).map_err(|_| PushError::Malformed {
                part: "the sender's public key",
                reason: "it is not a point on the curve P-256",
            })?;
        let shared_secret = keys.private.diffie_hellman(&sender_key);
        let (info, context) = self.key_derivation_info(&keys.public_key());
        let mut input_key = Zeroizing::new([0; 32]);
        hkdf_sha256(
            &*keys.auth,
            shared_secret.raw_secret_bytes(),
            &[&info],
            &mut *input_key,
        )?;
        self.decrypt_record(&*input_key, &context)
    }

    /// Returns the `info` inputs of the key derivation (RFC 8291, section 3.4): the one that combines the ECDH
    /// secret with the authentication secret, and the context that `aesgcm` appends for key and nonce.
    fn key_derivation_info(&self, receiver_key: &[u8; PUBLIC_KEY_LEN]) -> (Vec<u8>, Vec<u8>) {
        match self.encoding {
            PushEncoding::Aes128gcm => {
                let info = [b"WebPush: info\0", &receiver_key[..], &self.sender_key[..]];
                (info.concat(), Vec::new())
            }
            PushEncoding::Aesgcm => {
                let length = [0, PUBLIC_KEY_LEN as u8];
                let context = [
                    b"P-256\0",
                    &length[..],
                    &receiver_key[..],
                    &length[..],
                    &self.sender_key[..],
                ];
                (b"Content-Encoding: auth\0".to_vec(), context.concat())
            }
        }
    }

    /// Decrypts the record with the input keying material of RFC 8188, and removes the padding.
    pub(super) fn decrypt_record(
        &self,
        input_key: &[u8],
        context: &[u8],
    ) -> Result<Vec<u8>, PushError> {
        let encoding = self.encoding.as_str().as_bytes();
        let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
        let prefix: &[u8] = b"Content-Encoding: ";
        hkdf_sha256(
            &self.salt,
            input_key,
            &[prefix, encoding, b"\0", context],
            &mut *key,
        )?;
        hkdf_sha256(
            &self.salt,
            input_key,
            &[prefix, b"nonce\0", context],
            &mut nonce,
        )?;
        let (ciphertext, tag) = self
            .encrypted
            .split_last_chunk::<TAG_LEN>()
            .ok_or(PushError::Decryption)?;
        let mut buffer = ciphertext.to_vec();
        Aes128Gcm::new((&*key).into())
            .decrypt_inout_detached(
                (&nonce).into(),
                &[],
                buffer.as_mut_slice().into(),
                tag.into(),
            )
            .map_err(|_| PushError::Decryption)?;
        remove_padding(self.encoding, buffer)
    }
}

/// Derives `output` with HKDF-SHA-256.
fn hkdf_sha256(
    salt: &[u8],
    input_key: &[u8],
    info: &[&[u8]],
    output: &mut [u8],
) -> Result<(), PushError> {
    Hkdf::<Sha256>::new(Some(salt), input_key)
        .expand_multi_info(info, output)
        .map_err(|_| PushError::Decryption)
}

/// Removes the padding, which hides the length of the payload.
pub(super) fn remove_padding(
    encoding: PushEncoding,
    mut padded: Vec<u8>,
) -> Result<Vec<u8>, PushError> {
    match encoding {
        PushEncoding::Aesgcm => {
            let (length, rest) = padded
                .split_first_chunk::<2>()
                .ok_or(PushError::InvalidPadding("its length is missing"))?;
            let length = usize::from(u16::from_be_bytes(*length));
            let padding = rest.get(..length).ok_or(PushError::InvalidPadding(
                "its length exceeds the length of the message",
            ))?;
            if padding.iter().any(|byte| *byte != 0) {
                return Err(PushError::InvalidPadding("it contains bytes other than 0"));
            }
            padded.drain(..2 + length);
        }
        PushEncoding::Aes128gcm => {
            const NO_DELIMITER: PushError = PushError::InvalidPadding("the delimiter is missing");
            let end = padded
                .iter()
                .rposition(|byte| *byte != 0)
                .ok_or(NO_DELIMITER)?;
            match padded[end] {
                2 => padded.truncate(end),
                1 => {
                    return Err(PushError::InvalidPadding(
                        "the delimiter announces another record",
                    ));
                }
                _ => return Err(NO_DELIMITER),
            }
        }
    }
    Ok(padded)
}
