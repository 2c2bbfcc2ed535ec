//! The streaming API as a test sees it from inside the server.

use super::{Listener, Transport};
use crate::server::Shared;

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
        let state = self.0.state();
        self.0.hub.look(|listener| {
            let account = state.accounts.get(&listener.user);
            let username = account.map(|account| account.username.clone());
            let streams = listener.subscriptions.iter().map(|subscription| {
                let parts = subscription.name().into_iter();
                parts.map(str::to_owned).collect()
            });
            Connection {
                transport: listener.transport,
                username: username.unwrap_or_default(),
                streams: streams.collect(),
            }
        })
    }

    /// Waits until there are exactly so many open connections.
    pub async fn connected(&self, connections: usize) {
        self.0.hub.until(|found| found.count() == connections).await;
    }

    /// Waits until all connections together have exactly so many streams.
    pub async fn subscribed(&self, streams: usize) {
        let reached = |found: &mut dyn Iterator<Item = &Listener>| {
            let each = found.map(|listener| listener.subscriptions.len());
            each.sum::<usize>() == streams
        };
        self.0.hub.until(reached).await;
    }

    /// Sends a heartbeat over every connection at once: the comment `:thump`, or a ping.
    pub fn thump(&self) {
        self.0.hub.beat();
    }
}
