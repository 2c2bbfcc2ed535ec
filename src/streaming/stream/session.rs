//! Task of a stream: connects, reads events, reconnects and backfills.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, timeout_at};

use super::event::{Backfilled, Disconnected, GapReason};
use super::open::{StreamSettings, StreamTransport};
use super::queue::{Item, Sender};
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::retry::{AttemptError, Attempts, RetryPolicy, retry};
use crate::streaming::backfill::dedup::{self, DedupCache};
use crate::streaming::backfill::pages::RetryLimits;
use crate::streaming::backfill::positions::{EventKind, Positions};
use crate::streaming::backfill::{Backfill, BackfillContext, BackfillStep};
use crate::streaming::connection::Connection;
use crate::streaming::connection::backoff::{Backoff, is_permanent, stream_backoff};
use crate::streaming::connection::host::clear_cached_host;
use crate::streaming::connection::sse_parser::DEFAULT_EVENT_NAME;
use crate::streaming::generated::{Channel, StreamEvent};
use crate::streaming::select::{Either, select};

/// Duration after which a connection counts as stable and resets the backoff.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Maximum time until a stream and the lists agree. A subscription can start shortly after its request, and
/// lists can be served by a database replica that lags behind.
const RESYNC_DELAY: Duration = Duration::from_secs(5);

/// Maximum number of attempts per page while live events are held back.
const MAX_FETCH_ATTEMPTS: u32 = 5;

/// Maximum delay between two attempts while live events are held back.
const MAX_FETCH_DELAY: Duration = Duration::from_secs(30);

/// Maximum delay of a resync after malformed events.
const MAX_MALFORMED_BACKOFF: Duration = Duration::from_secs(3600);

/// A scheduled check for missed events. Live events are delivered in the meantime.
struct Resync {
    at: Instant,
    /// Positions after which events may be missing.
    since: Positions,
    /// Whether the application has received a report of missing events.
    reported: bool,
    /// Number of events delivered since the check was scheduled.
    delivered: usize,
    backoff: Backoff,
}

/// State of one stream.
pub(super) struct Session {
    client: Mastodon,
    channel: Channel,
    settings: StreamSettings,
    transport: StreamTransport,
    positions: Positions,
    dedup: DedupCache,
    resync: Option<Resync>,
    /// Counts the resyncs after malformed events that found nothing.
    malformed_backoff: Backoff,
    /// Lists that the access token may not read.
    forbidden: HashSet<EventKind>,
    backoff: Backoff,
    last_event_id: Option<String>,
}

impl Session {
    pub(super) fn new(
        client: Mastodon,
        channel: Channel,
        settings: StreamSettings,
        transport: StreamTransport,
        positions: Positions,
    ) -> Self {
        let backoff = stream_backoff(settings.max_backoff);
        Self {
            client,
            channel,
            settings,
            transport,
            positions,
            dedup: DedupCache::default(),
            resync: None,
            malformed_backoff: stream_backoff(MAX_MALFORMED_BACKOFF),
            forbidden: HashSet::new(),
            backoff,
            last_event_id: None,
        }
    }

    /// Opens the first connection. Retries temporary failures up to the client's `max_retries`, as calls do.
    pub(super) async fn open(&mut self) -> Result<Connection, Error> {
        let policy = RetryPolicy {
            backoff: stream_backoff(self.settings.max_backoff),
            ..RetryPolicy::new(self.client.core().settings.max_retries)
        };
        retry(policy, ConnectAttempts(self))
            .await
            .map_err(|error| match error {
                // A server with streaming rejects a channel with other status codes.
                Error::Api(mut error) if error.status == StatusCode::NOT_FOUND => {
                    error.message = "the server does not support streaming".to_owned();
                    Error::Api(error)
                }
                error => error,
            })
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let (client, channel, settings) = (&self.client, &self.channel, &self.settings);
        let last_event_id = self.last_event_id.as_deref();
        let opened =
            Connection::open(client, channel, settings, self.transport, last_event_id).await;
        if matches!(&opened, Err(error) if error.is_network() || error.is_not_found()) {
            clear_cached_host(&self.client);
        }
        opened
    }

    /// Runs the stream until it ends permanently. A stream that was resumed starts with a backfill.
    pub(super) async fn run(mut self, mut connection: Connection, queue: Sender, resumed: bool) {
        let mut has_gap = resumed;
        loop {
            let opened = Instant::now();
            queue.set_receiving(true);
            tracing::debug!(stream = self.channel.name(), "stream connected");
            queue.send(Item::Event(StreamEvent::Connected)).await;
            let error = self.read_events(&mut connection, &queue, has_gap).await;
            queue.set_receiving(false);
            if opened.elapsed() >= STABLE_AFTER {
                self.backoff.reset();
            }
            if let Some(delay) = connection.retry() {
                self.backoff.set_first(delay);
            }
            self.last_event_id = connection.last_event_id().map(str::to_owned);
            match self.reconnect(error, &queue).await {
                Ok(reopened) => (connection, has_gap) = (reopened, true),
                Err(error) => {
                    tracing::warn!(stream = self.channel.name(), %error, "stream ended");
                    return queue.fail(error);
                }
            }
        }
    }

