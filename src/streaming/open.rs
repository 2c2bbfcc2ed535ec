//! A stream that is to be opened, and how it is to behave.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::catch_up::look;
use super::connect::request;
use super::generated::{Channel, StreamListener};
use super::progress::{Progress, ResumePoint};
use super::queue::{Queue, Sender};
use super::session::Session;
use super::stream::EventStream;
#[cfg(feature = "websocket")]
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
#[cfg(feature = "websocket")]
use crate::call::request::Request;
use crate::call::version_check::check_version;
use crate::client::Mastodon;
use crate::error::Error;

/// What happens when events come faster than the program takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WhenFull {
    /// The stream waits. A server that loses patience with it closes the connection; what was missed is
    /// then asked for.
    #[default]
    Wait,
    /// The oldest event is dropped, and [`StreamEvent::Lagged`](crate::StreamEvent::Lagged) tells how
    /// many were.
    DropOldest,
}

/// How events travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamTransport {
    /// Server-sent events: a connection for each stream.
    ServerSentEvents,
    /// One WebSocket for all streams of a client and its clones.
    #[cfg(feature = "websocket")]
    WebSocket,
}

/// The longest silence that is waited for: a hundred years.
const LONGEST_SILENCE: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How a stream behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) silence_timeout: Duration,
    pub(super) max_attempts: Option<u32>,
    pub(super) max_backoff: Duration,
    pub(super) catch_up: bool,
    pub(super) max_catch_up: usize,
    pub(super) buffer: usize,
    pub(super) when_full: WhenFull,
    pub(super) max_event_size: usize,
}

/// A stream that is to be opened: awaiting it gives an [`EventStream`].
///
/// `MEDIA` tells whether the stream can be narrowed to statuses with media.
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct StreamCall<const MEDIA: bool = false> {
    client: Mastodon,
    channel: Channel,
    only_media: bool,
    settings: Settings,
    resume: Option<ResumePoint>,
    transport: Option<StreamTransport>,
}

impl StreamCall<true> {
    /// Only statuses with media attached.
    pub fn only_media(mut self, only_media: bool) -> Self {
        self.only_media = only_media;
        self
    }
}

impl<const MEDIA: bool> StreamCall<MEDIA> {
    pub(super) fn new(client: &Mastodon, channel: Channel) -> Self {
        Self {
            client: client.clone(),
            channel,
            only_media: false,
            settings: Settings {
                silence_timeout: Duration::from_secs(60),
                max_attempts: None,
                max_backoff: Duration::from_secs(60),
                catch_up: true,
                max_catch_up: 1000,
                buffer: 1000,
                when_full: WhenFull::default(),
                max_event_size: 1 << 20,
            },
            resume: None,
            transport: None,
        }
    }

    /// How long nothing at all may come, not even a heartbeat, before the connection counts as dead; 60
    /// seconds unless set. Mastodon sends a heartbeat every 15 seconds.
    pub fn silence_timeout(mut self, timeout: Duration) -> Self {
        // What is added to a point in time must not leave what time can tell.
        self.settings.silence_timeout = timeout.min(LONGEST_SILENCE);
        self
    }

