//! Options of a stream, and opening it.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;

use super::EventStream;
use super::first_connection::open_first;
use super::link::Link;
use super::queue::{Queue, Sender};
use super::session::Session;
#[cfg(feature = "websocket")]
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::call::local_checks::check_token;
#[cfg(feature = "websocket")]
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::backfill::checkpoint::{Checkpoint, Progress};
use crate::streaming::backfill::pages::seed_positions;
use crate::streaming::connection::connector::Connector;
use crate::streaming::connection::sse::sse_request;
use crate::streaming::generated::{Channel, StreamListener};
use crate::streaming::hashtag;
use crate::streaming::support::{check_version_once, streaming_support};
use crate::tasks::spawn;

/// Behavior when events arrive faster than the application takes them.
#[doc(alias("backpressure", "slow consumer"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OverflowPolicy {
    /// Stops reading from the connection until the buffer has room. If the connection is closed in the meantime,
    /// the missed events are backfilled.
    #[default]
    Wait,
    /// Drops the oldest event. [`StreamEvent::Lagged`](crate::streaming::StreamEvent::Lagged) reports the
    /// number of dropped events. Gaps that a dropped event reported follow it.
    DropOldest,
}

/// Transport of a stream.
#[doc(alias("websocket", "server sent events", "sse"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamTransport {
    /// Server-sent events: one connection per stream.
    ServerSentEvents,
    /// WebSocket. All streams of a client and its clones share one, if the server's software allows it.
    #[cfg(feature = "websocket")]
    WebSocket,
}

/// Maximum idle timeout: one hundred years. A larger value could overflow an `Instant`.
const MAX_IDLE_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Options of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamSettings {
    pub(crate) idle_timeout: Duration,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) max_backoff: Duration,
    pub(crate) backfill: bool,
    pub(crate) max_backfill: usize,
    pub(crate) backfill_timeout: Duration,
    pub(crate) buffer: usize,
    /// Maximum size of the buffered events in bytes.
    pub(crate) buffer_bytes: usize,
    pub(crate) overflow_policy: OverflowPolicy,
    pub(crate) max_event_size: usize,
    /// Whether the application has not chosen a transport.
    pub(crate) is_default_transport: bool,
}

/// Builder of a stream. Awaiting it opens the stream and returns an [`EventStream`].
///
/// `F` is [`MediaFilter`] for streams that can be limited to statuses with media. Each method of the client names its
/// call type, such as [`StreamUserCall`](crate::streaming::StreamUserCall).
#[doc(alias("listen", "subscribe"))]
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct StreamCall<F = NoFilter> {
    client: Mastodon,
    channel: Channel,
    only_media: bool,
    settings: StreamSettings,
    checkpoint: Option<Checkpoint>,
    transport: Option<StreamTransport>,
    filter: PhantomData<fn() -> F>,
}

/// The server cannot filter the events of a stream. See [`StreamCall`].
#[derive(Clone, Copy, Debug)]
pub enum NoFilter {}

/// The server can limit a stream to statuses with media. See [`StreamCall`].
#[derive(Clone, Copy, Debug)]
pub enum MediaFilter {}

impl StreamCall<MediaFilter> {
    /// Whether to receive only statuses with media attachments. Default: false.
    pub fn only_media(mut self, only_media: bool) -> Self {
        self.only_media = only_media;
        self
    }
}

impl<F> StreamCall<F> {
    maybe_method!();

    pub(crate) fn new(client: &Mastodon, channel: Channel) -> Self {
        Self {
            client: client.clone(),
            channel,
            only_media: false,
            settings: StreamSettings {
                idle_timeout: Duration::from_secs(60),
                max_attempts: None,
                max_backoff: Duration::from_secs(15),
                backfill: true,
                max_backfill: 1000,
                backfill_timeout: Duration::from_secs(10),
                buffer: 1000,
                buffer_bytes: 16 << 20,
                overflow_policy: OverflowPolicy::default(),
                max_event_size: 1 << 20,
                is_default_transport: true,
            },
            checkpoint: None,
            transport: None,
            filter: PhantomData,
        }
    }

