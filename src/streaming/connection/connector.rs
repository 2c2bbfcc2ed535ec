//! Opens the connections of a stream.

use std::time::Duration;

use super::Connection;
use super::backoff::{Backoff, stream_backoff};
use super::host::clear_cached_host;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::generated::Channel;
use crate::streaming::stream::open::{StreamSettings, StreamTransport};

/// Opens the connections of a stream, and knows when the next attempt may be made.
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

    pub(crate) async fn open(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        let (client, channel, settings) = (&self.client, &self.channel, &self.settings);
        let opened =
            Connection::open(client, channel, settings, self.transport, last_event_id).await;
        if matches!(&opened, Err(error) if error.is_network() || error.is_not_found()) {
            clear_cached_host(&self.client);
        }
        opened
    }

    /// Counts a failure and returns the delay until the next attempt.
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.backoff.next_delay()
    }

    pub(crate) fn reset(&mut self) {
        self.backoff.reset();
    }

    pub(crate) fn set_first_delay(&mut self, delay: Duration) {
        self.backoff.set_first(delay);
    }
}
