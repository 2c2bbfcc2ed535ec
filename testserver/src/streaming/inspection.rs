//! The streaming API as a test sees it from inside the server.

use super::{Subscriber, Transport};
use crate::server::Shared;

/// A connection over which events go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamingConnection {
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
/// server.streaming().wait_for_connections(1).await;
/// server.streaming().send_heartbeat();
/// # Ok(())
/// # }
/// ```
pub struct Streaming<'s>(pub(crate) &'s Shared);

impl Streaming<'_> {
    /// The open connections, in the command in which they came.
    pub fn connections(&self) -> Vec<StreamingConnection> {
        let state = self.0.state();
        self.0.hub.map_subscribers(|subscriber| {
            let account = state.accounts.get(&subscriber.user);
            let username = account.map(|account| account.username.clone());
            let streams = subscriber.subscriptions.iter().map(|subscription| {
                let parts = subscription.name().into_iter();
                parts.map(str::to_owned).collect()
            });
            StreamingConnection {
                transport: subscriber.transport,
                username: username.unwrap_or_default(),
                streams: streams.collect(),
            }
        })
    }

    /// Waits until there are exactly so many open connections.
    pub async fn wait_for_connections(&self, connections: usize) {
        self.0
            .hub
            .wait_until(|found| found.count() == connections)
            .await;
    }

    /// Waits until all connections together have exactly so many streams.
    pub async fn wait_for_subscriptions(&self, streams: usize) {
        let reached = |found: &mut dyn Iterator<Item = &Subscriber>| {
            let each = found.map(|subscriber| subscriber.subscriptions.len());
            each.sum::<usize>() == streams
        };
        self.0.hub.wait_until(reached).await;
    }

    /// Sends a heartbeat over every connection at once: the comment `:thump`, or a ping.
    pub fn send_heartbeat(&self) {
        self.0.hub.send_heartbeats();
    }
}
