//! The promises about connections: attempts, their delays, refusals and errors.

use std::time::Duration;

use tokio::time::Instant;

use super::consumer::{Consumer, Record};
use super::network::{History, Host};
use super::schedule::{Action, MASTODON, Topic};
use super::world::World;
use crate::streaming::OverflowPolicy;
use crate::streaming::stream::open::StreamTransport;

/// Maximum time from the announced time of an attempt to its request: the host of streams is looked up first.
const LOOKUP: Duration = Duration::from_secs(3);

/// Maximum time until a stream is connected over a socket that is open already, but does not respond.
const JOINING: Duration = Duration::from_secs(6);

/// Maximum time of an attempt that streams share: that of a request without a response.
const SHARED_ATTEMPT: Duration = Duration::from_secs(61);

/// Maximum time after which a stream is connected again when streams can be opened: the maximum delay, the lookup and an
/// attempt that fails late.
const RECOVERY: Duration = Duration::from_secs(30);

/// Maximum time until a stream cannot be opened at a host that refuses connections.
const OPENING: Duration = Duration::from_secs(15);

/// Maximum time until a refused stream ends, in addition to some database queries. If several lists were requested at
/// once, the last request waits for two seconds without errors.
const REFUSAL: Duration = Duration::from_secs(6);

/// Maximum time until a stream is opened although the REST API does not respond.
const SEEDING: Duration = Duration::from_secs(15);

/// Maximum number of attempts of a stream within a minute.
const MAX_ATTEMPTS: usize = 40;

/// The connections of a stream.
pub(super) struct Connections<'a> {
    pub(super) world: &'a World,
    pub(super) consumer: &'a Consumer,
    pub(super) records: &'a [(Instant, Record)],
    pub(super) history: &'a History,
}

