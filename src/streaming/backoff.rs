//! How long to wait before the next attempt, and when not to make one.

use std::time::Duration;

use crate::error::{ApiErrorKind, Error};
use crate::retry::jitter;

/// Counts failures in a row, and says how long to wait after each: a random part of a time that doubles.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    failures: u32,
    first: Duration,
    most: Duration,
}

/// The wait after the first failure, unless the server asks for another one.
const FIRST: Duration = Duration::from_secs(1);

impl Backoff {
    pub(super) fn new(most: Duration) -> Self {
        Self {
            failures: 0,
            first: FIRST,
            most,
        }
    }

    /// How often in a row it failed.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Begins anew after a success.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// What the server wants the first wait to be.
    pub(super) fn asked(&mut self, first: Option<Duration>) {
        self.first = first.unwrap_or(self.first);
    }

    /// Counts a failure, and gives the time to wait.
    pub(super) fn failed(&mut self) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1 << self.failures.min(20))
            .min(self.most);
        self.failures = self.failures.saturating_add(1);
        jitter(doubled)
    }
}

/// Whether another attempt would end the same way.
pub(super) fn is_final(error: &Error) -> bool {
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
    fn waits_grow_up_to_a_bound_are_random_and_begin_anew_after_a_success() {
        let most = Duration::from_secs(60);
        let mut longest = [Duration::ZERO; 12];
        for _ in 0..200 {
            let mut backoff = Backoff::new(most);
            for (attempt, longest) in (0..).zip(&mut longest) {
                let wait = backoff.failed();
                assert!(wait <= most.min(FIRST * 2u32.pow(attempt)));
                *longest = wait.max(*longest);
            }
            assert_eq!(backoff.failures(), 12);
            backoff.succeeded();
            assert!(backoff.failed() <= FIRST);
        }
        assert!(longest[0] > FIRST / 2 && longest[11] > most / 2);
        let mut patient = Backoff::new(most);
        patient.asked(Some(Duration::from_secs(30)));
        let waits: Vec<_> = (0..100)
            .map(|_| {
                patient.succeeded();
                patient.failed()
            })
            .collect();
        assert!(waits.iter().max().unwrap() > &Duration::from_secs(15));
    }
}
