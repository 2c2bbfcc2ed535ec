//! Requests of a client that wait for a bucket.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use tokio::sync::{MutexGuard, Notify, watch};
use tokio::time::Instant;

use super::store::Wait;
use super::wait::{Refused, Waiting};
use crate::facts::RateLimitBucket;

/// Waiting requests of a bucket, in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct WaitQueue {
    /// Held by the first request, the only one that queries the store while requests wait. The lock is fair, and a cancelled
    /// request leaves its queue.
    turn: tokio::sync::Mutex<()>,
    /// Notified when the bucket was updated, so that the first request may be allowed earlier.
    pub(super) updated: Notify,
    /// Why the first request waits, for those behind it.
    blocked: watch::Sender<Option<Blocked>>,
    /// Number of requests that have the turn or wait for it.
    requests: AtomicUsize,
}

/// The turn of a request.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    _guard: MutexGuard<'a, ()>,
    _counted: Counted<'a>,
}

/// Counts a request of a queue until it is dropped.
#[derive(Debug)]
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// The bucket for which the first request of a queue waits.
#[derive(Clone, Copy, Debug)]
struct Blocked {
    bucket: RateLimitBucket,
    wait: Wait,
    since: Instant,
}

impl WaitQueue {
    /// Returns whether no request has the turn or waits for it.
    pub(super) fn is_empty(&self) -> bool {
        self.requests.load(Ordering::Acquire) == 0
    }

    /// Waits until the requests before this one have been sent. Fails if that is certainly too late.
    pub(super) async fn turn(&self, waiting: &mut Waiting<'_>) -> Result<Turn<'_>, Refused> {
        self.requests.fetch_add(1, Ordering::Acquire);
        let counted = Counted(&self.requests);
        Ok(Turn {
            _guard: self.lock(waiting).await?,
            _counted: counted,
        })
    }

    async fn lock(&self, waiting: &mut Waiting<'_>) -> Result<MutexGuard<'_, ()>, Refused> {
        if let Ok(turn) = self.turn.try_lock() {
            return Ok(turn);
        }
        let mut turn = pin!(self.turn.lock());
        let mut changes = self.blocked.subscribe();
        loop {
            let blocked = *changes.borrow_and_update();
            if let Some(Blocked {
                bucket,
                wait,
                since,
            }) = blocked
            {
                let elapsed = since.elapsed();
                let left = wait.allowed_in.map(|wait| wait.saturating_sub(elapsed));
                let wait = Wait {
                    allowed_in: left,
                    ..wait
                };
                waiting.wait(bucket, &wait)?;
            }
            let mut changed = pin!(changes.changed());
            let locked = poll_fn(|context| match turn.as_mut().poll(context) {
                Poll::Ready(turn) => Poll::Ready(Some(turn)),
                Poll::Pending => changed.as_mut().poll(context).map(|_| None),
            });
            if let Some(turn) = locked.await {
                return Ok(turn);
            }
        }
    }

    /// Makes the wait of the first request known to those behind it.
    pub(super) fn block(&self, bucket: RateLimitBucket, wait: &Wait) {
        let since = Instant::now();
        self.blocked.send_if_modified(|blocked| {
            let is_news = blocked.is_none_or(|known| {
                let known_left = known
                    .wait
                    .allowed_in
                    .map(|wait| wait.saturating_sub(known.since.elapsed()));
                known.bucket != bucket || is_different(known_left, wait.allowed_in)
            });
            if is_news {
                *blocked = Some(Blocked {
                    bucket,
                    wait: *wait,
                    since,
                });
            }
            is_news
        });
    }

    /// Makes known that the first request no longer waits.
    pub(super) fn unblock(&self) {
        self.blocked
            .send_if_modified(|blocked| blocked.take().is_some());
    }
}

/// Returns whether two waits differ by more than a second.
fn is_different(one: Option<std::time::Duration>, other: Option<std::time::Duration>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.abs_diff(other).as_secs() >= 1,
        (one, other) => one.is_some() != other.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::task::yield_now;

    use super::super::{Identity, RateLimitMode, RateLimitStatus, RateLimiter};
    use super::*;

    async fn acquire(limiter: Arc<RateLimiter>, bucket: RateLimitBucket) -> Result<(), Refused> {
        let mut waiting = Waiting::new("test", None, [None, None]);
        limiter.acquire(bucket, &mut waiting).await.map(drop)
    }

    #[tokio::test(start_paused = true)]
    async fn request_does_not_overtake_those_that_wait_although_it_would_be_allowed() {
        use RateLimitBucket::{General, Statuses};
        for (exhausted, bucket) in [
            (General, General),
            (General, Statuses),
            (Statuses, Statuses),
        ] {
            let identity = Identity::new("https://a.example", Some(&"token".into()));
            let mode = RateLimitMode::Wait;
            let limiter = RateLimiter::new(mode, 1.1, identity, Arc::default(), None);
            let limiter = Arc::new(limiter.unwrap());
            let allow = |remaining| {
                let status = RateLimitStatus::new(Some(300), remaining, Duration::from_secs(60));
                limiter.set_status(exhausted, status);
            };
            allow(0);
            let first = tokio::spawn(acquire(Arc::clone(&limiter), exhausted));
            yield_now().await;
            allow(1);
            // The first one has not run since.
            let mut second = pin!(acquire(Arc::clone(&limiter), bucket));
            let polled = poll_fn(|context| Poll::Ready(second.as_mut().poll(context))).await;
            assert!(polled.is_pending(), "{bucket:?}");
            let start = Instant::now();
            first.await.unwrap().unwrap();
            assert_eq!(start.elapsed(), Duration::ZERO);
            second.await.unwrap();
            assert!(start.elapsed() >= Duration::from_secs(59), "{bucket:?}");
        }
    }
}
