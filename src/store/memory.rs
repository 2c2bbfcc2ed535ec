//! A store in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Acquired, CheckpointStore, ClaimState, LeaseId, StoreFuture};
use crate::error::Error;

/// A [`CheckpointStore`] in memory: for tests, and for applications that run as one process and may forget everything
/// when it ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: Mutex<HashMap<String, Entry>>,
}

/// What is stored under the name of a lease.
#[derive(Debug, Default)]
struct Entry {
    fence: u64,
    /// The holder, and when its lease expires.
    holder: Option<(String, Instant)>,
    records: HashMap<String, String>,
    claims: HashMap<String, Kept>,
    /// Number of claims at which the expired ones are removed.
    max_claims: usize,
}

/// A claim, and when it expires.
#[derive(Debug)]
struct Kept {
    /// Idempotency key; `None` if the item was completed.
    key: Option<String>,
    expires_at: Instant,
}

/// Number of claims below which expired ones are not looked for.
const MIN_CLAIMS: usize = 1000;

impl Entry {
    /// Fails if a later lease than this one was granted.
    fn check_fence(&mut self, lease: &LeaseId) -> Result<(), Error> {
        if self.fence > lease.fence {
            return Err(Error::lease_lost(&lease.name));
        }
        self.fence = lease.fence;
        Ok(())
    }

    fn keep_claim(&mut self, item: &str, key: Option<&str>, keep: Duration) {
        let now = Instant::now();
        if self.claims.len() >= self.max_claims {
            self.claims.retain(|_, claim| claim.expires_at > now);
            self.max_claims = MIN_CLAIMS.max(self.claims.len() * 2);
        }
        let kept = Kept {
            key: key.map(str::to_owned),
            expires_at: now + keep,
        };
        self.claims.insert(item.to_owned(), kept);
    }
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an operation on what is stored under a name.
    fn run<'a, T: Send + 'a>(
        &'a self,
        name: &'a str,
        operation: impl FnOnce(&mut Entry) -> Result<T, Error> + Send + 'a,
    ) -> StoreFuture<'a, T> {
        Box::pin(async move { operation(self.entries().entry(name.to_owned()).or_default()) })
    }
}

impl CheckpointStore for MemoryStore {
    fn acquire<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        duration: Duration,
    ) -> StoreFuture<'a, Acquired> {
        self.run(name, move |entry| {
            let now = Instant::now();
            if let Some((holder, expires_at)) = &entry.holder
                && holder != owner
                && *expires_at > now
            {
                let expires_in = *expires_at - now;
                return Ok(Acquired::Held { expires_in });
            }
            entry.fence += 1;
            entry.holder = Some((owner.to_owned(), now + duration));
            Ok(Acquired::Granted { fence: entry.fence })
        })
    }

    fn renew<'a>(&'a self, lease: &'a LeaseId, duration: Duration) -> StoreFuture<'a, ()> {
        self.run(&lease.name, move |entry| {
            entry.check_fence(lease)?;
            match &mut entry.holder {
                Some((owner, expires_at)) if *owner == lease.owner => {
                    *expires_at = Instant::now() + duration;
                    Ok(())
                }
                // A lease that was ended is not extended.
                _ => Err(Error::lease_lost(&lease.name)),
            }
        })
    }

    fn release<'a>(&'a self, lease: &'a LeaseId) -> StoreFuture<'a, ()> {
        self.run(&lease.name, move |entry| {
            if entry.fence == lease.fence {
                entry.holder = None;
            }
            Ok(())
        })
    }

    fn load<'a>(&'a self, name: &'a str, record: &'a str) -> StoreFuture<'a, Option<String>> {
        self.run(name, |entry| Ok(entry.records.get(record).cloned()))
    }

    fn save<'a>(
        &'a self,
        lease: &'a LeaseId,
        record: &'a str,
        value: &'a str,
    ) -> StoreFuture<'a, ()> {
        self.run(&lease.name, move |entry| {
            entry.check_fence(lease)?;
            entry.records.insert(record.to_owned(), value.to_owned());
            Ok(())
        })
    }

    fn claim<'a>(
        &'a self,
        lease: &'a LeaseId,
        item: &'a str,
        key: &'a str,
        keep: Duration,
    ) -> StoreFuture<'a, ClaimState> {
        self.run(&lease.name, move |entry| {
            entry.check_fence(lease)?;
            let claim = entry.claims.get(item);
            match claim.filter(|claim| claim.expires_at > Instant::now()) {
                Some(Kept { key: None, .. }) => Ok(ClaimState::Completed),
                Some(Kept { key: Some(key), .. }) => Ok(ClaimState::Repeated { key: key.clone() }),
                None => {
                    entry.keep_claim(item, Some(key), keep);
                    Ok(ClaimState::New)
                }
            }
        })
    }

    fn complete<'a>(&'a self, name: &'a str, item: &'a str, keep: Duration) -> StoreFuture<'a, ()> {
        self.run(name, move |entry| {
            entry.keep_claim(item, None, keep);
            Ok(())
        })
    }
}
