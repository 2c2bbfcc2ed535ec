//! State of one rate limit bucket: how many requests certainly remain in its window.

use std::time::Duration;

use super::{
    CountedBucket, Decision, FinishedRequest, Outcome, Reservation, Ticket, Wait, WindowReport,
};
use crate::facts::RateLimitBucket;
use crate::http::rate_limit::RateLimitStatus;
use crate::serde_impls::{deserialize_struct, serialize_struct};

/// State of one bucket of a [`RateLimitStore`](super::RateLimitStore). It can be serialized.
///
/// `now` is the time of the store in milliseconds, by any clock that all users of the store share. If the clock is set
/// back, windows may seem to last longer, but at most for their length.
///
/// # How requests are counted
///
/// Responses can arrive in another order than the server counted their requests in. The server's count in a response
/// certainly includes the requests that had finished before its own request was counted. It may or may not include the
/// others that were counted since. The reported number of remaining requests minus those others is therefore a lower
/// bound. An earlier lower bound stays valid until the window ends, unless the server reports fewer remaining requests.
///
/// Requests that never finish, because their process was killed, are taken into account until the end of the next
/// window.
///
/// # Which requests wait
///
/// While a rate limit is unknown, the first request is sent alone. Until its response has arrived, or for at most five
/// seconds, others wait. If the response does not report the rate limit, that of the specification is assumed.
///
/// While a bucket is exhausted, waiters take turns in the order of their first reservations. A waiter that does not
/// try again in time loses its turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketState {
    window: Option<Window>,
    /// Number of the window.
    number: u64,
    /// Number of requests that were counted, in all windows.
    started: u64,
    /// Number of requests that have finished, or are no longer expected to.
    finished: u64,
    /// Number of requests of the window before that have not finished. The server may count them in this one.
    carried: u64,
    /// Number of finished requests when the window began.
    finished_at_start: u64,
    /// Length of the windows, learned from their ends, in milliseconds.
    length: Option<u64>,
    /// When the last request was counted.
    last_start: Option<u64>,
    /// Whether a first request was sent alone in this window.
    had_first: bool,
    /// Until when others wait for the first request.
    first_until: Option<u64>,
    /// Whether the server does not report this rate limit.
    is_unreported: bool,
    /// Waiters, in the order of their turns.
    waiters: Vec<Waiter>,
}

serialize_struct!(BucketState {
    window,
    number,
    started,
    finished,
    carried,
    finished_at_start,
    length,
    last_start,
    had_first,
    first_until,
    is_unreported,
    waiters
});
deserialize_struct!(BucketState {
    window: default,
    number: default,
    started: default,
    finished: default,
    carried: default,
    finished_at_start: default,
    length: default,
    last_start: default,
    had_first: default,
    first_until: default,
    is_unreported: default,
    waiters: default
});

/// The current window of a bucket. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    /// Limit that the server reported.
    limit: Option<u32>,
    /// Lower bound of the remaining requests.
    remaining: u32,
    /// End by the clock of the store.
    end: u64,
    /// End by the server's clock, if a response reported it.
    server_end: Option<i64>,
    /// Whether no response has confirmed the window yet. It is assumed to have the limit of the window before, or that
    /// of the specification.
    is_assumed: bool,
    /// Whether no request was counted in it.
    is_new: bool,
}

serialize_struct!(Window {
    limit,
    remaining,
    end,
    server_end,
    is_assumed,
    is_new
});
deserialize_struct!(Window {
    limit: required,
    remaining: required,
    end: required,
    server_end: required,
    is_assumed: required,
    is_new: required
});

/// A request that waits for its turn.
#[derive(Clone, Debug, PartialEq)]
struct Waiter {
    id: String,
    /// When its turn is lost unless it tries again before.
    until: u64,
}

serialize_struct!(Waiter { id, until });
deserialize_struct!(Waiter {
    id: required,
    until: required
});

/// Maximum difference between two reported ends of the same window in milliseconds: headers may have whole seconds, and
/// clocks drift.
pub(crate) const SAME_WINDOW_TOLERANCE: u64 = 2_000;

