//! A WebSocket that streams share: its connection attempts and the delays between them.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::Opening;
use super::hub::{Command, Hub};
use super::key::Key;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::error::Error;
use crate::streaming::connection::backoff::{Backoff, stream_backoff};
use crate::streaming::connection::websocket::open_websocket;

/// Duration after which a connection counts as stable, even without events, and the delays start again.
const STABLE_AFTER: Duration = Duration::from_secs(10);

pub(super) type HubHandle = mpsc::UnboundedSender<Command>;

type AttemptResult = Result<HubHandle, Arc<Error>>;

/// A WebSocket that is opened when a stream needs it.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    state: Mutex<State>,
    /// Wakes the streams that wait for the next attempt when another stream has opened the connection.
    opened: Notify,
    /// Whether the socket serves one stream only. Then all events belong to it.
    is_exclusive: bool,
}

#[derive(Debug, Default)]
struct State {
    hub: Option<HubHandle>,
    attempt: Option<Attempt>,
    backoff: Option<Backoff>,
    /// Time of the next attempt after a failure, and the failure.
    next_attempt: Option<(Instant, Arc<Error>)>,
    last_subscription_id: u64,
}

/// A running attempt, in which all streams take part that need the connection.
#[derive(Debug, Default)]
struct Attempt {
    /// Streams that wait for the result, in the order of their requests.
    waiting: Vec<oneshot::Sender<AttemptResult>>,
    /// Smallest maximum of the delays of the streams that lost their connection. A failure counts only if there is
    /// one: an application that opens a stream meanwhile decides by itself when it tries again.
    max_backoff: Option<Duration>,
}

impl State {
    fn open_hub(&self) -> Option<&HubHandle> {
        self.hub.as_ref().filter(|hub| !hub.is_closed())
    }

    /// Counts a failure of the connection. It counts once, whatever the number of streams.
    fn count_failure(&mut self, error: Arc<Error>, max_backoff: Duration, now: Instant) {
        let backoff = self
            .backoff
            .get_or_insert_with(|| stream_backoff(max_backoff));
        backoff.set_max(max_backoff);
        self.next_attempt = Some((now + backoff.next_delay(), error));
    }
}

impl Socket {
    pub(crate) fn exclusive() -> Self {
        Self {
            is_exclusive: true,
            ..Self::default()
        }
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next_subscription_id(&self) -> u64 {
        let mut state = self.lock();
        state.last_subscription_id += 1;
        state.last_subscription_id
    }

    /// Returns the open connection, or the result of an attempt to open one. There is at most one attempt at a time.
    pub(super) async fn connect(
        self: &Arc<Self>,
        opening: &Opening<'_>,
    ) -> Result<HubHandle, Error> {
        let (sender, result) = oneshot::channel();
        {
            let mut state = self.lock();
            if let Some(hub) = state.open_hub() {
                return Ok(hub.clone());
            }
            // Another stream that waited for the same time has made the attempt, and it failed.
            if opening.is_reconnecting
                && state.attempt.is_none()
                && let Some((at, error)) = &state.next_attempt
                && Instant::now() < *at
            {
                return Err(copy_of(error));
            }
            let attempt = state.attempt.get_or_insert_with(|| {
                self.start_attempt(opening);
                Attempt::default()
            });
            attempt.waiting.push(sender);
            if opening.is_reconnecting {
                let max = opening.settings.max_backoff;
                attempt.max_backoff = Some(attempt.max_backoff.map_or(max, |other| other.min(max)));
            }
        }
        match result.await {
            Ok(Ok(hub)) => Ok(hub),
            Ok(Err(error)) => Err(copy_of(&error)),
            // The runtime is shutting down, or the attempt panicked.
            Err(_) => Err(Error::internal("the connection attempt was aborted")),
        }
    }

    /// Starts an attempt in a task of its own: it continues if the stream that needed it first is dropped.
    fn start_attempt(self: &Arc<Self>, opening: &Opening<'_>) {
        let (socket, client) = (Arc::clone(self), opening.client.clone());
        let (channel, folds_hashtags) = (opening.channel.clone(), opening.folds_hashtags);
        tokio::spawn(async move {
            let mut running = RunningAttempt(Some(Arc::clone(&socket)));
            let opened = open_websocket(&client, &channel).await;
            running.0 = None;
            let mut state = socket.lock();
            let attempt = state.attempt.take().unwrap_or_default();
            let result = match opened {
                Ok(connection) => {
                    let (handle, commands) = mpsc::unbounded_channel();
                    let key = Key::new(&channel, folds_hashtags);
                    let hub = Hub::new(
                        connection,
                        commands,
                        &client,
                        Arc::clone(&socket),
                        folds_hashtags,
                    );
                    tokio::spawn(hub.run(key, channel));
                    state.hub = Some(handle.clone());
                    socket.opened.notify_waiters();
                    Ok(handle)
                }
                Err(error) => {
                    let error = Arc::new(error);
                    if let Some(max_backoff) = attempt.max_backoff {
                        state.count_failure(Arc::clone(&error), max_backoff, Instant::now());
                    }
                    Err(error)
                }
            };
            drop(state);
            for stream in attempt.waiting {
                let _stream_dropped = stream.send(result.clone());
            }
        });
    }

    /// Records that the connection was closed. `max_backoff`: smallest maximum of the delays of its streams.
    pub(super) fn on_closed(&self, error: Error, max_backoff: Option<Duration>, age: Duration) {
        let mut state = self.lock();
        state.hub = None;
        if age >= STABLE_AFTER {
            (state.backoff, state.next_attempt) = (None, None);
        }
        if let Some(max_backoff) = max_backoff {
            state.count_failure(Arc::new(error), max_backoff, Instant::now());
        }
    }

    /// Returns the time until the next attempt. `None` if the connection is open.
    pub(crate) fn time_to_attempt(&self) -> Option<Duration> {
        let state = self.lock();
        if state.open_hub().is_some() {
            return None;
        }
        let (at, _) = state.next_attempt.as_ref()?;
        Some(at.saturating_duration_since(Instant::now()))
    }

    /// Waits until the connection is open.
    pub(crate) async fn opened(&self) {
        let opened = self.opened.notified();
        tokio::pin!(opened);
        // An attempt may end between the check and the wait.
        opened.as_mut().enable();
        if self.lock().open_hub().is_none() {
            opened.await;
        }
    }

    /// Restarts the delays: the connection works.
    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        if state.open_hub().is_some() {
            (state.backoff, state.next_attempt) = (None, None);
        }
    }
}