impl Connections<'_> {
    pub(super) fn violations(&self) -> Vec<String> {
        let found = [
            self.broken_delays(),
            self.slow_recovery(),
            self.slow_opening(),
            self.ended(),
            self.refused_late(),
            self.secrets(),
        ];
        found.into_iter().flatten().collect()
    }

    /// Returns whether the application did not see everything in time.
    fn is_paused(&self) -> bool {
        let drops = self.world.schedule.overflow_policy == OverflowPolicy::DropOldest;
        drops || !self.consumer.paused.is_zero()
    }

    /// Returns whether streams of the client may share a WebSocket.
    fn has_shared_socket(&self) -> bool {
        let schedule = &self.world.schedule;
        schedule.version == MASTODON
            && schedule.transport != Some(StreamTransport::ServerSentEvents)
    }

    /// Returns how long streams worked before `at`, but at most since `start`.
    fn undisturbed(&self, start: Instant, at: Instant) -> Duration {
        let disturbances = self.history.disturbances.iter();
        let before = disturbances.filter(|(from, _)| *from <= at);
        let since = before.map(|(_, until)| *until).fold(start, Instant::max);
        at.saturating_duration_since(since)
    }

    /// Checks that each attempt is made at the time that was announced, not before and not after.
    fn broken_delays(&self) -> Vec<String> {
        let mut announced: Option<(Instant, Duration)> = None;
        let mut broken = Vec::new();
        for (at, record) in self.records.iter().filter(|_| !self.is_paused()) {
            match record {
                Record::Connected | Record::Disconnected(..) => {
                    if let Some((since, delay)) = announced.take() {
                        let due = since + delay;
                        let is_in_time = |at: Instant| at + TICK >= due && at <= due + LOOKUP;
                        // An application that opens a stream meanwhile makes an attempt that the others share.
                        let is_shared = |attempt: Instant| {
                            let is_meanwhile = attempt >= since && attempt < due;
                            self.has_shared_socket()
                                && is_meanwhile
                                && *at <= attempt + SHARED_ATTEMPT
                        };
                        let attempts = &self.history.attempts;
                        let is_early =
                            *at + TICK < due && !attempts.iter().any(|at| is_shared(*at));
                        let is_joined = matches!(record, Record::Connected) && *at <= due + JOINING;
                        let is_made = is_joined
                            || attempts.iter().any(|at| is_in_time(*at) || is_shared(*at));
                        if is_early || !is_made {
                            let after = *at - since;
                            broken.push(format!(
                                "an attempt announced in {delay:?} was made at another time, and ended after {after:?}"
                            ));
                        }
                    }
                    if let Record::Disconnected(delay, _) = record {
                        announced = Some((*at, *delay));
                    }
                }
                Record::Opening => announced = None,
                _ => {}
            }
        }
        broken
    }

    /// Checks that a stream reconnects soon after everything that it needs works again.
    fn slow_recovery(&self) -> Vec<String> {
        let mut lost = None;
        let mut slow = Vec::new();
        for (at, record) in self.records.iter().filter(|_| !self.is_paused()) {
            match record {
                Record::Disconnected(..) => lost = lost.or(Some(*at)),
                Record::Opening => lost = None,
                Record::Connected => {
                    let Some(lost) = lost.take() else { continue };
                    let after = self.undisturbed(lost, *at);
                    if after > RECOVERY {
                        slow.push(format!("it reconnected {after:?} after it was possible"));
                    }
                }
                _ => {}
            }
        }
        slow
    }

    /// Checks that a stream is opened in the end, and that an application learns soon that it cannot be opened.
    fn slow_opening(&self) -> Vec<String> {
        let mut slow = Vec::new();
        for (at, record) in self.records {
            if let Record::OpenFailed(after, error) = record
                && *after > OPENING
                && self.is_refusing(*at - *after, *at)
            {
                slow.push(format!("opening failed after {after:?}: {error}"));
            }
        }
        let opened = |(_, record): &(Instant, Record)| matches!(record, Record::Opened);
        let is_expected = !self.consumer.is_closed && self.consumer.topic != Topic::ForeignList;
        if is_expected && !self.records.iter().any(opened) {
            slow.push("it was never opened".to_owned());
        }
        slow
    }

    /// Returns whether the host refused connections all the time.
    fn is_refusing(&self, from: Instant, to: Instant) -> bool {
        let hosts = &self.history.hosts;
        let before = hosts.iter().rfind(|(at, _)| *at <= from);
        let changes = hosts
            .iter()
            .any(|(at, host)| (from..=to).contains(at) && *host != Host::Refuses);
        before.is_some_and(|(_, host)| *host == Host::Refuses) && !changes
    }

    fn ended(&self) -> Vec<String> {
        let ended = self.records.iter().filter_map(|(_, record)| match record {
            Record::Ended(reason) => Some(reason),
            _ => None,
        });
        if self.consumer.topic == Topic::ForeignList {
            let is_open = !self.consumer.is_closed && ended.count() == 0;
            let open = is_open.then(|| "the refused stream did not end".to_owned());
            return open.into_iter().collect();
        }
        ended
            .map(|reason| format!("the stream ended: {reason}"))
            .collect()
    }

    /// Checks that a refused stream ends soon, whatever else is open.
    fn refused_late(&self) -> Vec<String> {
        let mut since = None;
        let mut late = Vec::new();
        for (at, record) in self.records.iter().filter(|_| !self.is_paused()) {
            match record {
                Record::Opening | Record::Connected => since = Some(*at),
                Record::Ended(_) => {
                    let since = since.unwrap_or(*at);
                    // A stream that failed before waits for its next attempt.
                    let is_calm =
                        self.undisturbed(since - RECOVERY, *at) == *at - (since - RECOVERY);
                    let after = *at - since;
                    let query = *self.world.schedule.behavior.query_delay.end();
                    if is_calm && after > REFUSAL + 6 * query + self.seeding() {
                        late.push(format!("it was refused after {after:?}"));
                    }
                }
                _ => {}
            }
        }
        late
    }

    /// Returns how long the opening of a stream can wait for the REST API.
    fn seeding(&self) -> Duration {
        let mut actions = self.world.schedule.actions.iter();
        let fails = actions.any(|(_, action)| matches!(action, Action::RestFails(..)));
        if fails { SEEDING } else { Duration::ZERO }
    }

    fn secrets(&self) -> Vec<String> {
        let token = &self.world.token;
        let shown = self.records.iter().filter_map(|(_, record)| match record {
            Record::OpenFailed(_, text) | Record::Disconnected(_, text) | Record::Ended(text) => {
                Some(text.clone())
            }
            Record::Gap(gap) => Some(format!("{gap:?}")),
            _ => None,
        });
        let shown = shown.filter(|text| text.contains(token));
        shown
            .map(|text| format!("the access token was shown: {text}"))
            .collect()
    }
}

/// Resolution of timers.
const TICK: Duration = Duration::from_millis(1);

/// Checks that a client that is told to wait does not make hundreds of attempts.
pub(super) fn too_many_attempts(history: &History, streams: usize) -> Option<String> {
    let attempts = &history.attempts;
    let per_minute = attempts.iter().enumerate().map(|(first, start)| {
        let end = *start + Duration::from_secs(60);
        attempts.partition_point(|attempt| *attempt < end) - first
    });
    let most = per_minute.max().unwrap_or(0);
    let is_too_many = most > MAX_ATTEMPTS * streams;
    is_too_many.then(|| format!("{most} attempts to open a stream within a minute"))
}