/// Maximum time that others wait for the first request of a bucket, in milliseconds.
const FIRST_REQUEST: u64 = 5_000;

/// Delay before another attempt while the first request is in flight, in milliseconds.
const RETRY_DURING_FIRST: u64 = 50;

/// Delay before another attempt while another waiter has its turn, in milliseconds.
const RETRY_DURING_TURN: u64 = 10;

/// Maximum delay before another attempt of a waiter, in milliseconds, or a twentieth of a longer wait: another request
/// may have shown that the window ends earlier.
const RETRY: u64 = 5_000;

/// How long a turn is kept for a waiter that should have tried again, in milliseconds.
const TURN_KEPT: u64 = 1_000;

/// Maximum number of waiters whose turns are kept. Others try again until there is room.
const MAX_WAITERS: usize = 1_000;

impl BucketState {
    /// Counts one request against all buckets, or against none of them if it has to wait.
    ///
    /// `states` are the states of [`Reservation::buckets`], in the same order. Missing ones are new.
    pub fn reserve(states: &mut [&mut Self], reservation: &Reservation, now: u64) -> Decision {
        let buckets = reservation.buckets.iter().enumerate();
        for (state, bucket) in states.iter_mut().zip(buckets.clone()) {
            if let Err(wait) = state.admit(bucket, reservation, now) {
                return Decision::Wait(wait);
            }
        }
        let count = |(state, bucket): (&mut &mut Self, _)| state.count(bucket, reservation, now);
        let (tickets, statuses) = states.iter_mut().zip(buckets).map(count).unzip();
        Decision::Granted { tickets, statuses }
    }

    /// Fails if the request has to wait for a bucket of the reservation, and queues it.
    pub(super) fn admit(
        &mut self,
        (index, bucket): (usize, &CountedBucket),
        reservation: &Reservation,
        now: u64,
    ) -> Result<(), Wait> {
        self.check(bucket, reservation, now).map_err(|wait| {
            if reservation.waits {
                self.queue(&reservation.waiter, ms(wait.retry_in), now);
            }
            Wait { index, ..wait }
        })
    }

    /// Counts a request that all buckets of the reservation have admitted. Returns its ticket and the status after it.
    pub(super) fn count(
        &mut self,
        (index, bucket): (usize, &CountedBucket),
        reservation: &Reservation,
        now: u64,
    ) -> (Ticket, Option<RateLimitStatus>) {
        self.waiters
            .retain(|waiter| waiter.id != reservation.waiter);
        let ticket = self.start(bucket, index == 0, now);
        (ticket, self.status(now))
    }

    /// Finishes a request. Returns the status of the bucket.
    pub fn finish(&mut self, request: &FinishedRequest, now: u64) -> Option<RateLimitStatus> {
        let FinishedRequest {
            bucket,
            ticket,
            outcome,
        } = request;
        self.roll(bucket.bucket, now);
        if ticket.is_first {
            self.first_until = None;
        }
        let is_carried = ticket.window + 1 == self.number && self.carried > 0;
        self.carried -= u64::from(is_carried);
        if is_carried || ticket.window == self.number {
            self.finished = self.started.min(self.finished + 1);
        }
        match outcome {
            Outcome::Reported(report) => self.update(bucket.bucket, report, ticket, now),
            Outcome::NotReported if self.window.is_none_or(|window| window.limit.is_none()) => {
                self.is_unreported = true;
                self.window = None;
            }
            Outcome::Unknown | Outcome::NotReported => {}
        }
        self.status(now)
    }

    /// Returns the status of the bucket; `None` if it is unknown or its window has ended.
    pub fn status(&self, now: u64) -> Option<RateLimitStatus> {
        let window = self.window.filter(|window| {
            let is_known = window.limit.is_some() || !window.is_assumed;
            is_known && now <= window.end
        })?;
        Some(RateLimitStatus {
            limit: window.limit,
            remaining: window.remaining,
            reset_in: Duration::from_millis(window.end - now),
        })
    }

