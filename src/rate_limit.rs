//! The budgets of requests that a server gives, one for each family.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::generated::api::RateFamily;
use crate::response::{http_date, text};

/// What the client does when a budget is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimit {
    /// Waits until it is filled again, then goes on.
    #[default]
    Wait,
    /// Never waits: the call fails with [`Error::RateLimited`](crate::Error::RateLimited).
    Throw,
}

/// A budget as the server last told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Requests in one window.
    pub limit: Option<u32>,
    /// Requests left in this window; those under way are already taken off.
    pub remaining: u32,
    /// The time until the window ends.
    pub reset_in: Duration,
}

#[derive(Clone, Copy, Debug)]
struct State {
    limit: Option<u32>,
    remaining: u32,
    reset: Instant,
    /// The end of the window that the server last told of, by its own clock.
    window: Option<Timestamp>,
    /// Whether a newer window is counted by what the last one held, until an answer tells of it.
    guessed: bool,
}

/// How far two readings of one window's end may lie apart.
const SAME: Duration = Duration::from_secs(2);

impl State {
    fn new(told: Told, now: Instant) -> Self {
        Self {
            limit: told.budget.limit,
            remaining: told.budget.remaining,
            reset: now + told.budget.reset_in,
            window: told.window,
            guessed: false,
        }
    }

    /// How the end of a window lies to the last one that was told of.
    fn compare(&self, window: Option<Timestamp>) -> Option<Ordering> {
        let (new, old) = (window?, self.window?);
        let apart = new.duration_since(old);
        Some(if apart.unsigned_abs() <= SAME {
            Ordering::Equal
        } else {
            new.cmp(&old)
        })
    }
}

/// What is known of one family.
#[derive(Debug, Default)]
struct Counter {
    /// Requests under way, which the server may not have counted yet.
    in_flight: u32,
    state: Option<State>,
}

impl Counter {
    fn give_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(state) = &mut self.state {
            state.remaining = state.remaining.saturating_add(1);
        }
    }

    /// Answers overtake each other, so what one tells counts by the window that it tells of.
    fn learn(&mut self, told: Told, refused: bool, now: Instant) {
        let mut next = State::new(told, now);
        // The server may not have counted what is under way.
        let left = told.budget.remaining.saturating_sub(self.in_flight);
        let Some(known) = self.state else {
            next.remaining = left;
            self.state = Some(next);
            return;
        };
        next.limit = next.limit.or(known.limit);
        match known.compare(told.window) {
            _ if refused => {}
            Some(Ordering::Less) => return,
            Some(Ordering::Equal) if known.guessed => return,
            // Within a window the smallest count is the newest, and takes in what is under way.
            Some(Ordering::Equal) => {
                next.remaining = next.remaining.min(known.remaining);
                next.reset = next.reset.min(known.reset);
            }
            _ if known.guessed => next.remaining = next.remaining.min(known.remaining),
            Some(Ordering::Greater) | None => next.remaining = left,
        }
        self.state = Some(next);
    }

    /// `None` when one could be taken.
    fn take(&mut self, family: RateFamily) -> Option<Budget> {
        let now = Instant::now();
        if let Some(state) = &mut self.state
            && now >= state.reset
        {
            if let Some(limit) = state.limit {
                // Counting goes on at once: else all who waited would come down on the new window together.
                state.remaining = limit.saturating_sub(self.in_flight).max(1);
                state.reset = now + family.window();
                state.guessed = true;
            } else {
                // What the new window holds is learnt from its first answer.
                self.state = None;
            }
        }
        if let Some(state) = &mut self.state {
            let Some(left) = state.remaining.checked_sub(1) else {
                return Some(Budget {
                    limit: state.limit,
                    remaining: 0,
                    reset_in: state.reset - now,
                });
            };
            state.remaining = left;
        }
        self.in_flight += 1;
        None
    }
}

