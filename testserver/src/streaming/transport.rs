//! How events are written.

use axum::body::Bytes;
use serde_json::json;

use super::Subscription;

/// How a connection carries events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Server-sent events.
    Sse,
    /// A WebSocket.
    WebSocket,
}

/// What an event says beside its name.
pub(crate) enum Payload {
    None,
    Text(String),
}

impl Transport {
    pub(crate) fn encode(
        self,
        subscription: &Subscription,
        event: &str,
        payload: &Payload,
    ) -> Bytes {
        let text = match (self, payload) {
            (Self::Sse, Payload::None) => format!("event: {event}\ndata: undefined\n\n"),
            (Self::Sse, Payload::Text(text)) => format!("event: {event}\ndata: {text}\n\n"),
            (Self::WebSocket, payload) => {
                let payload = match payload {
                    Payload::None => String::new(),
                    Payload::Text(text) => format!(",\"payload\":{}", json!(text)),
                };
                let (stream, event) = (json!(subscription.name()), json!(event));
                format!("{{\"stream\":{stream},\"event\":{event}{payload}}}")
            }
        };
        text.into()
    }
}
