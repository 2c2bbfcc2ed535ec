//! The promises of streams, checked against what was posted.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use super::connections::{Connections, too_many_attempts};
use super::consumer::{Consumer, Record};
use super::network::History;
use super::schedule::Topic;
use super::world::{Post, World};
use crate::streaming::backfill::positions::{EventKind, Position};
use crate::streaming::stream::event::{Gap, GapReason};

/// Maximum time that a live event waits: the time that a backfill may take, and some for the network.
const LIVE_BOUND: Duration = Duration::from_secs(12);

/// Maximum time between a post of the end and its event, which must arrive over the stream.
const LAST_BOUND: Duration = Duration::from_secs(2);

/// Maximum number of items between two queued events, which set a position and a gap of each list in the checkpoint.
const CHECKPOINT_ITEMS: usize = 6;

/// Maximum size of an event of the simulation.
const MAX_EVENT: usize = 10_000;

/// Maximum size of what is kept of an unreadable message.
const MAX_KEPT: usize = 1024;

/// Returns every broken promise.
pub(super) fn violations(world: &World, history: &History) -> Vec<String> {
    let mut violations = Vec::new();
    for (index, consumer) in world.consumers.iter().enumerate() {
        let records = consumer.log.lock().clone();
        let stream = Stream {
            world,
            consumer,
            records: &records,
        };
        let connections = Connections {
            world,
            consumer,
            records: &records,
            history,
        };
        let found = [
            stream.repeated(),
            stream.missing(),
            stream.out_of_order(),
            stream.late(),
            stream.revived(),
            stream.oversized(),
            stream.unbounded(),
            connections.violations(),
        ];
        let found = found.into_iter().flatten();
        violations.extend(found.map(|text| format!("stream {index} {:?}: {text}", consumer.topic)));
    }
    violations.extend(too_many_attempts(history, world.consumers.len()));
    violations
}

struct Stream<'a> {
    world: &'a World,
    consumer: &'a Consumer,
    records: &'a [(Instant, Record)],
}

