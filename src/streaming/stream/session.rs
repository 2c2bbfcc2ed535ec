//! Task of a stream: connects, reads events, reconnects and backfills.

mod backfill;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use self::backfill::Round;
use super::event::Disconnected;
use super::held_back::HeldBack;
use super::item::Item;
use super::link::{Link, LinkEvent};
use super::open::StreamSettings;
use super::queue::Sender;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::retry::Backoff;
use crate::streaming::backfill::BackfillStep;
use crate::streaming::backfill::checkpoint::Progress;
use crate::streaming::backfill::dedup::DedupCache;
use crate::streaming::backfill::unfilled::{CHECK_DELAY, Unfilled};
use crate::streaming::connection::Received;
use crate::streaming::connection::backoff::{is_permanent, stream_backoff};
use crate::streaming::connection::sse_parser::DEFAULT_EVENT_NAME;
use crate::streaming::generated::{Channel, StreamEvent};
use crate::streaming::select::{Either, select};

/// Duration after which a connection counts as stable and resets the backoff.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Maximum delay of a check after malformed events.
const MAX_MALFORMED_BACKOFF: Duration = Duration::from_secs(3600);

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

/// What a session waits for.
enum SessionEvent {
    Backfill(Option<BackfillStep>),
    Link(LinkEvent),
    TimeReached,
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
            self.on_connection_lost().await;
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
                SessionEvent::Backfill(Some(step)) => self.on_step(step).await,
                SessionEvent::Backfill(None) => self.end_round().await,
                SessionEvent::Link(LinkEvent::Received(received)) => {
                    self.on_received(received).await;
                }
                SessionEvent::Link(LinkEvent::Opened) => self.on_opened().await,
                SessionEvent::Link(LinkEvent::Failed(error)) => self.reconnect(error).await?,
                SessionEvent::Link(LinkEvent::Lost(error)) => {
                    self.queue.set_receiving(false);
                    if self.connected_at.elapsed() >= STABLE_AFTER {
                        self.reset_failures();
                    }
                    self.on_connection_lost().await;
                    self.reconnect(error).await?;
                }
                SessionEvent::TimeReached => {}
            }
            // After each event: with a constant flow of them, `timeout_at` would never reach its timer.
            self.start_due_work(Instant::now()).await;
        }
    }

    /// Waits for what happens next.
    async fn next(&mut self) -> SessionEvent {
        let wake = self.next_wake();
        let (round, link, dedup) = (&mut self.round, &mut self.link, &self.dedup);
        let step = async {
            match round {
                Some(round) => round.backfill.next(dedup).await,
                None => pending().await,
            }
        };
        let next = async {
            match select(step, link.next()).await {
                Either::Left(step) => SessionEvent::Backfill(step),
                Either::Right(event) => SessionEvent::Link(event),
            }
        };
        match wake {
            None => next.await,
            Some(wake) => timeout_at(wake, next)
                .await
                .unwrap_or(SessionEvent::TimeReached),
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
    async fn start_due_work(&mut self, now: Instant) {
        if self.held_back.as_ref().is_some_and(HeldBack::is_over) {
            self.give_up_waiting().await;
        }
        if self.round.is_none() && self.link.is_open() {
            if now >= self.active_at + self.max_quiet {
                self.active_at = now;
                self.schedule_check(Duration::ZERO).await;
            }
            let kinds = self.due_lists();
            if !kinds.is_empty() {
                self.start_round(&kinds).await;
            }
        }
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
        self.start_due_work(self.connected_at).await;
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