    /// Maximum time without an event or a heartbeat. After that, the connection counts as lost. Default: 60
    /// seconds. Mastodon sends a heartbeat every 15 seconds.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = timeout.min(MAX_IDLE_TIMEOUT);
        self
    }

    /// Maximum number of consecutive failed attempts to reconnect. After that, the stream ends with the last
    /// error. Default: no limit. The count restarts after an event and after a connection that lasts 10
    /// seconds.
    #[doc(alias("reconnect_async", "reconnect"))]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts);
        self
    }

    /// Maximum delay before an attempt to reconnect. Default: 15 seconds. The delays are random; their upper
    /// bound grows from one second to this value, and they are at least half of it.
    pub fn max_backoff(mut self, delay: Duration) -> Self {
        self.settings.max_backoff = delay.min(MAX_IDLE_TIMEOUT);
        self
    }

    /// Whether to fetch missed events from the REST API after a reconnect. Default: true.
    ///
    /// The current position of each list is fetched before the stream is opened. A few seconds after it was opened, and
    /// after a backfill, the lists are fetched again: a server starts to stream shortly after it has accepted the
    /// connection, and may list events late. The lists are also fetched after a malformed event, and after some
    /// minutes without an event. Without a backfill, events of the first moments can be missing.
    ///
    /// Edits and deletions of statuses cannot be backfilled; see
    /// [`Backfilled`](crate::streaming::Backfilled).
    pub fn backfill(mut self, backfill: bool) -> Self {
        self.settings.backfill = backfill;
        self
    }

    /// Maximum number of events per backfill, for each of statuses, notifications and conversations. Default:
    /// 1000. If more events were missed, the oldest ones are delivered, and
    /// [`Backfilled`](crate::streaming::Backfilled) contains the IDs between which the others are missing.
    pub fn max_backfill(mut self, events: usize) -> Self {
        self.settings.max_backfill = events;
        self
    }

    /// Maximum time that live events wait for a backfill. Default: 10 seconds.
    ///
    /// After a reconnect, events that were missed are delivered before new ones. If the REST API takes longer than
    /// this, the new events are delivered, [`Backfilled`](crate::streaming::Backfilled) reports the gap, and the
    /// missed events follow in another backfill.
    pub fn backfill_timeout(mut self, timeout: Duration) -> Self {
        self.settings.backfill_timeout = timeout.min(MAX_IDLE_TIMEOUT);
        self
    }

    /// Number of events that are buffered for the application. Default: 1000. The WebSocket transport buffers
    /// the same number of undecoded messages in addition, and a backfill the same number of live events.
    pub fn buffer(mut self, events: usize) -> Self {
        self.settings.buffer = events.max(1);
        self
    }

    /// Maximum size of the buffered events, in bytes of their JSON. Default: 16 MiB. An event that is larger than
    /// this is buffered alone. The WebSocket transport buffers the same size of undecoded messages in addition.
    pub fn buffer_bytes(mut self, bytes: usize) -> Self {
        self.settings.buffer_bytes = bytes.max(1);
        self
    }

    /// Behavior when the buffer is full. Default: [`OverflowPolicy::Wait`].
    pub fn overflow_policy(mut self, policy: OverflowPolicy) -> Self {
        self.settings.overflow_policy = policy;
        self
    }

    /// Maximum size of an event in bytes. Default: 1 MiB. A larger event is reported as
    /// [`StreamEvent::Malformed`](crate::streaming::StreamEvent::Malformed).
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.settings.max_event_size = bytes;
        self
    }

    /// Continues an earlier stream of the same channel: events since its checkpoint are backfilled first.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Transport of the stream. Default: the WebSocket if the feature `websocket` is enabled and the server
    /// version supports it, otherwise server-sent events. They are also used if a proxy does not let WebSockets pass.
    pub fn transport(mut self, transport: StreamTransport) -> Self {
        self.transport = Some(transport);
        self.settings.is_default_transport = false;
        self
    }

    /// Opens the stream and calls the listener for each event until the stream ends.
    ///
    /// # Errors
    ///
    /// If the stream cannot be opened, and the error that ended it.
    pub async fn listen<L: StreamListener>(self, listener: L) -> Result<(), Error> {
        self.await?.listen(listener).await
    }

    /// Forgets which options the stream has: opening it is compiled once.
    fn without_filter_type(self) -> StreamCall {
        StreamCall {
            client: self.client,
            channel: self.channel,
            only_media: self.only_media,
            settings: self.settings,
            checkpoint: self.checkpoint,
            transport: self.transport,
            filter: PhantomData,
        }
    }
}

