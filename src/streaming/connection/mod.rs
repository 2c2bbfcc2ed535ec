//! Connection of a stream, over either transport.

pub(crate) mod backoff;
pub(crate) mod connector;
#[cfg(feature = "websocket")]
pub(crate) mod envelope;
pub(crate) mod host;
pub(crate) mod refusal;
mod request;
pub(crate) mod sse;
pub(crate) mod sse_parser;
#[cfg(feature = "websocket")]
mod unescape;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;

use std::time::Duration;

use self::sse::ServerSentEvents;
use super::generated::StreamEvent;
#[cfg(feature = "websocket")]
use super::subscription::Subscription;
use crate::call::endpoint::Endpoint;
use crate::error::{Error, TimeoutSetting};

/// An event that a connection received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) event: StreamEvent,
    /// Size of its payload in bytes.
    pub(crate) size: usize,
}

#[derive(Debug)]
pub(crate) enum Connection {
    ServerSentEvents(Box<ServerSentEvents>),
    #[cfg(feature = "websocket")]
    WebSocket(Subscription),
}

impl Connection {
    /// Returns the next event, or an error when the connection is closed. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Received, Error> {
        match self {
            Self::ServerSentEvents(connection) => connection.next().await,
            #[cfg(feature = "websocket")]
            Self::WebSocket(subscription) => subscription.next().await,
        }
    }

    /// Returns whether events may be missing although the connection is open: the server may have undone the
    /// subscription, which was then requested again. Each report is returned once; [`next`](Self::next) returns
    /// an event or a heartbeat when there is one.
    pub(crate) fn take_uncertain(&mut self) -> bool {
        match self {
            Self::ServerSentEvents(_) => false,
            #[cfg(feature = "websocket")]
            Self::WebSocket(subscription) => subscription.take_uncertain(),
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

    /// Returns the reconnection delay requested by the server.
    pub(crate) fn retry(&self) -> Option<Duration> {
        match self {
            Self::ServerSentEvents(connection) => connection.retry(),
            #[cfg(feature = "websocket")]
            Self::WebSocket(_) => None,
        }
    }
}

/// Returns the error of a connection that received nothing for `limit`.
pub(crate) fn idle_timeout_error(endpoint: &Endpoint, limit: Duration) -> Error {
    Error::timeout(endpoint.name, TimeoutSetting::Idle, limit)
}
