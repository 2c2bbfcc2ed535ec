//! An open connection of a stream, whichever way it goes.

use std::time::Duration;

use super::connect::ServerSentEvents;
use super::generated::{Channel, StreamEvent};
use super::open::{Settings, StreamTransport};
#[cfg(feature = "websocket")]
use super::websocket::Subscription;
use crate::client::Mastodon;
use crate::error::Error;

#[derive(Debug)]
pub(super) enum Connection {
    ServerSentEvents(Box<ServerSentEvents>),
    #[cfg(feature = "websocket")]
    WebSocket(Subscription),
}

impl Connection {
    pub(super) async fn open(
        client: &Mastodon,
        channel: &Channel,
        settings: &Settings,
        transport: StreamTransport,
        last_id: Option<&str>,
    ) -> Result<Self, Error> {
        match transport {
            StreamTransport::ServerSentEvents => {
                let opened = ServerSentEvents::open(client, channel, last_id, settings);
                Ok(Self::ServerSentEvents(Box::new(opened.await?)))
            }
            #[cfg(feature = "websocket")]
            StreamTransport::WebSocket => {
                let opened = Subscription::open(client, channel, settings);
                opened.await.map(Self::WebSocket)
            }
        }
    }

    /// The next event; an error when the connection is over. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<StreamEvent, Error> {
        match self {
            Self::ServerSentEvents(connection) => connection.next().await,
            #[cfg(feature = "websocket")]
            Self::WebSocket(subscription) => subscription.next().await,
        }
    }

    /// The id of the last event, where events have any.
    pub(super) fn last_id(&self) -> Option<&str> {
        match self {
            Self::ServerSentEvents(connection) => Some(connection.last_id()),
            #[cfg(feature = "websocket")]
            Self::WebSocket(_) => None,
        }
        .filter(|id| !id.is_empty())
    }

    /// How long the server wants to be left alone before it is asked again.
    pub(super) fn retry(&self) -> Option<Duration> {
        match self {
            Self::ServerSentEvents(connection) => connection.retry(),
            #[cfg(feature = "websocket")]
            Self::WebSocket(_) => None,
        }
    }
}