    /// Opens a new connection. Returns an error that is permanent, or the last one after `max_attempts`.
    async fn reconnect(&mut self, mut error: Error, queue: &Sender) -> Result<Connection, Error> {
        loop {
            let max_attempts = self.settings.max_attempts.unwrap_or(u32::MAX);
            if is_permanent(&error) || self.backoff.failures() >= max_attempts {
                return Err(error);
            }
            let retry_in = self.backoff.next_delay();
            let failures = self.backoff.failures();
            tracing::info!(stream = self.channel.name(), %error, ?retry_in, "stream disconnected");
            let disconnected = Disconnected {
                error: Arc::new(error),
                failures,
                retry_in,
            };
            queue
                .send(Item::Event(StreamEvent::Disconnected(disconnected)))
                .await;
            tokio::time::sleep(retry_in).await;
            match self.connect().await {
                Ok(connection) => return Ok(connection),
                Err(new_error) => error = new_error,
            }
        }
    }

    /// Forwards the events of a connection until it closes. Returns the error that closed it.
    async fn read_events(
        &mut self,
        connection: &mut Connection,
        queue: &Sender,
        has_gap: bool,
    ) -> Error {
        if has_gap && self.settings.backfill {
            if let Some(error) = self.backfill(connection, queue, true).await {
                return error;
            }
        } else {
            self.schedule_resync(RESYNC_DELAY);
        }
        loop {
            let next = match self.resync.as_ref().map(|resync| resync.at) {
                None => Some(connection.next().await),
                // With a constant flow of events, `timeout_at` would never reach its timer.
                Some(at) if at <= Instant::now() => None,
                Some(at) => timeout_at(at, connection.next()).await.ok(),
            };
            let closed = match next {
                Some(Ok(event)) => {
                    self.forward(event, queue).await;
                    None
                }
                Some(Err(error)) => Some(error),
                None => self.backfill(connection, queue, false).await,
            };
            if let Some(error) = closed {
                return error;
            }
        }
    }

    /// Schedules a check for events that are missing from now on, unless one is scheduled already.
    fn schedule_resync(&mut self, delay: Duration) {
        if self.settings.backfill && self.resync.is_none() {
            self.resync = Some(Resync {
                at: Instant::now() + delay,
                since: self.positions.clone(),
                reported: false,
                delivered: 0,
                backoff: stream_backoff(self.settings.max_backoff),
            });
        }
    }

    /// Delivers missed events. Returns the error that closed the connection in the meantime, if any.
    ///
    /// After a gap, live events are held back, up to the size of the buffer. Otherwise they are delivered
    /// between the backfilled events.
    async fn backfill(
        &mut self,
        connection: &mut Connection,
        queue: &Sender,
        has_gap: bool,
    ) -> Option<Error> {
        let resync = self.resync.take();
        let mut backoff = stream_backoff(self.settings.max_backoff);
        let (mut since, mut reported) = (self.positions.clone(), false);
        if let Some(resync) = resync {
            (since, reported, backoff) = (resync.since, resync.reported, resync.backoff);
            since.copy_from(EventKind::Announcement, &self.positions);
        }
        let mut backfill = self.start_backfill(&since, has_gap);
        let (mut held_back, mut closed, mut events) = (VecDeque::new(), None, 0);
        let mut announced = has_gap;
        if has_gap {
            queue.send(Item::Event(StreamEvent::Backfilling)).await;
        }
        loop {
            let can_read = closed.is_none() && held_back.len() < self.settings.buffer;
            let next = if can_read {
                select(backfill.next(), connection.next()).await
            } else {
                Either::Left(backfill.next().await)
            };
            match next {
                Either::Left(Some(BackfillStep::Event(missed))) => {
                    // The connection may have received the event in the meantime.
                    if !has_gap && self.dedup.contains(missed.kind, &missed.position) {
                        continue;
                    }
                    if !std::mem::replace(&mut announced, true) {
                        queue.send(Item::Event(StreamEvent::Backfilling)).await;
                    }
                    events += 1;
                    self.positions.record(&missed.event);
                    self.dedup.insert_backfilled(missed.kind, missed.position);
                    queue.send(Item::Event(missed.event)).await;
                }
                Either::Left(Some(BackfillStep::Malformed(event))) => {
                    if !std::mem::replace(&mut announced, true) {
                        queue.send(Item::Event(StreamEvent::Backfilling)).await;
                    }
                    events += 1;
                    queue.send(Item::Event(event)).await;
                }
                Either::Left(Some(BackfillStep::Baseline(kind, positions))) => {
                    self.positions.record_many(kind, positions.iter().cloned());
                    queue.send(Item::Baseline(kind, positions)).await;
                }
                Either::Left(Some(BackfillStep::Forbidden(kind))) => {
                    self.forbidden.insert(kind);
                }
                Either::Left(None) => break,
                Either::Right(Ok(StreamEvent::Heartbeat)) => queue.send_heartbeat(),
                Either::Right(Ok(event)) if has_gap => held_back.push_back(event),
                Either::Right(Ok(event)) => self.forward(event, queue).await,
                Either::Right(Err(error)) => closed = Some(error),
            }
        }
        if events > 0 {
            self.malformed_backoff.reset();
        }
        let Backfill {
            mut gaps, failed, ..
        } = backfill;
        if !has_gap && !reported {
            // No event is known to be missing, so a failed list is fetched again without a report.
            gaps.retain(|gap| {
                let is_retried = failed.contains(&gap.kind);
                !(is_retried && matches!(gap.reason, GapReason::FetchFailed(_)))
            });
        }
        for gap in &gaps {
            if let (GapReason::LimitReached, Some(until)) = (&gap.reason, &gap.until) {
                self.positions.reset_to(gap.kind, until.as_str().into());
            }
        }
        let is_resolved = reported && failed.is_empty();
        if is_resolved && !announced {
            queue.send(Item::Event(StreamEvent::Backfilling)).await;
        }
        if is_resolved || announced {
            let backfilled = Backfilled { events, gaps };
            queue
                .send(Item::Event(StreamEvent::Backfilled(backfilled)))
                .await;
        }
        self.schedule_next_resync(&failed, &since, has_gap || reported, backoff, has_gap);
        for event in held_back {
            self.forward(event, queue).await;
        }
        closed
    }

