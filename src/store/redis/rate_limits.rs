//! Rate limits in Redis.
//!
//! [`BucketState`] computes each operation here, and a script replaces the states unless another process has changed
//! them meanwhile; then the operation is computed again. The last known states are cached, so that an operation that
//! meets no other one is a single request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::RedisStore;
use crate::error::Error;
use crate::http::rate_limit::RateLimitStatus;
use crate::http::rate_limit::store::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation, StoreFuture,
};

/// Maximum number of times that an operation is computed, because other processes change the same states.
const MAX_ATTEMPTS: u32 = 200;

/// Number of attempts after which there is a pause before the next one.
const ATTEMPTS_WITHOUT_PAUSE: u32 = 3;

/// Number of cached states at which the expired ones are removed, and all of them if that is not enough.
const MAX_CACHED: usize = 10_000;

/// Maximum time until a state expires, in milliseconds: ten days. Redis rejects times that are too far away.
const MAX_EXPIRY: u64 = 10 * 24 * 3600 * 1000;

/// What is known of Redis since its last response.
#[derive(Default)]
pub(super) struct Known(Mutex<KnownState>);

#[derive(Default)]
struct KnownState {
    /// The time of Redis in milliseconds, and when it was received.
    time: Option<(u64, Instant)>,
    states: HashMap<String, Versioned>,
}

/// A state and its revision. The revision is empty if Redis does not have the state.
#[derive(Clone, Default)]
struct Versioned {
    revision: String,
    state: BucketState,
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, KnownState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownState {
    /// Returns the time of Redis, and the states of these keys; `None` if something is unknown.
    fn get(&self, keys: &[String]) -> Option<(u64, Vec<Versioned>)> {
        let states = keys.iter().map(|key| self.states.get(key).cloned());
        Some((self.now()?, states.collect::<Option<_>>()?))
    }

    fn now(&self) -> Option<u64> {
        let (time, received) = self.time?;
        Some(time.saturating_add(u64::try_from(received.elapsed().as_millis()).ok()?))
    }

    /// Notes what Redis has. If it has lost a state, the last known one is used.
    fn update(&mut self, now: u64, key: String, revision: String, json: &str) {
        let state = if revision.is_empty() {
            let last = self.states.remove(&key).map(|last| last.state);
            last.filter(|state| state.expires_at() > now)
                .unwrap_or_default()
        } else {
            // A state of another version of this crate that cannot be decoded says nothing.
            serde_json::from_str(json).unwrap_or_default()
        };
        self.insert(now, key, Versioned { revision, state });
    }

    fn insert(&mut self, now: u64, key: String, versioned: Versioned) {
        if self.states.len() >= MAX_CACHED {
            self.states
                .retain(|_, cached| cached.state.expires_at() > now);
        }
        if self.states.len() >= MAX_CACHED {
            self.states.clear();
        }
        self.states.insert(key, versioned);
    }
}

impl RedisStore {
    /// Runs an operation on the states of these buckets.
    async fn change<T>(
        &self,
        buckets: impl Iterator<Item = &CountedBucket>,
        operation: impl Fn(&mut [&mut BucketState], u64) -> T,
    ) -> Result<T, Error> {
        // All keys of a server are on the same node of a cluster.
        let key = |bucket: &CountedBucket| {
            let prefix = &self.0.key_prefix;
            format!("{prefix}:{{{}}}:limit:{}", bucket.server, bucket.key())
        };
        let keys: Vec<String> = buckets.map(key).collect();
        for attempt in 0..MAX_ATTEMPTS {
            let known = self.0.known.lock().get(&keys);
            let Some((now, mut versions)) = known else {
                self.swap(&keys, 0, &[]).await?;
                continue;
            };
            let mut states: Vec<_> = versions.iter_mut().map(|known| &mut known.state).collect();
            let result = operation(&mut states, now);
            if self.swap(&keys, now, &versions).await? {
                return Ok(result);
            }
            if attempt >= ATTEMPTS_WITHOUT_PAUSE {
                tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(5)))).await;
            }
        }
        let reason = "too many processes change the same rate limits in Redis at the same time";
        Err(Error::store(reason, true))
    }

    /// Replaces the states of these keys, unless others have changed them. Returns whether it has. `now` is the time
    /// for which the states were computed. Without states, only fetches the current ones.
    async fn swap(&self, keys: &[String], now: u64, states: &[Versioned]) -> Result<bool, Error> {
        let mut script = self.0.scripts.swap.prepare_invoke();
        script.arg(now);
        for key in keys {
            script.key(key);
        }
        for Versioned { revision, state } in states {
            let json = serde_json::to_string(state)
                .map_err(|error| Error::internal(format!("cannot encode a rate limit: {error}")))?;
            let expires_at = state.expires_at().min(now.saturating_add(MAX_EXPIRY));
            script.arg(revision).arg(json).arg(expires_at);
        }
        let result: Vec<String> = self.run(&script).await?;
        let invalid = || Error::store("Redis returned an invalid result of a script", false);
        let [replaced, time, versions @ ..] = result.as_slice() else {
            return Err(invalid());
        };
        let now = time.parse().map_err(|_| invalid())?;
        let is_replaced = replaced == "1";
        let mut known = self.0.known.lock();
        known.time = Some((now, Instant::now()));
        for (index, (key, version)) in keys.iter().zip(versions.chunks_exact(2)).enumerate() {
            let (key, revision) = (key.clone(), version[0].clone());
            match states.get(index).filter(|_| is_replaced) {
                Some(Versioned { state, .. }) => {
                    let state = state.clone();
                    known.insert(now, key, Versioned { revision, state });
                }
                None => known.update(now, key, revision, &version[1]),
            }
        }
        Ok(is_replaced)
    }
}

impl RateLimitStore for RedisStore {
    fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision> {
        Box::pin(self.change(reservation.buckets.iter(), |states, now| {
            BucketState::reserve(states, reservation, now)
        }))
    }

    fn finish<'a>(
        &'a self,
        requests: &'a [FinishedRequest],
    ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>> {
        let buckets = requests.iter().map(|request| &request.bucket);
        Box::pin(self.change(buckets, move |states, now| {
            let states = states.iter_mut().zip(requests);
            states
                .map(|(state, request)| state.finish(request, now))
                .collect()
        }))
    }

    fn set_status<'a>(
        &'a self,
        bucket: &'a CountedBucket,
        status: RateLimitStatus,
    ) -> StoreFuture<'a, ()> {
        Box::pin(self.change(std::iter::once(bucket), move |states, now| {
            for state in states {
                state.set_status(status, now);
            }
        }))
    }
}
