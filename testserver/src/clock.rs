//! Clock of the server: real time (or tokio's paused time) plus the duration that a test has added.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Clock of the server. A test can advance it so that polls end and scheduled statuses are published without waiting.
/// With tokio's paused time the clock follows the paused time.
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

    /// Returns the current time of the server.
    pub fn now(&self) -> Timestamp {
        let start_time = *self
            .start_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        later(start_time, self.started.elapsed())
    }

    /// Advances the clock. Tasks that are then due, such as the end of a poll, run before the next request.
    pub fn advance(&self, by: Duration) {
        let mut start_time = self
            .start_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *start_time = later(*start_time, by);
        self.advanced.notify_one();
    }

    /// Sets the time of the server. It goes on from there.
    pub fn set(&self, now: Timestamp) {
        let mut start_time = self
            .start_time
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *start_time = earlier(now, self.started.elapsed());
        self.advanced.notify_one();
    }

    /// Waits until the clock is advanced.
    pub(crate) async fn advanced(&self) {
        self.advanced.notified().await;
    }
}

/// Adds a duration. Saturates at the latest timestamp.
pub(crate) fn later(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Subtracts a duration. Saturates at the earliest timestamp.
pub(crate) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| at.checked_sub(by).ok())
        .unwrap_or(Timestamp::MIN)
}

/// Adds seconds; `None` if the result is out of range.
pub(crate) fn seconds_after(at: Timestamp, seconds: i64) -> Option<Timestamp> {
    at.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// Formats a timestamp as the API does: ISO 8601 in UTC, with milliseconds.
pub(crate) fn iso8601(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Formats a timestamp without the fraction of the second.
pub(crate) fn iso8601_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats the date of a timestamp as ISO 8601.
pub(crate) fn iso_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Formats the start of the day of `at`. The API returns the creation time of accounts with this precision.
pub(crate) fn iso_midnight(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT00:00:00.000Z").to_string()
}

/// Formats a timestamp for HTTP headers (RFC 9110, IMF-fixdate).
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