    fn start_backfill(&self, since: &Positions, has_gap: bool) -> Backfill {
        let context = BackfillContext {
            since,
            dedup: &self.dedup,
            forbidden: &self.forbidden,
        };
        let limits = RetryLimits {
            // If no live events are held back, the next resync is the next attempt.
            max_attempts: if has_gap { MAX_FETCH_ATTEMPTS } else { 1 },
            max_delay: self.settings.max_backoff.min(MAX_FETCH_DELAY),
        };
        let max_events = self.settings.max_backfill;
        Backfill::new(&self.client, &self.channel, &context, max_events, limits)
    }

    /// Schedules the next resync: after failed lists, or after a gap was filled.
    fn schedule_next_resync(
        &mut self,
        failed: &[EventKind],
        since: &Positions,
        reported: bool,
        mut backoff: Backoff,
        has_gap: bool,
    ) {
        if failed.is_empty() {
            if has_gap {
                self.schedule_resync(RESYNC_DELAY);
            }
            return;
        }
        let mut start = self.positions.clone();
        for kind in failed {
            start.copy_from(*kind, since);
        }
        self.resync = Some(Resync {
            at: Instant::now() + RESYNC_DELAY + backoff.next_delay(),
            since: start,
            reported,
            delivered: 0,
            backoff,
        });
    }

    /// Delivers an event of the connection, unless it was delivered before.
    async fn forward(&mut self, event: StreamEvent, queue: &Sender) {
        if matches!(event, StreamEvent::Heartbeat) {
            return queue.send_heartbeat();
        }
        if !self.dedup.insert_live(&event) {
            return;
        }
        if may_hide_event(&event) {
            let delay = RESYNC_DELAY + self.malformed_backoff.next_delay();
            self.schedule_resync(delay);
        }
        self.backoff.reset();
        self.positions.record(&event);
        if let Some(resync) = &mut self.resync {
            resync.delivered += 1;
            // The cache no longer contains all events since then, so a resync could repeat events.
            if resync.delivered > dedup::CAPACITY / 2 {
                self.resync = None;
            }
        }
        queue.send(Item::Event(event)).await;
    }
}

/// Returns whether the event may be the remains of a damaged event that the lists still contain.
fn may_hide_event(event: &StreamEvent) -> bool {
    match event {
        StreamEvent::Malformed(_) => true,
        // The name of the event may have been lost.
        StreamEvent::Unknown(event) => event.name == DEFAULT_EVENT_NAME,
        _ => false,
    }
}

/// The attempts to open the first connection.
struct ConnectAttempts<'a>(&'a Session);

impl Attempts for ConnectAttempts<'_> {
    type Output = Connection;

    async fn attempt(&mut self) -> Result<Connection, AttemptError> {
        self.0.connect().await.map_err(|error| {
            if is_permanent(&error) {
                AttemptError::Final(error)
            } else {
                AttemptError::transient(error)
            }
        })
    }
}