impl StreamCall {
    async fn open(self) -> Result<EventStream, Error> {
        let channel = if self.only_media {
            self.channel.with_media()
        } else {
            self.channel
        };
        let (client, settings, endpoint) = (self.client, self.settings, channel.endpoint());
        check_token(client.core(), endpoint)?;
        let mut is_polled = false;
        if let Some((name, value)) = channel.argument() {
            if value.is_empty() {
                return Err(Error::argument(endpoint.name, name, "it must not be empty"));
            }
            if name == "tag" {
                let folds = streaming_support(&client).await.folds_hashtags;
                // Mastodon would accept the stream and never send an event.
                if folds && hashtag::normalize(value, folds).is_empty() {
                    let reason = "a hashtag needs a letter or a digit";
                    return Err(Error::argument(endpoint.name, name, reason));
                }
                is_polled = settings.backfill && hashtag::is_not_streamed(value, folds);
            }
        }
        if is_polled {
            let stream = channel.name();
            tracing::warn!(
                stream,
                "the server does not stream this hashtag; its timeline is polled"
            );
        }
        let resumed = self.checkpoint.is_some();
        let mut progress = match self.checkpoint {
            Some(checkpoint) => checkpoint
                .into_progress(&channel)
                .map_err(|reason| Error::argument(endpoint.name, "resume", reason))?,
            None => Progress::default(),
        };
        check_version_once(sse_request(&client, &channel)).await?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => default_transport(&client).await,
        };
        let is_sse = matches!(transport, StreamTransport::ServerSentEvents);
        if is_sse && channel.is_websocket_only() {
            let reason = "the stream is only available over WebSockets, which need the Cargo feature `websocket`";
            return Err(Error::argument(endpoint.name, "transport", reason));
        }
        // The start of a resumed stream is in its checkpoint. If it is not, the gap is reported.
        if settings.backfill && !resumed {
            seed_positions(&client, &channel, &mut progress.positions).await;
        }
        let taken = progress.clone();
        let mut connector = Connector::new(client.clone(), channel.clone(), settings, transport);
        let connection = open_first(&mut connector, &client, &settings).await?;
        let link = Link::new(connector, connection);
        let queue = Queue::new(&settings);
        let sender = Sender(queue.clone());
        let session = Session::new(
            client,
            channel.clone(),
            settings,
            link,
            sender,
            progress,
            is_polled,
        );
        let task = spawn(&Handle::current(), session.run(resumed));
        Ok(EventStream::new(channel, queue, task, taken, is_polled))
    }
}

#[cfg(feature = "websocket")]
async fn default_transport(client: &Mastodon) -> StreamTransport {
    let request = Request::new(client.core(), &STREAM_OPEN_WEBSOCKET);
    match check_version_once(request).await {
        Ok(()) => StreamTransport::WebSocket,
        Err(_) => StreamTransport::ServerSentEvents,
    }
}

#[cfg(not(feature = "websocket"))]
async fn default_transport(_: &Mastodon) -> StreamTransport {
    StreamTransport::ServerSentEvents
}

impl<F> IntoFuture for StreamCall<F> {
    type Output = Result<EventStream, Error>;
    type IntoFuture = ConnectFuture;

    fn into_future(self) -> ConnectFuture {
        ConnectFuture(Box::pin(self.without_filter_type().open()))
    }
}

impl<F> fmt::Debug for StreamCall<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamCall")
            .field("channel", &self.channel)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Future of [`StreamCall`]. Resolves to an [`EventStream`] when the server has accepted the connection.
#[must_use = "a call does nothing until it is awaited"]
pub struct ConnectFuture(Pin<Box<dyn Future<Output = Result<EventStream, Error>> + Send>>);

impl Future for ConnectFuture {
    type Output = Result<EventStream, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for ConnectFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectFuture").finish_non_exhaustive()
    }
}
