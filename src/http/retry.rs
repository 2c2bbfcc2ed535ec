//! Retries: one loop and one backoff for calls, downloads and streams.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::headers::retry_after;
use crate::error::{Error, TimeoutSetting};

/// Default maximum of the delay that a server requests after a failure.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Maximum number of 429 responses to one call that are retried. A server that sends more does not count
/// requests as its headers report.
const MAX_THROTTLED: u32 = 5;

/// Why an attempt failed.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// Another attempt would not help.
    Final(Error),
    /// Another attempt may succeed, after the delay of the response headers or of the backoff.
    Transient {
        error: Error,
        retry_after: Option<Duration>,
    },
    /// The rate limit was exceeded. The rate limiter delays the next attempt.
    Throttled(Error),
}

impl AttemptError {
    /// Creates a transient error, without a delay that the server requests.
    pub(crate) fn transient(error: Error) -> Self {
        Self::Transient {
            error,
            retry_after: None,
        }
    }

    /// Creates a transient error from a response, with the delay of its `Retry-After` header.
    pub(crate) fn transient_response(error: Error, headers: &HeaderMap) -> Self {
        Self::Transient {
            error,
            retry_after: retry_after(headers),
        }
    }
}

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// An operation that is attempted until it succeeds.
pub(crate) trait Attempts: Send {
    /// Result of a successful attempt.
    type Output;

    /// Makes one attempt.
    fn attempt(&mut self) -> impl Future<Output = Result<Self::Output, AttemptError>> + Send;

    /// Returns whether the failed attempt made progress. Then earlier failures no longer count.
    fn made_progress(&self) -> bool {
        false
    }
}

/// Maximum number of retries and the delays between attempts.
#[derive(Clone, Debug)]
pub(crate) struct RetryPolicy {
    /// Maximum number of consecutive failures that are retried.
    pub(crate) max_retries: u32,
    pub(crate) backoff: Backoff,
    /// Maximum of the delay that a server requests.
    pub(crate) max_retry_after: Duration,
}

impl RetryPolicy {
    pub(crate) fn new(max_retries: u32) -> Self {
        Self {
            max_retries,
            backoff: Backoff::default(),
            max_retry_after: MAX_RETRY_AFTER,
        }
    }
}

/// Makes attempts until one succeeds or fails permanently, or the policy allows no more retries.
pub(crate) async fn retry<A: Attempts>(
    policy: RetryPolicy,
    attempts: &mut A,
) -> Result<A::Output, Error> {
    let RetryPolicy {
        max_retries,
        mut backoff,
        max_retry_after,
    } = policy;
    let mut throttled = 0;
    loop {
        match attempts.attempt().await {
            Ok(output) => return Ok(output),
            Err(AttemptError::Final(error)) => return Err(error),
            Err(AttemptError::Throttled(error)) => {
                throttled += 1;
                if throttled > MAX_THROTTLED {
                    return Err(error);
                }
            }
            Err(AttemptError::Transient { error, retry_after }) => {
                if attempts.made_progress() {
                    backoff.reset();
                }
                if backoff.failures() >= max_retries {
                    return Err(error);
                }
                let delay = backoff.next_delay();
                let requested = retry_after.map(|requested| requested.min(max_retry_after));
                tokio::time::sleep(requested.unwrap_or(delay)).await;
            }
        }
    }
}

/// Delays between attempts: at least half of a duration that doubles with each consecutive failure, and at most all
/// of it.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    failures: u32,
    first: Duration,
    max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(16))
    }
}

impl Backoff {
    pub(crate) fn new(first: Duration, max: Duration) -> Self {
        Self {
            failures: 0,
            first,
            max,
        }
    }

    /// Returns the number of consecutive failures.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Restarts the delays after a success.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Changes the bound of the first delay.
    #[cfg(feature = "streaming")]
    pub(crate) fn set_first(&mut self, first: Duration) {
        self.first = first;
    }

    /// Changes the maximum of the delays.
    #[cfg(feature = "websocket")]
    pub(crate) fn set_max(&mut self, max: Duration) {
        self.max = max;
    }

    /// Counts a failure and returns the delay before the next attempt.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let bound = self
            .first
            .saturating_mul(1 << self.failures.min(20))
            .min(self.max);
        self.failures = self.failures.saturating_add(1);
        jitter(bound)
    }
}

/// Returns a random duration between half of `max` and `max`. The random half keeps the clients of a server from all
/// retrying at the same time, and the fixed half keeps an attempt from following another one at once. It is the whole
/// duration if the operating system returns no random numbers.
fn jitter(max: Duration) -> Duration {
    let random = random().unwrap_or(u32::MAX);
    let fixed = max / 2;
    fixed + (max - fixed).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(not(test))]
