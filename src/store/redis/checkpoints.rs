//! Leases, records and claims in Redis.
//!
//! The keys of a lease contain its name in braces, so that all of them are on the same node of a cluster.

use std::time::Duration;

use super::RedisStore;
use crate::error::Error;
use crate::store::{Acquired, CheckpointStore, ClaimState, LeaseId, StoreFuture};

impl RedisStore {
    /// Returns a key of a lease.
    fn key(&self, name: &str, kind: &str) -> String {
        format!("{}:{{{name}}}:{kind}", self.0.key_prefix)
    }

    fn claim_key(&self, name: &str, item: &str) -> String {
        self.key(name, &format!("claim:{item}"))
    }

    fn keep(&self) -> u64 {
        millis(self.0.keep)
    }
}

impl CheckpointStore for RedisStore {
    fn acquire<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        duration: Duration,
    ) -> StoreFuture<'a, Acquired> {
        Box::pin(async move {
            let mut script = self.0.scripts.acquire.key(self.key(name, "lease"));
            script.key(self.key(name, "records")).arg(owner);
            script.arg(millis(duration)).arg(self.keep());
            let (is_granted, value): (bool, u64) = self.run(&script).await?;
            Ok(if is_granted {
                Acquired::Granted { fence: value }
            } else {
                let expires_in = Duration::from_millis(value);
                Acquired::Held { expires_in }
            })
        })
    }

    fn renew<'a>(&'a self, lease: &'a LeaseId, duration: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut script = self.0.scripts.renew.key(self.key(&lease.name, "lease"));
            script.key(self.key(&lease.name, "records"));
            script.arg(lease.fence).arg(&lease.owner);
            script.arg(millis(duration)).arg(self.keep());
            valid(lease, self.run(&script).await?)
        })
    }

    fn release<'a>(&'a self, lease: &'a LeaseId) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut script = self.0.scripts.release.key(self.key(&lease.name, "lease"));
            self.run(script.arg(lease.fence)).await
        })
    }

    fn load<'a>(&'a self, name: &'a str, record: &'a str) -> StoreFuture<'a, Option<String>> {
        Box::pin(async move {
            let mut script = self.0.scripts.load.key(self.key(name, "records"));
            self.run(script.arg(record)).await
        })
    }

    fn save<'a>(
        &'a self,
        lease: &'a LeaseId,
        record: &'a str,
        value: &'a str,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut script = self.0.scripts.save.key(self.key(&lease.name, "lease"));
            script.key(self.key(&lease.name, "records"));
            script.arg(lease.fence).arg(self.keep());
            script.arg(record).arg(value);
            valid(lease, self.run(&script).await?)
        })
    }

    fn claim<'a>(
        &'a self,
        lease: &'a LeaseId,
        item: &'a str,
        key: &'a str,
        keep: Duration,
    ) -> StoreFuture<'a, ClaimState> {
        Box::pin(async move {
            let mut script = self.0.scripts.claim.key(self.key(&lease.name, "lease"));
            script.key(self.claim_key(&lease.name, item));
            script.arg(lease.fence).arg(self.keep());
            script.arg(key).arg(millis(keep));
            let state: Vec<String> = self.run(&script).await?;
            match state.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["new"] => Ok(ClaimState::New),
                ["completed"] => Ok(ClaimState::Completed),
                ["repeated", key] => Ok(ClaimState::Repeated {
                    key: key.to_owned(),
                }),
                _ => Err(Error::lease_lost(&lease.name)),
            }
        })
    }

    fn complete<'a>(&'a self, name: &'a str, item: &'a str, keep: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut script = self.0.scripts.complete.key(self.claim_key(name, item));
            self.run(script.arg(millis(keep))).await
        })
    }
}

/// Fails if the lease was lost.
fn valid(lease: &LeaseId, is_valid: bool) -> Result<(), Error> {
    if is_valid {
        Ok(())
    } else {
        Err(Error::lease_lost(&lease.name))
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
