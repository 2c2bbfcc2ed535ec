//! How much of one budget is left: what the server said, less what it may not have counted yet.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::RateLimitStatus;
use super::headers::Told;
use crate::facts::RateLimitBucket;

/// What is known of one bucket.
///
/// Requests are numbered as they leave. When an answer comes, the requests that were answered before
/// its own left are surely in the server's count; all others that have left may be or not. So what
/// the server says, less those others, is surely there; and what was known to be there before is
/// still there, unless the server says that there is less.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// Requests that have left.
    sent: u64,
    /// Requests that came back, or never will.
    done: u64,
    known: Option<Known>,
    /// When the last one left, for the pace.
    last: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    limit: Option<u32>,
    remaining: u32,
    reset: Instant,
    /// The end of the window by the server's clock.
    window: Option<Timestamp>,
    /// Whether the window is taken to have begun with what the last one held, as no answer has told of it yet.
    assumed: bool,
}

/// How far two readings of one window's end may lie apart: whole seconds, and a slow clock.
const SAME: Duration = Duration::from_secs(2);

/// A request's place among those of its bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    /// The requests that were done when it left.
    done_before: u64,
}

impl Counter {
    /// The budget as it is known now.
    pub(crate) fn budget(&self, now: Instant) -> Option<RateLimitStatus> {
        let known = self.known?;
        Some(RateLimitStatus {
            limit: known.limit,
            remaining: known.remaining,
            reset_in: known.reset.checked_duration_since(now)?,
        })
    }

    /// What somebody else knows of the budget.
    pub(crate) fn set(&mut self, budget: RateLimitStatus, now: Instant) {
        self.known = Some(Known {
            limit: budget.limit,
            remaining: budget.remaining,
            reset: now + budget.reset_in,
            window: None,
            assumed: false,
        });
    }

    /// Whether the budget has something left.
    pub(crate) fn has_some(
        &mut self,
        bucket: RateLimitBucket,
        now: Instant,
    ) -> Result<(), RateLimitStatus> {
        self.turn_over(bucket, now);
        match self.budget(now) {
            Some(empty) if empty.remaining == 0 => Err(empty),
            _ => Ok(()),
        }
    }

    /// When the next request may leave, so that what is left lasts for 1/factor of the time.
    pub(crate) fn next_at(&self, factor: f64) -> Option<Instant> {
        let (known, last) = (self.known?, self.last?);
        let left = known.reset.saturating_duration_since(last);
        let steps = (f64::from(known.remaining) + 1.0) * factor;
        let step = Duration::try_from_secs_f64(left.as_secs_f64() / steps).unwrap_or(left);
        Some(last + step)
    }

    /// Begins the next window when the last one has ended.
    fn turn_over(&mut self, bucket: RateLimitBucket, now: Instant) {
        let under_way = self.under_way();
        let Some(known) = &mut self.known else {
            return;
        };
        if now < known.reset {
            return;
        }
        match known.limit {
            // Counting goes on at once: else all who waited would come down on the new window together.
            Some(limit) => {
                known.remaining = limit.saturating_sub(under_way).max(1);
                known.reset = now + bucket.window();
                known.assumed = true;
            }
            // What the new window holds is learnt from its first answer.
            None => self.known = None,
        }
    }

    fn under_way(&self) -> u32 {
        u32::try_from(self.sent - self.done).unwrap_or(u32::MAX)
    }

    /// Counts a request that leaves.
    pub(crate) fn leave(&mut self, now: Instant) -> Ticket {
        if let Some(known) = &mut self.known {
            known.remaining = known.remaining.saturating_sub(1);
        }
        self.sent += 1;
        self.last = Some(now);
        Ticket {
            done_before: self.done,
        }
    }

    /// Counts a request that came back, or never will.
    pub(crate) fn arrive(&mut self) {
        self.done += 1;
    }

    /// Learns from the answer to a request that has arrived.
    pub(crate) fn learn(&mut self, told: Told, place: Ticket, refused: bool, now: Instant) {
        let others = self.sent - place.done_before - 1;
        let surely = told
            .budget
            .remaining
            .saturating_sub(u32::try_from(others).unwrap_or(u32::MAX));
        let mut next = Known {
            limit: told.budget.limit,
            remaining: surely,
            reset: now + told.budget.reset_in,
            window: told.window,
            assumed: false,
        };
        if let Some(known) = self.known.filter(|_| !refused) {
            next.limit = next.limit.or(known.limit);
            match known.ends(told.window) {
                // It was overtaken by answers of a later window.
                Some(Ends::Before) => return,
                Some(Ends::Same) if known.assumed => return,
                Some(Ends::Same) => {
                    next.remaining = surely.max(known.remaining.min(told.budget.remaining));
                    next.reset = next.reset.min(known.reset);
                }
                // What is known of the assumed window holds for the one that it turns out to be.
                _ if known.assumed => {
                    next.remaining = surely.max(known.remaining.min(told.budget.remaining));
                }
                Some(Ends::Later) | None => {}
            }
        }
        self.known = Some(next);
    }

    /// Whether the window that an answer tells of is the one that is known.
    pub(crate) fn is_in(&self, window: Option<Timestamp>) -> bool {
        self.known
            .is_some_and(|known| matches!(known.ends(window), Some(Ends::Same)))
    }

    /// The requests of a window, where the server told.
    pub(crate) fn limit(&self) -> Option<u32> {
        self.known.and_then(|known| known.limit)
    }
}

enum Ends {
    Before,
    Same,
    Later,
}

impl Known {
    /// How the end of a window lies to the one that is known; `None` where either is not told.
    fn ends(&self, window: Option<Timestamp>) -> Option<Ends> {
        let (new, old) = (window?, self.window?);
        Some(if new.duration_since(old).unsigned_abs() <= SAME {
            Ends::Same
        } else if new < old {
            Ends::Before
        } else {
            Ends::Later
        })
    }
}
