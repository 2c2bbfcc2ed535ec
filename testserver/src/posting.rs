//! How the server carries out POST requests: how long it works on them, and what it does with idempotency keys.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::Id;
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
    #[default]
    Locked,
    /// A key is locked, but a repeated request fails although the status was posted: with 500, or with 404 if the
    /// status was scheduled. Mastodon 4.6.0 to 4.6.5.
    LockedAndFailing,
    /// A key is looked up at the start of a request and stored at its end. Two requests with the same key that overlap
    /// both post. A repeated request for a scheduled status fails with 404. Mastodon 4.3 to 4.5.
    StoredAfterPosting,
    /// Keys are ignored. Takahe and other software.
    Ignored,
}

/// An idempotency key and its user.
type Key = (Id, String);

/// The keys that are locked.
#[derive(Debug, Default)]
pub(crate) struct Posting {
    locked: Arc<Mutex<BTreeSet<Key>>>,
}

impl Posting {
    async fn lock(&self, key: &Key) -> Result<LockedKey, ErrorResponse> {
        let mut waited = Duration::ZERO;
        loop {
            if locked_keys(&self.locked).insert(key.clone()) {
                let (locked, key) = (Arc::clone(&self.locked), key.clone());
                return Ok(LockedKey { locked, key });
            }
            if waited >= MAX_LOCK_WAIT {
                return Err(unavailable());
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

/// Works on a POST request of a user before its handler carries it out. Returns the lock of its idempotency key, which
/// must be kept until then.
pub(crate) async fn work(
    shared: &Shared,
    route: &Route,
    user: Option<Id>,
    headers: &mut HeaderMap,
) -> Result<Option<LockedKey>, ErrorResponse> {
    let Some(user) = user.filter(|_| route.method == Method::Post) else {
        return Ok(None);
    };
    let (keys, time) = shared
        .behavior
        .with(|behavior| (behavior.idempotency_keys, behavior.work_time));
    if keys == IdempotencyKeys::Ignored {
        headers.remove(KEY_HEADER);
    }
    let key = key(headers).map(|key| (user, key));
    let Some(key) = key.filter(|_| route.name == "status_post") else {
        tokio::time::sleep(time).await;
        return Ok(None);
    };
    let lock = match keys {
        IdempotencyKeys::StoredAfterPosting | IdempotencyKeys::Ignored => None,
        _ => Some(shared.posting.lock(&key).await?),
    };
    let known = known_post(&shared.state(), &key, shared.clock.now());
    match (known, keys) {
        (None, _) => {
            tokio::time::sleep(time).await;
            // Another request may have stored the key meanwhile. It was not there when this one looked it up.
            shared.state().idempotency_keys.remove(&key);
        }
        (Some(PostResult::Published(_)), IdempotencyKeys::LockedAndFailing) => {
            return Err(internal_server_error());
        }
        (
            Some(PostResult::Scheduled(_)),
            IdempotencyKeys::LockedAndFailing | IdempotencyKeys::StoredAfterPosting,
        ) => return Err(not_found()),
        (Some(_), _) => {}
    }
    Ok(lock)
}

/// Returns the idempotency key of a request.
pub(crate) fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(KEY_HEADER)?.to_str().ok()?;
    (!key.trim().is_empty()).then(|| key.to_owned())
}

/// Returns what was posted with a key that has not expired.
pub(crate) fn known_post(state: &State, key: &Key, now: Timestamp) -> Option<PostResult> {
    let (posted, at) = *state.idempotency_keys.get(key)?;
    (now.duration_since(at) < KEY_TTL).then_some(posted)
}
