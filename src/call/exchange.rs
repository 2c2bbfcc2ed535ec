//! One exchange of a call: a permit of the rate limit, the request, and its response.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use jiff::Timestamp;

use super::core::Core;
use super::decode::Named;
use super::request::{CURSORS, Request};
use super::response::Deprecation;
use crate::error::Error;
use crate::facts::RateLimitBucket;
use crate::http::headers::header_str;
use crate::http::hooks::Attempt;
use crate::http::outgoing::Outgoing;
use crate::http::rate_limit::{Permit, RateLimitMode, RateLimitStatus, Waiting};
use crate::http::response::Authorization;
use crate::http::retry::AttemptError;
use crate::http::{RawResponse, api_error};
use crate::tasks::run_blocking;

/// A request that can be sent several times.
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request,
    http: Outgoing,
    bucket: RateLimitBucket,
    timeout: Duration,
    /// Number of attempts so far.
    attempts: AtomicU32,
}

impl<'a> Exchange<'a> {
    /// Encodes the request.
    pub(super) async fn new(request: &'a Request) -> Result<Self, Error> {
        Ok(Self {
            request,
            http: encode(request).await?,
            bucket: bucket(request),
            timeout: request.timeout.unwrap_or(request.core.settings.timeout),
            attempts: AtomicU32::new(0),
        })
    }

    /// Returns whether the body can be sent again: a reader can be read only once.
    pub(super) fn can_repeat(&self) -> bool {
        self.http.body.can_be_sent()
    }

    /// Waits until the rate limit allows the request.
    pub(super) async fn permit(&self) -> Result<Permit<'a>, Error> {
        let (core, name) = (&self.request.core, self.request.name());
        let callbacks = [
            core.settings.on_wait.as_ref(),
            self.request.on_wait.as_ref(),
        ];
        let mut waiting = Waiting::new(name.clone(), self.request.deadline_at, callbacks);
        let permit = core.limiter.acquire(self.bucket, &mut waiting).await;
        permit.map_err(|refused| refused.into_error(name))
    }

    /// Sends the request, and returns the response with any status.
    pub(super) async fn send(&self, permit: Permit<'_>) -> Result<RawResponse, Error> {
        let core = &*self.request.core;
        let token = core.token.as_ref();
        let attempt = Attempt {
            endpoint: self.request.name(),
            number: self.attempts.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let sent = core
            .transport
            .send(&attempt, &self.http, token, self.timeout);
        let mut response = sent.await?;
        response.secrets = self.request.secrets();
        response.keep_unknown_fields = core.settings.keep_unknown_fields;
        response.authorization = Authorization {
            has_token: Some(token.is_some()),
            scopes: self.request.scopes(),
        };
        let status = response.status;
        permit
            .finish(
                &response.headers,
                status.as_u16() == 429,
                status.is_success(),
            )
            .await;
        Ok(response)
    }

    /// Converts a response with status 429.
    pub(super) fn throttled(&self, response: &RawResponse) -> AttemptError {
        let name = self.request.name();
        let mode = self.request.core.settings.rate_limit_mode;
        let status = RateLimitStatus::from_headers(&response.headers, true);
        if let (RateLimitMode::Throw, Some(status)) = (mode, status) {
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

/// Encodes the request. Metadata of files is read on a thread for blocking operations.
async fn encode(request: &Request) -> Result<Outgoing, Error> {
    if !request.has_file() {
        return request.outgoing();
    }
    let request = request.clone();
    let failed = |error| Error::internal(format!("cannot read the file: {error}"));
    run_blocking(failed, move || request.outgoing()).await
}

/// Returns the rate limit bucket of a request. Servers count requests with a cursor separately.
fn bucket(request: &Request) -> RateLimitBucket {
    let bucket = request.bucket();
    let has_cursor = CURSORS
        .iter()
        .any(|cursor| request.values.get(cursor).is_some());
    if bucket == RateLimitBucket::General && has_cursor {
        RateLimitBucket::Paging
    } else {
        bucket
    }
}

/// Rejects responses that are not successful API responses.
pub(crate) fn check_response<'a>(
    core: &Core,
    of: impl Into<Named<'a>>,
    response: RawResponse,
) -> Result<RawResponse, Error> {
    let Named {
        name,
        method,
        accepts_pages,
    } = of.into();
    if !response.status.is_success() {
        return Err(api_error(name, &response));
    }
    if let Some(Deprecation { since, sunset }) = Deprecation::from_headers(&response.headers) {
        let date = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let (endpoint, since, sunset) = (&*name, date(since), date(sunset));
        tracing::warn!(
            endpoint,
            since,
            sunset,
            "the server deprecates this endpoint"
        );
    }
    if !accepts_pages && is_web_page(&response) {
        return Err(Error::NotMastodon {
            endpoint: name,
            host: core.base.host_str().unwrap_or_default().to_owned(),
            is_write: !method.is_safe(),
        });
    }
    Ok(response)
}

/// Returns whether the response is a web page. Some servers send JSON with the content type of a web page.
fn is_web_page(response: &RawResponse) -> bool {
    let body = response
        .body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&response.body);
    body.trim_ascii_start().starts_with(b"<")
        && header_str(&response.headers, CONTENT_TYPE)
            .is_some_and(|content_type| content_type.starts_with("text/html"))
}
