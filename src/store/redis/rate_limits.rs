//! Rate limits in Redis.
//!
//! [`BucketState`] computes each operation here, and a script replaces the states unless another process has changed
//! them meanwhile; then the operation is computed again. The last known states are cached, so that an operation that
//! meets no other one is a single request. One who waits and whose turn is kept only reads, so that it does not disturb
//! those who send.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::RedisStore;
use super::checkpoints::millis;
use crate::error::Error;
use crate::http::rate_limit::RateLimitStatus;
use crate::http::rate_limit::store::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation,
    StoreFuture, Wait,
};

/// Maximum number of times that an operation is computed, because other processes change the same states.
const MAX_ATTEMPTS: u32 = 200;

/// How long after another process has changed a state its current one is fetched before a request is counted. So those
/// who have lost a race are ahead of the one who has won it.
const CONTENDED: Duration = Duration::from_secs(10);

/// Number of cached states at which the expired ones are removed, and all of them if that is not enough.
const MAX_CACHED: usize = 10_000;

/// Maximum time until a state expires, in milliseconds: ten days. Redis rejects times that are too far away.
const MAX_EXPIRY: u64 = 10 * 24 * 3600 * 1000;

/// How long a turn is kept without another request, in milliseconds. [`BucketState`] keeps it longer.
const TURN_KEPT: u64 = 500;

/// What is known of Redis since its last response.
#[derive(Default)]
pub(super) struct Known(Mutex<KnownState>);

#[derive(Default)]
struct KnownState {
    /// The time of Redis in milliseconds, and when it was received.
    time: Option<(u64, Instant)>,
    states: HashMap<String, Versioned>,
    /// Until when the turns of those who wait are kept, by their names.
    turns: HashMap<String, u64>,
}

/// A state and its revision. The revision is empty if Redis does not have the state.
#[derive(Clone, Default)]
struct Versioned {
    revision: String,
    state: BucketState,
    /// When another process was last seen to have changed it.
    contended: Option<Instant>,
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

    /// Returns whether another process uses one of these keys.
    fn is_contended(&self, keys: &[String]) -> bool {
        let mut known = keys
            .iter()
            .filter_map(|key| self.states.get(key)?.contended);
        known.any(|contended| contended.elapsed() < CONTENDED)
    }

    /// Notes what Redis has. If it has lost a state, the last known one is used.
    fn update(&mut self, now: u64, key: String, revision: String, json: &str) {
        let last = self.states.remove(&key);
        let mut contended = last.as_ref().and_then(|last| last.contended);
        let state = if revision.is_empty() {
            let last = last.map(|last| last.state);
            last.filter(|state| state.expires_at() > now)
                .unwrap_or_default()
        } else {
            if last.is_some_and(|last| last.revision != revision) {
                contended = Some(Instant::now());
            }
            // A state of another version of this crate that cannot be decoded says nothing.
            serde_json::from_str(json).unwrap_or_default()
        };
        let versioned = Versioned {
            revision,
            state,
            contended,
        };
        self.insert(now, key, versioned);
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
    /// Runs an operation on the states of these buckets. It returns its result, and whether the states are replaced. With
    /// `is_fair`, other processes that have begun one go first.
    /// Returns the result and the time, if the states were replaced.
    async fn change<T>(
        &self,
        buckets: impl Iterator<Item = &CountedBucket>,
        is_fair: bool,
        operation: impl Fn(&mut [&mut BucketState], u64) -> (T, bool),
    ) -> Result<(T, Option<u64>), Error> {
        // All keys of a server are on the same node of a cluster.
        let key = |bucket: &CountedBucket| {
            let prefix = &self.0.key_prefix;
            format!("{prefix}:{{{}}}:limit:{}", bucket.server, bucket.key())
        };
        let keys: Vec<String> = buckets.map(key).collect();
        let mut is_current = false;
        if is_fair && self.0.known.lock().is_contended(&keys) {
            self.swap(&keys, 0, &[]).await?;
            is_current = true;
        }
        for _ in 0..MAX_ATTEMPTS {
            let known = self.0.known.lock().get(&keys);
            let Some((now, mut versions)) = known else {
                self.swap(&keys, 0, &[]).await?;
                is_current = true;
                continue;
            };
            let mut states: Vec<_> = versions.iter_mut().map(|known| &mut known.state).collect();
            let (result, is_changed) = operation(&mut states, now);
            if !is_changed && is_current {
                return Ok((result, None));
            }
            let versions = if is_changed { &versions[..] } else { &[] };
            if self.swap(&keys, now, versions).await? {
                return Ok((result, Some(now)));
            }
            is_current = true;
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
        for Versioned {
            revision, state, ..
        } in states
        {
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
                Some(replaced) => {
                    let replaced = replaced.clone();
                    known.insert(
                        now,
                        key,
                        Versioned {
                            revision,
                            ..replaced
                        },
                    );
                }
                None => known.update(now, key, revision, &version[1]),
            }
        }
        Ok(is_replaced)
    }
}

impl RedisStore {
    /// Returns whether the turn of one who waits is kept until it asks again.
    fn has_turn(&self, reservation: &Reservation, wait: &Wait, now: u64) -> bool {
        let turns = &self.0.known.lock().turns;
        let kept_until = turns.get(&turn_name(reservation, wait));
        kept_until.is_some_and(|until| now.saturating_add(millis(wait.retry_in)) < *until)
    }

    /// Notes that a turn was kept.
    fn keep_turn(&self, reservation: &Reservation, wait: &Wait, now: u64) {
        let until = now.saturating_add(millis(wait.retry_in) + TURN_KEPT);
        let turns = &mut self.0.known.lock().turns;
        if turns.len() >= MAX_CACHED {
            turns.clear();
        }
        turns.insert(turn_name(reservation, wait), until);
    }
}

/// Returns the name of a turn: that of one who waits for one bucket.
fn turn_name(reservation: &Reservation, wait: &Wait) -> String {
    let key = reservation.buckets.get(wait.index).map(CountedBucket::key);
    format!("{}/{}", reservation.waiter, key.unwrap_or_default())
}

impl RateLimitStore for RedisStore {
    fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision> {
        Box::pin(async move {
            let buckets = reservation.buckets.iter();
            let changed = self.change(buckets, true, |states, now| {
                let decision = BucketState::reserve(states, reservation, now);
                let is_changed = match &decision {
                    Decision::Granted { .. } => true,
                    Decision::Wait(wait) => {
                        reservation.waits && !self.has_turn(reservation, wait, now)
                    }
                };
                (decision, is_changed)
            });
            let (decision, changed_at) = changed.await?;
            if let Decision::Wait(wait) = &decision
                && let Some(now) = changed_at
            {
                self.keep_turn(reservation, wait, now);
            }
            Ok(decision)
        })
    }

    fn finish<'a>(
        &'a self,
        requests: &'a [FinishedRequest],
    ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>> {
        let buckets = requests.iter().map(|request| &request.bucket);
        Box::pin(async move {
            let changed = self.change(buckets, false, move |states, now| {
                let states = states.iter_mut().zip(requests);
                let finished = states.map(|(state, request)| state.finish(request, now));
                (finished.collect(), true)
            });
            Ok(changed.await?.0)
        })
    }

    fn set_status<'a>(
        &'a self,
        bucket: &'a CountedBucket,
        status: RateLimitStatus,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let changed = self.change(std::iter::once(bucket), false, move |states, now| {
                for state in states {
                    state.set_status(status, now);
                }
                ((), true)
            });
            Ok(changed.await?.0)
        })
    }
}