impl Stream<'_> {
    /// Returns the kinds of events that a post causes on the stream.
    fn kinds(&self, post: &Post) -> Vec<EventKind> {
        let status = match self.consumer.topic {
            Topic::User | Topic::Public | Topic::Local | Topic::List => true,
            Topic::Hashtag(_) => post.tagged,
            Topic::Notifications | Topic::ForeignList => false,
        };
        let notification =
            post.mentions && matches!(self.consumer.topic, Topic::User | Topic::Notifications);
        let status = status.then_some(EventKind::Status);
        status
            .into_iter()
            .chain(notification.then_some(EventKind::Notification))
            .collect()
    }

    fn events(&self) -> impl Iterator<Item = (Instant, EventKind, &str, bool)> {
        self.records.iter().filter_map(|(at, record)| match record {
            Record::Event {
                kind,
                status,
                is_backfilled,
            } => Some((*at, *kind, status.as_str(), *is_backfilled)),
            _ => None,
        })
    }

    fn opened_at(&self) -> Option<Instant> {
        let opened =
            |(at, record): &(Instant, Record)| matches!(record, Record::Opened).then_some(*at);
        self.records.iter().find_map(opened)
    }

    fn repeated(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let repeated = self
            .events()
            .filter(|(_, kind, status, _)| !seen.insert((*kind, status.to_string())));
        repeated
            .map(|(_, kind, status, _)| format!("{kind:?} {status} was delivered twice"))
            .collect()
    }

    fn missing(&self) -> Vec<String> {
        let Some(opened_at) = self.opened_at().filter(|_| !self.consumer.is_closed) else {
            return Vec::new();
        };
        let delivered: HashSet<(EventKind, &str)> = self
            .events()
            .map(|(_, kind, status, _)| (kind, status))
            .collect();
        let mut missing = Vec::new();
        let expected =
            (self.world.posts.iter()).filter(|post| post.at >= opened_at && !post.is_deleted);
        for post in expected {
            for kind in self.kinds(post) {
                if !delivered.contains(&(kind, &post.id)) && !self.is_reported(kind, post) {
                    missing.push(format!("{kind:?} {} is missing", post.id));
                }
            }
        }
        let dropped = self.records.iter().map(|(_, record)| match record {
            Record::Lagged(count) => *count as usize,
            _ => 0,
        });
        if missing.len() <= dropped.sum() {
            missing.clear();
        }
        missing
    }

    /// Returns whether a gap that is not filled later covers a post. A gap with an end covers all IDs up to it, also
    /// those that are posted later.
    fn is_reported(&self, kind: EventKind, post: &Post) -> bool {
        self.records.iter().any(|(at, record)| match record {
            Record::Gap(gap) => {
                let is_before = *at > post.at || gap.until.is_some();
                gap.kind == kind && is_before && covers(gap, post)
            }
            _ => false,
        })
    }

    fn out_of_order(&self) -> Vec<String> {
        let behavior = &self.world.schedule.behavior;
        if behavior.shuffle || !behavior.id_skew.end().is_zero() {
            return Vec::new();
        }
        let order: HashMap<&str, usize> = (self.world.posts.iter().enumerate())
            .map(|(index, post)| (post.id.as_str(), index))
            .collect();
        let mut newest: HashMap<(EventKind, bool), usize> = HashMap::new();
        let mut wrong = Vec::new();
        for (_, record) in self.records {
            match record {
                Record::Event {
                    kind,
                    status,
                    is_backfilled,
                } => {
                    let Some(index) = order.get(status.as_str()) else {
                        continue;
                    };
                    let newest = newest.entry((*kind, *is_backfilled)).or_insert(*index);
                    if index < newest {
                        wrong.push(format!("{kind:?} {status} is out of order"));
                    }
                    *newest = *index;
                }
                // The next backfill may start earlier.
                Record::Other(_) | Record::Opening => {
                    newest.retain(|(_, is_backfilled), _| !is_backfilled);
                }
                _ => {}
            }
        }
        wrong
    }

    fn late(&self) -> Vec<String> {
        let posts: HashMap<&str, &Post> = (self.world.posts.iter())
            .map(|post| (post.id.as_str(), post))
            .collect();
        let mut late = Vec::new();
        for (at, kind, status, is_backfilled) in self.events() {
            let Some(post) = posts.get(status) else {
                late.push(format!("{kind:?} {status} was never posted"));
                continue;
            };
            let delay = at - post.at;
            if !is_backfilled && delay > LIVE_BOUND + self.consumer.paused {
                late.push(format!(
                    "{kind:?} {status} was delivered live after {delay:?}"
                ));
            }
            if post.is_last && (is_backfilled || delay > LAST_BOUND) {
                late.push(format!(
                    "{kind:?} {status} was delivered after {delay:?} although everything works"
                ));
            }
        }
        late
    }

    /// Checks that a deleted status does not return, and that it is deleted once.
    fn revived(&self) -> Vec<String> {
        let mut deleted = HashSet::new();
        let mut revived = Vec::new();
        for (_, record) in self.records {
            match record {
                Record::Deleted(status) if !deleted.insert(status.as_str()) => {
                    revived.push(format!("{status} was deleted twice"));
                }
                Record::Event {
                    kind: EventKind::Status,
                    status,
                    ..
                } if deleted.contains(status.as_str()) && !self.world.schedule.behavior.shuffle => {
                    revived.push(format!("{status} was delivered after its deletion"));
                }
                _ => {}
            }
        }
        revived
    }

    /// Checks that the events that wait for the application are within the limits. A large event may wait alone.
    fn unbounded(&self) -> Vec<String> {
        let schedule = &self.world.schedule;
        let (items, size) = self.consumer.log.max_queued();
        let max_items = schedule.buffer + CHECKPOINT_ITEMS * (schedule.buffer + 1);
        let max_size = schedule.buffer_bytes.max(MAX_EVENT);
        let is_exceeded = items > max_items || size > max_size;
        let text = is_exceeded.then(|| format!("{items} items of {size} bytes were queued"));
        text.into_iter().collect()
    }

    fn oversized(&self) -> Vec<String> {
        let sizes = self.records.iter().filter_map(|(_, record)| match record {
            Record::Malformed(size) if *size > MAX_KEPT => Some(*size),
            _ => None,
        });
        sizes
            .map(|size| format!("{size} bytes of an unreadable message were kept"))
            .collect()
    }
}

/// Returns whether a gap that is not filled later contains a post.
fn covers(gap: &Gap, post: &Post) -> bool {
    let is_final = match &gap.reason {
        GapReason::FetchFailed(error) => !error.is_retryable(),
        GapReason::LimitReached | GapReason::UnknownStart => true,
        GapReason::TimedOut => false,
    };
    if gap.kind != EventKind::Status {
        // The positions are IDs of notifications, which the oracle does not know.
        return is_final;
    }
    let id = Position::from(post.id.as_str());
    let is_after = gap
        .after
        .as_deref()
        .map(Position::from)
        .is_none_or(|after| id > after);
    let is_before = gap
        .until
        .as_deref()
        .map(Position::from)
        .is_none_or(|until| id <= until);
    is_final && is_after && is_before
}