    /// Replaces the status by one that the application supplies.
    pub fn set_status(&mut self, status: RateLimitStatus, now: u64) {
        self.is_unreported = false;
        self.first_until = None;
        self.window = Some(Window {
            limit: status.limit,
            remaining: status.remaining,
            end: now.saturating_add(ms(status.reset_in)),
            server_end: None,
            is_assumed: false,
            is_new: false,
        });
    }

    /// Returns when the state can be deleted, because it then says no more than a new one: some time after the end of
    /// its window.
    pub fn expires_at(&self) -> u64 {
        let windows = self.window.map(|window| window.end);
        let length = self.length.unwrap_or_default();
        let latest = windows.into_iter().chain(self.last_start).max();
        latest
            .unwrap_or_default()
            .saturating_add(length.max(60_000))
    }

    /// Fails if the next request has to wait.
    fn check(
        &mut self,
        bucket: &CountedBucket,
        reservation: &Reservation,
        now: u64,
    ) -> Result<(), Wait> {
        self.roll(bucket.bucket, now);
        self.waiters.retain(|waiter| now < waiter.until);
        let wait = |retry_in: u64, is_known: bool| Wait {
            index: 0,
            retry_in: Duration::from_millis(retry_in.min(RETRY.max(retry_in / 20))),
            allowed_in: is_known.then(|| Duration::from_millis(retry_in)),
            limit: self.window.and_then(|window| window.limit),
            remaining: self.window.map_or(0, |window| window.remaining),
        };
        let Some(window) = self.window else {
            return Ok(());
        };
        if let Some(until) = self
            .first_until
            .filter(|until| reservation.waits && now < *until)
        {
            return Err(wait(RETRY_DURING_FIRST.min(until - now), false));
        }
        if window.remaining == 0 {
            return Err(wait((window.end - now).max(1), true));
        }
        let paced = reservation
            .pace_factor
            .and_then(|factor| self.paced_start(factor));
        if let Some(start) = paced.filter(|start| now < *start) {
            return Err(wait(start - now, true));
        }
        let has_turn = self
            .waiters
            .first()
            .is_none_or(|first| first.id == reservation.waiter);
        if reservation.waits && !has_turn {
            return Err(wait(RETRY_DURING_TURN, false));
        }
        Ok(())
    }

    /// Keeps or extends the turn of a waiter.
    fn queue(&mut self, id: &str, retry_in: u64, now: u64) {
        let until = now.saturating_add(retry_in).saturating_add(TURN_KEPT);
        let has_room = self.waiters.len() < MAX_WAITERS;
        match self.waiters.iter_mut().find(|waiter| waiter.id == id) {
            Some(waiter) => waiter.until = until,
            None if has_room => self.waiters.push(Waiter {
                id: id.to_owned(),
                until,
            }),
            None => {}
        }
    }

    /// Returns the earliest start of the next request, so that the remaining requests last for 1/`factor` of the
    /// remaining time. The first request of a window that was not reported yet starts at once: its response reports the
    /// length of the window.
    fn paced_start(&self, factor: f64) -> Option<u64> {
        let (window, last_start) = (self.window?, self.last_start?);
        if window.is_assumed && window.is_new {
            return None;
        }
        let time_left = window.end.saturating_sub(last_start) as f64;
        let interval = time_left / ((f64::from(window.remaining) + 1.0) * factor);
        // A float is converted with saturation.
        Some(last_start.saturating_add(interval.min(time_left) as u64))
    }

    /// Starts the next window if the current one has ended.
    fn roll(&mut self, bucket: RateLimitBucket, now: u64) {
        let Some(window) = self.window.filter(|window| window.end <= now) else {
            return;
        };
        self.next_number();
        let carried = u32::try_from(self.carried).unwrap_or(u32::MAX);
        self.window = window.limit.map(|limit| Window {
            // The limit applies at once: otherwise all waiting requests would be sent at the same time.
            remaining: limit.saturating_sub(carried).max(1),
            end: now.saturating_add(self.length.unwrap_or(ms(bucket.window()))),
            is_assumed: true,
            is_new: true,
            ..window
        });
    }

    fn next_number(&mut self) {
        self.number += 1;
        self.had_first = false;
        // Requests of the window before that have not finished until now are lost.
        self.finished = self.started.min(self.finished + self.carried);
        self.carried = self.started - self.finished;
        self.finished_at_start = self.finished;
    }

