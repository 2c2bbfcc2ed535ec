//! One WebSocket shared by all streams of a client.
//!
//! A task ([`hub`]) owns the connection. Each stream has a [`Subscription`], which ends when the connection
//! closes or when the server rejects that subscription. Other subscriptions are not affected by a rejection.

mod hub;
mod rejection_probe;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use mastodon_types::__private::IdString;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};

use self::hub::{Command, Hub, Subscriber};
use super::connection::backoff::{Backoff, stream_backoff};
use super::connection::host::Shared;
use super::connection::websocket::open_websocket;
use super::connection::{Received, idle_timeout_error};
use super::generated::{Channel, StreamEvent};
use super::stream::event::{EventDecoder, MalformedEvent};
use super::stream::open::StreamSettings;
use crate::call::endpoint::Endpoint;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::{RawResponse, api_error};

/// The WebSocket of a client, if one is open.
#[derive(Debug, Default)]
pub(crate) struct SharedSocket(Mutex<SocketState>);

#[derive(Debug, Default)]
struct SocketState {
    hub: Option<mpsc::UnboundedSender<Command>>,
    backoff: Option<Backoff>,
    /// Earliest time of the next connection attempt, for all streams.
    not_before: Option<Instant>,
    last_subscription_id: u64,
}

/// Maximum time to wait until the server acknowledges a subscription. After that, the stream counts as open.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// A message from the hub to a subscription.
#[derive(Clone, Debug)]
pub(super) enum HubMessage {
    Event {
        name: IdString,
        payload: String,
    },
    /// A message that cannot be decoded. Its stream is unknown, so every subscription receives it.
    Malformed {
        message: String,
        reason: String,
    },
    Heartbeat,
}

/// The reason why a subscription ended.
#[derive(Clone, Debug)]
pub(super) enum CloseReason {
    /// The connection was closed.
    Closed(String),
    /// The connection received nothing within the idle timeout.
    Idle(Duration),
    /// The application did not take its events in time.
    SlowSubscriber,
    /// The server rejected the subscription with this status and body.
    Rejected(u16, String),
}

impl CloseReason {
    fn to_error(&self, endpoint: &'static Endpoint) -> Error {
        match self {
            Self::Closed(reason) => Error::stream(endpoint.name, reason.as_str()),
            Self::Idle(limit) => idle_timeout_error(endpoint, *limit),
            Self::SlowSubscriber => Error::stream(
                endpoint.name,
                "the application takes events more slowly than they arrive",
            ),
            Self::Rejected(status, body) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
                api_error(endpoint.name, &RawResponse::new(status, body.clone()))
            }
        }
    }
}

/// The subscription of one stream. Dropping it unsubscribes.
#[derive(Debug)]
pub(crate) struct Subscription {
    decoder: EventDecoder,
    id: u64,
    max_event_size: usize,
    messages: mpsc::Receiver<HubMessage>,
    close_reason: Arc<OnceLock<CloseReason>>,
    hub: mpsc::UnboundedSender<Command>,
}

impl Subscription {
    /// Subscribes to a channel over the open connection, or opens one.
    pub(crate) async fn open(
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
    ) -> Result<Self, Error> {
        let shared = client.inner.extensions.get::<Shared>();
        let mut state = shared.socket.0.lock().await;
        let hub = match state.hub.take().filter(|hub| !hub.is_closed()) {
            Some(hub) => hub,
            None => state.connect(client, channel, settings).await?,
        };
        state.hub = Some(hub.clone());
        state.last_subscription_id += 1;
        let id = state.last_subscription_id;
        drop(state);
        let (sender, messages) = mpsc::channel(settings.buffer.min(Semaphore::MAX_PERMITS));
        let close_reason = Arc::new(OnceLock::new());
        let (ack, acked) = oneshot::channel();
        // If the connection closes at this moment, the subscription ends with it.
        let _closed = hub.send(Command::Subscribe(Subscriber::new(
            id,
            channel.clone(),
            sender,
            Arc::clone(&close_reason),
            settings.idle_timeout,
            ack,
        )));
        let subscription = Self {
            decoder: EventDecoder::new(client, channel.endpoint()),
            id,
            max_event_size: settings.max_event_size,
            messages,
            close_reason,
            hub,
        };
        // Without an acknowledgment the stream is opened anyway: a slow server, or a connection that has
        // closed by now, may have sent events.
        let _acked = timeout(ACK_TIMEOUT, acked).await;
        match subscription.close_reason.get() {
            Some(CloseReason::Rejected(..)) => Err(subscription.close_error()),
            _ => Ok(subscription),
        }
    }

    fn close_error(&self) -> Error {
        let closed = || CloseReason::Closed("the connection was closed".to_owned());
        let reason = self.close_reason.get_or_init(closed);
        reason.to_error(self.decoder.endpoint)
    }

    pub(crate) fn take_uncertain(&mut self) -> bool {
        false
    }

    /// Returns the next event, or an error when the subscription has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Received, Error> {
        let Some(message) = self.messages.recv().await else {
            return Err(self.close_error());
        };
        let size = match &message {
            HubMessage::Heartbeat => 0,
            HubMessage::Event { payload, .. } => payload.len(),
            HubMessage::Malformed { message, .. } => message.len(),
        };
        let event = match message {
            HubMessage::Heartbeat => StreamEvent::Heartbeat,
            HubMessage::Event { name, payload } if payload.len() > self.max_event_size => {
                StreamEvent::too_large(self.decoder.endpoint, &name, self.max_event_size)
            }
            HubMessage::Event { name, payload } => {
                StreamEvent::decode_or_malformed(self.decoder, &name, &payload)
            }
            HubMessage::Malformed { message, reason } => StreamEvent::Malformed(MalformedEvent {
                name: String::new(),
                payload: message,
                error: Arc::new(Error::stream(self.decoder.endpoint.name, reason)),
            }),
        };
        Ok(Received { event, size })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let _closed = self.hub.send(Command::Unsubscribe(self.id));
    }
}

impl SocketState {
    /// Opens the connection. The caller holds the lock, so attempts are sequential, and a failure delays the
    /// next attempt of every stream.
    async fn connect(
        &mut self,
        client: &Mastodon,
        channel: &Channel,
        settings: &StreamSettings,
    ) -> Result<mpsc::UnboundedSender<Command>, Error> {
        if let Some(not_before) = self.not_before {
            tokio::time::sleep_until(not_before).await;
        }
        match open_websocket(client, channel).await {
            Ok(socket) => {
                (self.backoff, self.not_before) = (None, None);
                let (sender, commands) = mpsc::unbounded_channel();
                tokio::spawn(Hub::new(socket, commands, channel.clone()).run());
                Ok(sender)
            }
            Err(error) => {
                let max = settings.max_backoff;
                let backoff = self.backoff.get_or_insert_with(|| stream_backoff(max));
                self.not_before = Some(Instant::now() + backoff.next_delay());
                Err(error)
            }
        }
    }
}
