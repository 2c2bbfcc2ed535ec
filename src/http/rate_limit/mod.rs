//! Rate limits: counts requests per bucket, and delays or rejects those that exceed a limit.

mod bucket_state;
mod headers;
#[cfg(test)]
mod simulation;
pub(crate) mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::bucket_state::{BucketState, Ticket};
use self::headers::RateLimitHeaders;
use crate::error::Error;
use crate::facts::RateLimitBucket;

/// What the client does when a rate limit is exhausted.
///
/// The client counts its requests, so it usually waits or fails before the server would respond with status
/// 429. All clones of a client share the counts.
///
/// ```
/// # fn example() -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::Mastodon;
/// use mastodon_sdk::rate_limit::RateLimitMode;
///
/// let mastodon = Mastodon::builder("mastodon.social")
///     .rate_limit_mode(RateLimitMode::Throw)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimitMode {
    /// Waits until the rate limit resets, then sends the request. Requests are sent in the order of their
    /// calls. `wait` of Mastodon.py.
    #[default]
    Wait,
    /// Never waits: the call fails with [`Error::RateLimited`](crate::Error::RateLimited). `throw` of
    /// Mastodon.py.
    Throw,
    /// Spreads requests over the time until the reset, so that a loop is slowed down instead of stopped.
    /// [`pace_factor`](crate::MastodonBuilder::pace_factor) sets the speed. Waits for the reset if the rate
    /// limit is exhausted nevertheless. `pace` of Mastodon.py.
    Pace,
}

/// Status of a rate limit, as last reported by the server and updated by the client's own count.
///
/// ```
/// use std::time::Duration;
/// use mastodon_sdk::rate_limit::RateLimitStatus;
///
/// let status = RateLimitStatus::new(Some(300), 120, Duration::from_secs(90));
/// assert_eq!(status.remaining, 120);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimitStatus {
    /// Requests allowed per window, if the server reported it.
    pub limit: Option<u32>,
    /// Requests left in this window. Requests in flight are already subtracted.
    pub remaining: u32,
    /// Time until the window ends.
    pub reset_in: Duration,
}

impl RateLimitStatus {
    /// Creates a status for [`set_rate_limit_status`](crate::Mastodon::set_rate_limit_status).
    pub const fn new(limit: Option<u32>, remaining: u32, reset_in: Duration) -> Self {
        Self {
            limit,
            remaining,
            reset_in,
        }
    }

    /// Returns the status that the headers of a response report. A throttled response (429) has none remaining.
    pub(crate) fn from_headers(headers: &HeaderMap, throttled: bool) -> Option<Self> {
        RateLimitHeaders::parse(headers, throttled).map(|headers| headers.status)
    }

    pub(crate) fn into_error(self, endpoint: &'static str) -> Error {
        Error::RateLimited {
            endpoint,
            limit: self.limit,
            remaining: self.remaining,
            reset_in: self.reset_in,
        }
    }
}

/// The rate limits of a client and all its clones.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    mode: RateLimitMode,
    pace_factor: f64,
    states: Mutex<PerBucket<BucketState>>,
    queues: Mutex<PerBucket<Arc<WaitQueue>>>,
}

/// A value for each bucket in use. There are too few buckets for a map to be faster.
#[derive(Debug)]
struct PerBucket<T>(Vec<(RateLimitBucket, T)>);

impl<T> Default for PerBucket<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> PerBucket<T> {
    fn get(&self, bucket: RateLimitBucket) -> Option<&T> {
        let entry = self.0.iter().find(|(key, _)| *key == bucket);
        entry.map(|(_, value)| value)
    }

