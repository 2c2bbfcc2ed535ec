//! Lost responses to requests that must have their effect once: the server may have carried out the request, or may
//! still be at work on it. The result is searched for before the request is repeated.

mod claims;
mod find;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;

use super::endpoint::{Endpoint, LostResponse};
use super::exchange::{Exchange, check_response};
use crate::error::{Error, TimeoutSetting};
use crate::http::headers::retry_after;
use crate::http::retry::{AttemptError, Attempts, is_transient_status, maybe_applied};
use crate::http::{RawResponse, api_error};

pub(crate) use self::claims::Claims;
pub(crate) use self::find::{FindHook, Search, items, lookup, with_body};

/// Time between a lost response and the first search. It doubles with each further search.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Minimum time between a lost response and another request. Mastodon before 4.6 stores an idempotency key only after
/// its work, and other software ignores the key, so a second request within the time of the work would have a second
/// effect. The server looks up unknown accounts that a status mentions, which can take this long.
const MAX_WORK: Duration = Duration::from_secs(31);

/// Maximum time of searches that fail because the server is not available.
const MAX_OUTAGE: Duration = Duration::from_secs(120);

/// Maximum part of a deadline that is reserved for the last search.
const LAST_SEARCH: Duration = Duration::from_secs(1);

/// Whether the server may have carried out a request whose response has not arrived.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed(AtomicBool);

impl Unconfirmed {
    fn set(&self, is_unconfirmed: bool) {
        self.0.store(is_unconfirmed, Ordering::Relaxed);
    }

    /// Replaces the error of an elapsed deadline if the server may have carried out the request.
    pub(super) fn check_deadline(&self, endpoint: &Endpoint, error: Error) -> Error {
        let is_deadline = matches!(
            error,
            Error::Timeout {
                setting: TimeoutSetting::Deadline,
                ..
            }
        );
        match &endpoint.lost_response {
            Some(lost) if is_deadline && self.0.load(Ordering::Relaxed) => {
                Error::response_lost(endpoint.name, lost.check, None, error)
            }
            _ => error,
        }
    }
}

/// The attempts of a call that must have its effect once.
pub(super) struct OnceAttempts<'a> {
    exchange: Exchange<'a>,
    lost_response: &'a LostResponse,
    unconfirmed: &'a Unconfirmed,
    search: Option<Search>,
    /// Whether the response to an earlier attempt was lost.
    is_repetition: bool,
}

/// A lost response.
struct Lost {
    error: Error,
    /// Whether the server may still be at work on the request.
    is_at_work: bool,
    /// Whether the request may be repeated if no result is found.
    may_repeat: bool,
    /// Delay that the server requests before the next attempt.
    retry_after: Option<Duration>,
}

impl<'a> OnceAttempts<'a> {
    pub(super) fn new(
        exchange: Exchange<'a>,
        lost_response: &'a LostResponse,
        unconfirmed: &'a Unconfirmed,
    ) -> Self {
        Self {
            exchange,
            lost_response,
            unconfirmed,
            search: None,
            is_repetition: false,
        }
    }

