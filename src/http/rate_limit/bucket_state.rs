//! State of one rate limit bucket: how many requests certainly remain in its window.

use std::cmp::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::RateLimitStatus;
use super::headers::RateLimitHeaders;
use crate::facts::RateLimitBucket;

/// State of one rate limit bucket.
///
/// Responses can arrive in another order than the server counted their requests in. The server's count in
/// a response certainly includes the requests that had finished before its own request started; it may or
/// may not include the others that have started since. The reported number of remaining requests minus
/// those others is therefore a lower bound. An earlier lower bound stays valid until the window ends,
/// unless the server reports fewer remaining requests.
#[derive(Debug, Default)]
pub(super) struct BucketState {
    /// Number of requests that have started.
    started: u64,
    /// Number of requests that have finished or were cancelled.
    finished: u64,
    window: Option<Window>,
    /// Start of the last request, for pacing.
    last_start: Option<Instant>,
}

/// The current window of a bucket.
#[derive(Clone, Copy, Debug)]
struct Window {
    limit: Option<u32>,
    /// Lower bound of the remaining requests.
    remaining: u32,
    end: Instant,
    /// End by the server's clock, if a response reported it.
    server_end: Option<Timestamp>,
    /// Whether the window follows an expired one and no response has confirmed it yet. It is assumed to
    /// have the same limit.
    is_assumed: bool,
}

/// Maximum difference between two reported ends of the same window: headers may have whole seconds, and
/// clocks drift.
const SAME_WINDOW_TOLERANCE: Duration = Duration::from_secs(2);

/// Position of a request among the requests of its bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    /// Number of requests that had finished when this one started.
    finished_before: u64,
}

impl BucketState {
    /// Returns the status of the bucket; `None` if it is unknown or its window has ended.
    pub(super) fn status(&self, now: Instant) -> Option<RateLimitStatus> {
        let window = self.window?;
        Some(RateLimitStatus {
            limit: window.limit,
            remaining: window.remaining,
            reset_in: window.end.checked_duration_since(now)?,
        })
    }

    /// Replaces the status by one that the caller supplies.
    pub(super) fn set_status(&mut self, status: RateLimitStatus, now: Instant) {
        self.window = Some(Window {
            limit: status.limit,
            remaining: status.remaining,
            end: now + status.reset_in,
            server_end: None,
            is_assumed: false,
        });
    }

    /// Fails with the status of the bucket if no requests remain.
    pub(super) fn check_remaining(
        &mut self,
        bucket: RateLimitBucket,
        now: Instant,
    ) -> Result<(), RateLimitStatus> {
        self.roll_window(bucket, now);
        match self.status(now) {
            Some(status) if status.remaining == 0 => Err(status),
            _ => Ok(()),
        }
    }

    /// Returns the earliest start of the next request, so that the remaining requests last for 1/`factor` of
    /// the remaining time.
    pub(super) fn paced_start(&self, factor: f64) -> Option<Instant> {
        let (window, last_start) = (self.window?, self.last_start?);
        let time_left = window.end.saturating_duration_since(last_start);
        let intervals = (f64::from(window.remaining) + 1.0) * factor;
        let interval =
            Duration::try_from_secs_f64(time_left.as_secs_f64() / intervals).unwrap_or(time_left);
        Some(last_start + interval)
    }

    /// Starts the next window if the current one has ended.
    fn roll_window(&mut self, bucket: RateLimitBucket, now: Instant) {
        let in_flight = self.in_flight();
        let Some(window) = &mut self.window else {
            return;
        };
        if now < window.end {
            return;
        }
        match window.limit {
            // The limit applies at once: otherwise all waiting requests would be sent at the same time.
            Some(limit) => {
                window.remaining = limit.saturating_sub(in_flight).max(1);
                window.end = now + bucket.window();
                window.is_assumed = true;
            }
            // The first response reports the new window.
            None => self.window = None,
        }
    }

    fn in_flight(&self) -> u32 {
        u32::try_from(self.started - self.finished).unwrap_or(u32::MAX)
    }

    /// Counts a request that starts.
    pub(super) fn start(&mut self, now: Instant) -> Ticket {
        if let Some(window) = &mut self.window {
            window.remaining = window.remaining.saturating_sub(1);
        }
        self.started += 1;
        self.last_start = Some(now);
        Ticket {
            finished_before: self.finished,
        }
    }

    /// Counts a request that has finished or was cancelled.
    pub(super) fn finish(&mut self) {
        self.finished += 1;
    }

    /// Updates the window from the response to a request that has finished.
    pub(super) fn update(
        &mut self,
        headers: RateLimitHeaders,
        ticket: Ticket,
        throttled: bool,
        now: Instant,
    ) {
        let RateLimitHeaders { status, window_end } = headers;
        let others = self.started - ticket.finished_before - 1;
        let lower_bound = status
            .remaining
            .saturating_sub(u32::try_from(others).unwrap_or(u32::MAX));
        let mut updated = Window {
            limit: status.limit,
            remaining: lower_bound,
            end: now + status.reset_in,
            server_end: window_end,
            is_assumed: false,
        };
        if let Some(current) = self.window.filter(|_| !throttled) {
            updated.limit = updated.limit.or(current.limit);
            let combined = lower_bound.max(current.remaining.min(status.remaining));
            match current.compare_end(window_end) {
                // A response of a later window arrived earlier.
                Some(Ordering::Less) => return,
                // The response is of the window before the assumed one.
                Some(Ordering::Equal) if current.is_assumed => return,
                Some(Ordering::Equal) => {
                    updated.remaining = combined;
                    updated.end = updated.end.min(current.end);
                }
                // The response is of the assumed window.
                _ if current.is_assumed => updated.remaining = combined,
                Some(Ordering::Greater) | None => {}
            }
        }
        self.window = Some(updated);
    }

    /// Returns whether the current window ends at this time of the server's clock.
    pub(super) fn is_current_window(&self, end: Option<Timestamp>) -> bool {
        self.window
            .is_some_and(|window| window.compare_end(end) == Some(Ordering::Equal))
    }

    /// Returns the number of requests per window, if the server reported the limit.
    pub(super) fn limit(&self) -> Option<u32> {
        self.window.and_then(|window| window.limit)
    }
}

impl Window {
    /// Compares another end with that of this window; `None` if either is unknown.
    fn compare_end(&self, end: Option<Timestamp>) -> Option<Ordering> {
        let (other, own) = (end?, self.server_end?);
        if other.duration_since(own).unsigned_abs() <= SAME_WINDOW_TOLERANCE {
            Some(Ordering::Equal)
        } else {
            Some(other.cmp(&own))
        }
    }
}
