//! One WebSocket for all streams of a client.
//!
//! A task of its own holds the connection. A [`Subscription`] is what one stream has of it: it ends when
//! the connection does, or when the server refuses that stream, and leaves the others alone.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::backoff::{Backoff, backoff};
use super::connect::Shared;
use super::connect::{host, silent};
use super::event::MalformedEvent;
use super::generated::{Channel, StreamEvent};
use super::hub::{Command, Hub, Subscriber};
use super::open::Settings;
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::RawResponse;
use crate::http::api_error;
use mastodon_types::__private::IdString as Text;

pub(super) type Socket = WebSocketStream<reqwest::Upgraded>;

/// The connection of a client, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    hub: Option<mpsc::UnboundedSender<Command>>,
    backoff: Option<Backoff>,
    /// No attempt is made before this, whichever of the streams wants one.
    not_before: Option<Instant>,
    subscriptions: u64,
}

/// What one message may have at the most. An event has a bound of its own, which costs that event only.
const MAX_MESSAGE: usize = 16 << 20;

/// How long the server may take to hear of a subscription before the stream counts as open all the same.
const HEARING: Duration = Duration::from_secs(5);

/// What comes to a stream.
#[derive(Clone, Debug)]
pub(super) enum Delivery {
    Event {
        name: Text,
        payload: String,
    },
    /// A message that cannot be read, so that nobody knows whose it was.
    Unreadable {
        text: String,
        why: String,
    },
    Heartbeat,
}

/// Why a subscription is over.
#[derive(Clone, Debug)]
pub(super) enum Over {
    /// The connection is.
    Closed(String),
    /// Nothing came for so long.
    Silent(Duration),
    /// The program did not take its events in time.
    Slow,
    /// The server refused the stream, with this status and body.
    Refused(u16, String),
}

impl Over {
    fn error(&self, endpoint: &'static Endpoint) -> Error {
        match self {
            Self::Closed(reason) => Error::stream(endpoint.name, reason.as_str()),
            Self::Silent(limit) => silent(endpoint, *limit),
            Self::Slow => Error::stream(
                endpoint.name,
                "the program takes events more slowly than they come",
            ),
            Self::Refused(status, body) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
                api_error(endpoint.name, &RawResponse::new(status, body.clone()))
            }
        }
    }
}

/// What one stream has of the connection. Dropping it unsubscribes.
#[derive(Debug)]
pub(super) struct Subscription {
    endpoint: &'static Endpoint,
    id: u64,
    limit: usize,
    deliveries: mpsc::Receiver<Delivery>,
    over: Arc<OnceLock<Over>>,
    hub: mpsc::UnboundedSender<Command>,
}

impl Subscription {
    /// Subscribes to a stream, over the connection that is there, or else over a new one.
    pub(super) async fn open(
        client: &Mastodon,
        channel: &Channel,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let shared = client.inner.extensions.get::<Shared>();
        let mut state = shared.socket.0.lock().await;
        let hub = match state.hub.take().filter(|hub| !hub.is_closed()) {
            Some(hub) => hub,
            None => state.connect(client, channel, settings).await?,
        };
        state.hub = Some(hub.clone());
        state.subscriptions += 1;
        let id = state.subscriptions;
        drop(state);
        let (sender, deliveries) = mpsc::channel(settings.buffer.min(Semaphore::MAX_PERMITS));
        let over = Arc::new(OnceLock::new());
        let (heard_of, is_heard_of) = oneshot::channel();
        // If the connection ends right now, the subscription ends with it.
        let _ended = hub.send(Command::Subscribe(Subscriber::new(
            id,
            channel.clone(),
            sender,
            Arc::clone(&over),
            settings.silence_timeout,
            heard_of,
        )));
        let subscription = Self {
            endpoint: channel.endpoint(),
            id,
            limit: settings.max_event_size,
            deliveries,
            over,
            hub,
        };
        // A server that is slow to answer, or a connection that ended, may well have brought events.
        let _answered = timeout(HEARING, is_heard_of).await;
        match subscription.over.get() {
            Some(Over::Refused(..)) => Err(subscription.over()),
            _ => Ok(subscription),
        }
    }

