//! The budgets of requests that a server gives, one for each family.

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
use self::window::{Counter, Place};
use crate::generated::api::RateFamily;

/// What the client does about the server's rate limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimit {
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
pub struct Budget {
    /// Requests in one window, where the server told.
    pub limit: Option<u32>,
    /// Requests left in this window; those under way are already taken off.
    pub remaining: u32,
    /// The time until the window ends.
    pub reset_in: Duration,
}

/// The budget that the headers of an answer tell of.
pub(crate) fn read(headers: &HeaderMap, refused: bool) -> Option<Budget> {
    headers::read(headers, refused).map(|told| told.budget)
}

/// The budgets of a client and all its clones.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    mode: RateLimit,
    pace_factor: f64,
    counters: Mutex<PerFamily<Counter>>,
    gates: Mutex<PerFamily<Arc<Gate>>>,
}

/// Something for each family that was asked for; they are few enough to be gone through.
#[derive(Debug)]
struct PerFamily<T>(Vec<(RateFamily, T)>);

impl<T> Default for PerFamily<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> PerFamily<T> {
    fn known(&self, family: RateFamily) -> Option<&T> {
        let known = self.0.iter().find(|(of, _)| *of == family);
        known.map(|(_, known)| known)
    }

    fn of(&mut self, family: RateFamily) -> &mut T {
        let known = self.0.iter().position(|(of, _)| *of == family);
        let place = known.unwrap_or_else(|| {
            self.0.push((family, T::default()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }
}

/// Where requests of a family wait, in the order of their arrival. Only the first of them looks at
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
    places: Vec<(RateFamily, Place)>,
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

/// The budgets that a request of a family counts against: its own, and that of all requests.
fn counted(family: RateFamily) -> impl Iterator<Item = RateFamily> {
    let general = (family != RateFamily::General).then_some(RateFamily::General);
    std::iter::once(family).chain(general)
}

impl RateLimiter {
    pub(crate) fn new(mode: RateLimit, pace_factor: f64) -> Self {
        Self {
            mode,
            pace_factor,
            counters: Mutex::default(),
            gates: Mutex::default(),
        }
    }

    fn counters(&self) -> MutexGuard<'_, PerFamily<Counter>> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gate(&self, family: RateFamily) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.of(family))
    }

    /// What is known of a family's budget.
    pub(crate) fn budget(&self, family: RateFamily) -> Option<Budget> {
        self.counters().known(family)?.budget(Instant::now())
    }

    /// Takes over what somebody else knows of a family's budget.
    pub(crate) fn set_budget(&self, family: RateFamily, budget: Budget) {
        self.counters().of(family).set(budget, Instant::now());
        self.gate(family).news.notify_one();
    }

    /// Takes one request off each budget that it counts against, waiting where there is none left.
    ///
    /// A request waits in the line of its own family first and then in that of all requests, so that
    /// no line waits for one that waits for it.
    pub(crate) async fn acquire(&self, family: RateFamily) -> Result<Permit<'_>, Budget> {
        if self.mode == RateLimit::Throw {
            return self.take(family);
        }
        let own = self.gate(family);
        let _turn = own.queue.lock().await;
        loop {
            self.pass(family, &own).await;
            if family == RateFamily::General {
                if let Ok(permit) = self.take(family) {
                    return Ok(permit);
                }
                continue;
            }
            let general = self.gate(RateFamily::General);
            let _turn = general.queue.lock().await;
            self.pass(RateFamily::General, &general).await;
            // Meanwhile an answer may have told that its own budget is smaller than it was thought to be.
            if let Ok(permit) = self.take(family) {
                return Ok(permit);
            }
        }
    }

    /// Waits until a family has something left, and until it is time for it at this pace.
    async fn pass(&self, family: RateFamily, gate: &Gate) {
        loop {
            let news = gate.news.notified();
            let now = Instant::now();
            let until = match self.check(family, now) {
                Err(empty) => {
                    let (family, wait) = (family.name(), empty.reset_in);
                    tracing::debug!(family, ?wait, "the rate limit is reached");
                    now + empty.reset_in
                }
                Ok(Some(at)) if at > now => at,
                Ok(_) => return,
            };
            // Whichever comes first: the time, or an answer that changes it.
            let _either = tokio::time::timeout_at(until, news).await;
        }
    }

    /// Whether a family has something left, and when it may be used.
    fn check(&self, family: RateFamily, now: Instant) -> Result<Option<Instant>, Budget> {
        let mut counters = self.counters();
        let counter = counters.of(family);
        counter.has_some(family, now)?;
        let paced = self.mode == RateLimit::Pace;
        Ok(paced.then(|| counter.next_at(self.pace_factor)).flatten())
    }

    /// Takes one request off all budgets that it counts against, or off none.
    fn take(&self, family: RateFamily) -> Result<Permit<'_>, Budget> {
        let now = Instant::now();
        let mut counters = self.counters();
        for one in counted(family) {
            let counter = counters.of(one);
            counter.has_some(one, now)?;
        }
        let places = counted(family)
            .map(|one| (one, counters.of(one).leave(now)))
            .collect();
        Ok(Permit {
            limiter: self,
            places,
        })
    }

    fn arrive(&self, places: &[(RateFamily, Place)]) {
        let mut counters = self.counters();
        for (family, _) in places {
            counters.of(*family).arrive();
        }
    }

    fn learn(&self, places: &[(RateFamily, Place)], told: Told, refused: bool) {
        let mut counters = self.counters();
        let Some((family, place)) = addressee(&counters, places, &told) else {
            return;
        };
        let counter = counters.of(family);
        counter.learn(told, place, refused, Instant::now());
        drop(counters);
        self.gate(family).news.notify_one();
    }
}

/// Which budget an answer tells of: the server names the one that is nearest to its end, and that may
/// be the budget of all requests.
fn addressee(
    counters: &PerFamily<Counter>,
    places: &[(RateFamily, Place)],
    told: &Told,
) -> Option<(RateFamily, Place)> {
    let (own, all) = (places.first()?, places.last()?);
    let in_window = |family| {
        counters
            .known(family)
            .is_some_and(|known| known.is_in(told.window))
    };
    let fits = |family: RateFamily| {
        let known = counters.known(family).and_then(Counter::limit);
        told.budget.limit == known.or(Some(family.limit()))
    };
    let is_of_all = fits(all.0) && !in_window(own.0) && (in_window(all.0) || !fits(own.0));
    Some(if is_of_all { *all } else { *own })
}