    /// How many attempts in a row to reconnect may fail before the stream ends with the error of the
    /// last; without end unless set. An event, or a connection that lasts, lets the count begin anew.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts);
        self
    }

    /// The longest wait before an attempt to reconnect; 60 seconds unless set. The waits are random, and
    /// grow from at most a second to at most this.
    pub fn max_backoff(mut self, longest: Duration) -> Self {
        self.settings.max_backoff = longest;
        self
    }

    /// Whether the REST API is asked for what was missed while there was no connection; it is unless set.
    ///
    /// Where lists are is looked at before the stream is opened, so that even what comes in a gap before
    /// the first event is found. After a gap is filled the lists are looked at once more some seconds
    /// later, as servers may show there late what they no longer streamed; and so they are after an event
    /// that could not be read. Edits and deletions of statuses cannot be found: see
    /// [`CaughtUp`](crate::CaughtUp).
    pub fn catch_up(mut self, catch_up: bool) -> Self {
        self.settings.catch_up = catch_up;
        self
    }

    /// How many statuses, how many notifications and how many conversations are told late after one gap;
    /// 1000 unless set. Where there were more, the oldest are told, and
    /// [`CaughtUp`](crate::CaughtUp) says between which ids the others are.
    pub fn max_catch_up(mut self, events: usize) -> Self {
        self.settings.max_catch_up = events;
        self
    }

    /// How many events may wait for the program to take them; 1000 unless set. Over the WebSocket as many
    /// may wait once more to be read.
    pub fn buffer(mut self, events: usize) -> Self {
        self.settings.buffer = events.max(1);
        self
    }

    /// What happens when so many events wait; [`WhenFull::Wait`] unless set.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.settings.when_full = when_full;
        self
    }

    /// The largest event that is read, in bytes; 1 MiB unless set. A larger one is
    /// [`StreamEvent::Malformed`](crate::StreamEvent::Malformed).
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.settings.max_event_size = bytes;
        self
    }

    /// Goes on where an earlier stream of the same name was: what came since then is told first.
    pub fn resume(mut self, from: ResumePoint) -> Self {
        self.resume = Some(from);
        self
    }

    /// How events travel. Unless set it is the WebSocket where the feature `websocket` is on and the server
    /// is new enough for it, and server-sent events otherwise.
    pub fn transport(mut self, transport: StreamTransport) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Opens the stream and tells a listener of everything until the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream cannot be opened, or what ended it for good.
    pub async fn listen<L: StreamListener>(self, listener: L) -> Result<(), Error> {
        self.await?.listen(listener).await
    }

    async fn open(self) -> Result<EventStream, Error> {
        let channel = if self.only_media {
            self.channel.with_media()
        } else {
            self.channel
        };
        let (client, settings, endpoint) = (self.client, self.settings, channel.endpoint());
        if let Some((name, "")) = channel.argument() {
            return Err(Error::argument(endpoint.name, name, "it is empty"));
        }
        let resumed = self.resume.is_some();
        let mut progress = match self.resume {
            Some(point) => point
                .progress(&channel)
                .map_err(|reason| Error::argument(endpoint.name, "resume", reason))?,
            None => Progress::default(),
        };
        check_version(&request(&client, &channel)).await?;
        let transport = match self.transport {
            Some(transport) => transport,
            None => usual_transport(&client).await,
        };
        if settings.catch_up {
            look(&client, &channel, &mut progress).await;
        }
        let told = progress.clone();
        let mut session = Session::new(client, channel.clone(), settings, transport, progress);
        let connection = session.open().await?;
        let queue = Queue::new(settings.buffer, settings.when_full);
        let sender = Sender(queue.clone());
        let task = tokio::spawn(session.run(connection, sender, resumed)).abort_handle();
        Ok(EventStream::new(channel, queue, task, told))
    }
}

#[cfg(feature = "websocket")]
async fn usual_transport(client: &Mastodon) -> StreamTransport {
    let socket = Request::new(client.core(), &STREAM_OPEN_WEBSOCKET);
    match check_version(&socket).await {
        Ok(()) => StreamTransport::WebSocket,
        Err(_) => StreamTransport::ServerSentEvents,
    }
}

#[cfg(not(feature = "websocket"))]
async fn usual_transport(_: &Mastodon) -> StreamTransport {
    StreamTransport::ServerSentEvents
}

impl<const MEDIA: bool> IntoFuture for StreamCall<MEDIA> {
    type Output = Result<EventStream, Error>;
    type IntoFuture = OpeningStream;

    fn into_future(self) -> OpeningStream {
        OpeningStream(Box::pin(self.open()))
    }
}

impl<const MEDIA: bool> fmt::Debug for StreamCall<MEDIA> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamCall")
            .field("channel", &self.channel)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A stream that is being opened. It is open once the server has accepted the connection.
#[must_use = "a call does nothing until it is awaited"]
pub struct OpeningStream(Pin<Box<dyn Future<Output = Result<EventStream, Error>> + Send>>);

impl Future for OpeningStream {
    type Output = Result<EventStream, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for OpeningStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpeningStream").finish_non_exhaustive()
    }
}
