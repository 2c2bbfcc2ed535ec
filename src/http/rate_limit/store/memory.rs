//! The store of one process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::time::Instant;

use super::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation,
    StoreFuture, Ticket, Wait,
};
use crate::http::rate_limit::RateLimitStatus;
use crate::sorted::SortedMap;

/// Rate limits in memory, for the clients of one process.
///
/// Clients of the same server share such a store unless they have another one, so it is only needed in order to count
/// several addresses of one server together, or in tests.
#[derive(Debug)]
pub struct MemoryRateLimitStore {
    started: Instant,
    buckets: Mutex<Buckets>,
}

/// The buckets by their server and key.
#[derive(Debug, Default)]
struct Buckets {
    /// Ordered, because to hash a bucket takes much longer than to compare it with the few that most clients have.
    states: BTreeMap<CountedBucket, BucketState>,
    /// Number of states at which expired ones are deleted.
    purge_at: usize,
}

/// Number of buckets below which none are deleted.
const MIN_PURGE: usize = 64;

impl Default for MemoryRateLimitStore {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            buckets: Mutex::default(),
        }
    }
}

/// Stores of the servers of all clients of this process. A store is dropped with its last client.
static PROCESS: Mutex<SortedMap<String, Weak<MemoryRateLimitStore>>> = Mutex::new(SortedMap::new());

impl MemoryRateLimitStore {
    /// Returns the store that all clients of this process share for a server.
    pub(crate) fn of_process(server: &str) -> Arc<Self> {
        let mut stores = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(server).and_then(Weak::upgrade) {
            return store;
        }
        stores.retain(|store| store.strong_count() > 0);
        let store = Arc::<Self>::default();
        stores.insert(server.to_owned(), Arc::downgrade(&store));
        store
    }

    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time since the store was created, in milliseconds.
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Counts a request like [`BucketState::reserve`], without a list of states. Returns its ticket and the status for each
    /// bucket.
    pub(crate) fn reserve_now(
        &self,
        reservation: &Reservation,
    ) -> Result<Vec<(Ticket, Option<RateLimitStatus>)>, Wait> {
        let now = self.now();
        let mut states = self.lock();
        states.purge(now);
        let buckets = reservation.buckets.iter().enumerate();
        for (index, bucket) in buckets.clone() {
            states.update(bucket, |state| {
                state.admit((index, bucket), reservation, now)
            })?;
        }
        let count = |(index, bucket)| {
            states.update(bucket, |state| {
                state.count((index, bucket), reservation, now)
            })
        };
        Ok(buckets.map(count).collect())
    }

    pub(crate) fn finish_now(&self, requests: &[FinishedRequest]) -> Vec<Option<RateLimitStatus>> {
        let now = self.now();
        let mut buckets = self.lock();
        let finish = |request| buckets.finish(request, now);
        requests.iter().map(finish).collect()
    }

    pub(crate) fn finish_one(&self, request: &FinishedRequest) -> Option<RateLimitStatus> {
        let now = self.now();
        self.lock().finish(request, now)
    }

    pub(crate) fn set_status_now(&self, bucket: &CountedBucket, status: RateLimitStatus) {
        let now = self.now();
        self.lock()
            .update(bucket, |state| state.set_status(status, now));
    }

    /// Returns the status of a bucket, if it is known.
    pub(crate) fn status(&self, bucket: &CountedBucket) -> Option<RateLimitStatus> {
        self.lock().states.get(bucket)?.status(self.now())
    }
}

impl Buckets {
    /// Changes the state of a bucket.
    fn update<T>(
        &mut self,
        bucket: &CountedBucket,
        change: impl FnOnce(&mut BucketState) -> T,
    ) -> T {
        // The key is copied only if it is new.
        match self.states.get_mut(bucket) {
            Some(state) => change(state),
            None => change(self.states.entry(bucket.clone()).or_default()),
        }
    }

    fn finish(&mut self, request: &FinishedRequest, now: u64) -> Option<RateLimitStatus> {
        self.update(&request.bucket, |state| state.finish(request, now))
    }

    /// Deletes expired states when their number has doubled.
    fn purge(&mut self, now: u64) {
        if self.states.len() < self.purge_at.max(MIN_PURGE) {
            return;
        }
        self.states.retain(|_, state| now < state.expires_at());
        self.purge_at = self.states.len() * 2;
    }
}

impl RateLimitStore for MemoryRateLimitStore {
    fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision> {
        Box::pin(async {
            Ok(match self.reserve_now(reservation) {
                Ok(granted) => {
                    let (tickets, statuses) = granted.into_iter().unzip();
                    Decision::Granted { tickets, statuses }
                }
                Err(wait) => Decision::Wait(wait),
            })
        })
    }

    fn finish<'a>(
        &'a self,
        requests: &'a [FinishedRequest],
    ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>> {
        Box::pin(async { Ok(self.finish_now(requests)) })
    }

    fn set_status<'a>(
        &'a self,
        bucket: &'a CountedBucket,
        status: RateLimitStatus,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.set_status_now(bucket, status);
            Ok(())
        })
    }

    fn is_single_address(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::facts::RateLimitBucket;

    #[test]
    fn clients_of_a_process_share_the_store_of_a_server_as_long_as_one_exists() {
        let (one, two) = ("https://one.memory.example", "https://two.memory.example");
        let first = MemoryRateLimitStore::of_process(one);
        assert!(Arc::ptr_eq(&first, &MemoryRateLimitStore::of_process(one)));
        assert!(!Arc::ptr_eq(&first, &MemoryRateLimitStore::of_process(two)));
        let weak = Arc::downgrade(&first);
        drop(first);
        assert!(weak.upgrade().is_none());
        let _third = MemoryRateLimitStore::of_process(two);
        assert!(!PROCESS.lock().unwrap().contains_key(one));
    }

    #[tokio::test(start_paused = true)]
    async fn buckets_of_tokens_that_are_no_longer_used_are_deleted() {
        let store = MemoryRateLimitStore::new();
        for number in 0..10_000 {
            let identity = format!("token {number}");
            let bucket =
                CountedBucket::new("https://a.example", identity, RateLimitBucket::General);
            store
                .reserve_now(&Reservation::new(vec![bucket], "a"))
                .unwrap();
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        assert!(store.lock().states.len() < 200);
    }
}
