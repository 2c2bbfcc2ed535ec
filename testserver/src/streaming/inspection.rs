//! Inspection and control of the streaming connections by tests.

use std::io;

use serde_json::Value;

use super::{Payload, StreamingBehavior, Subscriber, Transport};
use crate::routes::EVENTS;
use crate::samples;
use crate::server::Shared;

/// Open streaming connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingConnection {
    /// Transport.
    pub transport: Transport,
    /// User whose access token opened the connection.
    pub username: String,
    /// Subscribed channels. Each is the name of the channel, followed by the hashtag or list ID if it has one.
    pub streams: Vec<Vec<String>>,
}

/// Streaming connections of the server. Returned by [`TestServer::streaming`](crate::TestServer::streaming).
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::TestServer;
///
/// let server = TestServer::start().await?;
/// // … after a bot has connected:
/// server.streaming().wait_for_connections(1).await;
/// server.streaming().send_heartbeat();
/// # Ok(())
/// # }
/// ```
pub struct Streaming<'s>(pub(crate) &'s Shared);

impl Streaming<'_> {
    /// Returns the open connections, in the order in which they were opened.
    pub fn connections(&self) -> Vec<StreamingConnection> {
        let state = self.0.state();
        self.0.hub.map_subscribers(|subscriber| {
            let account = state.accounts.get(&subscriber.user);
            let username = account.map(|account| account.username.clone());
            let streams = subscriber.subscriptions.iter().map(|subscription| {
                let parts = subscription.label.iter();
                let text = |part: &Value| part.as_str().map(str::to_owned);
                parts
                    .map(|part| text(part).unwrap_or_else(|| part.to_string()))
                    .collect()
            });
            StreamingConnection {
                transport: subscriber.transport,
                username: username.unwrap_or_default(),
                streams: streams.collect(),
            }
        })
    }

    /// Returns the open connections with their IDs.
    pub(crate) fn connections_with_ids(&self) -> Vec<(u64, StreamingConnection)> {
        let ids = self.0.hub.connection_ids();
        ids.into_iter().zip(self.connections()).collect()
    }

    /// Waits until the number of open connections is exactly `connections`.
    pub async fn wait_for_connections(&self, connections: usize) {
        self.0
            .hub
            .wait_until(|subscribers| subscribers.count() == connections)
            .await;
    }

    /// Waits until the number of subscribed channels of all connections is exactly `subscriptions`.
    pub async fn wait_for_subscriptions(&self, subscriptions: usize) {
        let reached = |subscribers: &mut dyn Iterator<Item = &Subscriber>| {
            let counts = subscribers.map(|subscriber| subscriber.subscriptions.len());
            counts.sum::<usize>() == subscriptions
        };
        self.0.hub.wait_until(reached).await;
    }

    /// Returns the timing and rules of streaming.
    pub fn behavior(&self) -> StreamingBehavior {
        self.0.hub.behavior()
    }

    /// Changes the timing and rules of streaming. Events and subscriptions that are already waiting keep their delays.
    pub fn set_behavior(&self, behavior: StreamingBehavior) {
        self.0.hub.set_behavior(behavior);
    }

    /// Cuts a connection without a close frame or the end of the response body, as a network failure does. `position`
    /// is the position in [`connections`](Self::connections). Returns `false` if there is no such connection.
    pub fn cut(&self, position: usize) -> bool {
        self.0.hub.cut(position)
    }

    /// Cuts all connections, as a restart of the streaming server does.
    pub fn cut_all(&self) {
        self.0.hub.cut_all();
    }

    /// Sends an event now to all open streams of a user that have it. Without a payload, the payload is a sample. Returns
    /// the number of streams; 0 also if the user does not exist.
    ///
    /// The server sends most events when their cause happens. Of versions of Mastodon that it does not imitate yet, it sends
    /// none by itself ([`Event::is_after_imitated_version`](crate::route::Event::is_after_imitated_version)).
    ///
    /// # Errors
    ///
    /// If the API has no event with the name.
    pub fn send_event(
        &self,
        username: &str,
        event: &str,
        payload: Option<&Value>,
    ) -> io::Result<usize> {
        let known = samples::event(event).ok_or_else(|| {
            let names: Vec<&str> = EVENTS.iter().map(|event| event.name).collect();
            let names = names.join(", ");
            io::Error::other(format!("`{event}` is not an event; events are {names}"))
        })?;
        let payload = match payload {
            Some(Value::String(text)) if known.is_plain_text => Some(text.clone()),
            Some(payload) => Some(payload.to_string()),
            None => samples::payload(known),
        };
        let payload = payload.map_or(Payload::None, Payload::Text);
        let user = self.0.state().local_account(username);
        Ok(user.map_or(0, |user| self.0.hub.send_to_user(user, event, &payload)))
    }

    /// Sends a heartbeat on every connection now: the comment `:thump` (server-sent events) or a ping (WebSocket).
    pub fn send_heartbeat(&self) {
        self.0.hub.send_heartbeats();
    }
}