    /// Returns the response, or how it was lost; an error if the server has not carried out the request.
    fn check(&self, response: RawResponse) -> Result<Result<RawResponse, Lost>, AttemptError> {
        let request = self.exchange.request;
        let endpoint = request.endpoint;
        if response.status.is_success() {
            return Ok(Ok(check_response(&request.core, endpoint, response)?));
        }
        if response.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(self.exchange.throttled(&response));
        }
        let error = api_error(endpoint.name, &response);
        let is_at_work = is_transient_status(response.status);
        let is_failure = response.status == StatusCode::INTERNAL_SERVER_ERROR;
        if is_at_work && !error.is_retryable() || !(is_at_work || is_failure || self.is_repetition)
        {
            return Err(error.into());
        }
        Ok(Err(Lost {
            // Mastodon 4.6.0 to 4.6.5 fail with 500 if the key of a request is known.
            error: if is_failure && self.is_repetition {
                self.response_lost(None, error)
            } else {
                error
            },
            is_at_work,
            may_repeat: is_at_work || is_failure && self.is_repetition,
            retry_after: retry_after(&response.headers),
        }))
    }

    /// Returns how a response was lost; an error if the request was not sent, or cannot have been carried out.
    fn lost_by(&self, error: Error) -> Result<Lost, AttemptError> {
        let (is_at_work, may_repeat) = match &error {
            Error::Timeout {
                setting: TimeoutSetting::Attempt | TimeoutSetting::Read,
                ..
            } => (true, true),
            Error::Body { status, .. } if status.is_success() => (false, false),
            _ => match maybe_applied(&error) {
                Some(true) => (true, true),
                Some(false) if self.exchange.can_repeat() => {
                    return Err(AttemptError::transient(error));
                }
                _ => return Err(error.into()),
            },
        };
        Ok(Lost {
            error,
            is_at_work,
            may_repeat,
            retry_after: None,
        })
    }

    fn response_lost(&self, reason: Option<String>, error: Error) -> Error {
        let endpoint = self.exchange.request.endpoint;
        Error::response_lost(endpoint.name, self.lost_response.check, reason, error)
    }

    /// Searches for the result of a request whose response was lost, at increasing intervals, until the server cannot
    /// be at work on the request any more.
    async fn resolve(&self, search: &Search, lost: Lost) -> Result<RawResponse, AttemptError> {
        let request = self.exchange.request;
        if !search.is_possible(request) {
            return Err(if lost.is_at_work {
                self.response_lost(None, lost.error).into()
            } else {
                lost.error.into()
            });
        }
        tracing::info!(
            error = %lost.error,
            "the response was lost; searching for the result before the request is repeated"
        );
        let lost_at = Instant::now();
        let last_search = request.deadline_at.map(|end| {
            let left = end.saturating_duration_since(lost_at);
            end - LAST_SEARCH.min(left / 4)
        });
        let mut wait = FIRST_WAIT;
        loop {
            let next = Instant::now()
                + if lost.is_at_work {
                    wait
                } else {
                    Duration::ZERO
                };
            let is_last = last_search.is_some_and(|last| next >= last);
            tokio::time::sleep_until(last_search.map_or(next, |last| last.min(next))).await;
            let waited = lost_at.elapsed();
            match search.find(request).await {
                Ok(Some(response)) => {
                    tracing::info!("the server has carried out the request");
                    return Ok(response);
                }
                Ok(None) if !lost.is_at_work || waited >= MAX_WORK => {
                    return Err(self.not_found(lost, waited));
                }
                Ok(None) if is_last => {
                    let reason = "the deadline ends before the server must have carried it out";
                    let reason = Some(reason.to_owned());
                    return Err(self.response_lost(reason, lost.error).into());
                }
                // An error status to a request that has failed before shows more than the failed search.
                Err(_) if !lost.is_at_work => return Err(lost.error.into()),
                Err(error) if is_last || waited >= MAX_OUTAGE || !error.is_retryable() => {
                    let reason = Some(format!("the result cannot be searched for: {error}"));
                    return Err(self.response_lost(reason, lost.error).into());
                }
                Ok(None) | Err(_) => {}
            }
            wait *= 2;
        }
    }

    /// Returns the error of a lost response to a request that the server has not carried out.
    fn not_found(&self, lost: Lost, waited: Duration) -> AttemptError {
        if !lost.may_repeat || !self.exchange.can_repeat() {
            return lost.error.into();
        }
        let requested = lost.retry_after.unwrap_or_default();
        AttemptError::Transient {
            error: lost.error,
            retry_after: Some(requested.saturating_sub(waited)),
        }
    }
}

impl Attempts for OnceAttempts<'_> {
    type Output = RawResponse;

    async fn attempt(&mut self) -> Result<RawResponse, AttemptError> {
        let permit = self.exchange.permit().await?;
        let verification = self.lost_response.verification;
        let search = *self.search.get_or_insert_with(|| Search::new(verification));
        self.unconfirmed.set(true);
        let outcome = match self.exchange.send(permit).await {
            Ok(response) => self.check(response),
            Err(error) => self.lost_by(error).map(Err),
        };
        let result = match outcome {
            Ok(Ok(response)) => {
                search.claim_response(self.exchange.request, &response);
                Ok(response)
            }
            Ok(Err(lost)) => {
                let result = self.resolve(&search, lost).await;
                self.is_repetition = true;
                result
            }
            Err(error) => Err(error),
        };
        self.unconfirmed.set(false);
        result
    }
}
