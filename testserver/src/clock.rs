//! The server's clock: real time, or tokio's paused time, plus what a test adds to it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Tells the server's time. It runs on by itself and can be advanced, so that polls end and scheduled statuses appear
/// without waiting. Under tokio's paused time it follows that.
#[derive(Debug)]
pub struct Clock {
    started: Instant,
    start_time: Mutex<Timestamp>,
    advanced: Notify,
}

impl Clock {
    pub(crate) fn starting_at(at: Timestamp) -> Self {
        Self {
            started: Instant::now(),
            start_time: Mutex::new(at),
            advanced: Notify::new(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let start_time = *self
            .start_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        later(start_time, self.started.elapsed())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut start_time = self
            .start_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *start_time = later(*start_time, by);
        self.advanced.notify_one();
    }

    /// Waits until somebody moves the clock.
    pub(crate) async fn advanced(&self) {
        self.advanced.notified().await;
    }
}

/// The moment that lies `by` after `at`, or the last one there is.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The moment that lies so many seconds after `at`; `None` where there is none.
pub(crate) fn seconds_after(at: Timestamp, seconds: i64) -> Option<Timestamp> {
    at.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// As the API writes a point in time: milliseconds, UTC.
pub(crate) fn iso8601(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// As the API writes a day.
pub(crate) fn iso_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The start of the day of `at`: the precision with which the API tells when an account was created.
pub(crate) fn iso_midnight(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT00:00:00.000Z").to_string()
}

/// As HTTP writes a point in time.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
