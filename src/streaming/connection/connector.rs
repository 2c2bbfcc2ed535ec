//! Opens the connections of one stream and decides when the next attempt is made.

use std::time::Duration;

use super::Connection;
use super::backoff::{Backoff, INITIAL_DELAY, is_permanent, stream_backoff};
use super::host::clear_cached_host;
#[cfg(feature = "websocket")]
use super::refusal::is_upgrade_refused;
use super::sse::ServerSentEvents;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::generated::Channel;
use crate::streaming::stream::open::{StreamSettings, StreamTransport};
#[cfg(feature = "websocket")]
use crate::streaming::subscription::Subscription;
#[cfg(feature = "websocket")]
use crate::streaming::support::streaming_support;

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
        if matches!(&opened, Err(error) if !is_permanent(error)) {
            clear_cached_host(&self.client);
        }
        opened
    }

    async fn open_transport(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        #[cfg(feature = "websocket")]
        if self.transport == StreamTransport::WebSocket {
            let opened = Subscription::open(&self.client, &self.channel, &self.settings);
            return match opened.await {
                Ok(subscription) => Ok(Connection::WebSocket(subscription)),
                Err(error) if is_upgrade_refused(&error) && self.can_change_transport().await => {
                    tracing::info!(%error, "no WebSocket can be opened, using server-sent events");
                    let connection = self.open_server_sent_events(last_event_id).await?;
                    self.transport = StreamTransport::ServerSentEvents;
                    Ok(connection)
                }
                Err(error) => Err(error),
            };
        }
        self.open_server_sent_events(last_event_id).await
    }

    async fn open_server_sent_events(
        &self,
        last_event_id: Option<&str>,
    ) -> Result<Connection, Error> {
        let (client, channel, settings) = (&self.client, &self.channel, &self.settings);
        let opened = ServerSentEvents::open(client, channel, last_event_id, settings).await?;
        Ok(Connection::ServerSentEvents(Box::new(opened)))
    }

    /// Returns whether the stream may be opened over server-sent events instead: the application has not chosen the
    /// transport, and the server offers both.
    #[cfg(feature = "websocket")]
    async fn can_change_transport(&self) -> bool {
        self.settings.is_default_transport
            && !self.channel.is_websocket_only()
            && streaming_support(&self.client).await.server_sent_events
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

    /// Sets the first delay that the server requests, unless it is shorter than that of the client: a delay of zero
    /// would mean attempts without a pause.
    pub(crate) fn set_first_delay(&mut self, delay: Duration) {
        self.backoff.set_first(delay.max(INITIAL_DELAY));
    }
}
