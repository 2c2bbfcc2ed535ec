//! Rate limits: counts requests per bucket, and delays or rejects those that exceed a limit.

mod attribution;
mod headers;
mod permit;
mod queue;
mod shared;
#[cfg(test)]
mod simulation;
pub(crate) mod store;
mod wait;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderMap;

use self::headers::RateLimitHeaders;
pub(crate) use self::permit::Permit;
use self::queue::{Turn, WaitQueue};
use self::shared::SharedStore;
use self::store::{
    CountedBucket, Decision, MemoryRateLimitStore, RateLimitStore, Reservation, Ticket, Wait,
};
pub use self::wait::RateLimitWait;
pub(crate) use self::wait::{OnWait, Refused, Waiting};
use crate::error::{EndpointName, Error};
use crate::facts::RateLimitBucket;
use crate::hex::{hash_hex, random_hex};
use mastodon_types::SecretString;

/// What the client does when a rate limit is exhausted.
///
/// The client counts its requests, so it waits or fails before the server would respond with status 429. While a rate
/// limit is unknown, one request is sent first, and its response reports it. All clients of a process with the same
/// server and access token share the counts, and a [`RateLimitStore`](store::RateLimitStore) shares them with other
/// processes.
///
/// A call never waits longer than its [`deadline`](crate::MastodonBuilder::deadline): if the rate limit resets later, it
/// fails at once with [`Error::RateLimited`](crate::Error::RateLimited).
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
#[doc(alias("ratelimit_method", "throttle"))]
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

    pub(crate) fn into_error(
        self,
        endpoint: impl Into<EndpointName>,
        bucket: RateLimitBucket,
    ) -> Error {
        Error::RateLimited {
            endpoint: endpoint.into(),
            bucket,
            limit: self.limit,
            remaining: self.remaining,
            reset_in: self.reset_in,
        }
    }
}

/// Whose requests a limiter counts.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Origin of the server.
    server: Arc<str>,
    /// Hash of the access token.
    token: Option<Arc<str>>,
}

/// Identity of requests that are counted by their IP address.
const ADDRESS: &str = "address";

/// Identity of requests to other paths than those of the API, which are counted by their IP address.
const OTHER_PATHS: &str = "other_paths";

impl Identity {
    pub(crate) fn new(server: &str, token: Option<&SecretString>) -> Self {
        let hash = |token: &SecretString| hash_hex(&[token.expose().as_bytes()]).into();
        Self {
            server: server.into(),
            token: token.map(hash),
        }
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    fn counted(&self, bucket: RateLimitBucket) -> CountedBucket {
        let token = self.token.clone().filter(|_| !bucket.is_per_address());
        let identity = token.unwrap_or_else(|| ADDRESS.into());
        CountedBucket {
            is_reported: bucket != RateLimitBucket::Address,
            ..CountedBucket::new(Arc::clone(&self.server), identity, bucket)
        }
    }
}

/// The rate limits of a client and all its clones.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    mode: RateLimitMode,
    pace_factor: f64,
    identity: Identity,
    /// Random string of this limiter.
    waiter: String,
    /// Number of limiters that were derived from this one.
    derived: AtomicU64,
    /// Counts of this process.
    local: Arc<MemoryRateLimitStore>,
    /// Counts that processes share.
    shared: Option<SharedStore>,
    /// The buckets in use. There are too few for a map to be faster.
    in_use: Mutex<Vec<Arc<BucketInUse>>>,
}

/// A bucket of the requests of a limiter.
#[derive(Debug)]
struct BucketInUse {
    bucket: RateLimitBucket,
    queue: WaitQueue,
    /// The reservations of each request.
    parts: Vec<Part>,
}

/// Returns the buckets that a request counts against: its own, that of all requests of its token, and that of all
/// requests of its IP address.
fn counted_buckets(bucket: RateLimitBucket) -> Vec<RateLimitBucket> {
    let mut buckets = vec![bucket];
    for other in [RateLimitBucket::General, RateLimitBucket::Address] {
        if bucket != RateLimitBucket::Address && bucket != other {
            buckets.push(other);
        }
    }
    buckets
}

/// A reservation in one of the stores.
#[derive(Debug)]
struct Part {
    reservation: Reservation,
    is_shared: bool,
}

