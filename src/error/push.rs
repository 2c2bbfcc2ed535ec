//! Errors of push messages and their keys.

use std::fmt;

use jiff::Timestamp;

/// Why a push message or a key was rejected. No error contains a secret or decrypted content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// The operating system returned no random numbers to generate keys from.
    Random(String),
    /// A key is invalid.
    #[non_exhaustive]
    InvalidKey {
        /// Description of the key.
        key: &'static str,
        /// Why it is invalid.
        reason: &'static str,
    },
    /// A required header is missing.
    MissingHeader(&'static str),
    /// A header, the parameters at the start of an `aes128gcm` body, or the endpoint of the subscription is
    /// malformed.
    #[non_exhaustive]
    Malformed {
        /// Name of the header, or another malformed part.
        part: &'static str,
        /// Why it is malformed.
        reason: &'static str,
    },
    /// The content encoding is not supported.
    UnsupportedEncoding(String),
    /// The message is too large.
    #[non_exhaustive]
    TooLarge {
        /// Number of encrypted bytes.
        bytes: usize,
        /// Maximum number of encrypted bytes: 65536.
        limit: usize,
    },
    /// The message does not fit into a single record: it is truncated, or has further records.
    #[non_exhaustive]
    RecordSize {
        /// Number of encrypted bytes.
        bytes: usize,
        /// Minimum number of encrypted bytes in a record.
        min: usize,
        /// Maximum number of encrypted bytes in a record of this message.
        max: usize,
    },
    /// The message is encrypted for other keys, or was changed after encryption.
    Decryption,
    /// The padding of the decrypted message is invalid.
    InvalidPadding(&'static str),
    /// The request has no VAPID token.
    NotSigned,
    /// The VAPID token names another public key than the server's.
    WrongSigner,
    /// The signature of the VAPID token is invalid.
    InvalidSignature,
    /// The VAPID token was issued for another origin.
    #[non_exhaustive]
    WrongAudience {
        /// Origin of the subscription's endpoint.
        expected: String,
        /// The token's `aud` claim, truncated to 100 characters.
        found: String,
    },
    /// The VAPID token has expired.
    #[non_exhaustive]
    Expired {
        /// The token's `exp` claim.
        expires_at: Timestamp,
    },
    /// The VAPID token expires more than 24 hours from now, which RFC 8292 forbids.
    #[non_exhaustive]
    LifetimeTooLong {
        /// The token's `exp` claim.
        expires_at: Timestamp,
    },
    /// The decrypted payload is not a notification.
    #[non_exhaustive]
    InvalidPayload {
        /// Path of the invalid value in the JSON; `.` is the whole document.
        path: String,
        /// What was expected and what was found.
        reason: String,
    },
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(value) => write!(
                f,
                "push keys cannot be generated: the operating system returned no random \
                 numbers: {value}"
            ),
            Self::InvalidKey { key, reason } => write!(f, "{key} is invalid: {reason}"),
            Self::MissingHeader(value) => write!(
                f,
                "the push message has no `{value}` header; pass all headers of the HTTP \
                 request, unchanged"
            ),
            Self::Malformed { part, reason } => {
                write!(f, "the push message is malformed: {part}: {reason}")
            }
            Self::UnsupportedEncoding(value) => write!(
                f,
                "the push message has the content encoding `{value}`; supported are \
                 `aes128gcm` and `aesgcm`"
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "the push message has {bytes} encrypted bytes; the limit is {limit}"
            ),
            Self::RecordSize { bytes, min, max } => write!(
                f,
                "the push message has {bytes} encrypted bytes; a single record of its size \
                 has {min} to {max}"
            ),
            Self::Decryption => f.write_str(
                "the push message cannot be decrypted: it is encrypted for other keys, or \
                 was changed in transit",
            ),
            Self::InvalidPadding(value) => write!(
                f,
                "the padding of the decrypted push message is invalid: {value}"
            ),
            Self::NotSigned => f.write_str(
                "the push message is not signed: its `Authorization` header has no VAPID \
                 token",
            ),
            Self::WrongSigner => {
                f.write_str("the push message is signed with another VAPID key than the server's")
            }
            Self::InvalidSignature => f.write_str(
                "the VAPID signature of the push message is invalid: the server did not \
                 create it",
            ),
            Self::WrongAudience { expected, found } => write!(
                f,
                "the VAPID token of the push message is for {found}; the subscription is \
                 at {expected}"
            ),
            Self::Expired { expires_at } => write!(
                f,
                "the VAPID token of the push message expired at {expires_at}; the message \
                 is old, or the system clock is wrong"
            ),
            Self::LifetimeTooLong { expires_at } => write!(
                f,
                "the VAPID token of the push message expires at {expires_at}, more than 24 \
                 hours from now; check the system clock"
            ),
            Self::InvalidPayload { path, reason } => write!(
                f,
                "the decrypted push message is not a notification: at `{path}`: {reason}"
            ),
        }
    }
}

impl std::error::Error for PushError {}

impl PushError {
    /// Returns whether the sender could not be authenticated: the VAPID token is missing, expired, or
    /// signed by another key or for another origin.
    ///
    /// ```
    /// use mastodon_sdk::push::PushError;
    /// assert!(PushError::NotSigned.is_unauthenticated());
    /// assert!(!PushError::Decryption.is_unauthenticated());
    /// ```
    pub fn is_unauthenticated(&self) -> bool {
        matches!(
            self,
            Self::NotSigned
                | Self::WrongSigner
                | Self::InvalidSignature
                | Self::WrongAudience { .. }
                | Self::Expired { .. }
                | Self::LifetimeTooLong { .. }
        )
    }
}