/// The budgets of a client and all its clones.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    families: Mutex<BTreeMap<RateFamily, Counter>>,
}

/// The leave for one request, which is under way until this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Permit<'a> {
    limiter: &'a RateLimiter,
    family: RateFamily,
}

impl Permit<'_> {
    /// Learns from the headers of the request's answer.
    pub(crate) fn learn(self, headers: &HeaderMap, refused: bool) {
        let (limiter, family) = (self.limiter, self.family);
        drop(self);
        limiter.learn(family, headers, refused);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut families = self.limiter.lock();
        for family in counted(self.family) {
            if let Some(counter) = families.get_mut(&family) {
                counter.in_flight = counter.in_flight.saturating_sub(1);
            }
        }
    }
}

/// The budgets that a request of a family counts against: its own, and that of all requests.
fn counted(family: RateFamily) -> impl Iterator<Item = RateFamily> {
    let general = (family != RateFamily::General).then_some(RateFamily::General);
    std::iter::once(family).chain(general)
}

impl RateLimiter {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RateFamily, Counter>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a family's budget.
    pub(crate) fn budget(&self, family: RateFamily) -> Option<Budget> {
        let state = self.lock().get(&family)?.state?;
        let reset_in = state.reset.checked_duration_since(Instant::now())?;
        Some(Budget {
            limit: state.limit,
            remaining: state.remaining,
            reset_in,
        })
    }

    /// Takes one request off each budget that it counts against, waiting for the next window where
    /// there is none left.
    pub(crate) async fn acquire(
        &self,
        family: RateFamily,
        mode: RateLimit,
    ) -> Result<Permit<'_>, Budget> {
        while let Some(empty) = self.take(family) {
            if mode == RateLimit::Throw {
                return Err(empty);
            }
            tracing::debug!(family = family.name(), wait = ?empty.reset_in, "the rate limit is reached");
            tokio::time::sleep(empty.reset_in).await;
        }
        Ok(Permit {
            limiter: self,
            family,
        })
    }

    /// `None` when one could be taken off all budgets; else none was taken.
    fn take(&self, family: RateFamily) -> Option<Budget> {
        let mut families = self.lock();
        let mut taken = Vec::with_capacity(2);
        for one in counted(family) {
            let counter = families.entry(one).or_default();
            if let Some(empty) = counter.take(one) {
                for other in taken {
                    families.entry(other).and_modify(Counter::give_back);
                }
                return Some(empty);
            }
            taken.push(one);
        }
        None
    }

    /// Learns from the headers of an answer.
    fn learn(&self, family: RateFamily, headers: &HeaderMap, refused: bool) {
        let Some(told) = tell(headers, refused) else {
            return;
        };
        let mut families = self.lock();
        // The server tells of the budget that is nearest to its end, which may be that of all requests.
        let state = |family| families.get(family).and_then(|counter| counter.state);
        let equal = |state: Option<State>| {
            state.is_some_and(|state| state.compare(told.window) == Some(Ordering::Equal))
        };
        let general = state(&RateFamily::General);
        let of_all = general.is_some_and(|state| state.limit == told.budget.limit)
            && equal(general)
            && !equal(state(&family));
        let family = if of_all { RateFamily::General } else { family };
        let counter = families.entry(family).or_default();
        counter.learn(told, refused, Instant::now());
    }
}

/// What headers tell: the budget, and the end of its window by the server's clock.
#[derive(Clone, Copy, Debug)]
struct Told {
    budget: Budget,
    window: Option<Timestamp>,
}

/// The budget that the headers tell of.
pub(crate) fn read(headers: &HeaderMap, refused: bool) -> Option<Budget> {
    tell(headers, refused).map(|told| told.budget)
}