impl Part {
    /// Returns the bucket for which a request waits. A store of the application may return any index.
    fn bucket(&self, wait: &Wait) -> RateLimitBucket {
        let bucket = self.reservation.buckets.get(wait.index);
        bucket.map_or(RateLimitBucket::General, |counted| counted.bucket)
    }
}

/// What a store granted.
#[derive(Debug)]
struct Granted {
    bucket: CountedBucket,
    ticket: Ticket,
    is_shared: bool,
}

impl RateLimiter {
    pub(crate) fn new(
        mode: RateLimitMode,
        pace_factor: f64,
        identity: Identity,
        local: Arc<MemoryRateLimitStore>,
        shared: Option<Arc<dyn RateLimitStore>>,
    ) -> Result<Self, Error> {
        Ok(Self {
            mode,
            pace_factor,
            identity,
            waiter: random_hex()?,
            derived: AtomicU64::new(0),
            local,
            shared: shared.map(SharedStore::new),
            in_use: Mutex::default(),
        })
    }

    /// Returns a limiter for another access token, with the same settings and stores.
    pub(crate) fn for_identity(&self, identity: Identity) -> Self {
        // Each limiter takes turns under its own name.
        let number = self.derived.fetch_add(1, Ordering::Relaxed);
        Self {
            mode: self.mode,
            pace_factor: self.pace_factor,
            identity,
            waiter: hash_hex(&[self.waiter.as_bytes(), &number.to_be_bytes()]),
            derived: AtomicU64::new(0),
            local: Arc::clone(&self.local),
            shared: self.shared.clone(),
            in_use: Mutex::default(),
        }
    }

    fn in_use(&self, bucket: RateLimitBucket) -> Arc<BucketInUse> {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        let known = in_use.iter().find(|known| known.bucket == bucket);
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let new = Arc::new(BucketInUse {
            bucket,
            queue: WaitQueue::default(),
            parts: self.parts(bucket),
        });
        in_use.push(Arc::clone(&new));
        new
    }

    /// Returns the status of a bucket, if it is known.
    pub(crate) fn status(&self, bucket: RateLimitBucket) -> Option<RateLimitStatus> {
        self.local.status(&self.identity.counted(bucket))
    }

    /// Replaces the status of a bucket.
    pub(crate) fn set_status(&self, bucket: RateLimitBucket, status: RateLimitStatus) {
        let counted = self.identity.counted(bucket);
        self.local.set_status_now(&counted, status);
        if bucket == RateLimitBucket::Address {
            let other_paths = CountedBucket {
                identity: OTHER_PATHS.into(),
                ..counted.clone()
            };
            self.local.set_status_now(&other_paths, status);
        }
        if let Some(shared) = self
            .shared
            .as_ref()
            .filter(|shared| shared.counts(&counted))
        {
            shared.set_status_later(counted, status);
        }
        self.in_use(bucket).queue.updated.notify_one();
    }

