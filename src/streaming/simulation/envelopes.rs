//! Forms of WebSocket messages that other software and older versions send.

use memchr::memmem;

/// How a server writes the envelopes of its events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Envelopes {
    #[default]
    Usual,
    /// The name of the stream is a text instead of a list.
    NameAsText,
    /// The name of the stream is `null`.
    NoName,
    /// The payload is an object instead of JSON in a text.
    ObjectAsPayload,
}

impl Envelopes {
    /// Rewrites the messages among the bytes that a server sends. Their length stays the same: JSON allows spaces.
    pub(super) fn rewrite(self, bytes: &mut [u8]) {
        match self {
            Self::Usual => {}
            Self::NameAsText => each_value(bytes, br#""stream":["#, b"]", |name| {
                if !name.contains(&b',') {
                    let end = name.len() - 1;
                    (name[0], name[end]) = (b' ', b' ');
                }
            }),
            Self::NoName => {
                each_value(bytes, br#""stream":["#, b"]", |name| replace(name, b"null"));
            }
            Self::ObjectAsPayload => each_value(bytes, br#""payload":"{"#, br#"}""#, |payload| {
                if let Ok(json) = serde_json::from_slice::<String>(payload) {
                    replace(payload, json.as_bytes());
                }
            }),
        }
    }
}

/// Calls `change` for each value of which the member and its first bytes are `start`, and the last bytes `end`.
fn each_value(bytes: &mut [u8], start: &[u8], end: &[u8], change: impl Fn(&mut [u8])) {
    let mut from = 0;
    while let Some(found) = memmem::find(&bytes[from..], start) {
        let colon = memmem::find(start, b":").unwrap_or(0);
        let value = from + found + colon + 1;
        let Some(length) = memmem::find(&bytes[value..], end) else {
            return;
        };
        let to = value + length + end.len();
        change(&mut bytes[value..to]);
        from = to;
    }
}

fn replace(value: &mut [u8], with: &[u8]) {
    value.fill(b' ');
    let length = with.len().min(value.len());
    value[..length].copy_from_slice(&with[..length]);
}
