//! Requests of WebSocket clients to subscribe and unsubscribe.

use std::collections::BTreeMap;

use tokio::time::{Instant, sleep_until};

use crate::params::{Params, parse};

/// Streams that a message to GoToSocial can name. It ignores messages with others.
const GOTOSOCIAL_STREAMS: &[&str] = &["public:local", "public", "user", "direct", "list"];

/// Request to subscribe to a stream or to unsubscribe from it.
#[derive(Debug)]
pub(super) struct SubscriptionRequest {
    pub(super) kind: RequestKind,
    pub(super) stream: String,
    pub(super) params: Params,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum RequestKind {
    Subscribe,
    Unsubscribe,
}

impl SubscriptionRequest {
    /// Parses a text message. Other messages are ignored.
    pub(super) fn from_json(text: &str) -> Option<Self> {
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let params = parse::params_from_json(message)?;
        let kind = match params.string("type")?.as_str() {
            "subscribe" => RequestKind::Subscribe,
            "unsubscribe" => RequestKind::Unsubscribe,
            _ => return None,
        };
        let stream = params.list("stream").into_iter().next();
        Some(Self {
            kind,
            stream: stream.unwrap_or_default(),
            params,
        })
    }

    /// Whether GoToSocial accepts the request in a message.
    pub(super) fn is_known_to_gotosocial(&self) -> bool {
        GOTOSOCIAL_STREAMS.contains(&self.stream.as_str())
    }
}

/// Requests that wait for the end of their database query. Each waits for itself, so a quick one overtakes a slow one.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: BTreeMap<(Instant, u64), SubscriptionRequest>,
    queued: u64,
}

impl Requests {
    pub(super) fn queue(&mut self, until: Instant, request: SubscriptionRequest) {
        self.queued += 1;
        self.waiting.insert((until, self.queued), request);
    }

    /// Waits for the next query that ends, and returns its request. Can be cancelled without loss.
    pub(super) async fn next(&mut self) -> SubscriptionRequest {
        if let Some(next) = self.waiting.first_entry() {
            sleep_until(next.key().0).await;
            return next.remove();
        }
        std::future::pending().await
    }
}
