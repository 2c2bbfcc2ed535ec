//! Subscriptions over a WebSocket, which the streams of a client share.
//!
//! A task ([`hub`]) owns the connection. Each stream has a [`Subscription`], which ends when the connection
//! closes or when the server rejects that subscription. Other subscriptions are not affected by a rejection.

mod hub;
pub(crate) mod key;
mod queue;
mod refusals;
mod socket;
mod subscriber;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use mastodon_types::__private::IdString;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::hub::Command;
use self::key::Key;
use self::socket::HubHandle;
pub(crate) use self::socket::Socket;
use self::subscriber::Subscriber;
use super::connection::refusal::refusal;
use super::connection::{Received, idle_timeout_error};
use super::generated::{Channel, StreamEvent};
use super::stream::event::{EventDecoder, MalformedEvent};
use super::stream::open::StreamSettings;
use crate::call::core::Core;
use crate::call::endpoint::Endpoint;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::RawResponse;

/// The WebSocket that the streams of a client share.
#[derive(Debug, Default)]
pub(crate) struct SharedSocket(pub(crate) Arc<Socket>);

/// Maximum time to wait until the server acknowledges a subscription. After that, the stream counts as open.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// A message from the hub to a subscription. Clones share the content.
#[derive(Clone, Debug)]
enum HubMessage {
    Event(Arc<RawEvent>),
    /// An event that exceeds the maximum size, without its payload.
    TooLarge(IdString),
    /// A message that cannot be decoded. Its stream is unknown, so every subscription receives it.
    Malformed(Arc<MalformedMessage>),
    Heartbeat,
}

/// An event that is not decoded yet.
#[derive(Debug)]
struct RawEvent {
    name: IdString,
    payload: String,
}

/// The beginning of a message that cannot be decoded, and the error.
#[derive(Debug)]
struct MalformedMessage {
    beginning: String,
    error: String,
}

impl HubMessage {
    fn event(name: &str, payload: String) -> Self {
        let name = name.into();
        Self::Event(Arc::new(RawEvent { name, payload }))
    }

    /// Returns the size of the content in bytes.
    fn size(&self) -> usize {
        match self {
            Self::Event(event) => event.name.len() + event.payload.len(),
            Self::TooLarge(name) => name.len(),
            Self::Malformed(message) => message.beginning.len() + message.error.len(),
            Self::Heartbeat => 0,
        }
    }
}

/// The reason why a subscription ended.
#[derive(Clone, Debug)]
enum CloseReason {
    /// The connection was closed.
    Closed(String),
    /// The connection was closed because it had no subscriptions.
    Unused,
    /// The connection received nothing within the idle timeout.
    Idle(Duration),
    /// The application did not take its events in time.
    SlowSubscriber,
    /// The server rejected the subscription with this status and body, without secrets.
    Rejected(u16, String),
}

impl CloseReason {
    fn closed() -> Self {
        Self::Closed("the connection was closed".to_owned())
    }

    fn to_error(&self, core: &Core, endpoint: &'static Endpoint) -> Error {
        match self {
            Self::Closed(reason) => Error::stream(endpoint.name, reason.as_str()),
            Self::Unused => Self::closed().to_error(core, endpoint),
            Self::Idle(limit) => idle_timeout_error(endpoint, *limit),
            Self::SlowSubscriber => Error::stream(
                endpoint.name,
                "the application takes events more slowly than they arrive",
            ),
            Self::Rejected(status, body) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
                refusal(core, endpoint, RawResponse::new(status, body.clone()))
            }
        }
    }
}

/// What a stream needs to open its subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) client: &'a Mastodon,
    pub(crate) channel: &'a Channel,
    pub(crate) settings: &'a StreamSettings,
    pub(crate) folds_hashtags: bool,
    /// Whether the stream lost a connection, and waits for the next attempt of the socket.
    pub(crate) is_reconnecting: bool,
}

/// The subscription of one stream. Dropping it unsubscribes.
#[derive(Debug)]
pub(crate) struct Subscription {
    client: Mastodon,
    decoder: EventDecoder,
    id: u64,
    max_event_size: usize,
    messages: queue::Receiver,
    hub: HubHandle,
}

impl Subscription {
    /// Subscribes to a channel over the open connection, or opens one.
    pub(crate) async fn open(socket: &Arc<Socket>, opening: Opening<'_>) -> Result<Self, Error> {
        loop {
            let hub = socket.connect(&opening).await?;
            let subscription = Self::subscribe(socket, &opening, hub).await;
            match subscription.messages.close_reason() {
                // The last other stream was closed at this moment.
                Some(CloseReason::Unused) => {}
                Some(reason @ CloseReason::Rejected(..)) => {
                    let endpoint = subscription.decoder.endpoint;
                    return Err(reason.to_error(opening.client.core(), endpoint));
                }
                // The connection may have sent events before it closed.
                _ => return Ok(subscription),
            }
        }
    }

    async fn subscribe(socket: &Socket, opening: &Opening<'_>, hub: HubHandle) -> Self {
        let Opening {
            channel, settings, ..
        } = *opening;
        let (sender, messages) = queue::queue(settings.buffer, settings.buffer_bytes);
        let (ack, acked) = oneshot::channel();
        let subscription = Self {
            client: opening.client.clone(),
            decoder: EventDecoder::new(opening.client, channel.endpoint()),
            id: socket.next_subscription_id(),
            max_event_size: settings.max_event_size,
            messages,
            hub,
        };
        // If the connection closes at this moment, the subscription ends with it.
        let _closed = subscription.hub.send(Command::Subscribe(Subscriber::new(
            subscription.id,
            Key::new(channel, opening.folds_hashtags),
            channel.clone(),
            sender,
            settings,
            ack,
        )));
        // Without an acknowledgment the stream is opened anyway: a slow server, or a connection that has
        // closed by now, may have sent events.
        let _acked = timeout(ACK_TIMEOUT, acked).await;
        subscription
    }

    /// Returns whether events may be missing although the connection is open. Each report is returned once.
    pub(crate) fn take_uncertain(&mut self) -> bool {
        self.messages.take_uncertain()
    }

    /// Returns the next event, or an error when the subscription has ended. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<Received, Error> {
        let endpoint = self.decoder.endpoint;
        let message = self.messages.next().await;
        let message = message.map_err(|reason| reason.to_error(self.client.core(), endpoint))?;
        let size = message.size();
        let event = match message {
            HubMessage::Heartbeat => StreamEvent::Heartbeat,
            HubMessage::TooLarge(name) => {
                StreamEvent::too_large(endpoint, &name, self.max_event_size)
            }
            HubMessage::Event(event) => {
                StreamEvent::decode_or_malformed(self.decoder, &event.name, &event.payload)
            }
            HubMessage::Malformed(message) => StreamEvent::Malformed(MalformedEvent {
                name: String::new(),
                payload: message.beginning.clone(),
                error: Arc::new(Error::stream(endpoint.name, message.error.as_str())),
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
