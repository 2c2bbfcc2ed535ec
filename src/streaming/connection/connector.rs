//! Opens the connections of one stream and decides when the next attempt is made.

use std::time::Duration;

use super::Connection;
use super::backoff::{Backoff, stream_backoff};
use super::host::clear_cached_host;
use super::sse::ServerSentEvents;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::generated::Channel;
use crate::streaming::stream::open::{StreamSettings, StreamTransport};
#[cfg(feature = "websocket")]
use crate::streaming::subscription::Subscription;

/// Bounds of the first delay that a server may request.
const FIRST_DELAY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Opens the connections of one stream and knows when the next attempt may be made.
///
/// A stream that uses server-sent events has delays of its own. Streams that share a WebSocket share its delays: a
/// failure counts once, and all of them attempt at the same time and share the attempt.
#[derive(Debug)]
pub(crate) struct Connector {
    client: Mastodon,
    channel: Channel,
    settings: StreamSettings,
    transport: StreamTransport,
    backoff: Backoff,
}

impl Connector {
    pub(crate) fn new(
        client: Mastodon,
        channel: Channel,
        settings: StreamSettings,
        transport: StreamTransport,
    ) -> Self {
        Self {
            client,
            channel,
            settings,
            transport,
            backoff: stream_backoff(settings.max_backoff),
        }
    }

    /// Makes one attempt to open a connection, or takes part in the attempt of another stream.
    pub(crate) async fn open(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        let opened = self.open_transport(last_event_id).await;
        // The host may have moved.
        if matches!(&opened, Err(error) if error.is_network() || error.is_not_found()) {
            clear_cached_host(&self.client);
        }
        opened
    }

    async fn open_transport(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        let (client, channel, settings) = (&self.client, &self.channel, &self.settings);
        match self.transport {
            StreamTransport::ServerSentEvents => {
                let opened = ServerSentEvents::open(client, channel, last_event_id, settings);
                Ok(Connection::ServerSentEvents(Box::new(opened.await?)))
            }
            #[cfg(feature = "websocket")]
            StreamTransport::WebSocket => {
                let opened = Subscription::open(client, channel, settings);
                opened.await.map(Connection::WebSocket)
            }
        }
    }

    /// Counts a failed attempt or a lost connection. Returns the time until the next attempt.
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.backoff.next_delay()
    }

    /// Returns the number of failures since the connection worked.
    pub(crate) fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// Restarts the delays: the connection works.
    pub(crate) fn reset(&mut self) {
        self.backoff.reset();
    }

    /// Sets the first delay that the server requests. A delay of zero would mean attempts without a pause.
    pub(crate) fn set_first_delay(&mut self, delay: Duration) {
        let (min, max) = FIRST_DELAY;
        self.backoff.set_first(delay.clamp(min, max));
    }
}
