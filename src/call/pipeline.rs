//! The pipeline of a call: prepare, check, rate limit, send, retry, check the response. Nothing here
//! depends on the type of the result or on a particular endpoint.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::Instrument;

use super::already_applied::resolve_duplicate;
use super::core::Core;
use super::encode::random_hex;
use super::endpoint::{Endpoint, ParamLocation};
use super::request::{CURSORS, Request};
use super::response::Deprecation;
use super::version_check::supported_endpoint;
use crate::error::{Error, TimeoutSetting};
use crate::facts::RateLimitBucket;
use crate::http::body::Body;
use crate::http::headers::header_str;
use crate::http::rate_limit::{RateLimitMode, RateLimitStatus, Waiting};
use crate::http::response::Authorization;
use crate::http::retry::{
    AttemptError, Attempts, RetryPolicy, is_transient_status, maybe_applied, retry,
};
use crate::http::{RawResponse, api_error};

/// Header by which the server recognizes a repeated request.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Sends a request. A failed attempt is retried if that is safe and may succeed.
pub(crate) async fn send(mut request: Request) -> Result<(RawResponse, Request), Error> {
    let endpoint = request.endpoint;
    let span = tracing::info_span!(
        "mastodon",
        endpoint = endpoint.name,
        method = %endpoint.method,
        path = endpoint.path,
        status = tracing::field::Empty,
    );
    let start = Instant::now();
    let deadline = request.deadline;
    // A time that cannot be represented is never reached.
    if let Some(deadline) = deadline {
        request.deadline_at = start.checked_add(deadline);
    }
    let pipeline = async {
        request.endpoint = supported_endpoint(&request).await?;
        request.check_cursors()?;
        request.prepare().await?;
        ensure_idempotency_key(&mut request)?;
        send_with_retries(&request).await
    };
    let response = async {
        let response = with_deadline(deadline, endpoint, pipeline).await;
        if let Ok(response) = &response {
            tracing::Span::current().record("status", response.status.as_u16());
        }
        tracing::debug!(duration = ?start.elapsed(), ok = response.is_ok(), "call finished");
        response
    }
    .instrument(span)
    .await?;
    request.core.server.observe(endpoint, &response);
    Ok((response, request))
}

pub(crate) async fn with_deadline<T>(
    deadline: Option<Duration>,
    endpoint: &'static Endpoint,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(limit) = deadline else {
        return future.await;
    };
    let timeout = || Error::timeout(endpoint.name, TimeoutSetting::Deadline, limit);
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

/// Encodes the request. Metadata of files is read on a thread for blocking operations.
async fn encode(request: &Request) -> Result<http::Request<Body>, Error> {
    if !request.values.has_file() {
        return request.outgoing();
    }
    let request = request.clone();
    tokio::task::spawn_blocking(move || request.outgoing())
        .await
        .unwrap_or_else(|error| Err(Error::internal(format!("cannot read the file: {error}"))))
}

/// Returns the rate limit bucket of a request. Servers count requests with a cursor separately, and requests to other
/// paths than those of the API only by their IP address.
fn bucket(request: &Request) -> RateLimitBucket {
    let bucket = request.endpoint.bucket;
    if !request.endpoint.path.starts_with("/api/") {
        return RateLimitBucket::Address;
    }
    let has_cursor = CURSORS
        .iter()
        .any(|cursor| request.values.get(cursor).is_some());
    if bucket == RateLimitBucket::General && has_cursor {
        RateLimitBucket::Paging
    } else {
        bucket
    }
}

async fn send_with_retries(request: &Request) -> Result<RawResponse, Error> {
    let endpoint = request.endpoint;
    let attempts = CallAttempts {
        request,
        http: encode(request).await?,
        bucket: bucket(request),
        is_safe_to_repeat: endpoint.idempotent
            || takes_idempotency_key(endpoint)
            || endpoint.method == Method::GET,
        timeout: request.timeout.unwrap_or(request.core.settings.timeout),
        maybe_applied: false,
    };
    let max_retries = request.max_retries;
    let max_retries = max_retries.unwrap_or(request.core.settings.max_retries);
    retry(RetryPolicy::new(max_retries), attempts).await
}

/// The attempts of one call.
struct CallAttempts<'a> {
    request: &'a Request,
    http: http::Request<Body>,
    bucket: RateLimitBucket,
    is_safe_to_repeat: bool,
    timeout: Duration,
    /// Whether the server may have carried out an earlier attempt.
    maybe_applied: bool,
}

