//! Task of a stream: connects, reads events, reconnects and backfills.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, timeout_at};

use super::event::{Backfilled, Disconnected, Gap, GapReason};
use super::held_back::HeldBack;
use super::link::{Link, LinkEvent};
use super::open::StreamSettings;
use super::queue::{Item, Sender};
use crate::client::Mastodon;
use crate::error::{ApiError, Error};
use crate::http::retry::{AttemptError, Attempts, Backoff, RetryPolicy, retry};
use crate::streaming::backfill::checkpoint::Progress;
use crate::streaming::backfill::dedup::DedupCache;
use crate::streaming::backfill::positions::{EventKind, Position, PositionSet, id_at};
use crate::streaming::backfill::unfilled::{CHECK_DELAY, Unfilled};
use crate::streaming::backfill::{Backfill, BackfillStep, ListResult, Missing};
use crate::streaming::connection::backoff::{is_permanent, stream_backoff};
use crate::streaming::connection::connector::Connector;
use crate::streaming::connection::sse_parser::DEFAULT_EVENT_NAME;
use crate::streaming::connection::{Connection, Received};
use crate::streaming::generated::{Channel, StreamEvent};
use crate::streaming::select::{Either, select};

/// Duration after which a connection counts as stable and resets the backoff.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Maximum number of retries per page while live events are held back.
const MAX_RETRIES: u32 = 4;

/// Maximum delay of a check after malformed events.
const MAX_MALFORMED_BACKOFF: Duration = Duration::from_secs(3600);

/// Time in which a list may not contain yet what the stream has sent.
const LIST_LAG: Duration = Duration::from_secs(30);

/// Time between two requests of the timeline of a hashtag that the server does not stream.
const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// State of one stream.
pub(super) struct Session {
    client: Mastodon,
    channel: Channel,
    settings: StreamSettings,
    link: Link,
    queue: Sender,
    connected_at: Instant,
    /// Number of connections so far.
    connections: u64,
    /// Time of the last event, or of the last check without one.
    active_at: Instant,
    /// Time without events after which the lists are checked.
    max_quiet: Duration,
    /// Number of consecutive failures.
    failures: u32,
    progress: Progress,
    dedup: DedupCache,
    unfilled: Unfilled,
    round: Option<Round>,
    held_back: Option<HeldBack>,
    /// Counts the checks after malformed events that found nothing.
    malformed_backoff: Backoff,
}

/// A running backfill.
struct Round {
    backfill: Backfill,
    /// Number of the connection at the start.
    connection: u64,
    /// Whether the application knows of the backfill.
    is_announced: bool,
    /// Number of events delivered since it was announced.
    events: usize,
}

/// What a session waits for.
enum Happened {
    Backfill(Option<BackfillStep>),
    Link(LinkEvent),
    TimeReached,
}

