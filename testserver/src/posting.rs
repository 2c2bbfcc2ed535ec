//! How the server carries out POST requests: how long it works on them, and what it does with idempotency keys.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::Id;
use crate::params::Params;
use crate::posting_behavior::PostingBehavior;
use crate::response::{ErrorResponse, internal_server_error, not_found, unavailable};
use crate::route::{Method, Route};
use crate::server::Shared;
use crate::state::{PostResult, State};

/// Lifetime of an idempotency key.
const KEY_TTL: SignedDuration = SignedDuration::from_hours(1);
/// Interval at which a request tries to lock its key, and the maximum time that it waits for the lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);
const MAX_LOCK_WAIT: Duration = Duration::from_secs(10);
const KEY_HEADER: &str = "idempotency-key";

/// What the server does with idempotency keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdempotencyKeys {
    /// A key is locked while a request with it is processed. A second request waits up to ten seconds for the lock,
    /// then fails with 503. With the lock, it returns what was posted. Mastodon after 4.6.5.
    ///
    /// This is the default although the server otherwise imitates 4.6.5: it is what the documentation promises, so tests of
    /// retries do not depend on an error that Mastodon has corrected. Use [`LockedAndFailing`](Self::LockedAndFailing) to
    /// test a client with 4.6.5 itself.
    #[default]
    Locked,
    /// A key is locked, but a repeated request fails although the status was posted: with 500, or with 404 if the
    /// status was scheduled or has been deleted. Mastodon 4.6.0 to 4.6.5.
    LockedAndFailing,
    /// A key is looked up at the start of a request and stored at its end. Two requests with the same key that overlap
    /// both post. A repeated request for a scheduled status fails with 404. Mastodon 4.3 to 4.5.
    StoredAfterPosting,
    /// As [`StoredAfterPosting`](Self::StoredAfterPosting), but the key of a scheduled status is not stored: a repeated
    /// request schedules it again. Mastodon 2.7 to 4.2.
    StoredUnlessScheduled,
    /// Keys are ignored. Takahe and other software.
    Ignored,
}

/// An idempotency key and its user.
pub(crate) type Key = (Id, String);

/// The keys that are locked.
#[derive(Debug, Default)]
pub(crate) struct Posting {
    locked: Arc<Mutex<BTreeSet<Key>>>,
}

impl Posting {
    /// Locks a key. Returns `None` if another request holds the lock for too long.
    async fn lock(&self, key: &Key) -> Option<LockedKey> {
        let mut waited = Duration::ZERO;
        loop {
            if locked_keys(&self.locked).insert(key.clone()) {
                let (locked, key) = (Arc::clone(&self.locked), key.clone());
                return Some(LockedKey { locked, key });
            }
            if waited >= MAX_LOCK_WAIT {
                return None;
            }
            tokio::time::sleep(LOCK_INTERVAL).await;
            waited += LOCK_INTERVAL;
        }
    }
}

fn locked_keys(locked: &Mutex<BTreeSet<Key>>) -> MutexGuard<'_, BTreeSet<Key>> {
    locked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A locked key. Dropping it unlocks the key.
pub(crate) struct LockedKey {
    locked: Arc<Mutex<BTreeSet<Key>>>,
    key: Key,
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        locked_keys(&self.locked).remove(&self.key);
    }
}

/// Result of the work on a request before its handler is called.
#[derive(Default)]
pub(crate) struct Work {
    /// The rules for keys at the start of the request.
    rules: IdempotencyKeys,
    key: Option<Key>,
    /// Lock of the key. It must be kept until the handler has finished.
    lock: Option<LockedKey>,
    /// Whether another request held the lock for too long.
    is_refused: bool,
}

impl Work {
    /// Returns the idempotency key. Fails if another request with it is still in progress.
    pub(crate) fn key(&self) -> Result<Option<&Key>, ErrorResponse> {
        if self.is_refused {
            return Err(unavailable());
        }
        Ok(self.key.as_ref())
    }

