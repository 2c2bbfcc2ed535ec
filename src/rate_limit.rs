//! The budgets of requests that a server gives, one for each family.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::generated::api::RateFamily;

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
}

/// The budgets of a client and all its clones.
#[derive(Debug, Default)]
pub(crate) struct RateLimiter {
    families: Mutex<BTreeMap<RateFamily, State>>,
}

impl RateLimiter {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RateFamily, State>> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a family's budget.
    pub(crate) fn budget(&self, family: RateFamily) -> Option<Budget> {
        let state = *self.lock().get(&family)?;
        let reset_in = state.reset.checked_duration_since(Instant::now())?;
        Some(Budget {
            limit: state.limit,
            remaining: state.remaining,
            reset_in,
        })
    }

    /// Takes one request off the budget, waiting for the next window if there is none left.
    pub(crate) async fn acquire(&self, family: RateFamily, mode: RateLimit) -> Result<(), Budget> {
        loop {
            let Some(empty) = self.take(family) else {
                return Ok(());
            };
            if mode == RateLimit::Throw {
                return Err(empty);
            }
            tokio::time::sleep(empty.reset_in).await;
        }
    }

    /// `None` when one could be taken.
    fn take(&self, family: RateFamily) -> Option<Budget> {
        let mut families = self.lock();
        let state = families.get_mut(&family)?;
        let now = Instant::now();
        if now >= state.reset {
            // What the new window holds is learnt from its first answer.
            families.remove(&family);
            return None;
        }
        if state.remaining > 0 {
            state.remaining -= 1;
            return None;
        }
        Some(Budget {
            limit: state.limit,
            remaining: 0,
            reset_in: state.reset - now,
        })
    }

    /// Learns from the headers of an answer.
    pub(crate) fn learn(&self, family: RateFamily, headers: &HeaderMap, refused: bool) {
        let Some(told) = read(headers, refused) else {
            return;
        };
        let reset = Instant::now() + told.reset_in;
        let mut families = self.lock();
        let state = families.entry(family).or_insert(State {
            limit: told.limit,
            remaining: u32::MAX,
            reset,
        });
        let same_window = reset <= state.reset + Duration::from_secs(2);
        // Answers overtake each other: within a window the smallest count is the newest.
        let remaining = if same_window {
            told.remaining.min(state.remaining)
        } else {
            told.remaining
        };
        *state = State {
            limit: told.limit.or(state.limit),
            remaining,
            reset,
        };
    }
}

/// The budget that the headers tell of.
pub(crate) fn read(headers: &HeaderMap, refused: bool) -> Option<Budget> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    let number = |name: &str| text(name).and_then(|text| text.parse::<u32>().ok());
    let retry_after = number("retry-after").map(|seconds| Duration::from_secs(seconds.into()));
    let server_now = text("date")
        .and_then(http_date)
        .unwrap_or_else(Timestamp::now);
    let until_reset = text("x-ratelimit-reset").and_then(|text| {
        let reset = text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| Timestamp::from_second(text.parse().ok()?).ok())?;
        Some(Duration::try_from(reset.duration_since(server_now)).unwrap_or(Duration::ZERO))
    });
    let remaining = number("x-ratelimit-remaining");
    // Without headers a refusal still asks for a pause.
    let pause = refused.then_some(Duration::from_secs(5));
    let reset_in = retry_after.or(until_reset).or(pause)?;
    // A date in milliseconds, or a clock that is far off, must not stop a program for years.
    let reset_in = reset_in.min(Duration::from_secs(24 * 60 * 60));
    let remaining = if refused { 0 } else { remaining? };
    Some(Budget {
        limit: number("x-ratelimit-limit"),
        remaining,
        reset_in,
    })
}

/// The `Date` header.
fn http_date(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text)
        .ok()?
        .to_datetime()
        .ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
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
        assert_eq!(
            limiter.acquire(RateFamily::General, RateLimit::Throw).await,
            Ok(())
        );
        let refused = limiter
            .acquire(RateFamily::General, RateLimit::Throw)
            .await
            .unwrap_err();
        assert_eq!((refused.remaining, refused.reset_in.as_secs()), (0, 60));
        assert_eq!(
            limiter.acquire(RateFamily::Media, RateLimit::Throw).await,
            Ok(())
        );
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(
            limiter.acquire(RateFamily::General, RateLimit::Wait).await,
            Ok(())
        );
        assert_eq!(began.elapsed(), Duration::from_secs(60));
    }
}
