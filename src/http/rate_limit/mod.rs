//! The budgets of requests that a server gives, one for each bucket.

mod headers;
#[cfg(test)]
mod simulation;
mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::headers::Told;
use self::window::{Counter, Ticket};
use crate::error::Error;
use crate::facts::RateLimitBucket;

/// What the client does about the server's rate limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimitMode {
    /// Waits until a budget that is used up is filled again, then goes on. First come, first served.
    #[default]
    Wait,
    /// Never waits: the call fails with [`Error::RateLimited`](crate::Error::RateLimited).
    Throw,
    /// Spreads requests over the time until the reset, so that a loop never has to sleep by itself;
    /// how evenly, [`pace_factor`](crate::MastodonBuilder::pace_factor) says. Waits where that does
    /// not suffice.
    Pace,
}

/// A budget as the server last told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitStatus {
    /// Requests in one window, where the server told.
    pub limit: Option<u32>,
    /// Requests left in this window; those under way are already taken off.
    pub remaining: u32,
    /// The time until the window ends.
    pub reset_in: Duration,
}

/// Status of the rate limit that the headers of a response report.
pub(crate) fn status_from_headers(headers: &HeaderMap, throttled: bool) -> Option<RateLimitStatus> {
    headers::read(headers, throttled).map(|told| told.budget)
}

impl RateLimitStatus {
    pub(crate) fn into_error(self, endpoint: &'static str) -> Error {
        Error::RateLimited {
            endpoint,
            limit: self.limit,
            remaining: self.remaining,
            reset_in: self.reset_in,
        }
    }
}

/// The budgets of a client and all its clones.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    mode: RateLimitMode,
    pace_factor: f64,
    counters: Mutex<PerBucket<Counter>>,
    gates: Mutex<PerBucket<Arc<Gate>>>,
}

/// Something for each bucket that was asked for; they are few enough to be gone through.
#[derive(Debug)]
struct PerBucket<T>(Vec<(RateLimitBucket, T)>);

impl<T> Default for PerBucket<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> PerBucket<T> {
    fn known(&self, bucket: RateLimitBucket) -> Option<&T> {
        let known = self.0.iter().find(|(of, _)| *of == bucket);
        known.map(|(_, known)| known)
    }

