//! The task that follows a stream: from one connection to the next, and over the gaps between them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::backoff::{Backoff, backoff, is_final};
use super::catch_up::Patience;
use super::connect::forget_host;
use super::connection::Connection;
use super::event::{CaughtUp, Disconnected, MissingReason};
use super::fill::{Fill, Step, Told};
use super::generated::{Channel, StreamEvent};
use super::open::{Settings, StreamTransport};
use super::progress::{EventKind, Progress, REMEMBERED, Recent};
use super::queue::{Item, Sender};
use super::race::{Winner, race};
use super::sse::NAMELESS;
use crate::client::Mastodon;
use crate::error::{ApiErrorKind, Error};

/// A connection after which the next failure is counted as the first again.
const STABLE: Duration = Duration::from_secs(10);

/// How long it takes at the most until lists and streams know the same: a subscription may begin a little
/// after the server was asked for it, and lists may be read off a copy of the database that lags behind.
const SETTLING: Duration = Duration::from_secs(5);

/// How often a page of a list is asked for while events wait for it.
const ATTEMPTS: u32 = 5;

/// Another look at the lists, while events go on.
struct Look {
    at: Instant,
    /// After what something may be missing.
    since: Progress,
    /// The program was told that something is missing.
    owed: bool,
    /// How many events came since it was planned.
    told: usize,
    backoff: Backoff,
}

/// The longest wait between two attempts while events wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The longest that nothing is looked for after events that could not be read.
const LONGEST_DOUBT: Duration = Duration::from_secs(3600);

/// One stream.
pub(super) struct Session {
    pub(super) client: Mastodon,
    pub(super) channel: Channel,
    pub(super) settings: Settings,
    transport: StreamTransport,
    progress: Progress,
    recent: Recent,
    look: Option<Look>,
    /// Counts the looks for what could not be read that found nothing.
    doubts: Backoff,
    refused: HashSet<EventKind>,
    backoff: Backoff,
    last_id: Option<String>,
}

impl Session {
    pub(super) fn new(
        client: Mastodon,
        channel: Channel,
        settings: Settings,
        transport: StreamTransport,
        progress: Progress,
    ) -> Self {
        let between_connections = backoff(settings.max_backoff);
        Self {
            client,
            channel,
            settings,
            transport,
            progress,
            recent: Recent::default(),
            look: None,
            doubts: backoff(LONGEST_DOUBT),
            refused: HashSet::new(),
            backoff: between_connections,
            last_id: None,
        }
    }