/// The task of an attempt. If it is aborted, the streams that wait for it get no result.
struct RunningAttempt(Option<Arc<Socket>>);

impl Drop for RunningAttempt {
    fn drop(&mut self) {
        if let Some(socket) = &self.0 {
            socket.lock().attempt = None;
        }
    }
}

/// Returns an error like this one, for another stream.
fn copy_of(error: &Arc<Error>) -> Error {
    let cause = |source: &Option<_>| {
        let has_source = source.is_some();
        has_source.then(|| Box::new(Cause(Arc::clone(error))) as Box<dyn StdError + Send + Sync>)
    };
    match &**error {
        Error::Api(error) => Error::Api(error.clone()),
        Error::Timeout {
            endpoint,
            limit,
            setting,
        } => Error::timeout(endpoint.clone(), *setting, *limit),
        Error::NotProvided { endpoint, what } => Error::NotProvided {
            endpoint: endpoint.clone(),
            what,
        },
        Error::NotMastodon {
            endpoint,
            host,
            is_write,
        } => Error::NotMastodon {
            endpoint: endpoint.clone(),
            host: host.clone(),
            is_write: *is_write,
        },
        Error::Redirect {
            endpoint,
            location,
            reason,
        } => Error::Redirect {
            endpoint: endpoint.clone(),
            location: location.clone(),
            reason: reason.clone(),
        },
        Error::Configuration { setting, reason } => Error::configuration(setting, reason.clone()),
        Error::Internal { reason } => Error::internal(reason.clone()),
        Error::Network {
            endpoint,
            reason,
            source,
        } => Error::Network {
            endpoint: endpoint.clone(),
            reason: reason.clone(),
            source: cause(source),
        },
        Error::Stream {
            endpoint,
            reason,
            source,
        } => Error::Stream {
            endpoint: endpoint.clone(),
            reason: reason.clone(),
            source: cause(source),
        },
        other => Error::stream(STREAM_OPEN_WEBSOCKET.name, other.to_string()),
    }
}

/// Underlying error of a shared error.
#[derive(Debug)]
struct Cause(Arc<Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .source()
            .map_or(Ok(()), |source| fmt::Display::fmt(source, f))
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source().and_then(StdError::source)
    }
}