    /// Fails if this version of Mastodon fails on a repeated request.
    pub(crate) fn check_repeat(
        &self,
        state: &State,
        posted: PostResult,
    ) -> Result<(), ErrorResponse> {
        match (posted, self.rules) {
            // It looks up the status, and then runs the steps after a post on nothing.
            (PostResult::Published(id), IdempotencyKeys::LockedAndFailing)
                if state.statuses.contains_key(&id) =>
            {
                Err(internal_server_error())
            }
            // It looks for a status with the ID of the scheduled status.
            (
                PostResult::Scheduled(_),
                IdempotencyKeys::LockedAndFailing | IdempotencyKeys::StoredAfterPosting,
            ) => Err(not_found()),
            _ => Ok(()),
        }
    }

    /// Stores what was posted with the key.
    pub(crate) fn store(&self, state: &mut State, posted: PostResult, now: Timestamp) {
        let is_stored = !matches!(posted, PostResult::Scheduled(_))
            || self.rules != IdempotencyKeys::StoredUnlessScheduled;
        if let Some(key) = self.key.clone().filter(|_| is_stored) {
            state.idempotency_keys.insert(key, (posted, now));
        }
    }
}

/// Works on a request of a user before its handler carries it out.
pub(crate) async fn work(
    shared: &Shared,
    route: &Route,
    user: Option<Id>,
    headers: &HeaderMap,
    params: &Params,
) -> Work {
    let Some(user) = user.filter(|_| route.method != Method::Get) else {
        return Work::default();
    };
    let behavior = shared.behavior.get();
    let rules = behavior.idempotency_keys;
    let mut time = lookup_time(shared, route, params, &behavior.posting);
    if route.method == Method::Post {
        time += behavior.work_time;
    }
    let is_post = route.name == "status_post" && rules != IdempotencyKeys::Ignored;
    let key = key(headers).filter(|_| is_post).map(|key| (user, key));
    let mut work = Work {
        rules,
        key,
        ..Work::default()
    };
    let Some(key) = &work.key else {
        tokio::time::sleep(time).await;
        return work;
    };
    if matches!(
        rules,
        IdempotencyKeys::Locked | IdempotencyKeys::LockedAndFailing
    ) {
        work.lock = shared.posting.lock(key).await;
        work.is_refused = work.lock.is_none();
        if work.is_refused {
            return work;
        }
    }
    let known = known_post(&shared.state(), key, shared.clock.now());
    if known.is_none() {
        tokio::time::sleep(time).await;
        // Another request may have stored the key meanwhile. It was not there when this one looked it up.
        shared.state().idempotency_keys.remove(key);
    }
    work
}

/// Returns the time that the server takes to look up mentioned accounts on other servers. The mentions of a scheduled status
/// are resolved later.
fn lookup_time(
    shared: &Shared,
    route: &Route,
    params: &Params,
    behavior: &PostingBehavior,
) -> Duration {
    let is_text_processed = match route.name {
        "status_post" => params.non_blank("scheduled_at").is_none(),
        name => name == "status_update",
    };
    if !is_text_processed || behavior.remote_lookup_time.is_zero() {
        return Duration::ZERO;
    }
    let text = params.string("status").unwrap_or_default();
    let unknown = shared.state().unknown_remote_handles(&text);
    behavior.remote_lookup_time.saturating_mul(unknown)
}

/// Returns the idempotency key of a request.
fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(KEY_HEADER)?.to_str().ok()?;
    (!key.trim().is_empty()).then(|| key.to_owned())
}

/// Returns what was posted with a key that has not expired.
pub(crate) fn known_post(state: &State, key: &Key, now: Timestamp) -> Option<PostResult> {
    let (posted, at) = *state.idempotency_keys.get(key)?;
    (now.duration_since(at) < KEY_TTL).then_some(posted)
}
