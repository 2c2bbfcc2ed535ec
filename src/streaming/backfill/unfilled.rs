//! Lists with events that may be missing, and when they are fetched.

use std::time::Duration;

use tokio::time::Instant;

use super::positions::{EventKind, PositionSet};
use crate::http::retry::Backoff;
use crate::sorted::SortedMap;

/// Lists with events that may be missing.
///
/// After a lost connection, a list is fetched as soon as the stream is connected again, and once more after
/// [`CHECK_DELAY`]. Until both have succeeded, the starting point of the first gap is kept, however often the
/// connection is lost in the meantime.
#[derive(Debug, Default)]
pub(crate) struct Unfilled(SortedMap<EventKind, Entry>);

#[derive(Debug)]
struct Entry {
    /// Delivered positions: events after the first one may be missing, except these.
    since: Option<PositionSet>,
    /// State of the cache of delivered events at the time of `since`.
    mark: u64,
    stage: Stage,
    /// Time of another check that is necessary after the present one.
    again: Option<Instant>,
    /// Whether the application has received a report of missing events.
    is_reported: bool,
    /// Delays after failed requests.
    backoff: Backoff,
    /// Number of consecutive refusals.
    refusals: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A connection was lost, and the list was not fetched since then.
    Gap,
    /// The list is fetched at this time, the given delay after the last time.
    Check { due: Instant, delay: Duration },
}

/// Maximum time until a stream and the lists agree. A subscription can start shortly after its request, and
/// lists can be served by a database replica that lags behind.
pub(crate) const CHECK_DELAY: Duration = Duration::from_secs(5);

/// Maximum delay of a check that follows one that found events. Such a list lags behind.
const MAX_CHECK_DELAY: Duration = Duration::from_secs(40);

/// Maximum delay after a failed request.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(60);

/// Maximum number of consecutive requests of a list that the server refuses.
const MAX_REFUSALS: u32 = 5;

impl Unfilled {
    /// Schedules a check of a list. One that is scheduled for an earlier time, when the list may not contain yet what is
    /// missing, is followed by another. Returns whether the list was complete before.
    pub(crate) fn check(
        &mut self,
        kind: EventKind,
        delay: Duration,
        since: impl FnOnce() -> (Option<PositionSet>, u64),
    ) -> bool {
        let due = Instant::now() + delay;
        if let Some(entry) = self.0.get_mut(&kind) {
            entry.again = entry.again.max(Some(due));
            return false;
        }
        let delay = CHECK_DELAY;
        let entry = Entry::new(since(), Stage::Check { due, delay });
        self.0.insert(kind, entry);
        true
    }

    /// Records that events of a list may be missing from now on. Returns whether the list was complete before.
    pub(crate) fn lose(
        &mut self,
        kind: EventKind,
        since: impl FnOnce() -> (Option<PositionSet>, u64),
    ) -> bool {
        let is_new = !self.0.contains_key(&kind);
        let entry = self
            .0
            .get_or_insert_with(kind, || Entry::new(since(), Stage::Gap));
        entry.stage = Stage::Gap;
        // A subscription can start shortly after its request, so the list is fetched at least twice after each gap.
        entry.refusals = 0;
        is_new
    }

    /// Returns whether there is a list that was not fetched since a connection was lost.
    pub(crate) fn has_gaps(&self) -> bool {
        self.0.iter().any(|(_, entry)| entry.stage == Stage::Gap)
    }

    /// Returns the lists that must be fetched now. Those with gaps are due at any time.
    pub(crate) fn due(&self, now: Instant) -> Vec<EventKind> {
        let is_due = |entry: &Entry| match entry.stage {
            Stage::Gap => true,
            Stage::Check { due, .. } => due <= now,
        };
        let due = self.0.iter().filter(|(_, entry)| is_due(entry));
        due.map(|(kind, _)| *kind).collect()
    }

    /// Returns the time at which the next list must be fetched.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let due = self.0.iter().map(|(_, entry)| match entry.stage {
            Stage::Gap => Instant::now(),
            Stage::Check { due, .. } => due,
        });
        due.min()
    }

    /// Returns whether a list was not fetched since a connection was lost.
    pub(crate) fn is_urgent(&self, kind: EventKind) -> bool {
        let entry = self.0.get(&kind);
        entry.is_some_and(|entry| entry.stage == Stage::Gap)
    }

    pub(crate) fn is_reported(&self, kind: EventKind) -> bool {
        self.0.get(&kind).is_some_and(|entry| entry.is_reported)
    }

    /// Returns the positions after which events may be missing, and the mark of the cache.
    pub(crate) fn since(&self, kind: EventKind) -> Option<(Option<&PositionSet>, u64)> {
        let entry = self.0.get(&kind)?;
        Some((entry.since.as_ref(), entry.mark))
    }

    /// Records that a list is complete up to the first of these positions.
    pub(crate) fn advance(&mut self, kind: EventKind, mut delivered: PositionSet) {
        if let (Some(entry), Some(first)) = (self.0.get_mut(&kind), delivered.first().cloned()) {
            let since = entry.since.get_or_insert_default();
            delivered.extend(since.iter().filter(|known| **known >= first).cloned());
            *since = delivered;
        }
    }

    /// Records that the application has received a report of missing events.
    pub(crate) fn report(&mut self, kind: EventKind) {
        if let Some(entry) = self.0.get_mut(&kind) {
            entry.is_reported = true;
        }
    }

    /// Records that a list was fetched; `found` if events were missing. Removes it, or schedules the next check.
    pub(crate) fn complete(&mut self, kind: EventKind, found: bool) {
        let Some(entry) = self.0.get_mut(&kind) else {
            return;
        };
        entry.is_reported = false;
        entry.backoff = retry_backoff();
        entry.refusals = 0;
        let delay = match entry.stage {
            Stage::Gap => Some(CHECK_DELAY),
            // The list, or the stream, lags behind.
            Stage::Check { delay, .. } => {
                Some(delay * 2).filter(|_| found && delay < MAX_CHECK_DELAY)
            }
        };
        let now = Instant::now();
        entry.again = entry.again.filter(|due| *due > now);
        let next = match delay {
            Some(delay) => Some((now + delay, delay)),
            None => entry.again.map(|due| (due, CHECK_DELAY)),
        };
        match next {
            Some((due, delay)) => entry.stage = Stage::Check { due, delay },
            None => self.remove(kind),
        }
    }

    /// Schedules another request of a list after a failed one. A list that is refused again and again is given up.
    /// Returns whether there is another request.
    pub(crate) fn retry(&mut self, kind: EventKind, is_transient: bool) -> bool {
        let Some(entry) = self.0.get_mut(&kind) else {
            return false;
        };
        entry.refusals = if is_transient { 0 } else { entry.refusals + 1 };
        if entry.refusals > MAX_REFUSALS {
            self.0.remove(&kind);
            return false;
        }
        let due = Instant::now() + CHECK_DELAY + entry.backoff.next_delay();
        let delay = CHECK_DELAY;
        entry.stage = Stage::Check { due, delay };
        true
    }

    /// Gives a list up, or notes that it is complete.
    pub(crate) fn remove(&mut self, kind: EventKind) {
        self.0.remove(&kind);
    }
}

impl Entry {
    fn new((since, mark): (Option<PositionSet>, u64), stage: Stage) -> Self {
        Self {
            since,
            mark,
            stage,
            again: None,
            is_reported: false,
            backoff: retry_backoff(),
            refusals: 0,
        }
    }
}

fn retry_backoff() -> Backoff {
    Backoff::new(Duration::from_secs(1), MAX_RETRY_DELAY)
}
