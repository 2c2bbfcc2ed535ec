//! Encoding of events for each transport.

use axum::body::Bytes;
use serde_json::json;

use super::Subscription;

/// Transport of a streaming connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Server-sent events.
    Sse,
    /// WebSocket.
    WebSocket,
}

/// Payload of an event.
pub(crate) enum Payload {
    None,
    Text(String),
    /// Payload that a fault has changed. It can be invalid UTF-8.
    Raw(Vec<u8>),
}

impl Payload {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::None => b"",
            Self::Text(text) => text.as_bytes(),
            Self::Raw(bytes) => bytes,
        }
    }
}

impl Transport {
    pub(crate) fn encode(
        self,
        subscription: &Subscription,
        event: &str,
        payload: &Payload,
    ) -> Bytes {
        let mut message = Vec::new();
        match self {
            Self::Sse => {
                message.extend_from_slice(format!("event: {event}\ndata: ").as_bytes());
                message.extend_from_slice(match payload {
                    Payload::None => b"undefined",
                    payload => payload.as_bytes(),
                });
                message.extend_from_slice(b"\n\n");
            }
            Self::WebSocket => {
                let (stream, event) = (json!(subscription.label), json!(event));
                message.extend_from_slice(
                    format!("{{\"stream\":{stream},\"event\":{event}").as_bytes(),
                );
                match payload {
                    Payload::None => {}
                    payload => {
                        message.extend_from_slice(b",\"payload\":");
                        message.extend(json_string(payload.as_bytes()));
                    }
                }
                message.push(b'}');
            }
        }
        message.into()
    }
}

/// Encodes bytes as a JSON string. Invalid UTF-8 stays as it is.
fn json_string(bytes: &[u8]) -> Vec<u8> {
    let mut string = vec![b'"'];
    for chunk in bytes.utf8_chunks() {
        let quoted = json!(chunk.valid()).to_string().into_bytes();
        string.extend_from_slice(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        string.extend_from_slice(chunk.invalid());
    }
    string.push(b'"');
    string
}
