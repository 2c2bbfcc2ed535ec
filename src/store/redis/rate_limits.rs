//! Rate limits in Redis.
//!
//! [`BucketState`] computes each operation here, and a script replaces the states unless another process has changed
//! them meanwhile; then the operation is computed again. The last known states are cached, so that an operation that
//! meets no other one is a single request. A waiter whose turn is kept only reads, so that it does not make the
//! operations of others fail.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::RedisStore;
use super::checkpoints::millis;
use crate::error::Error;
use crate::http::rate_limit::RateLimitStatus;
use crate::http::rate_limit::store::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation,
    SAME_WINDOW_TOLERANCE, StoreFuture, Wait,
};

/// Maximum number of times that an operation is computed, because other processes change the same states.
const MAX_ATTEMPTS: u32 = 200;

/// Delay before another attempt of a process that has used its share, in milliseconds.
const HELD_BACK: u64 = 20;

/// How long after another process has changed a state the current state is fetched before a request is counted. This
/// additional request lets the processes go first whose changes have failed.
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
    /// The shares of this process in the windows of rate limits.
    shares: HashMap<String, Share>,
    /// Until when the turns of waiters are kept, by their names.
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

/// The share of this process in the window of a rate limit that others use too. Times are in milliseconds.
#[derive(Clone, Default)]
struct Share {
    /// Number of processes, this one included, in the last minute.
    users: u32,
    /// Requests of this process in the window.
    used: u32,
    /// End of the window.
    end: u64,
    /// Time from the first request of this process in the window until its end.
    length: u64,
}

impl Share {
    fn is_current(&self, status: RateLimitStatus, now: u64) -> bool {
        let end = now.saturating_add(millis(status.reset_in));
        end.abs_diff(self.end) <= SAME_WINDOW_TOLERANCE
    }

    /// Returns whether this process leaves the rest of the window to the others: it has had its share. In the last quarter
    /// of the window, the shares grow until all is used, because not all may need theirs.
    fn holds_back(&self, status: RateLimitStatus, now: u64) -> bool {
        let Some(limit) = status
            .limit
            .filter(|_| self.users > 1 && self.is_current(status, now))
        else {
            return false;
        };
        let quarter = self.length / 4;
        let since_start = now.saturating_sub(self.end.saturating_sub(quarter));
        let extra = u64::from(limit) * since_start / quarter.max(1);
        u64::from(self.used) >= u64::from(limit.div_ceil(self.users)) + extra
    }

    /// Counts a request.
    fn count(&mut self, status: RateLimitStatus, now: u64) {
        if !self.is_current(status, now) {
            let left = millis(status.reset_in);
            (self.used, self.end, self.length) = (0, now.saturating_add(left), left);
        }
        self.used += 1;
    }
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
        let keys: Vec<String> = buckets.map(|bucket| self.state_key(bucket)).collect();
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
        let first = keys.first().map_or("", String::as_str);
        script.key(format!("{first}:users"));
        script.arg(&self.0.id).arg(now);
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
        let [replaced, time, users, versions @ ..] = result.as_slice() else {
            return Err(invalid());
        };
        let now = time.parse().map_err(|_| invalid())?;
        let users = users.parse().map_err(|_| invalid())?;
        let is_replaced = replaced == "1";
        let mut known = self.0.known.lock();
        known.time = Some((now, Instant::now()));
        if let Some(key) = keys.first() {
            known.shares.entry(key.clone()).or_default().users = users;
        }
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
    /// Returns whether the turn of a waiter is kept until its next attempt.
    fn has_turn(&self, reservation: &Reservation, wait: &Wait, now: u64) -> bool {
        let turns = &self.0.known.lock().turns;
        let kept_until = turns.get(&turn_name(reservation, wait));
        kept_until.is_some_and(|until| now.saturating_add(millis(wait.retry_in)) < *until)
    }

    /// Returns the wait of a process that has had its share of the window; `None` if it has not.
    fn hold_back(
        &self,
        reservation: &Reservation,
        statuses: &[Option<RateLimitStatus>],
        now: u64,
    ) -> Option<Wait> {
        if !reservation.waits || reservation.pace_factor.is_some() {
            return None;
        }
        let status = (*statuses.first()?)?;
        let key = self.state_key(reservation.buckets.first()?);
        let known = self.0.known.lock();
        let share = known.shares.get(&key)?;
        share.holds_back(status, now).then_some(Wait {
            index: 0,
            // The others may use up the window, or have had enough.
            retry_in: Duration::from_millis(HELD_BACK),
            allowed_in: None,
            limit: status.limit,
            remaining: status.remaining.saturating_add(1),
        })
    }

    /// Counts a request of this process.
    fn count(&self, reservation: &Reservation, statuses: &[Option<RateLimitStatus>], now: u64) {
        if let (Some(bucket), Some(Some(status))) = (reservation.buckets.first(), statuses.first())
        {
            let shares = &mut self.0.known.lock().shares;
            if shares.len() >= MAX_CACHED {
                shares.clear();
            }
            let share = shares.entry(self.state_key(bucket)).or_default();
            share.count(*status, now);
        }
    }

    /// Returns the key of a state. All keys of a server are on the same node of a cluster.
    fn state_key(&self, bucket: &CountedBucket) -> String {
        let prefix = &self.0.key_prefix;
        format!("{prefix}:{{{}}}:limit:{}", bucket.server, bucket.key())
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

/// Returns the name of a turn: that of a waiter for one bucket.
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
                match &decision {
                    Decision::Granted { statuses, .. } => {
                        match self.hold_back(reservation, statuses, now) {
                            Some(wait) => (Decision::Wait(wait), false),
                            None => (decision, true),
                        }
                    }
                    Decision::Wait(wait) => {
                        let is_kept = self.has_turn(reservation, wait, now);
                        (decision, reservation.waits && !is_kept)
                    }
                }
            });
            let (decision, changed_at) = changed.await?;
            match (&decision, changed_at) {
                (Decision::Wait(wait), Some(now)) => self.keep_turn(reservation, wait, now),
                (Decision::Granted { statuses, .. }, Some(now)) => {
                    self.count(reservation, statuses, now);
                }
                _ => {}
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
            changed.await?;
            Ok(())
        })
    }
}