    fn of(&mut self, bucket: RateLimitBucket) -> &mut T {
        let known = self.0.iter().position(|(of, _)| *of == bucket);
        let place = known.unwrap_or_else(|| {
            self.0.push((bucket, T::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }
}

/// Where requests of a bucket wait, in the order of their arrival. Only the first of them looks at
/// the budget; the lock keeps the others behind it, and forgets those that are given up.
#[derive(Debug, Default)]
struct Gate {
    queue: tokio::sync::Mutex<()>,
    /// Something was learnt that may let the first one through.
    news: Notify,
}

/// The leave for one request, which is under way until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    places: Vec<(RateLimitBucket, Ticket)>,
}

impl Permit<'_> {
    /// Learns from the headers of the request's answer.
    pub(crate) fn learn(mut self, headers: &HeaderMap, refused: bool) {
        let (limiter, places) = (self.limiter, std::mem::take(&mut self.places));
        limiter.arrive(&places);
        if let Some(told) = headers::read(headers, refused) {
            limiter.learn(&places, told, refused);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.arrive(&self.places);
    }
}

/// The budgets that a request of a bucket counts against: its own, and that of all requests.
fn counted(bucket: RateLimitBucket) -> impl Iterator<Item = RateLimitBucket> {
    let general = (bucket != RateLimitBucket::General).then_some(RateLimitBucket::General);
    std::iter::once(bucket).chain(general)
}

impl RateLimiter {
    pub(crate) fn new(mode: RateLimitMode, pace_factor: f64) -> Self {
        Self {
            mode,
            pace_factor,
            counters: Mutex::default(),
            gates: Mutex::default(),
        }
    }

    fn counters(&self) -> MutexGuard<'_, PerBucket<Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self, bucket: RateLimitBucket) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.of(bucket))
    }

    /// What is known of a bucket's budget.
    pub(crate) fn status(&self, bucket: RateLimitBucket) -> Option<RateLimitStatus> {
        self.counters().known(bucket)?.budget(Instant::now())
    }

    /// Takes over what somebody else knows of a bucket's budget.
    pub(crate) fn set_status(&self, bucket: RateLimitBucket, budget: RateLimitStatus) {
        self.counters().of(bucket).set(budget, Instant::now());
        self.gate(bucket).news.notify_one();
    }

    /// Takes one request off each budget that it counts against, waiting where there is none left.
    ///
    /// A request waits in the line of its own bucket first and then in that of all requests, so that
    /// no line waits for one that waits for it.
    pub(crate) async fn acquire(
        &self,
        bucket: RateLimitBucket,
    ) -> Result<Permit<'_>, RateLimitStatus> {
        if self.mode == RateLimitMode::Throw {
            return self.take(bucket);
        }
        let own = self.gate(bucket);
        let _turn = own.queue.lock().await;
        loop {
            self.pass(bucket, &own).await;
            if bucket == RateLimitBucket::General {
                if let Ok(permit) = self.take(bucket) {
                    return Ok(permit);
                }
                continue;
            }
            let general = self.gate(RateLimitBucket::General);
            let _turn = general.queue.lock().await;
            self.pass(RateLimitBucket::General, &general).await;
            // Meanwhile an answer may have told that its own budget is smaller than it was thought to be.
            if let Ok(permit) = self.take(bucket) {
                return Ok(permit);
            }
        }
    }

    /// Waits until a bucket has something left, and until it is time for it at this pace.
    async fn pass(&self, bucket: RateLimitBucket, gate: &Gate) {
        loop {
            let news = gate.news.notified();
            let now = Instant::now();
            let until = match self.check(bucket, now) {
                Err(empty) => {
                    let (bucket, wait) = (bucket.name(), empty.reset_in);
                    tracing::debug!(bucket, ?wait, "the rate limit is reached");
                    now + empty.reset_in
                }
                Ok(Some(at)) if at > now => at,
                Ok(_) => return,
            };
            // Whichever comes first: the time, or an answer that changes it.
            let _either = tokio::time::timeout_at(until, news).await;
        }
    }

    /// Whether a bucket has something left, and when it may be used.
    fn check(
        &self,
        bucket: RateLimitBucket,
        now: Instant,
    ) -> Result<Option<Instant>, RateLimitStatus> {
        let mut counters = self.counters();
        let counter = counters.of(bucket);
        counter.has_some(bucket, now)?;
        let paced = self.mode == RateLimitMode::Pace;
        Ok(paced.then(|| counter.next_at(self.pace_factor)).flatten())
    }

    /// Takes one request off all budgets that it counts against, or off none.
    fn take(&self, bucket: RateLimitBucket) -> Result<Permit<'_>, RateLimitStatus> {
        let now = Instant::now();
        let mut counters = self.counters();
        for one in counted(bucket) {
            let counter = counters.of(one);
            counter.has_some(one, now)?;
        }
        let places = counted(bucket)
            .map(|one| (one, counters.of(one).leave(now)))
            .collect();
        Ok(Permit {
            limiter: self,
            places,
        })
    }

    fn arrive(&self, places: &[(RateLimitBucket, Ticket)]) {
        let mut counters = self.counters();
        for (bucket, _) in places {
            counters.of(*bucket).arrive();
        }
    }

    fn learn(&self, places: &[(RateLimitBucket, Ticket)], told: Told, refused: bool) {
        let mut counters = self.counters();
        let Some((bucket, place)) = addressee(&counters, places, &told) else {
            return;
        };
        let counter = counters.of(bucket);
        counter.learn(told, place, refused, Instant::now());
        drop(counters);
        self.gate(bucket).news.notify_one();
    }
}

/// Which budget an answer tells of: the server names the one that is nearest to its end, and that may
/// be the budget of all requests.
fn addressee(
    counters: &PerBucket<Counter>,
    places: &[(RateLimitBucket, Ticket)],
    told: &Told,
) -> Option<(RateLimitBucket, Ticket)> {
    let (own, all) = (places.first()?, places.last()?);
    let in_window = |bucket| {
        counters
            .known(bucket)
            .is_some_and(|known| known.is_in(told.window))
    };
    let fits = |bucket: RateLimitBucket| {
        let known = counters.known(bucket).and_then(Counter::limit);
        told.budget.limit == known.or(Some(bucket.limit()))
    };
    let is_of_all = fits(all.0) && !in_window(own.0) && (in_window(all.0) || !fits(own.0));
    Some(if is_of_all { *all } else { *own })
}
