//! The pipeline of a call: prepare, check, rate limit, send, retry, check the response. Nothing here
//! depends on the type of the result or on a particular endpoint.

use std::pin::pin;
use std::time::Duration;

use http::Method;
use tokio::time::Instant;
use tracing::Instrument;

use super::already_applied::resolve_duplicate;
use super::endpoint::{Endpoint, ParamLocation};
use super::exchange::{Exchange, check_response};
use super::local_checks::check_locally;
use super::lost_response::{OnceAttempts, Unconfirmed};
use super::request::Request;
use super::version_check::supported_endpoint;
use crate::error::{EndpointName, Error, TimeoutSetting};
use crate::hex::random_hex;
use crate::http::retry::{
    AttemptError, Attempts, RetryPolicy, is_transient_status, maybe_applied, retry,
};
use crate::http::{RawResponse, api_error};

/// Header by which the server recognizes a repeated request.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Sends a request. A failed attempt is retried if that is safe and may succeed.
pub(crate) async fn send(request: &mut Request) -> Result<RawResponse, Error> {
    let (endpoint, name) = (request.endpoint, request.name());
    let span = tracing::info_span!(
        "mastodon",
        endpoint = &*name,
        method = %request.method(),
        path = request.path(),
        status = tracing::field::Empty,
    );
    let start = Instant::now();
    let deadline = request.deadline;
    // A time that cannot be represented is never reached.
    request.deadline_at = deadline.and_then(|limit| start.checked_add(limit));
    let unconfirmed = Unconfirmed::default();
    let response = {
        // Pinned here, because each function that takes a future has room for it twice.
        let pipeline = pin!(async {
            check_locally(request)?;
            request.endpoint = supported_endpoint(request).await?;
            request.check_cursors()?;
            request.prepare().await?;
            ensure_idempotency_key(request)?;
            send_with_retries(request, &unconfirmed).await
        });
        let finished = async {
            let response = with_deadline(deadline, name, pipeline).await;
            let response = response.map_err(|error| unconfirmed.check_deadline(endpoint, error));
            if let Ok(response) = &response {
                tracing::Span::current().record("status", response.status.as_u16());
            }
            tracing::debug!(duration = ?start.elapsed(), ok = response.is_ok(), "call finished");
            response
        };
        finished.instrument(span).await?
    };
    request.core.server.observe(endpoint, &response);
    Ok(response)
}

pub(crate) async fn with_deadline<T>(
    deadline: Option<Duration>,
    endpoint: impl Into<EndpointName>,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(limit) = deadline else {
        return future.await;
    };
    let timeout = || Error::timeout(endpoint, TimeoutSetting::Deadline, limit);
    tokio::time::timeout(limit, future)
        .await
        .unwrap_or_else(|_| Err(timeout()))
}

/// Sets the idempotency key before the first attempt, so that all attempts send the same key.
fn ensure_idempotency_key(request: &mut Request) -> Result<(), Error> {
    if takes_idempotency_key(request.endpoint) && request.values.get(IDEMPOTENCY_KEY).is_none() {
        request.values.set(IDEMPOTENCY_KEY, random_hex()?);
    }
    Ok(())
}

fn takes_idempotency_key(endpoint: &Endpoint) -> bool {
    endpoint
        .param(IDEMPOTENCY_KEY)
        .is_some_and(|param| param.location == ParamLocation::Header)
}

async fn send_with_retries(
    request: &Request,
    unconfirmed: &Unconfirmed,
) -> Result<RawResponse, Error> {
    let endpoint = request.endpoint;
    let exchange = Exchange::new(request).await?;
    let max_retries = request.max_retries;
    let policy = RetryPolicy::new(max_retries.unwrap_or(request.core.settings.max_retries));
    if let Some(lost_response) = &endpoint.lost_response {
        let mut attempts = OnceAttempts::new(exchange, lost_response, unconfirmed);
        return retry(policy, &mut attempts).await;
    }
    let mut attempts = CallAttempts {
        exchange,
        is_safe_to_repeat: match &request.custom {
            Some(custom) => custom.is_idempotent(),
            None => {
                endpoint.idempotent
                    || takes_idempotency_key(endpoint)
                    || endpoint.method == Method::GET
            }
        },
        maybe_applied: false,
    };
    retry(policy, &mut attempts).await
}

/// The attempts of a call that either may be repeated without another effect, or is never repeated.
struct CallAttempts<'a> {
    exchange: Exchange<'a>,
    is_safe_to_repeat: bool,
    /// Whether the server may have carried out an earlier attempt.
    maybe_applied: bool,
}

impl Attempts for CallAttempts<'_> {
    type Output = RawResponse;

    async fn attempt(&mut self) -> Result<RawResponse, AttemptError> {
        let request = self.exchange.request;
        let permit = self.exchange.permit().await?;
        let response = match self.exchange.send(permit).await {
            Ok(response) => response,
            Err(error) => return Err(self.classify_failure(error)),
        };
        match response.status.as_u16() {
            429 => Err(self.exchange.throttled(&response)),
            _ if is_transient_status(response.status)
                && self.is_safe_to_repeat
                && self.exchange.can_repeat() =>
            {
                self.maybe_applied = true;
                let error = api_error(request.name(), &response);
                if !error.is_retryable() {
                    return Err(error.into());
                }
                Err(AttemptError::transient_response(error, &response.headers))
            }
            _ => {
                if self.maybe_applied
                    && let Some(result) = resolve_duplicate(request, &response).await
                {
                    return Ok(result?);
                }
                Ok(check_response(&request.core, request, response)?)
            }
        }
    }
}

impl CallAttempts<'_> {
    fn classify_failure(&mut self, error: Error) -> AttemptError {
        let maybe_applied = maybe_applied(&error)
            .filter(|applied| self.exchange.can_repeat() && (self.is_safe_to_repeat || !applied));
        let Some(maybe_applied) = maybe_applied else {
            return AttemptError::Final(error);
        };
        self.maybe_applied |= maybe_applied;
        AttemptError::transient(error)
    }
}
