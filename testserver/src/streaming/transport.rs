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
