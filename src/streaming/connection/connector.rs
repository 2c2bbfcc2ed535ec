//! Opens the connections of one stream and decides when the next attempt is made.

use std::future::pending;
#[cfg(feature = "websocket")]
use std::sync::Arc;
use std::time::Duration;

use super::Connection;
use super::backoff::{Backoff, INITIAL_DELAY, is_permanent, stream_backoff};
use super::host::clear_cached_host;
#[cfg(feature = "websocket")]
use super::refusal::is_upgrade_refused;
use super::sse::ServerSentEvents;
use crate::call::local_checks::check_token;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::generated::Channel;
use crate::streaming::stream::open::{StreamSettings, StreamTransport};
#[cfg(feature = "websocket")]
use crate::streaming::subscription::{Opening, SharedSocket, Socket, Subscription};
#[cfg(feature = "websocket")]
use crate::streaming::support::{StreamingSupport, streaming_support};

/// Opens the connections of one stream and knows when the next attempt may be made.
///
/// A stream that uses server-sent events has delays of its own. Streams that share a WebSocket share its delays: a
/// failure counts once, and all of them attempt at the same time and share the attempt.
#[derive(Debug)]
pub(crate) struct Connector {
    client: Mastodon,
    channel: Channel,
    settings: StreamSettings,
    #[cfg_attr(
        not(feature = "websocket"),
        expect(dead_code, reason = "there is only one transport")
    )]
    transport: StreamTransport,
    /// Delays of this stream alone.
    backoff: Backoff,
    #[cfg(feature = "websocket")]
    socket: Option<(Arc<Socket>, StreamingSupport)>,
    /// Whether a connection was opened before.
    was_open: bool,
    /// Whether the delays may have grown since they were reset.
    needs_reset: bool,
    /// Whether the next attempt is that of the socket, which another stream may make earlier.
    #[cfg(feature = "websocket")]
    waits_for_socket: bool,
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
            #[cfg(feature = "websocket")]
            socket: None,
            was_open: false,
            needs_reset: false,
            #[cfg(feature = "websocket")]
            waits_for_socket: false,
        }
    }

    /// Makes one attempt to open a connection, or takes part in the attempt of another stream.
    ///
    /// The first attempt never waits. A stream that lost its connection calls this after [`Self::next_delay`].
    pub(crate) async fn open(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        let opened = self.open_transport(last_event_id).await;
        match &opened {
            Ok(_) => (self.was_open, self.needs_reset) = (true, true),
            // The host may have moved.
            Err(error) if !is_permanent(error) => clear_cached_host(&self.client),
            Err(_) => {}
        }
        opened
    }

    async fn open_transport(&mut self, last_event_id: Option<&str>) -> Result<Connection, Error> {
        check_token(self.client.core(), self.channel.endpoint())?;
        #[cfg(feature = "websocket")]
        if self.transport == StreamTransport::WebSocket {
            return match self.open_subscription().await {
                Ok(subscription) => Ok(Connection::WebSocket(subscription)),
                Err(error) if is_upgrade_refused(&error) && self.can_change_transport().await => {
                    tracing::info!(%error, "no WebSocket can be opened, using server-sent events");
                    let connection = self.open_server_sent_events(last_event_id).await?;
                    self.transport = StreamTransport::ServerSentEvents;
                    self.socket = None;
                    Ok(connection)
                }
                Err(error) => Err(error),
            };
        }
        self.open_server_sent_events(last_event_id).await
    }

    #[cfg(feature = "websocket")]
    async fn open_subscription(&mut self) -> Result<Subscription, Error> {
        // The software of a server that was down may be known now.
        if !self.was_open {
            let support = streaming_support(&self.client).await;
            if self
                .socket
                .as_ref()
                .is_none_or(|(_, known)| *known != support)
            {
                let socket = if support.shared_socket {
                    let shared = self.client.inner.extensions.get::<SharedSocket>();
                    Arc::clone(&shared.0)
                } else {
                    Arc::new(Socket::exclusive())
                };
                self.socket = Some((socket, support));
            }
        }
        let Some((socket, support)) = &self.socket else {
            return Err(Error::internal("the stream has no socket"));
        };
        let opening = Opening {
            client: &self.client,
            channel: &self.channel,
            settings: &self.settings,
            folds_hashtags: support.folds_hashtags,
            is_reconnecting: self.was_open,
        };
        Subscription::open(socket, opening).await
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

    /// Counts a failed attempt or a lost connection. Returns the time until the next attempt, which is the same for all
    /// streams that share a socket. If the socket is still open, the delay concerns this stream alone.
    pub(crate) fn next_delay(&mut self) -> Duration {
        self.needs_reset = true;
        let own = self.backoff.next_delay();
        #[cfg(feature = "websocket")]
        if let Some((socket, _)) = self.socket.as_ref().filter(|_| self.was_open) {
            let of_socket = socket.time_to_attempt();
            self.waits_for_socket = of_socket.is_some();
            return of_socket.unwrap_or(own);
        }
        own
    }

    /// Waits until the connection can be used before the time of the next attempt: another stream that shares the
    /// socket has opened it.
    pub(crate) async fn opened_by_another(&self) {
        #[cfg(feature = "websocket")]
        if let Some((socket, _)) = self.socket.as_ref().filter(|_| self.waits_for_socket) {
            return socket.opened().await;
        }
        pending::<()>().await;
    }

    /// Restarts the delays: the connection works.
    pub(crate) fn reset(&mut self) {
        if !std::mem::take(&mut self.needs_reset) {
            return;
        }
        self.backoff.reset();
        #[cfg(feature = "websocket")]
        if let Some((socket, _)) = &self.socket {
            socket.reset();
        }
    }

    /// Sets the first delay that the server requests, unless it is shorter than that of the client: a delay of zero
    /// would mean attempts without a pause.
    pub(crate) fn set_first_delay(&mut self, delay: Duration) {
        self.backoff.set_first(delay.max(INITIAL_DELAY));
    }
}