    /// Counts a request that starts.
    fn start(&mut self, bucket: &CountedBucket, is_own: bool, now: u64) -> Ticket {
        if self.window.is_none() && !self.is_unreported {
            self.window = Some(Window {
                limit: None,
                remaining: bucket.bucket.limit(),
                end: now.saturating_add(ms(bucket.bucket.window())),
                server_end: None,
                is_assumed: true,
                is_new: true,
            });
        }
        let is_unknown = self
            .window
            .is_some_and(|window| window.is_assumed && window.limit.is_none());
        // The responses to requests that also count against another bucket usually report that one.
        let is_first = is_unknown && is_own && bucket.is_reported && !self.had_first;
        if is_first {
            self.had_first = true;
            self.first_until = Some(now.saturating_add(FIRST_REQUEST));
        }
        if let Some(window) = &mut self.window {
            window.remaining = window.remaining.saturating_sub(1);
            window.is_new = false;
        }
        let finished_before = self.finished;
        self.started += 1;
        self.last_start = Some(now);
        Ticket {
            window: self.number,
            finished_before,
            counted: u32::try_from(finished_before - self.finished_at_start).unwrap_or(u32::MAX),
            is_first,
            limit: self.window.and_then(|window| window.limit),
            remaining: self.window.map(|window| window.remaining),
            window_end: self.window.and_then(|window| window.server_end),
        }
    }

    /// Updates the window from the response to a request.
    fn update(
        &mut self,
        bucket: RateLimitBucket,
        report: &WindowReport,
        ticket: &Ticket,
        now: u64,
    ) {
        // The server may or may not have counted these before this request.
        let others = self.started.saturating_sub(ticket.finished_before + 1);
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let lower_bound = report.remaining.saturating_sub(others);
        let reset_in = ms(report.reset_in);
        let server_end = report.window_end.map(jiff::Timestamp::as_millisecond);
        let mut updated = Window {
            limit: report.limit,
            remaining: if report.is_throttled { 0 } else { lower_bound },
            end: now.saturating_add(reset_in),
            server_end,
            is_assumed: false,
            is_new: false,
        };
        self.is_unreported = false;
        if let Some(current) = self.window {
            updated.limit = updated.limit.or(current.limit);
            let later_by = server_end
                .zip(current.server_end)
                .map(|(new, old)| new.saturating_sub(old));
            let is_same = later_by.is_some_and(|by| by.unsigned_abs() <= SAME_WINDOW_TOLERANCE);
            let is_later = later_by.is_some_and(|by| by > 0) && !is_same;
            self.learn_length(bucket, later_by.filter(|_| is_later), reset_in);
            if !report.is_throttled {
                // A response of a later window arrived earlier, or this one is of the window before the assumed one.
                let is_before_assumed = current.is_assumed && ticket.window < self.number;
                if later_by.is_some() && !is_later && (!is_same || is_before_assumed) {
                    return;
                }
                if is_same || current.is_assumed {
                    // The limit of the specification is not a lower bound.
                    let is_bound = !current.is_assumed || current.limit.is_some();
                    let bound = if is_bound { current.remaining } else { 0 };
                    updated.remaining = lower_bound.max(bound.min(report.remaining));
                }
                if is_same && !current.is_assumed {
                    updated.end = updated.end.min(current.end);
                } else if !current.is_assumed && is_later {
                    self.next_number();
                }
            }
        }
        self.window = Some(updated);
    }

    /// Learns the length of the windows: the shortest time between two ends, but not less than the time until the end.
    fn learn_length(&mut self, bucket: RateLimitBucket, between_ends: Option<i64>, reset_in: u64) {
        let known = self.length.unwrap_or(ms(bucket.window()));
        let shortest = between_ends.map_or(known, |by| known.min(by.unsigned_abs()));
        if reset_in > shortest.saturating_add(SAME_WINDOW_TOLERANCE) {
            self.length = Some(reset_in);
        } else if between_ends.is_some() {
            self.length = Some(shortest);
        }
    }
}

/// Returns a duration in milliseconds, rounded up.
fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}