    /// Counts one request against its buckets, waiting while one of them is exhausted.
    ///
    /// A request waits in the queue of its own bucket first and then in that of all requests. The fixed order avoids a
    /// deadlock.
    pub(crate) async fn acquire(
        &self,
        bucket: RateLimitBucket,
        waiting: &mut Waiting<'_>,
    ) -> Result<Permit<'_>, Refused> {
        let mut granted = Permit::new(self);
        let in_use = self.in_use(bucket);
        for part in &in_use.parts {
            let result = if self.mode == RateLimitMode::Throw {
                self.try_reserve(part).await
            } else {
                self.wait_and_reserve(&in_use, part, waiting).await
            };
            granted.extend(result?);
        }
        Ok(granted)
    }

    /// Returns the reservations of a request: of the buckets that are counted in the shared store, and of the others.
    fn parts(&self, bucket: RateLimitBucket) -> Vec<Part> {
        let counted = counted_buckets(bucket)
            .into_iter()
            .map(|counted| self.identity.counted(counted))
            .map(|counted| match bucket {
                // A refused log-in must not block the API.
                RateLimitBucket::Address => CountedBucket {
                    identity: OTHER_PATHS.into(),
                    ..counted
                },
                _ => counted,
            });
        let shared = self.shared.as_ref();
        let (shared, local): (Vec<_>, Vec<_>) =
            counted.partition(|bucket| shared.is_some_and(|shared| shared.counts(bucket)));
        let part = |(buckets, is_shared)| Part {
            reservation: Reservation {
                buckets,
                waiter: self.waiter.clone(),
                waits: self.mode != RateLimitMode::Throw,
                pace_factor: (self.mode == RateLimitMode::Pace).then_some(self.pace_factor),
            },
            is_shared,
        };
        let parts = [(shared, true), (local, false)].into_iter();
        parts
            .filter(|(buckets, _)| !buckets.is_empty())
            .map(part)
            .collect()
    }

    /// Reserves a request in the store of a part. `Err` contains why the request has to wait.
    async fn reserve(&self, part: &Part) -> Result<Vec<Granted>, Wait> {
        let Part { reservation, .. } = part;
        let shared = self.shared.as_ref().filter(|_| part.is_shared);
        let shared_decision = match shared {
            Some(shared) => shared.reserve(reservation, &self.local).await,
            None => None,
        };
        let is_shared = shared_decision.is_some();
        let granted = |(bucket, ticket): (&CountedBucket, Ticket)| Granted {
            bucket: bucket.clone(),
            ticket,
            is_shared,
        };
        let buckets = reservation.buckets.iter();
        match shared_decision {
            None => {
                let counted = self.local.reserve_now(reservation)?;
                let tickets = counted.into_iter().map(|(ticket, _)| ticket);
                Ok(buckets.zip(tickets).map(granted).collect())
            }
            Some(Decision::Granted { tickets, .. }) => {
                Ok(buckets.zip(tickets).map(granted).collect())
            }
            Some(Decision::Wait(wait)) => Err(wait),
        }
    }

    async fn try_reserve(&self, part: &Part) -> Result<Vec<Granted>, Refused> {
        self.reserve(part).await.map_err(|wait| Refused {
            bucket: part.bucket(&wait),
            wait,
        })
    }

    async fn wait_and_reserve(
        &self,
        in_use: &BucketInUse,
        part: &Part,
        waiting: &mut Waiting<'_>,
    ) -> Result<Vec<Granted>, Refused> {
        let (bucket, own_queue) = (in_use.bucket, &in_use.queue);
        let all = self.in_use(RateLimitBucket::General);
        let all_queue = &all.queue;
        // To wait for the turn of another thread takes longer than the query. A shared store is only queried by the request
        // that has the turn.
        if !part.is_shared
            && own_queue.is_empty()
            && all_queue.is_empty()
            && let Ok(granted) = self.reserve(part).await
        {
            return Ok(granted);
        }
        let _own_turn = own_queue.turn(waiting).await?;
        let mut all_turn: Option<Turn<'_>> = None;
        // Requests that only count by address do not wait for those of the token.
        let needs_all_turn =
            ![RateLimitBucket::General, RateLimitBucket::Address].contains(&bucket);
        loop {
            if needs_all_turn && all_turn.is_none() {
                all_turn = Some(all_queue.turn(waiting).await?);
            }
            let wait = match self.reserve(part).await {
                Ok(granted) => {
                    own_queue.unblock();
                    if all_turn.is_some() {
                        all_queue.unblock();
                    }
                    return Ok(granted);
                }
                Err(wait) => wait,
            };
            let exhausted = part.bucket(&wait);
            let queue = if exhausted == bucket {
                // Requests of other buckets need not wait.
                if all_turn.take().is_some() {
                    all_queue.unblock();
                }
                own_queue
            } else {
                all_queue
            };
            queue.block(exhausted, &wait);
            waiting.wait(exhausted, &wait)?;
            // An update may allow the request earlier or later, so the store is queried again in any case.
            let _timed_out = tokio::time::timeout(wait.retry_in, queue.updated.notified()).await;
        }
    }

    /// Wakes the first request that waits for a bucket.
    fn notify(&self, bucket: RateLimitBucket) {
        self.in_use(bucket).queue.updated.notify_one();
        if bucket == RateLimitBucket::Address {
            // They wait in the queue of all requests.
            let all = self.in_use(RateLimitBucket::General);
            all.queue.updated.notify_one();
        }
    }
}