impl Attempts for CallAttempts<'_> {
    type Output = RawResponse;

    async fn attempt(&mut self) -> Result<RawResponse, AttemptError> {
        let (core, endpoint) = (&*self.request.core, self.request.endpoint);
        let callbacks = [
            core.settings.on_wait.as_ref(),
            self.request.on_wait.as_ref(),
        ];
        let mut waiting = Waiting::new(endpoint.name, self.request.deadline_at, callbacks);
        let acquired = core.limiter.acquire(self.bucket, &mut waiting).await;
        let permit = acquired.map_err(|refused| refused.into_error(endpoint.name))?;
        let token = core.token.as_ref();
        let sent = core
            .transport
            .send(endpoint.name, self.http.clone(), token, self.timeout);
        let mut response = match sent.await {
            Ok(response) => response,
            Err(error) => {
                drop(permit);
                return Err(self.classify_failure(error));
            }
        };
        response.secrets = self.request.values.secrets(token);
        response.keep_unknown_fields = core.settings.keep_unknown_fields;
        response.authorization = Authorization {
            has_token: Some(token.is_some()),
            scopes: endpoint.scopes,
        };
        let status = response.status;
        permit
            .finish(
                &response.headers,
                status.as_u16() == 429,
                status.is_success(),
            )
            .await;
        match response.status.as_u16() {
            429 => Err(self.classify_throttled(core, &response)),
            _ if is_transient_status(response.status)
                && self.is_safe_to_repeat
                && self.can_repeat() =>
            {
                self.maybe_applied = true;
                let error = api_error(endpoint.name, &response);
                if !error.is_retryable() {
                    return Err(error.into());
                }
                Err(AttemptError::transient_response(error, &response.headers))
            }
            _ => {
                if self.maybe_applied
                    && let Some(result) = resolve_duplicate(self.request, &response).await
                {
                    return Ok(result?);
                }
                Ok(check_response(core, endpoint, response)?)
            }
        }
    }
}

impl CallAttempts<'_> {
    /// Returns whether the body can be sent again: a reader can be read only once.
    fn can_repeat(&self) -> bool {
        self.http.body().can_be_sent()
    }

    fn classify_failure(&mut self, error: Error) -> AttemptError {
        let maybe_applied = maybe_applied(&error)
            .filter(|applied| self.can_repeat() && (self.is_safe_to_repeat || !applied));
        let Some(maybe_applied) = maybe_applied else {
            return AttemptError::Final(error);
        };
        self.maybe_applied |= maybe_applied;
        AttemptError::transient(error)
    }

    fn classify_throttled(&self, core: &Core, response: &RawResponse) -> AttemptError {
        let name = self.request.endpoint.name;
        let status = RateLimitStatus::from_headers(&response.headers, true);
        if let (RateLimitMode::Throw, Some(status)) = (core.settings.rate_limit_mode, status) {
            return AttemptError::Final(status.into_error(name, self.bucket));
        }
        let error = api_error(name, response);
        if self.can_repeat() {
            AttemptError::Throttled(error)
        } else {
            AttemptError::Final(error)
        }
    }
}

/// Rejects responses that are not successful API responses.
pub(crate) fn check_response(
    core: &Core,
    endpoint: &'static Endpoint,
    response: RawResponse,
) -> Result<RawResponse, Error> {
    if !response.status.is_success() {
        return Err(api_error(endpoint.name, &response));
    }
    if let Some(Deprecation { since, sunset }) = Deprecation::from_headers(&response.headers) {
        let date = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let (endpoint, since, sunset) = (endpoint.name, date(since), date(sunset));
        tracing::warn!(
            endpoint,
            since,
            sunset,
            "the server deprecates this endpoint"
        );
    }
    if is_web_page(&response) {
        return Err(Error::NotMastodon {
            endpoint: endpoint.name,
            host: core.base.host_str().unwrap_or_default().to_owned(),
            is_write: endpoint.method != Method::GET,
        });
    }
    Ok(response)
}

/// Returns whether the response is a web page. Some servers send JSON with the content type of a web page.
fn is_web_page(response: &RawResponse) -> bool {
    let content_type = header_str(&response.headers, "content-type").unwrap_or_default();
    let body = response
        .body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&response.body);
    content_type.starts_with("text/html") && body.trim_ascii_start().starts_with(b"<")
}