    fn over(&self) -> Error {
        let closed = || Over::Closed("the connection is closed".to_owned());
        self.over.get_or_init(closed).error(self.endpoint)
    }

    /// The next event; an error when the subscription is over. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<StreamEvent, Error> {
        let Some(delivery) = self.deliveries.recv().await else {
            return Err(self.over());
        };
        Ok(match delivery {
            Delivery::Heartbeat => StreamEvent::Heartbeat,
            Delivery::Event { name, payload } if payload.len() > self.limit => {
                StreamEvent::too_large(self.endpoint, &name, self.limit)
            }
            Delivery::Event { name, payload } => StreamEvent::of(self.endpoint, &name, &payload),
            Delivery::Unreadable { text, why } => StreamEvent::Malformed(MalformedEvent {
                name: String::new(),
                payload: text,
                error: Arc::new(Error::stream(self.endpoint.name, why)),
            }),
        })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let _ended = self.hub.send(Command::Unsubscribe(self.id));
    }
}

impl State {
    /// Opens the connection. A failure is counted for all streams, which come here one after the other.
    async fn connect(
        &mut self,
        client: &Mastodon,
        channel: &Channel,
        settings: &Settings,
    ) -> Result<mpsc::UnboundedSender<Command>, Error> {
        if let Some(not_before) = self.not_before {
            tokio::time::sleep_until(not_before).await;
        }
        match connect(client, channel).await {
            Ok(socket) => {
                (self.backoff, self.not_before) = (None, None);
                let (sender, commands) = mpsc::unbounded_channel();
                tokio::spawn(Hub::new(socket, commands, channel.clone()).run());
                Ok(sender)
            }
            Err(error) => {
                let longest = settings.max_backoff;
                let backoff = self.backoff.get_or_insert_with(|| backoff(longest));
                self.not_before = Some(Instant::now() + backoff.next_delay());
                Err(error)
            }
        }
    }
}

/// Asks the host of streams for a WebSocket. The first stream stands in the address, as servers want it that
/// know no other way.
async fn connect(client: &Mastodon, channel: &Channel) -> Result<Socket, Error> {
    let (inner, endpoint) = (client.core(), &STREAM_OPEN_WEBSOCKET);
    let base = host(client).await?;
    let mut request = Request::new(client.core(), endpoint).with("stream", channel.name());
    if let Some((name, value)) = channel.argument() {
        request.set(name, value.to_owned());
    }
    let mut request = request.http_to(&base)?;
    let key = generate_key();
    let headers = request.headers_mut();
    headers.remove(header::ACCEPT);
    for (name, value) in [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let own_key =
        HeaderValue::try_from(&key).map_err(|error| Error::internal(error.to_string()))?;
    headers.insert(header::SEC_WEBSOCKET_KEY, own_key);
    let timeout = inner.settings.timeout;
    let answer = inner
        .transport
        .open_http1(endpoint.name, request, inner.token.as_ref(), timeout)
        .await?;
    let host = || base.host_str().unwrap_or_default().to_owned();
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        if answer.status().is_success() {
            return Err(Error::NotMastodon {
                endpoint: endpoint.name,
                host: host(),
            });
        }
        return Err(inner
            .transport
            .read_error(endpoint.name, answer, timeout)
            .await);
    }
    let accepted = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if accepted.is_none_or(|accepted| accepted != derive_accept_key(key.as_bytes()).as_str()) {
        let reason = format!("{} answers a question that was not asked", host());
        return Err(Error::stream(endpoint.name, reason));
    }
    let upgraded = answer.upgrade().await.map_err(|error| {
        Error::stream(
            endpoint.name,
            format!("no WebSocket: {}", error.without_url()),
        )
    })?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}
