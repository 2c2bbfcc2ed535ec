//! The store that processes share, and what happens while it fails.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::store::{
    CountedBucket, Decision, FinishedRequest, MemoryRateLimitStore, RateLimitStore, Reservation,
};
use super::{ADDRESS, RateLimitStatus};
use crate::error::Error;

/// Maximum duration of one operation of the store.
const OPERATION: Duration = Duration::from_secs(2);

/// How long a failing store is tried before the client counts on its own.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Time between two attempts.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// How long the client counts on its own before it tries the store again.
const ALONE: Duration = Duration::from_secs(5);

/// The store that processes share. What it returns is copied to the memory of this process, which counts while the store
/// fails.
#[derive(Clone, Debug)]
pub(super) struct SharedStore {
    store: Arc<dyn RateLimitStore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Until when the client counts on its own.
    alone_until: Option<Instant>,
    /// Status that the application has set, and that the store does not have yet.
    to_set: Vec<(CountedBucket, RateLimitStatus)>,
}

impl SharedStore {
    pub(super) fn new(store: Arc<dyn RateLimitStore>) -> Self {
        Self {
            store,
            state: Arc::default(),
        }
    }

    /// Returns whether the store counts a bucket.
    pub(super) fn counts(&self, bucket: &CountedBucket) -> bool {
        let is_of_address = &*bucket.identity == ADDRESS || bucket.bucket.is_per_address();
        !is_of_address || self.store.is_single_address()
    }

    /// Sets the status of a bucket before the next request is counted.
    pub(super) fn set_status_later(&self, bucket: CountedBucket, status: RateLimitStatus) {
        self.with_state(|state| {
            state.to_set.retain(|(known, _)| *known != bucket);
            state.to_set.push((bucket, status));
        });
    }

    /// Counts a request; `None` while the store fails.
    pub(super) async fn reserve(
        &self,
        reservation: &Reservation,
        memory: &MemoryRateLimitStore,
    ) -> Option<Decision> {
        let start = Instant::now();
        if self.with_state(|state| state.alone_until.is_some_and(|until| start < until)) {
            return None;
        }
        loop {
            match self.try_reserve(reservation).await {
                Ok(decision) => {
                    if let Decision::Granted { statuses, .. } = &decision {
                        copy(reservation.buckets.iter(), statuses, memory);
                    }
                    self.with_state(|state| state.alone_until = None);
                    return Some(decision);
                }
                Err(error) if start.elapsed() >= MAX_WAIT => {
                    tracing::warn!(
                        %error,
                        "the rate limit store fails; this client counts its requests on its own"
                    );
                    self.with_state(|state| state.alone_until = Some(Instant::now() + ALONE));
                    return None;
                }
                Err(error) => {
                    tracing::debug!(%error, "the rate limit store failed");
                    sleep(BETWEEN_ATTEMPTS).await;
                }
            }
        }
    }

    async fn try_reserve(&self, reservation: &Reservation) -> Result<Decision, Error> {
        while let Some((bucket, status)) = self.with_state(|state| state.to_set.first().cloned()) {
            within(self.store.set_status(&bucket, status)).await?;
            self.with_state(|state| {
                // Unless the application has set another one meanwhile.
                state
                    .to_set
                    .retain(|(known, set)| *known != bucket || *set != status);
            });
        }
        within(self.store.reserve(reservation)).await
    }

    /// Finishes requests. A failure is only logged, since the response to the call has arrived.
    pub(super) async fn finish(&self, requests: &[FinishedRequest], memory: &MemoryRateLimitStore) {
        match within(self.store.finish(requests)).await {
            Ok(statuses) => copy(
                requests.iter().map(|request| &request.bucket),
                &statuses,
                memory,
            ),
            Err(error) => tracing::debug!(%error, "the rate limit store failed"),
        }
    }

    fn with_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Limits the duration of an operation of the store.
async fn within<T>(operation: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let result = timeout(OPERATION, operation).await;
    result.unwrap_or_else(|_| Err(Error::internal(format!("no response within {OPERATION:?}"))))
}

/// Copies statuses to the memory of this process.
fn copy<'a>(
    buckets: impl Iterator<Item = &'a CountedBucket>,
    statuses: &[Option<RateLimitStatus>],
    memory: &MemoryRateLimitStore,
) {
    for (bucket, status) in buckets.zip(statuses) {
        if let Some(status) = status {
            memory.set_status_now(bucket, *status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::{FinishedRequest, StoreFuture};
    use super::super::{Identity, RateLimitMode, RateLimiter, Waiting};
    use super::*;
    use crate::facts::RateLimitBucket;

    /// A store that fails while its flag is set.
    #[derive(Debug, Default)]
    struct Unreliable {
        memory: MemoryRateLimitStore,
        fails: Mutex<bool>,
    }

    impl Unreliable {
        fn result<T>(&self, result: impl FnOnce() -> T) -> Result<T, Error> {
            if *self.fails.lock().unwrap() {
                return Err(Error::internal("the database is down"));
            }
            Ok(result())
        }
    }

    impl RateLimitStore for Unreliable {
        fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision> {
            Box::pin(async {
                self.result(|| ())?;
                self.memory.reserve(reservation).await
            })
        }

        fn finish<'a>(
            &'a self,
            requests: &'a [FinishedRequest],
        ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>> {
            Box::pin(async { self.result(|| self.memory.finish_now(requests)) })
        }

        fn set_status<'a>(
            &'a self,
            bucket: &'a CountedBucket,
            status: RateLimitStatus,
        ) -> StoreFuture<'a, ()> {
            Box::pin(async move { self.result(|| self.memory.set_status_now(bucket, status)) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn client_counts_on_its_own_while_the_store_fails() {
        let store = Arc::new(Unreliable::default());
        let identity = Identity::new("https://a.example", Some(&"token".into()));
        let shared: Arc<dyn RateLimitStore> = store.clone();
        let limiter = RateLimiter::new(
            RateLimitMode::Throw,
            1.1,
            identity,
            Arc::default(),
            Some(shared),
        );
        let limiter = limiter.unwrap();
        let acquire = async || {
            let mut waiting = Waiting::new("test", None, [None, None]);
            let permit = limiter
                .acquire(RateLimitBucket::General, &mut waiting)
                .await;
            permit.map(drop)
        };
        let status = RateLimitStatus::new(Some(300), 5, Duration::from_secs(200));
        limiter.set_status(RateLimitBucket::General, status);
        acquire().await.unwrap();
        *store.fails.lock().unwrap() = true;
        let start = Instant::now();
        for _ in 0..4 {
            acquire().await.unwrap();
        }
        let waited = start.elapsed();
        assert!(waited >= MAX_WAIT && waited < MAX_WAIT * 2, "{waited:?}");
        assert!(acquire().await.is_err(), "the last known status applies");
        *store.fails.lock().unwrap() = false;
        sleep(ALONE).await;
        acquire().await.unwrap();
    }
}
