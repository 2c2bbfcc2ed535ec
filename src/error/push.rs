//! What can be wrong with a push message.

use http::HeaderMap;
use jiff::Timestamp;

/// Why a push message was not accepted. None of it shows a key or what the message says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The system gives no random numbers to make keys of.
    #[error("cannot make keys for push messages: the system gives no random numbers: {0}")]
    Random(String),
    /// A key cannot be read.
    #[error("{what} is no key: {reason}")]
    Key {
        /// Which key.
        what: &'static str,
        /// What it should be.
        reason: &'static str,
    },
    /// A header is missing.
    #[error("the push message has no header `{0}`; hand over all headers as they came")]
    MissingHeader(&'static str),
    /// A part of the message cannot be read.
    #[error("the push message cannot be read: {part}: {reason}")]
    Malformed {
        /// The header, or the part of the body.
        part: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is encrypted in a way that push messages are not.
    #[error(
        "the push message has the content encoding `{0}`; only `aesgcm` and `aes128gcm` are known"
    )]
    Encoding(String),
    /// It is larger than push messages are.
    #[error("the push message has {bytes} bytes; none has more than {most}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most that is read.
        most: usize,
    },
    /// It is longer than its one record, or was cut off.
    #[error(
        "the push message has {bytes} encrypted bytes; a record of its size has {least} to {most}"
    )]
    RecordSize {
        /// The encrypted bytes.
        bytes: usize,
        /// The least that a record has.
        least: usize,
        /// The most that this one may have.
        most: usize,
    },
    /// It was not encrypted for these keys, or was changed on its way.
    #[error(
        "the push message cannot be decrypted: it is for other keys, or was changed on its way"
    )]
    Decryption,
    /// What fills it up is not as it has to be.
    #[error("the push message is decrypted, but its padding is wrong: {0}")]
    Padding(&'static str),
    /// It is not signed.
    #[error("the push message is not signed: it has no VAPID token in `Authorization`")]
    NotSigned,
    /// It is signed with the key of somebody else.
    #[error("the push message is signed with another key than the server's")]
    WrongSigner,
    /// The signature is wrong.
    #[error("the signature of the push message is wrong: the server did not make it")]
    Signature,
    /// It was signed for another address.
    #[error("the push message is signed for {found}, not for {expected}")]
    Audience {
        /// Where it came to.
        expected: String,
        /// Where it should have gone.
        found: String,
    },
    /// The signature was good until some time ago.
    #[error(
        "the signature of the push message ended at {at}; check the clock, or it is an old message"
    )]
    Expired {
        /// When that was.
        at: Timestamp,
    },
    /// The signature claims to be good for longer than any may be.
    #[error(
        "the signature of the push message is good until {at}, which is longer than a day; check the clock"
    )]
    Lifetime {
        /// When it would end.
        at: Timestamp,
    },
    /// What was decrypted is no notification.
    #[error("the push message is decrypted, but is no notification: at `{path}`: {reason}")]
    Payload {
        /// The way to the value inside the JSON.
        path: String,
        /// What was found, and what belongs there.
        reason: String,
    },
}

impl PushError {
    /// Whether the server did not send it to here: it is unsigned, or signed by another, for
    /// another address or at another time.
    pub fn is_forged(&self) -> bool {
        matches!(
            self,
            Self::NotSigned
                | Self::WrongSigner
                | Self::Signature
                | Self::Audience { .. }
                | Self::Expired { .. }
                | Self::Lifetime { .. }
        )
    }
}

/// At most 100 characters of what somebody sent.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The text of a header; several of one name are a list, as HTTP has it.
pub(super) fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, PushError> {
    let mut found: Option<String> = None;
    for value in headers.get_all(name) {
        let text = value.to_str().map_err(|_| PushError::Malformed {
            part: name,
            reason: "a header holds printable ASCII only",
        })?;
        found = Some(found.map_or_else(|| text.to_owned(), |before| format!("{before},{text}")));
    }
    Ok(found)
}
