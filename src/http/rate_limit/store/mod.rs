//! Stores of rate limits: where requests are counted, so that clients and processes can share the counts.

#[cfg(test)]
pub(crate) mod contract;
mod file;
mod memory;
mod state;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use self::file::FileRateLimitStore;
pub use self::memory::MemoryRateLimitStore;
pub use self::state::BucketState;
pub(crate) use self::state::SAME_WINDOW_TOLERANCE;
use super::RateLimitStatus;
use crate::error::Error;
use crate::facts::RateLimitBucket;
use crate::serde_impls::{deserialize_struct, serialize_struct};

/// Future of an operation of a [`RateLimitStore`].
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A store of rate limits: it counts the requests of all clients that use it.
///
/// Implement it for a database of your own. Each operation is atomic. [`BucketState`] computes the results of all
/// operations, so an implementation only loads the states of the buckets, calls it, and saves them, for example in a
/// transaction.
///
/// All times are durations: the time at which a window ends, for example, is stored as the time of the database plus
/// [`WindowReport::reset_in`]. The clocks of the processes need not agree.
///
/// If an operation fails, the client tries again for some seconds, then counts on its own until the store works again.
pub trait RateLimitStore: fmt::Debug + Send + Sync {
    /// Counts one request against all buckets of the reservation, or against none of them if it has to wait.
    fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision>;

    /// Finishes a request that was [granted](Decision::Granted), with what its response reported. Returns the status
    /// of each of its buckets, in the same order.
    ///
    /// It is not called for a request whose process was killed, or whose call was cancelled.
    fn finish<'a>(
        &'a self,
        requests: &'a [FinishedRequest],
    ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>>;

    /// Replaces the status of a bucket by one that the application supplies.
    fn set_status<'a>(
        &'a self,
        bucket: &'a CountedBucket,
        status: RateLimitStatus,
    ) -> StoreFuture<'a, ()>;

    /// Returns whether all processes that use the store have the same IP address. Then it also counts the requests of
    /// the address. Default: false.
    fn is_single_address(&self) -> bool {
        false
    }
}

/// A bucket of a store: a rate limit of one access token or IP address at one server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct CountedBucket {
    /// Origin of the server, such as `https://mastodon.social`. All buckets of a reservation have the same.
    pub server: Arc<str>,
    /// What is counted: a hash of the access token, or `address`. Contains no secret.
    pub identity: Arc<str>,
    /// The rate limit.
    pub bucket: RateLimitBucket,
    /// Whether responses report the rate limit. If they do, one request is sent first while it is unknown.
    pub is_reported: bool,
}

impl CountedBucket {
    /// Creates a bucket that responses report.
    pub fn new(
        server: impl Into<Arc<str>>,
        identity: impl Into<Arc<str>>,
        bucket: RateLimitBucket,
    ) -> Self {
        Self {
            server: server.into(),
            identity: identity.into(),
            bucket,
            is_reported: true,
        }
    }

    /// Returns the key of the bucket within its server, such as `address/general`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.identity, self.bucket.name())
    }
}

/// A request for permission to send one request to a server.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reservation {
    /// Buckets that the request counts against.
    pub buckets: Vec<CountedBucket>,
    /// Random string that identifies the waiting request. Waiters take turns while a bucket is exhausted.
    pub waiter: String,
    /// Whether the request waits if it is not allowed. If not, it does not wait for the first request of a bucket either.
    pub waits: bool,
    /// Spreads requests so that the remaining ones last for 1/`pace_factor` of the remaining time.
    pub pace_factor: Option<f64>,
}

impl Reservation {
    /// Creates a reservation of a request that waits, without pacing.
    pub fn new(buckets: Vec<CountedBucket>, waiter: impl Into<String>) -> Self {
        Self {
            buckets,
            waiter: waiter.into(),
            waits: true,
            pace_factor: None,
        }
    }
}

/// Result of [`RateLimitStore::reserve`].
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a store has no other result, and stores outside of this crate create it"
)]
pub enum Decision {
    /// The request is counted, and may be sent. One ticket and one status per bucket.
    Granted {
        /// For [`FinishedRequest::ticket`].
        tickets: Vec<Ticket>,
        /// Status of each bucket after the request was counted.
        statuses: Vec<Option<RateLimitStatus>>,
    },
    /// The request is not counted, and must wait.
    Wait(Wait),
}

/// Why a request has to wait, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// Index of the bucket in [`Reservation::buckets`].
    pub index: usize,
    /// Delay before the next attempt.
    pub retry_in: Duration,
    /// How long the request has to wait at least, if that is known. It is not known while the first request of the
    /// bucket is in flight, or another process has its turn.
    pub allowed_in: Option<Duration>,
    /// Requests allowed per window, if the server reported it.
    pub limit: Option<u32>,
    /// Requests left in the window. It is 0 if the bucket is exhausted.
    pub remaining: u32,
}

serialize_struct!(Wait {
    index,
    retry_in,
    allowed_in,
    limit,
    remaining
});
deserialize_struct!(Wait {
    index: required,
    retry_in: required,
    allowed_in: required,
    limit: required,
    remaining: required
});

/// Position of a request among the requests of its bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticket {
    /// Number of the window in which the request was counted.
    pub window: u64,
    /// Number of requests that had finished when this one was counted, in all windows.
    pub finished_before: u64,
    /// Number of requests that had finished in this window when this one was counted.
    pub counted: u32,
    /// Whether it is the first request of the bucket, for which others wait.
    pub is_first: bool,
    /// Limit of the bucket, if the server reported it.
    pub limit: Option<u32>,
    /// Requests left in the window after this one.
    pub remaining: Option<u32>,
    /// End of the window by the server's clock, if the server reported it. Milliseconds since 1970.
    pub window_end: Option<i64>,
}

serialize_struct!(Ticket {
    window,
    finished_before,
    counted,
    is_first,
    limit,
    remaining,
    window_end
});
deserialize_struct!(Ticket {
    window: required,
    finished_before: required,
    counted: required,
    is_first: required,
    limit: required,
    remaining: required,
    window_end: required
});

/// A request that has received its response, or failed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FinishedRequest {
    /// The bucket.
    pub bucket: CountedBucket,
    /// Its ticket.
    pub ticket: Ticket,
    /// What the response reported about this bucket.
    pub outcome: Outcome,
}

impl FinishedRequest {
    /// Creates a finished request.
    pub const fn new(bucket: CountedBucket, ticket: Ticket, outcome: Outcome) -> Self {
        Self {
            bucket,
            ticket,
            outcome,
        }
    }
}

/// What a response reported about a bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "stores outside of this crate handle each of them"
)]
pub enum Outcome {
    /// Its headers describe the bucket.
    Reported(WindowReport),
    /// Nothing: the request failed, or the headers describe another bucket.
    Unknown,
    /// It is a successful response without rate limit headers: the server does not report this rate limit.
    NotReported,
}

/// Rate limit headers of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowReport {
    /// Requests allowed per window.
    pub limit: Option<u32>,
    /// Requests left in the window, by the server's count.
    pub remaining: u32,
    /// Time until the window ends, at most one day.
    pub reset_in: Duration,
    /// End of the window by the server's clock. It identifies the window, and is not compared with another clock.
    pub window_end: Option<Timestamp>,
    /// Whether the response was 429: the rate limit is exhausted.
    pub is_throttled: bool,
}

impl WindowReport {
    /// Creates the report of a response that was not throttled.
    pub const fn new(limit: Option<u32>, remaining: u32, reset_in: Duration) -> Self {
        Self {
            limit,
            remaining,
            reset_in,
            window_end: None,
            is_throttled: false,
        }
    }
}