    /// Opens the first connection. As with calls, a failure that may pass is tried again a few times.
    pub(super) async fn open(&mut self) -> Result<Connection, Error> {
        let mut tries = backoff(self.settings.max_backoff);
        loop {
            match self.connect().await {
                Err(error)
                    if !is_final(&error)
                        && tries.failures() < self.client.core().settings.max_retries =>
                {
                    tokio::time::sleep(tries.next_delay()).await;
                }
                // Servers with streams refuse in other ways.
                Err(Error::Api(mut refusal)) if refusal.kind == ApiErrorKind::NotFound => {
                    refusal.message = "streams are not offered by this server".to_owned();
                    return Err(Error::Api(refusal));
                }
                result => return result,
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let (client, channel, settings) = (&self.client, &self.channel, &self.settings);
        let last_id = self.last_id.as_deref();
        let opened = Connection::open(client, channel, settings, self.transport, last_id).await;
        if matches!(&opened, Err(error) if error.is_network() || error.is_not_found()) {
            forget_host(&self.client);
        }
        opened
    }

    /// Follows the stream until it ends for good. `resumed`: something is to be caught up with already.
    pub(super) async fn run(mut self, mut connection: Connection, queue: Sender, resumed: bool) {
        let mut gap = resumed;
        loop {
            let opened = Instant::now();
            queue.receiving(true);
            tracing::debug!(stream = self.channel.name(), "a stream is open");
            queue.put(Item::Event(StreamEvent::Connected)).await;
            let why = self.follow(&mut connection, &queue, gap).await;
            queue.receiving(false);
            if opened.elapsed() >= STABLE {
                self.backoff.reset();
            }
            if let Some(delay) = connection.retry() {
                self.backoff.set_first(delay);
            }
            self.last_id = connection.last_id().map(str::to_owned);
            match self.reconnect(why, &queue).await {
                Ok(again) => (connection, gap) = (again, true),
                Err(error) => {
                    tracing::warn!(stream = self.channel.name(), %error, "a stream ended");
                    return queue.fail(error);
                }
            }
        }
    }

    /// Opens another connection, as often as that may help.
    async fn reconnect(&mut self, mut why: Error, queue: &Sender) -> Result<Connection, Error> {
        loop {
            let most = self.settings.max_attempts.unwrap_or(u32::MAX);
            if is_final(&why) || self.backoff.failures() >= most {
                return Err(why);
            }
            let retry_in = self.backoff.next_delay();
            let failures = self.backoff.failures();
            tracing::info!(stream = self.channel.name(), error = %why, ?retry_in, "a stream is interrupted");
            let lost = Disconnected {
                why: Arc::new(why),
                failures,
                retry_in,
            };
            queue
                .put(Item::Event(StreamEvent::Disconnected(lost)))
                .await;
            tokio::time::sleep(retry_in).await;
            match self.connect().await {
                Ok(connection) => return Ok(connection),
                Err(error) => why = error,
            }
        }
    }

    /// Hands over what a connection brings until it is over; returns why it is.
    async fn follow(&mut self, connection: &mut Connection, queue: &Sender, gap: bool) -> Error {
        if gap && self.settings.catch_up {
            if let Some(over) = self.catch_up(connection, queue, true).await {
                return over;
            }
        } else {
            self.look_in(SETTLING);
        }
        loop {
            let next = match self.look.as_ref().map(|look| look.at) {
                None => Some(connection.next().await),
                // Events that come all the time would keep the timer from being looked at.
                Some(at) if at <= Instant::now() => None,
                Some(at) => timeout_at(at, connection.next()).await.ok(),
            };
            let over = match next {
                Some(Ok(event)) => {
                    self.told(event, queue).await;
                    None
                }
                Some(Err(over)) => Some(over),
                None => self.catch_up(connection, queue, false).await,
            };
            if let Some(over) = over {
                return over;
            }
        }
    }

    /// Plans to look for what may be missing since now.
    fn look_in(&mut self, time: Duration) {
        if self.settings.catch_up && self.look.is_none() {
            self.look = Some(Look {
                at: Instant::now() + time,
                since: self.progress.clone(),
                owed: false,
                told: 0,
                backoff: backoff(self.settings.max_backoff),
            });
        }
    }

    /// Tells what was missed. After a gap, what comes meanwhile is held back, as much of it as the queue
    /// may hold; otherwise events go on. Returns why the connection is over, if it is.
    async fn catch_up(
        &mut self,
        connection: &mut Connection,
        queue: &Sender,
        gap: bool,
    ) -> Option<Error> {
        let planned = self.look.take();
        let mut backoff = backoff(self.settings.max_backoff);
        let (mut since, mut owed) = (self.progress.clone(), false);
        if let Some(planned) = planned {
            (since, owed, backoff) = (planned.since, planned.owed, planned.backoff);
            since.copy(EventKind::Announcement, &self.progress);
        }
        let mut fill = self.fill(&since, gap);
        let (mut held, mut over, mut events) = (VecDeque::new(), None, 0);
        let mut announced = gap;
        if gap {
            queue.put(Item::Event(StreamEvent::CatchingUp)).await;
        }
        loop {
            let listens = over.is_none() && held.len() < self.settings.buffer;
            let winner = if listens {
                race(fill.next(), connection.next()).await
            } else {
                Winner::First(fill.next().await)
            };
            match winner {
                Winner::First(Some(Step::Late(late))) => {
                    // What came meanwhile need not come twice.
                    if !gap && self.recent.has(late.kind, &late.position) {
                        continue;
                    }
                    if !std::mem::replace(&mut announced, true) {
                        queue.put(Item::Event(StreamEvent::CatchingUp)).await;
                    }
                    events += 1;
                    self.progress.told(&late.event);
                    self.recent.told_late(late.kind, late.position);
                    queue.put(Item::Event(late.event)).await;
                }
                Winner::First(Some(Step::Known(kind, positions))) => {
                    self.progress.learn(kind, positions.iter().cloned());
                    queue.put(Item::Known(kind, positions)).await;
                }
                Winner::First(Some(Step::Refused(kind))) => {
                    self.refused.insert(kind);
                }
                Winner::First(None) => break,
                Winner::Second(Ok(StreamEvent::Heartbeat)) => queue.heartbeat(),
                Winner::Second(Ok(event)) if gap => held.push_back(event),
                Winner::Second(Ok(event)) => self.told(event, queue).await,
                Winner::Second(Err(error)) => over = Some(error),
            }
        }
        if events > 0 {
            self.doubts.reset();
        }
        let Fill {
            mut missing,
            failed,
            ..
        } = fill;
        if !gap && !owed {
            // A look for what nobody knows to be missing is taken again, and that is all.
            missing.retain(|missing| {
                let may_pass = failed.contains(&missing.kind);
                !(may_pass && matches!(missing.reason, MissingReason::Failed(_)))
            });
        }
        for missing in &missing {
            if let (MissingReason::TooMuch, Some(until)) = (&missing.reason, &missing.until) {
                self.progress.skip(missing.kind, until.as_str().into());
            }
        }
        let is_found = owed && failed.is_empty();
        if is_found && !announced {
            queue.put(Item::Event(StreamEvent::CatchingUp)).await;
        }
        if is_found || announced {
            let caught_up = CaughtUp { events, missing };
            queue
                .put(Item::Event(StreamEvent::CaughtUp(caught_up)))
                .await;
        }
        self.plan(&failed, &since, gap || owed, backoff, gap);
        for event in held {
            self.told(event, queue).await;
        }
        over
    }

    fn fill(&self, since: &Progress, gap: bool) -> Fill {
        let told = Told {
            since,
            recent: &self.recent,
            refused: &self.refused,
        };
        let patience = Patience {
            // Where nothing waits for the answer, the next look is the next attempt.
            attempts: if gap { ATTEMPTS } else { 1 },
            longest_wait: self.settings.max_backoff.min(LONGEST_WAIT),
        };
        let most = self.settings.max_catch_up;
        Fill::new(&self.client, &self.channel, &told, most, patience)
    }

    /// Plans the next look, if there is a reason for one: lists that failed, or a gap that was just filled.
    fn plan(
        &mut self,
        failed: &[EventKind],
        since: &Progress,
        owed: bool,
        mut backoff: Backoff,
        gap: bool,
    ) {
        if failed.is_empty() {
            if gap {
                self.look_in(SETTLING);
            }
            return;
        }
        let mut from = self.progress.clone();
        for kind in failed {
            from.copy(*kind, since);
        }
        self.look = Some(Look {
            at: Instant::now() + SETTLING + backoff.next_delay(),
            since: from,
            owed,
            told: 0,
            backoff,
        });
    }

    /// Hands over an event of the connection, unless it was told before.
    async fn told(&mut self, event: StreamEvent, queue: &Sender) {
        if matches!(event, StreamEvent::Heartbeat) {
            return queue.heartbeat();
        }
        if !self.recent.is_new(&event) {
            return;
        }
        if is_doubtful(&event) {
            let wait = SETTLING + self.doubts.next_delay();
            self.look_in(wait);
        }
        self.backoff.reset();
        self.progress.told(&event);
        if let Some(look) = &mut self.look {
            look.told += 1;
            // What was told since then would not all be known as that.
            if look.told > REMEMBERED / 2 {
                self.look = None;
            }
        }
        queue.put(Item::Event(event)).await;
    }
}

/// Whether an event may be what is left of one that the lists have whole.
fn is_doubtful(event: &StreamEvent) -> bool {
    match event {
        StreamEvent::Malformed(_) => true,
        // An event that has lost its name.
        StreamEvent::Unknown(event) => event.name == NAMELESS,
        _ => false,
    }
}
