//! The streaming API as a test sees it from inside the server.

use axum::body::Bytes;
use serde_json::json;

use super::{Payload, Subscription};
use crate::server::Shared;

/// How a connection carries events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Server-sent events.
    Sse,
    /// A WebSocket.
    WebSocket,
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

/// A connection over which events go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// How it carries them.
    pub transport: Transport,
    /// The user whose token opened it.
    pub username: String,
    /// The streams, each with its name and, after it, the hashtag or the id of the list where it has one.
    pub streams: Vec<Vec<String>>,
}

/// Who listens to the server, and what a test does with them.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::TestServer;
///
/// let server = TestServer::start().await?;
/// // … let a bot connect, then:
/// server.streaming().connected(1).await;
/// server.streaming().thump();
/// # Ok(())
/// # }
/// ```
pub struct Streaming<'s>(pub(crate) &'s Shared);

impl Streaming<'_> {
    /// The open connections, in the order in which they came.
    pub fn connections(&self) -> Vec<Connection> {
        let found = self.0.hub.look(|listener| {
            let names = listener.subscriptions.iter().map(|subscription| {
                let parts = subscription.name().into_iter();
                parts.map(str::to_owned).collect()
            });
            let connection = Connection {
                transport: listener.transport,
                username: String::new(),
                streams: names.collect(),
            };
            (listener.user, connection)
        });
        let state = self.0.state();
        let name = |(user, connection)| {
            let account = state.accounts.get(&user);
            let username = account.map(|account| account.username.clone());
            Connection {
                username: username.unwrap_or_default(),
                ..connection
            }
        };
        found.into_iter().map(name).collect()
    }

    /// Waits until there are exactly so many open connections.
    pub async fn connected(&self, connections: usize) {
        self.0.hub.until(|found| found.count() == connections).await;
    }

    /// Waits until all connections together have exactly so many streams.
    pub async fn subscribed(&self, streams: usize) {
        let subscriptions = |found: &mut dyn Iterator<Item = &super::Listener>| {
            found.map(|found| found.subscriptions.len()).sum::<usize>()
        };
        let reached =
            |found: &mut dyn Iterator<Item = &super::Listener>| subscriptions(found) == streams;
        self.0.hub.until(reached).await;
    }

    /// Sends a heartbeat over every connection at once: the comment `:thump`, or a ping.
    pub fn thump(&self) {
        self.0.hub.beat();
    }

    /// Tells a user that their filters have changed.
    pub fn filters_changed(&self, username: &str) {
        let state = self.0.state();
        if let Some(user) = state.account_named(username) {
            state.stream_filters_changed(user);
        }
    }
}