/// Opens the first connection. Retries temporary failures up to the client's `max_retries`, as calls do.
pub(super) async fn open_first(
    connector: &mut Connector,
    client: &Mastodon,
    settings: &StreamSettings,
) -> Result<Connection, Error> {
    let policy = RetryPolicy {
        backoff: stream_backoff(settings.max_backoff),
        ..RetryPolicy::new(client.core().settings.max_retries)
    };
    retry(policy, ConnectAttempts(connector))
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

impl Session {
    pub(super) fn new(
        client: Mastodon,
        channel: Channel,
        settings: StreamSettings,
        link: Link,
        queue: Sender,
        progress: Progress,
        is_polled: bool,
    ) -> Self {
        let max_quiet = if is_polled {
            POLL_INTERVAL
        } else {
            max_quiet(&channel)
        };
        Self {
            client,
            channel,
            settings,
            link,
            queue,
            connected_at: Instant::now(),
            connections: 0,
            active_at: Instant::now(),
            max_quiet,
            failures: 0,
            progress,
            dedup: DedupCache::default(),
            unfilled: Unfilled::default(),
            round: None,
            held_back: None,
            malformed_backoff: stream_backoff(MAX_MALFORMED_BACKOFF),
        }
    }

    /// Runs the stream until it ends permanently. A stream that was resumed starts with a backfill.
    pub(super) async fn run(mut self, is_resumed: bool) {
        if is_resumed {
            self.lose_connection().await;
            self.progress.unfilled.clear();
        } else {
            self.schedule_check(CHECK_DELAY).await;
        }
        if let Err(error) = self.serve().await {
            tracing::warn!(stream = self.channel.name(), %error, "stream ended");
            self.queue.fail(error);
        }
    }

    async fn serve(&mut self) -> Result<(), Error> {
        self.on_opened().await;
        loop {
            match self.next().await {
                Happened::Backfill(Some(step)) => self.on_step(step).await,
                Happened::Backfill(None) => self.end_round().await,
                Happened::Link(LinkEvent::Received(received)) => self.on_received(received).await,
                Happened::Link(LinkEvent::Opened) => self.on_opened().await,
                Happened::Link(LinkEvent::Failed(error)) => self.reconnect(error).await?,
                Happened::Link(LinkEvent::Lost(error)) => {
                    self.queue.set_receiving(false);
                    if self.connected_at.elapsed() >= STABLE_AFTER {
                        self.reset_failures();
                    }
                    self.lose_connection().await;
                    self.reconnect(error).await?;
                }
                Happened::TimeReached => {}
            }
            self.start_due_work().await;
        }
    }

    async fn next(&mut self) -> Happened {
        let wake = self.next_wake();
        // With a constant flow of events, `timeout_at` would never reach its timer.
        if wake.is_some_and(|wake| wake <= Instant::now()) {
            return Happened::TimeReached;
        }
        let (round, link, dedup) = (&mut self.round, &mut self.link, &self.dedup);
        let step = async {
            match round {
                Some(round) => round.backfill.next(dedup).await,
                None => pending().await,
            }
        };
        let next = async {
            match select(step, link.next()).await {
                Either::Left(step) => Happened::Backfill(step),
                Either::Right(event) => Happened::Link(event),
            }
        };
        match wake {
            None => next.await,
            Some(wake) => timeout_at(wake, next)
                .await
                .unwrap_or(Happened::TimeReached),
        }
    }

    /// Returns the time at which something is due.
    fn next_wake(&self) -> Option<Instant> {
        let due = self.unfilled.next_due();
        let due = due.unwrap_or(self.active_at + self.max_quiet);
        let due = Some(due).filter(|_| self.link.is_open() && self.round.is_none());
        let release = self.held_back.as_ref().map(|held| held.until);
        due.into_iter().chain(release).min()
    }

    /// Starts a backfill that is due, and ends the wait of live events.
    async fn start_due_work(&mut self) {
        if self.held_back.as_ref().is_some_and(HeldBack::is_over) {
            self.give_up_waiting().await;
        }
        if self.round.is_none() && self.link.is_open() {
            if self.active_at.elapsed() >= self.max_quiet {
                self.active_at = Instant::now();
                self.schedule_check(Duration::ZERO).await;
            }
            let kinds = self.due_lists();
            if !kinds.is_empty() {
                self.start_round(&kinds).await;
            }
        }
    }

    /// Returns the lists that must be fetched now.
    fn due_lists(&mut self) -> Vec<EventKind> {
        let mut kinds = self.unfilled.due(Instant::now());
        kinds.retain(|kind| {
            // A check could repeat events if more were delivered than can be compared with the list.
            let mark = self.unfilled.since(*kind).map(|(_, mark)| mark);
            let can_check = self.unfilled.is_urgent(*kind)
                || mark.is_some_and(|mark| self.dedup.has_all_since(mark));
            if !can_check {
                tracing::debug!(
                    ?kind,
                    "the stream is too fast for another check of the list"
                );
                self.unfilled.remove(*kind);
            }
            can_check
        });
        kinds
    }

    async fn on_opened(&mut self) {
        self.connected_at = Instant::now();
        self.connections += 1;
        self.active_at = self.connected_at;
        self.queue.set_receiving(true);
        tracing::debug!(stream = self.channel.name(), "stream connected");
        self.send(StreamEvent::Connected).await;
        if self.unfilled.has_gaps() && self.held_back.is_none() {
            self.held_back = Some(HeldBack::new(&self.settings));
        }
        self.start_due_work().await;
    }

    /// Schedules another attempt to connect. Returns an error that is permanent, or the last one after
    /// `max_attempts`.
    async fn reconnect(&mut self, error: Error) -> Result<(), Error> {
        let max_attempts = self.settings.max_attempts.unwrap_or(u32::MAX);
        if is_permanent(&error) || self.failures >= max_attempts {
            self.release_held_back().await;
            return Err(error);
        }
        let retry_in = self.link.retry();
        self.failures = self.failures.saturating_add(1);
        tracing::info!(stream = self.channel.name(), %error, ?retry_in, "stream disconnected");
        let disconnected = Disconnected {
            error: Arc::new(error),
            failures: self.failures,
            retry_in,
        };
        self.send(StreamEvent::Disconnected(disconnected)).await;
        Ok(())
    }

    fn reset_failures(&mut self) {
        self.failures = 0;
        self.link.reset_delays();
    }

    /// Notes that events of all lists may be missing from now on.
    async fn lose_connection(&mut self) {
        for kind in self.lists() {
            let (progress, dedup) = (&self.progress, &self.dedup);
            if self
                .unfilled
                .lose(kind, || (progress.since(kind), dedup.mark()))
            {
                self.save_unfilled(kind).await;
            }
        }
    }

    /// Schedules a check for events that are missing from now on.
    async fn schedule_check(&mut self, delay: Duration) {
        for kind in self.lists() {
            let (progress, dedup) = (&self.progress, &self.dedup);
            let since = || (progress.since(kind), dedup.mark());
            if self.unfilled.check(kind, delay, since) {
                self.save_unfilled(kind).await;
            }
        }
    }

    /// Returns the lists that contain the events of the channel.
    fn lists(&self) -> impl Iterator<Item = EventKind> + use<> {
        let lists = if self.settings.backfill {
            EventKind::of(&self.channel)
        } else {
            &[]
        };
        lists.iter().copied()
    }

    /// Adds the starting point of a gap to the checkpoint, or removes it.
    async fn save_unfilled(&mut self, kind: EventKind) {
        let since = self.unfilled.since(kind);
        let since = since.and_then(|(since, _)| since?.first().cloned());
        self.queue.send(Item::Unfilled(kind, since), 0).await;
    }

    async fn start_round(&mut self, kinds: &[EventKind]) {
        let has_gap = kinds.iter().any(|kind| self.unfilled.is_urgent(*kind));
        let missing = kinds.iter().map(|kind| self.missing(*kind));
        let missing: Vec<Missing> = missing.collect();
        let max_events = self.settings.max_backfill;
        let max_retries = if has_gap { MAX_RETRIES } else { 0 };
        self.round = Some(Round {
            backfill: Backfill::new(
                &self.client,
                &self.channel,
                missing,
                max_events,
                max_retries,
            ),
            connection: self.connections,
            is_announced: false,
            events: 0,
        });
        if has_gap {
            self.announce().await;
        }
    }

    fn missing(&self, kind: EventKind) -> Missing {
        let positions = &self.progress.positions;
        let since = match kind {
            // The list of announcements is compared with what was delivered by now.
            EventKind::Announcement => positions.get(kind),
            _ => self
                .unfilled
                .since(kind)
                .and_then(|(since, _)| since.cloned()),
        };
        Missing {
            kind,
            since,
            recent: positions.delivered_within(kind, LIST_LAG),
        }
    }

    /// Tells the application that missed events follow.
    async fn announce(&mut self) {
        if let Some(round) = &mut self.round
            && !std::mem::replace(&mut round.is_announced, true)
        {
            self.send(StreamEvent::Backfilling).await;
        }
    }

    async fn on_step(&mut self, step: BackfillStep) {
        match step {
            BackfillStep::Event(missed) => {
                // The connection may have received the event in the meantime.
                if self.dedup.contains(missed.kind, &missed.position) {
                    return;
                }
                self.progress.record(&missed.event);
                self.dedup.insert_backfilled(missed.kind, &missed.position);
                self.send_missed(missed.event).await;
            }
            BackfillStep::Malformed(event) => self.send_missed(event).await,
            BackfillStep::Baseline(kind, positions) => {
                let recorded = positions.iter().cloned();
                self.progress.positions.record_many(kind, recorded);
                self.queue.send(Item::Baseline(kind, positions), 0).await;
            }
            BackfillStep::Progress(kind, positions) => {
                self.unfilled.advance(kind, positions);
                self.save_unfilled(kind).await;
            }
        }
    }

    async fn send_missed(&mut self, event: StreamEvent) {
        self.announce().await;
        if let Some(round) = &mut self.round {
            round.events += 1;
        }
        self.send(event).await;
    }

    /// Ends a backfill and reports what is still missing.
    async fn end_round(&mut self) {
        let Some(round) = self.round.take() else {
            return;
        };
        let (mut gaps, mut is_resolved, mut found) = (Vec::new(), false, round.events > 0);
        // A connection that was lost in the meantime is followed by another backfill.
        let is_current = self.link.is_open() && round.connection == self.connections;
        for result in round.backfill.into_results() {
            let was_reported = self.unfilled.is_reported(result.kind);
            found |= result.found;
            let kind = result.kind;
            match self.end_list(result, is_current).await {
                Some(gap) => gaps.push(gap),
                None => is_resolved |= was_reported && !self.unfilled.is_reported(kind),
            }
            self.save_unfilled(kind).await;
        }
        if found {
            self.malformed_backoff.reset();
        }
        if !round.is_announced && (is_resolved || !gaps.is_empty()) {
            self.send(StreamEvent::Backfilling).await;
        }
        if round.is_announced || is_resolved || !gaps.is_empty() {
            let events = round.events;
            self.send(StreamEvent::Backfilled(Backfilled { events, gaps }))
                .await;
        }
        // Events that arrived before another connection loss are older than what was missed after it.
        if !self.unfilled.has_gaps() || !self.link.is_open() {
            self.release_held_back().await;
        }
    }

    /// Ends the backfill of a list. Returns the gap to report.
    async fn end_list(&mut self, result: ListResult, is_current: bool) -> Option<Gap> {
        let kind = result.kind;
        let was_missing = self.unfilled.is_urgent(kind);
        let was_gap = self.unfilled.is_gap(kind);
        let was_reported = self.unfilled.is_reported(kind);
        let was_known = self.progress.positions.is_known(kind);
        if let Some((error, after)) = result.failure {
            if error.is_retryable() {
                if is_current {
                    self.unfilled.retry(kind);
                }
                // No event is known to be missing, so a failed check is repeated without a report.
                if !was_missing {
                    return None;
                }
                self.unfilled.report(kind);
            } else {
                let is_hidden = !was_known && self.is_hidden(kind, &error);
                if is_current && (was_missing || !is_hidden) {
                    // A proxy can refuse a list for some time.
                    self.unfilled.retry(kind);
                } else if is_current {
                    self.unfilled.remove(kind);
                }
                if is_hidden || !was_gap || was_reported && !was_missing {
                    return None;
                }
                self.unfilled.report(kind);
            }
            return Some(Gap {
                kind,
                after: after.as_ref().and_then(id_at),
                until: None,
                reason: GapReason::FetchFailed(error),
            });
        }
        match &result.gap {
            Some(gap) if gap.until.is_some() || matches!(gap.reason, GapReason::UnknownStart) => {
                if let (GapReason::LimitReached, Some(until)) = (&gap.reason, &gap.until) {
                    // The reported events must not be delivered later.
                    let until = Position::from(until.as_str());
                    self.progress.positions.reset_to(kind, until.clone());
                    self.queue.send(Item::Reset(kind, until), 0).await;
                }
                // The list is complete from here on.
                self.unfilled.remove(kind);
                let (positions, dedup) = (&self.progress.positions, &self.dedup);
                let since = || (positions.get(kind), dedup.mark());
                if is_current {
                    self.unfilled.check(kind, CHECK_DELAY, since);
                } else {
                    self.unfilled.lose(kind, since);
                }
            }
            _ if is_current || !was_missing => {
                self.unfilled.complete(kind, result.found);
            }
            _ => {}
        }
        result.gap
    }

    /// Returns whether a list that could never be fetched is one that the access token may not read, or that the
    /// server does not have. The stream does not contain its events either.
    fn is_hidden(&self, kind: EventKind, error: &Error) -> bool {
        let is_missing = error.is_not_found() && self.lists().next() != Some(kind);
        is_missing || error.api().is_some_and(ApiError::is_missing_scope)
    }

    /// Delivers live events although the backfill is not complete, and reports what is missing. The backfill goes on.
    async fn give_up_waiting(&mut self) {
        let (mut gaps, mut events, mut is_announced) = (Vec::new(), 0, false);
        for kind in self.lists() {
            if self.unfilled.is_urgent(kind) {
                self.unfilled.report(kind);
                let since = self.unfilled.since(kind).and_then(|(since, _)| since);
                let after = since.and_then(PositionSet::last);
                gaps.push(Gap {
                    kind,
                    after: after.and_then(id_at),
                    until: None,
                    reason: GapReason::TimedOut,
                });
            }
        }
        if let Some(round) = &mut self.round {
            is_announced = std::mem::take(&mut round.is_announced);
            events = std::mem::take(&mut round.events);
        }
        if !is_announced {
            self.send(StreamEvent::Backfilling).await;
        }
        self.send(StreamEvent::Backfilled(Backfilled { events, gaps }))
            .await;
        self.release_held_back().await;
    }

    async fn release_held_back(&mut self) {
        for received in self.held_back.take().into_iter().flatten() {
            self.forward(received).await;
        }
    }

    async fn on_received(&mut self, received: Received) {
        if self.link.take_uncertain() {
            self.schedule_check(CHECK_DELAY).await;
        }
        match (&received.event, &mut self.held_back) {
            (StreamEvent::Heartbeat, _) => self.queue.send_heartbeat(),
            (_, Some(held_back)) => held_back.push(received),
            (_, None) => self.forward(received).await,
        }
    }

    /// Delivers an event of the connection, unless it was delivered before.
    async fn forward(&mut self, received: Received) {
        let Received { event, size } = received;
        if !self.dedup.insert_live(&self.channel, &event) {
            return;
        }
        if may_hide_event(&event) {
            let delay = CHECK_DELAY + self.malformed_backoff.next_delay();
            self.schedule_check(delay).await;
        }
        self.reset_failures();
        self.active_at = Instant::now();
        self.progress.record(&event);
        self.queue.send(Item::Event(event), size).await;
    }

    /// Sends an event that was not received over the connection.
    async fn send(&mut self, event: StreamEvent) {
        let size = event.estimated_size();
        self.queue.send(Item::Event(event), size).await;
    }
}

/// Returns the time without events after which the lists of a channel are checked. A server whose message broker has
/// failed still sends heartbeats.
fn max_quiet(channel: &Channel) -> Duration {
    let minutes = match channel {
        Channel::User | Channel::UserNotification | Channel::Direct => 5,
        _ => 15,
    };
    Duration::from_secs(minutes * 60)
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
struct ConnectAttempts<'a>(&'a mut Connector);

impl Attempts for ConnectAttempts<'_> {
    type Output = Connection;

    async fn attempt(&mut self) -> Result<Connection, AttemptError> {
        self.0.open(None).await.map_err(|error| {
            if is_permanent(&error) {
                AttemptError::Final(error)
            } else {
                AttemptError::transient(error)
            }
        })
    }
}