fn random() -> Result<u32, getrandom::Error> {
    getrandom::u32()
}

#[cfg(test)]
pub(crate) use deterministic::{random, set_seed};

#[cfg(test)]
mod deterministic {
    use std::cell::Cell;

    thread_local! {
        static SEED: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// Makes the delays of this thread depend on a seed only.
    pub(crate) fn set_seed(seed: u64) {
        SEED.set(Some(seed));
    }

    pub(crate) fn random() -> Result<u32, getrandom::Error> {
        let Some(seed) = SEED.get() else {
            return getrandom::u32();
        };
        let next = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        SEED.set(Some(next));
        Ok((next >> 32) as u32)
    }
}

/// Returns whether a status means that the server, or a proxy in front of it, failed for a moment. Cloudflare uses
/// 520 to 527 if it receives no valid response from the server.
pub(crate) fn is_transient_status(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502..=504 | 520..=527)
}

/// Returns whether the server may have carried out a request that failed with this error; `None` if another
/// attempt would not help.
pub(crate) fn maybe_applied(error: &Error) -> Option<bool> {
    match error {
        error if !error.is_retryable() => None,
        Error::Timeout {
            setting: TimeoutSetting::Connect,
            ..
        } => Some(false),
        Error::Network { source, .. } => {
            let source = source.as_ref()?.downcast_ref::<reqwest::Error>();
            Some(!source.is_some_and(reqwest::Error::is_connect))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bound(failures: u32) -> Duration {
        Duration::from_millis(500) * (1 << failures.min(5))
    }

    proptest! {
        #[test]
        fn a_delay_is_bounded_by_a_duration_that_doubles_up_to_a_maximum(failures in 0u32..2000) {
            let mut backoff = Backoff { failures, ..Backoff::default() };
            prop_assert!(backoff.next_delay() <= bound(failures));
            prop_assert_eq!(backoff.failures(), failures + 1);
        }
    }

    #[test]
    fn delays_are_spread_over_the_upper_half_of_the_range() {
        let mut quarters = [0u32; 4];
        for _ in 0..4000 {
            let mut backoff = Backoff {
                failures: 2,
                ..Backoff::default()
            };
            let part = backoff.next_delay().as_secs_f64() / bound(2).as_secs_f64();
            assert!(part >= 0.5, "an attempt never follows at once");
            quarters[(((part - 0.5) * 8.0) as usize).min(3)] += 1;
        }
        // A thousand each, within nine standard deviations.
        assert!(
            quarters.iter().all(|count| (750..1250).contains(count)),
            "{quarters:?}"
        );
    }

    /// Fails once with these headers, then succeeds.
    struct FailsOnce(Option<HeaderMap>);

    impl Attempts for FailsOnce {
        type Output = ();

        async fn attempt(&mut self) -> Result<(), AttemptError> {
            match self.0.take() {
                None => Ok(()),
                Some(headers) => {
                    let error = Error::network("status", "cut off");
                    Err(AttemptError::transient_response(error, &headers))
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_respected_within_bounds() {
        let delay = async |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("date", "Fri, 07 Aug 2026 12:00:00 GMT".parse().unwrap());
            headers.insert("retry-after", value.parse().unwrap());
            let start = tokio::time::Instant::now();
            retry(RetryPolicy::new(1), &mut FailsOnce(Some(headers)))
                .await
                .unwrap();
            start.elapsed()
        };
        let millisecond = Duration::from_millis(1);
        let near = |actual: Duration, expected: Duration| actual.abs_diff(expected) <= millisecond;
        assert!(near(delay("7").await, Duration::from_secs(7)));
        assert!(near(
            delay("Fri, 07 Aug 2026 12:00:20 GMT").await,
            Duration::from_secs(20)
        ));
        let past = delay("Fri, 07 Aug 2026 11:00:00 GMT").await;
        assert!(near(past, Duration::ZERO), "{past:?}");
        for far in [
            "3600",
            "99999999999999999999",
            "Fri, 07 Aug 2099 12:00:00 GMT",
        ] {
            assert!(near(delay(far).await, MAX_RETRY_AFTER), "{far}");
        }
        for invalid in ["", "soon", "-5", "1.5"] {
            let delay = delay(invalid).await;
            assert!(delay <= Duration::from_millis(501), "{invalid}: {delay:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_retried_up_to_the_maximum() {
        assert!(
            retry(RetryPolicy::new(0), &mut FailsOnce(Some(HeaderMap::new())))
                .await
                .is_err()
        );
        assert!(
            retry(RetryPolicy::new(1), &mut FailsOnce(Some(HeaderMap::new())))
                .await
                .is_ok()
        );
    }
}