    fn get_or_default(&mut self, bucket: RateLimitBucket) -> &mut T {
        let index = self.0.iter().position(|(key, _)| *key == bucket);
        let index = index.unwrap_or_else(|| {
            self.0.push((bucket, T::default()));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

/// Waiting requests of a bucket, in the order of their arrival.
#[derive(Debug, Default)]
struct WaitQueue {
    /// Held by the first request, the only one that checks the bucket. The lock is fair, and a cancelled
    /// request leaves its queue.
    turn: tokio::sync::Mutex<()>,
    /// Notified when the bucket was updated, so that the first request may be allowed earlier.
    updated: Notify,
}

/// Permission to send one request. The request counts as in flight until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    tickets: Vec<(RateLimitBucket, Ticket)>,
}

impl Permit<'_> {
    /// Finishes the request and updates the rate limits from its response headers.
    pub(crate) fn finish(mut self, headers: &HeaderMap, throttled: bool) {
        let (limiter, tickets) = (self.limiter, std::mem::take(&mut self.tickets));
        limiter.finish(&tickets);
        if let Some(headers) = RateLimitHeaders::parse(headers, throttled) {
            limiter.update(&tickets, headers, throttled);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.finish(&self.tickets);
    }
}

/// Returns the buckets that a request counts against: its own, and that of all requests.
fn counted_buckets(bucket: RateLimitBucket) -> impl Iterator<Item = RateLimitBucket> {
    let general = (bucket != RateLimitBucket::General).then_some(RateLimitBucket::General);
    std::iter::once(bucket).chain(general)
}

impl RateLimiter {
    pub(crate) fn new(mode: RateLimitMode, pace_factor: f64) -> Self {
        Self {
            mode,
            pace_factor,
            states: Mutex::default(),
            queues: Mutex::default(),
        }
    }

    fn states(&self) -> MutexGuard<'_, PerBucket<BucketState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, bucket: RateLimitBucket) -> Arc<WaitQueue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.get_or_default(bucket))
    }

    /// Returns the status of a bucket, if it is known.
    pub(crate) fn status(&self, bucket: RateLimitBucket) -> Option<RateLimitStatus> {
        self.states().get(bucket)?.status(Instant::now())
    }

    /// Replaces the status of a bucket.
    pub(crate) fn set_status(&self, bucket: RateLimitBucket, status: RateLimitStatus) {
        self.states()
            .get_or_default(bucket)
            .set_status(status, Instant::now());
        self.queue(bucket).updated.notify_one();
    }

    /// Counts one request against its buckets, waiting while one of them is exhausted.
    ///
    /// A request waits in the queue of its own bucket first and then in that of all requests. The fixed
    /// order avoids a deadlock.
    pub(crate) async fn acquire(
        &self,
        bucket: RateLimitBucket,
    ) -> Result<Permit<'_>, RateLimitStatus> {
        if self.mode == RateLimitMode::Throw {
            return self.try_acquire(bucket);
        }
        let own_queue = self.queue(bucket);
        let _own_turn = own_queue.turn.lock().await;
        loop {
            self.wait_for_capacity(bucket, &own_queue).await;
            if bucket == RateLimitBucket::General {
                if let Ok(permit) = self.try_acquire(bucket) {
                    return Ok(permit);
                }
                continue;
            }
            let general_queue = self.queue(RateLimitBucket::General);
            let _general_turn = general_queue.turn.lock().await;
            self.wait_for_capacity(RateLimitBucket::General, &general_queue)
                .await;
            // A response may have updated the request's own bucket in the meantime.
            if let Ok(permit) = self.try_acquire(bucket) {
                return Ok(permit);
            }
        }
    }

    /// Waits until requests remain in a bucket and the pace allows the next one.
    async fn wait_for_capacity(&self, bucket: RateLimitBucket, queue: &WaitQueue) {
        loop {
            let updated = queue.updated.notified();
            let now = Instant::now();
            let until = match self.earliest_start(bucket, now) {
                Err(exhausted) => {
                    let (bucket, wait) = (bucket.name(), exhausted.reset_in);
                    tracing::debug!(bucket, ?wait, "waiting: the rate limit is exhausted");
                    now + exhausted.reset_in
                }
                Ok(Some(start)) if start > now => start,
                Ok(_) => return,
            };
            // An update may allow the request earlier or later, so the bucket is checked again in any case.
            let _timed_out = tokio::time::timeout_at(until, updated).await;
        }
    }

    /// Returns the earliest start of the next request of a bucket; `None` if it may start at once. Fails with
    /// the status if the bucket is exhausted.
    fn earliest_start(
        &self,
        bucket: RateLimitBucket,
        now: Instant,
    ) -> Result<Option<Instant>, RateLimitStatus> {
        let mut states = self.states();
        let state = states.get_or_default(bucket);
        state.check_remaining(bucket, now)?;
        let is_paced = self.mode == RateLimitMode::Pace;
        Ok(is_paced
            .then(|| state.paced_start(self.pace_factor))
            .flatten())
    }

    /// Counts one request against all its buckets, or against none if one of them is exhausted.
    fn try_acquire(&self, bucket: RateLimitBucket) -> Result<Permit<'_>, RateLimitStatus> {
        let now = Instant::now();
        let mut states = self.states();
        for counted in counted_buckets(bucket) {
            states
                .get_or_default(counted)
                .check_remaining(counted, now)?;
        }
        let tickets = counted_buckets(bucket)
            .map(|counted| (counted, states.get_or_default(counted).start(now)))
            .collect();
        Ok(Permit {
            limiter: self,
            tickets,
        })
    }

    fn finish(&self, tickets: &[(RateLimitBucket, Ticket)]) {
        let mut states = self.states();
        for (bucket, _) in tickets {
            states.get_or_default(*bucket).finish();
        }
    }

    fn update(
        &self,
        tickets: &[(RateLimitBucket, Ticket)],
        headers: RateLimitHeaders,
        throttled: bool,
    ) {
        let mut states = self.states();
        let Some((bucket, ticket)) = bucket_for(&states, tickets, &headers) else {
            return;
        };
        states
            .get_or_default(bucket)
            .update(headers, ticket, throttled, Instant::now());
        drop(states);
        self.queue(bucket).updated.notify_one();
    }
}

/// Returns the bucket that the headers of a response describe. The server reports only the bucket with the
/// fewest remaining requests, without its name: either the request's own or that of all requests.
fn bucket_for(
    states: &PerBucket<BucketState>,
    tickets: &[(RateLimitBucket, Ticket)],
    headers: &RateLimitHeaders,
) -> Option<(RateLimitBucket, Ticket)> {
    let (own, general) = (tickets.first()?, tickets.last()?);
    let has_window = |bucket| {
        states
            .get(bucket)
            .is_some_and(|state| state.is_current_window(headers.window_end))
    };
    let has_limit = |bucket: RateLimitBucket| {
        let known = states.get(bucket).and_then(BucketState::limit);
        headers.status.limit == known.or(Some(bucket.limit()))
    };
    let is_general =
        has_limit(general.0) && !has_window(own.0) && (has_window(general.0) || !has_limit(own.0));
    Some(if is_general { *general } else { *own })
}