fn tell(headers: &HeaderMap, refused: bool) -> Option<Told> {
    let text = |name: &str| text(headers, name);
    let number = |name: &str| text(name).and_then(|text| text.parse::<u32>().ok());
    let retry_after = number("retry-after").map(|seconds| Duration::from_secs(seconds.into()));
    let window = text("x-ratelimit-reset").and_then(|text| {
        text.parse::<Timestamp>()
            .ok()
            .or_else(|| Timestamp::from_second(text.parse().ok()?).ok())
    });
    let until_reset = window.map(|window| {
        let server_now = text("date")
            .and_then(http_date)
            .unwrap_or_else(Timestamp::now);
        Duration::try_from(window.duration_since(server_now)).unwrap_or(Duration::ZERO)
    });
    let remaining = number("x-ratelimit-remaining");
    // Without headers a refusal still asks for a pause, and no refusal is answered at once.
    let pause = refused.then_some(Duration::from_secs(5));
    let reset_in = retry_after.or(until_reset).or(pause)?;
    let reset_in = if refused {
        reset_in.max(Duration::from_secs(1))
    } else {
        reset_in
    };
    // A date in milliseconds, or a clock that is far off, must not stop a program for years.
    let reset_in = reset_in.min(Duration::from_secs(24 * 60 * 60));
    let remaining = if refused { 0 } else { remaining? };
    let limit = number("x-ratelimit-limit");
    Some(Told {
        budget: Budget {
            limit,
            remaining,
            reset_in,
        },
        window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    const DATE: (&str, &str) = ("date", "Fri, 07 Aug 2026 12:00:00 GMT");

    #[test]
    fn the_reset_is_read_in_every_form_and_by_the_servers_clock() {
        for reset in ["2026-08-07T12:05:00.123456Z", "1786104300"] {
            let budget = read(
                &headers(&[
                    DATE,
                    ("x-ratelimit-limit", "300"),
                    ("x-ratelimit-remaining", "7"),
                    ("x-ratelimit-reset", reset),
                ]),
                false,
            );
            let budget = budget.unwrap();
            assert_eq!(
                (budget.limit, budget.remaining, budget.reset_in.as_secs()),
                (Some(300), 7, 300),
                "{reset}"
            );
        }
        assert_eq!(
            read(&headers(&[("retry-after", "30")]), true)
                .unwrap()
                .reset_in
                .as_secs(),
            30
        );
        assert_eq!(read(&headers(&[]), false), None);
    }

    #[tokio::test(start_paused = true)]
    async fn wait_sleeps_until_the_reset_and_throw_never_does() {
        let limiter = RateLimiter::default();
        let told = headers(&[
            DATE,
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "2026-08-07T12:01:00Z"),
        ]);
        limiter.learn(RateFamily::General, &told, false);
        let began = Instant::now();
        assert!(
            limiter
                .acquire(RateFamily::General, RateLimit::Throw)
                .await
                .is_ok()
        );
        let refused = limiter
            .acquire(RateFamily::General, RateLimit::Throw)
            .await
            .unwrap_err();
        assert_eq!((refused.remaining, refused.reset_in.as_secs()), (0, 60));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(
            limiter
                .acquire(RateFamily::General, RateLimit::Wait)
                .await
                .is_ok()
        );
        assert_eq!(began.elapsed(), Duration::from_secs(60));
    }

    /// The headers of a server whose window of a minute holds three requests.
    fn window(remaining: u32, end: &'static str) -> HeaderMap {
        let mut map = headers(&[DATE, ("x-ratelimit-limit", "3"), ("x-ratelimit-reset", end)]);
        map.insert("x-ratelimit-remaining", remaining.into());
        map
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_reset_no_more_go_at_once_than_the_window_holds() {
        let limiter = RateLimiter::default();
        limiter.learn(
            RateFamily::General,
            &window(0, "2026-08-07T12:01:00Z"),
            false,
        );
        tokio::time::advance(Duration::from_secs(61)).await;
        let mut went = 0;
        for _ in 0..10 {
            let taken = limiter.acquire(RateFamily::General, RateLimit::Throw).await;
            went += u32::from(taken.is_ok());
        }
        assert_eq!(went, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_was_overtaken_changes_nothing() {
        let limiter = RateLimiter::default();
        let remaining = || limiter.budget(RateFamily::General).unwrap().remaining;
        limiter.learn(
            RateFamily::General,
            &window(1, "2026-08-07T12:01:00Z"),
            false,
        );
        limiter.learn(
            RateFamily::General,
            &window(2, "2026-08-07T12:01:00Z"),
            false,
        );
        assert_eq!(remaining(), 1, "the smaller count is the newer");
        limiter.learn(
            RateFamily::General,
            &window(2, "2026-08-07T12:02:00Z"),
            false,
        );
        limiter.learn(
            RateFamily::General,
            &window(0, "2026-08-07T12:01:00Z"),
            false,
        );
        assert_eq!(remaining(), 2, "the window before counts no more");
    }

    #[tokio::test(start_paused = true)]
    async fn every_request_counts_against_the_budget_of_all() {
        let limiter = RateLimiter::default();
        limiter.learn(
            RateFamily::General,
            &window(1, "2026-08-07T12:01:00Z"),
            false,
        );
        assert!(
            limiter
                .acquire(RateFamily::Media, RateLimit::Throw)
                .await
                .is_ok()
        );
        assert!(
            limiter
                .acquire(RateFamily::Media, RateLimit::Throw)
                .await
                .is_err()
        );
        // What an upload tells may be the budget of all, by its window.
        limiter.learn(RateFamily::Media, &window(0, "2026-08-07T12:01:00Z"), false);
        assert_eq!(limiter.budget(RateFamily::Media), None);
    }

    /// A server that answers after a while and counts as it is asked, 50 requests a minute.
    #[derive(Default)]
    struct Counting {
        counts: Mutex<BTreeMap<u64, u32>>,
        refusals: Mutex<u32>,
    }

    impl Counting {
        async fn ask(&self, began: Instant) -> (HeaderMap, bool) {
            tokio::time::sleep(Duration::from_millis(70)).await;
            let (elapsed, minute) = (began.elapsed(), began.elapsed().as_secs() / 60);
            let (remaining, refused) = {
                let mut counts = self.counts.lock().unwrap();
                let count = counts.entry(minute).or_default();
                let refused = *count == 50;
                *count += u32::from(!refused);
                (50 - *count, refused)
            };
            *self.refusals.lock().unwrap() += u32::from(refused);
            let start: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
            let seconds = |seconds: u64| start + Duration::from_secs(seconds);
            let date = seconds(elapsed.as_secs()).strftime("%a, %d %b %Y %H:%M:%S GMT");
            let mut map = headers(&[("x-ratelimit-limit", "50")]);
            map.insert("date", date.to_string().parse().unwrap());
            map.insert("x-ratelimit-remaining", remaining.into());
            let reset = seconds((minute + 1) * 60).to_string();
            map.insert("x-ratelimit-reset", reset.parse().unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
            (map, refused)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_of_tasks_share_a_budget_without_a_refusal_and_use_it_up() {
        let (limiter, server) = (RateLimiter::default(), Counting::default());
        let began = Instant::now();
        let ask = async || {
            let permit = limiter.acquire(RateFamily::General, RateLimit::Wait).await;
            let (headers, refused) = server.ask(began).await;
            permit.unwrap().learn(&headers, refused);
        };
        // The first answer tells what the budget is.
        ask().await;
        let task = async || {
            for _ in 0..10 {
                ask().await;
            }
        };
        futures_util::future::join_all((0..40).map(|_| task())).await;
        assert_eq!(*server.refusals.lock().unwrap(), 0);
        let counts = server.counts.lock().unwrap();
        assert_eq!(counts.values().sum::<u32>(), 401);
        assert!(
            counts.values().take(8).all(|count| *count >= 49),
            "{counts:?}"
        );
    }
}
