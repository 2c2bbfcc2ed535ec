//! Delays between attempts, and errors after which there is no next attempt.

use std::time::Duration;

use crate::error::{ApiErrorKind, Error};
use crate::retry::jitter;

/// Exponential backoff with full jitter. Counts consecutive failures.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    failures: u32,
    initial: Duration,
    max: Duration,
}

/// Upper bound of the first delay, unless the server requests another one.
const INITIAL_DELAY: Duration = Duration::from_secs(1);

impl Backoff {
    pub(crate) fn new(max: Duration) -> Self {
        Self {
            failures: 0,
            initial: INITIAL_DELAY,
            max,
        }
    }

    /// Returns the number of consecutive failures.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Resets the count after a success.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// Sets the first delay to the one that the server requested, if any.
    pub(crate) fn set_initial(&mut self, initial: Option<Duration>) {
        self.initial = initial.unwrap_or(self.initial);
    }

    /// Counts a failure and returns the delay before the next attempt.
    pub(crate) fn record_failure(&mut self) -> Duration {
        let delay = delay(self.failures, self.initial, self.max);
        self.failures = self.failures.saturating_add(1);
        delay
    }
}

/// Returns a random delay. Its upper bound doubles with each failure, from `initial` to `max`.
fn delay(failures: u32, initial: Duration, max: Duration) -> Duration {
    jitter(initial.saturating_mul(1 << failures.min(20)).min(max))
}

/// Returns whether another attempt would fail with the same error.
pub(crate) fn is_permanent(error: &Error) -> bool {
    match error {
        Error::Api(refusal) => matches!(
            refusal.kind,
            ApiErrorKind::BadRequest
                | ApiErrorKind::Unauthorized
                | ApiErrorKind::Forbidden
                | ApiErrorKind::Gone
                | ApiErrorKind::Validation
        ),
        Error::Version { .. } | Error::IllegalArgument { .. } | Error::Config(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_random_grow_up_to_the_maximum_and_restart_after_a_success() {
        let max = Duration::from_secs(60);
        let mut longest = [Duration::ZERO; 12];
        for _ in 0..200 {
            let mut backoff = Backoff::new(max);
            for (failures, longest) in (0..).zip(&mut longest) {
                let delay = backoff.record_failure();
                assert!(delay <= max.min(INITIAL_DELAY * 2u32.pow(failures)));
                *longest = delay.max(*longest);
            }
            assert_eq!(backoff.failures(), 12);
            backoff.reset();
            assert!(backoff.record_failure() <= INITIAL_DELAY);
        }
        assert!(longest[0] > INITIAL_DELAY / 2 && longest[11] > max / 2);
        let mut backoff = Backoff::new(max);
        backoff.set_initial(Some(Duration::from_secs(30)));
        let delays: Vec<_> = (0..100)
            .map(|_| {
                backoff.reset();
                backoff.record_failure()
            })
            .collect();
        assert!(delays.iter().max().unwrap() > &Duration::from_secs(15));
    }
}
