//! The task that follows a stream: from one connection to the next, and over the gaps between them.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, is_final};
use super::connect::forget_host;
use super::connection::Connection;
use super::event::{CaughtUp, Disconnected};
use super::fill::{Fill, Step};
use super::generated::{Channel, StreamEvent};
use super::open::{Settings, StreamTransport};
use super::progress::{EventKind, Progress, ToldLate};
use super::queue::{Item, Sender};
use super::race::{Winner, race};
use crate::client::Mastodon;
use crate::error::Error;

/// A connection after which the next failure is counted as the first again.
const STABLE: Duration = Duration::from_secs(10);

/// One stream.
pub(super) struct Session {
    pub(super) client: Mastodon,
    pub(super) channel: Channel,
    pub(super) settings: Settings,
    transport: StreamTransport,
    progress: Progress,
    late: ToldLate,
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
        let backoff = Backoff::new(settings.max_backoff);
        Self {
            client,
            channel,
            settings,
            transport,
            progress,
            late: ToldLate::default(),
            refused: HashSet::new(),
            backoff,
            last_id: None,
        }
    }

    /// Opens the first connection. As with calls, a failure that may pass is tried again a few times.
    pub(super) async fn open(&mut self) -> Result<Connection, Error> {
        let mut tries = Backoff::new(self.settings.max_backoff);
        loop {
            match self.connect().await {
                Err(error)
                    if !is_final(&error)
                        && tries.failures() < self.client.inner.settings.max_retries =>
                {
                    tokio::time::sleep(tries.failed()).await;
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
                self.backoff.succeeded();
            }
            self.backoff.asked(connection.retry());
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
            let retry_in = self.backoff.failed();
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
        if gap
            && self.settings.catch_up
            && let Some(over) = self.catch_up(connection, queue).await
        {
            return over;
        }
        loop {
            match connection.next().await {
                Ok(event) => self.told(event, queue).await,
                Err(over) => return over,
            }
        }
    }

    /// Tells what was missed, while what comes meanwhile is held back, as much of it as the queue may
    /// hold. Returns why the connection is over, if it is.
    async fn catch_up(&mut self, connection: &mut Connection, queue: &Sender) -> Option<Error> {
        queue.put(Item::Event(StreamEvent::CatchingUp)).await;
        let Settings {
            max_catch_up,
            buffer,
            ..
        } = self.settings;
        let (client, channel) = (&self.client, &self.channel);
        let mut fill = Fill::new(client, channel, &self.progress, &self.refused, max_catch_up);
        let (mut held, mut over, mut events) = (VecDeque::new(), None, 0);
        loop {
            let listens = over.is_none() && held.len() < buffer;
            let winner = if listens {
                race(fill.next(), connection.next()).await
            } else {
                Winner::First(fill.next().await)
            };
            match winner {
                Winner::First(Some(Step::Late(late))) => {
                    events += 1;
                    self.progress.told(&late.event);
                    self.late.add((late.kind, late.position));
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
                Winner::Second(Ok(event)) => held.push_back(event),
                Winner::Second(Err(error)) => over = Some(error),
            }
        }
        let missing = fill.missing;
        let caught_up = CaughtUp { events, missing };
        queue
            .put(Item::Event(StreamEvent::CaughtUp(caught_up)))
            .await;
        for event in held {
            self.told(event, queue).await;
        }
        over
    }

    /// Hands over an event of the connection, unless it was told late already.
    async fn told(&mut self, event: StreamEvent, queue: &Sender) {
        if matches!(event, StreamEvent::Heartbeat) {
            return queue.heartbeat();
        }
        if self.late.has(&event) {
            return;
        }
        self.backoff.succeeded();
        self.progress.told(&event);
        queue.put(Item::Event(event)).await;
    }
}
