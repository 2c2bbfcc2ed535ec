//! Connection of a stream, over either transport.

pub(crate) mod backoff;
#[cfg(feature = "websocket")]
pub(crate) mod envelope;
pub(crate) mod host;
pub(crate) mod refusal;
mod request;
pub(crate) mod sse;
pub(crate) mod sse_parser;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;

#[cfg(feature = "websocket")]
use std::sync::atomic::Ordering;
use std::time::Duration;

use self::backoff::{INITIAL_DELAY, is_permanent};
#[cfg(feature = "websocket")]
use self::host::Shared;
use self::host::clear_cached_host;
#[cfg(feature = "websocket")]
use self::refusal::is_upgrade_refused;
use self::sse::ServerSentEvents;
use super::generated::{Channel, StreamEvent};
use super::stream::open::{StreamSettings, StreamTransport};
#[cfg(feature = "websocket")]
use super::subscription::Subscription;
#[cfg(feature = "websocket")]
use super::support::streaming_support;
use crate::call::endpoint::Endpoint;
use crate::client::Mastodon;
use crate::error::{Error, TimeoutSetting};

#[derive(Debug)]
pub(crate) enum Connection {
    ServerSentEvents(Box<ServerSentEvents>),
    #[cfg(feature = "websocket")]
    WebSocket(Subscription),
}

impl Connection {
    pub(crate) async fn open(
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
        transport: StreamTransport,
        last_event_id: Option<&str>,
    ) -> Result<Self, Error> {
        let opened = Self::open_over(client, channel, settings, transport, last_event_id).await;
        if matches!(&opened, Err(error) if !is_permanent(error)) {
            clear_cached_host(client);
        }
        opened
    }

    #[cfg(not(feature = "websocket"))]
    async fn open_over(
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
        StreamTransport::ServerSentEvents: StreamTransport,
        last_event_id: Option<&str>,
    ) -> Result<Self, Error> {
        Self::open_server_sent_events(client, channel, settings, last_event_id).await
    }

    /// Opens a connection. If a proxy does not let WebSockets pass, and the application has not chosen the transport,
    /// the stream is opened over server-sent events.
    #[cfg(feature = "websocket")]
    async fn open_over(
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
        transport: StreamTransport,
        last_event_id: Option<&str>,
    ) -> Result<Self, Error> {
        let server_sent_events =
            || Self::open_server_sent_events(client, channel, settings, last_event_id);
        if transport == StreamTransport::ServerSentEvents {
            return server_sent_events().await;
        }
        let shared = client.inner.extensions.get::<Shared>();
        let can_change = settings.is_default_transport && !channel.is_websocket_only();
        if can_change && shared.refuses_websockets.load(Ordering::Relaxed) {
            return server_sent_events().await;
        }
        match Subscription::open(client, channel, settings).await {
            Err(error) if can_change && is_upgrade_refused(&error) => {
                if !streaming_support(client).await.server_sent_events {
                    return Err(error);
                }
                tracing::info!(%error, "the server accepts no WebSocket, using server-sent events");
                let opened = server_sent_events().await?;
                shared.refuses_websockets.store(true, Ordering::Relaxed);
                Ok(opened)
            }
            opened => opened.map(Self::WebSocket),
        }
    }

    async fn open_server_sent_events(
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
        last_event_id: Option<&str>,
    ) -> Result<Self, Error> {
        let opened = ServerSentEvents::open(client, channel, last_event_id, settings).await?;
        Ok(Self::ServerSentEvents(Box::new(opened)))
    }

    /// Returns the next event, or an error when the connection is closed. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<StreamEvent, Error> {
        match self {
            Self::ServerSentEvents(connection) => connection.next().await,
            #[cfg(feature = "websocket")]
            Self::WebSocket(subscription) => subscription.next().await,
        }
    }

    /// Returns the ID of the last event. WebSocket messages have no IDs.
    pub(crate) fn last_event_id(&self) -> Option<&str> {
        match self {
            Self::ServerSentEvents(connection) => Some(connection.last_event_id()),
            #[cfg(feature = "websocket")]
            Self::WebSocket(_) => None,
        }
        .filter(|id| !id.is_empty())
    }

    /// Returns the reconnection delay requested by the server, unless it is shorter than that of the client.
    pub(crate) fn retry(&self) -> Option<Duration> {
        match self {
            Self::ServerSentEvents(connection) => connection.retry(),
            #[cfg(feature = "websocket")]
            Self::WebSocket(_) => None,
        }
        .map(|delay| delay.max(INITIAL_DELAY))
    }
}

/// Returns the error of a connection that received nothing for `limit`.
pub(crate) fn idle_timeout_error(endpoint: &Endpoint, limit: Duration) -> Error {
    Error::timeout(endpoint.name, TimeoutSetting::Idle, limit)
}
