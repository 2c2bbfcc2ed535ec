//! Callbacks around each request that is sent, for metrics and signatures.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use mastodon_types::__private::REDACTED;
use mastodon_types::SecretString;
use tokio::time::Instant;
use url::Url;

use super::default_headers::reserved_header;
use crate::error::{EndpointName, Error};
use crate::redact::{KnownSecrets, is_secret, redact_url};

type RequestCallback = Arc<dyn Fn(&mut OutgoingRequest<'_>) + Send + Sync>;
type OutcomeCallback = Arc<dyn Fn(&RequestOutcome<'_>) + Send + Sync>;

/// Callbacks of a client, in the order in which they are called.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    on_request: Vec<RequestCallback>,
    on_response: Vec<OutcomeCallback>,
}

impl Hooks {
    pub(crate) fn on_request(
        &mut self,
        callback: impl Fn(&mut OutgoingRequest<'_>) + Send + Sync + 'static,
    ) {
        self.on_request.push(Arc::new(callback));
    }

    pub(crate) fn on_response(
        &mut self,
        callback: impl Fn(&RequestOutcome<'_>) + Send + Sync + 'static,
    ) {
        self.on_response.push(Arc::new(callback));
    }

    /// Calls the callbacks before a request is sent. They see neither the access token nor other sensitive headers.
    pub(super) fn before(
        &self,
        attempt: &Attempt,
        request: &mut reqwest::Request,
        token: Option<&SecretString>,
    ) -> Result<(), Error> {
        if self.on_request.is_empty() {
            return Ok(());
        }
        let hidden = take_sensitive(request.headers_mut());
        let url = shown_url(request.url());
        let shows_body = !body_contains(request.body(), token);
        let mut outgoing = OutgoingRequest {
            attempt,
            url,
            shows_body,
            hidden: &hidden,
            request,
            invalid: None,
        };
        for callback in &self.on_request {
            callback(&mut outgoing);
        }
        let invalid = outgoing.invalid.take();
        request.headers_mut().extend(hidden);
        match invalid {
            None => Ok(()),
            Some(reason) => Err(Error::configuration("on_request", reason)),
        }
    }

    /// Starts observing a request if there is a callback for its outcome.
    pub(super) fn observe(
        &self,
        attempt: &Attempt,
        request: &reqwest::Request,
        token: Option<&SecretString>,
    ) -> Observation {
        let observed = (!self.on_response.is_empty()).then(|| Observed {
            callbacks: self.on_response.clone(),
            attempt: attempt.clone(),
            method: request.method().clone(),
            url: shown_url(request.url()),
            secrets: KnownSecrets::new(token.cloned().into_iter().collect()),
            start: Instant::now(),
            head: None,
        });
        Observation(observed)
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("on_request", &self.on_request.len())
            .field("on_response", &self.on_response.len())
            .finish()
    }
}

/// An attempt of an operation, for errors and hooks.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) endpoint: EndpointName,
    /// 1 for the first attempt.
    pub(crate) number: u32,
}

impl From<&'static str> for Attempt {
    fn from(endpoint: &'static str) -> Self {
        Self {
            endpoint: endpoint.into(),
            number: 1,
        }
    }
}

/// A request that is about to be sent, for the callback of
/// [`on_request`](crate::MastodonBuilder::on_request).
///
/// It contains neither the access token nor headers with a secret, and `Debug` prints no header values.
pub struct OutgoingRequest<'a> {
    attempt: &'a Attempt,
    url: Url,
    shows_body: bool,
    hidden: &'a [(HeaderName, HeaderValue)],
    request: &'a mut reqwest::Request,
    /// Why a header cannot be set.
    invalid: Option<String>,
}

impl OutgoingRequest<'_> {
    /// Returns the name of the method, such as `status_post`, or the HTTP method and path of a
    /// [`request`](crate::Mastodon::request).
    pub fn endpoint(&self) -> &str {
        &self.attempt.endpoint
    }

    /// Returns the number of this attempt: 1 for the first one, 2 for the first retry. It is that of the attempt before
    /// if a redirect is followed, and always 1 for requests that open a stream.
    pub fn attempt(&self) -> u32 {
        self.attempt.number
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// Returns the URL. Secret values in its query are redacted.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the headers, without those that contain a secret.
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// Returns the body as it is sent; it is empty if there is none. `None` if it is not in memory, such as a file, or
    /// if it contains the access token. That of a log-in can contain other secrets, such as a password.
    pub fn body(&self) -> Option<&[u8]> {
        match self.request.body() {
            None => Some(&[]),
            Some(body) => body.as_bytes().filter(|_| self.shows_body),
        }
    }

    /// Sets a header of this request, such as a signature. It replaces a header of the same name.
    ///
    /// The request is not sent, and fails with [`Error::Configuration`](crate::Error::Configuration), if the name or the
    /// value is not valid, or if the header is one that the SDK sets: `Authorization`, `Host`, `Content-Length`, and
    /// others that belong to the connection or the body.
    pub fn set_header(&mut self, name: &str, value: &str) {
        match self.try_set_header(name, value) {
            Ok(()) => {}
            Err(reason) => {
                self.invalid.get_or_insert(reason);
            }
        }
    }

    fn try_set_header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let invalid = |what: &str| format!("`on_request` sets the header `{name}`: {what}");
        let key = HeaderName::try_from(name).map_err(|_| invalid("the name is not valid"))?;
        if let Some(reason) = reserved_header(&key) {
            return Err(invalid(reason));
        }
        if self.hidden.iter().any(|(hidden, _)| *hidden == key) {
            return Err(invalid("another setting sets it to a secret value"));
        }
        let value = HeaderValue::try_from(value)
            .map_err(|_| invalid("the value contains characters that a header cannot contain"))?;
        self.request.headers_mut().insert(key, value);
        Ok(())
    }
}

impl fmt::Debug for OutgoingRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRequest")
            .field("endpoint", &self.endpoint())
            .field("attempt", &self.attempt())
            .field("method", self.method())
            .field("url", &redact_url(self.url.as_str()))
            .finish_non_exhaustive()
    }
}

/// How a request ended, for the callback of [`on_response`](crate::MastodonBuilder::on_response).
///
/// There are three cases:
///
/// - A [`status`](Self::status): the server responded. There is an [`error`](Self::error) too if its body could not be
///   read. An error status is a response, not an error.
/// - An error only: no response arrived.
/// - Neither: the call was dropped, or its [`deadline`](crate::MastodonBuilder::deadline) ended, before a response
///   arrived.
pub struct RequestOutcome<'a> {
    observed: &'a Observed,
    duration: Duration,
    error: Option<&'a Error>,
}

impl RequestOutcome<'_> {
    /// Returns the name of the method, such as `status_post`, or the HTTP method and path of a
    /// [`request`](crate::Mastodon::request). There are few different names, so it is suitable as a label of a metric.
    pub fn endpoint(&self) -> &str {
        &self.observed.attempt.endpoint
    }

    /// Returns the number of this attempt: see [`OutgoingRequest::attempt`].
    pub fn attempt(&self) -> u32 {
        self.observed.attempt.number
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &Method {
        &self.observed.method
    }

    /// Returns the URL. Secret values in its query are redacted.
    pub fn url(&self) -> &Url {
        &self.observed.url
    }

    /// Returns the status of the response; `None` if none arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.observed.head.as_ref().map(|(status, _)| *status)
    }

    /// Returns the headers of the response; `None` if none arrived. Headers in which the server repeats the access token
    /// are left out.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.observed.head.as_ref().map(|(_, headers)| headers)
    }

    /// Returns the time since the request was started: until its response was read, or until the headers arrived if it
    /// is a redirect, a download or a stream.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns why no complete response arrived.
    pub fn error(&self) -> Option<&Error> {
        self.error
    }
}

impl fmt::Debug for RequestOutcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestOutcome")
            .field("endpoint", &self.endpoint())
            .field("attempt", &self.attempt())
            .field("method", self.method())
            .field("url", &redact_url(self.url().as_str()))
            .field("status", &self.status())
            .field("duration", &self.duration)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A request that was sent. If it is dropped before it is finished, the callbacks are called without a result.
#[derive(Default)]
pub(super) struct Observation(Option<Observed>);

struct Observed {
    callbacks: Vec<OutcomeCallback>,
    attempt: Attempt,
    method: Method,
    url: Url,
    secrets: KnownSecrets,
    start: Instant,
    head: Option<(StatusCode, HeaderMap)>,
}

impl Observation {
    /// Records that the headers of the response have arrived.
    pub(super) fn record_head(&mut self, response: &reqwest::Response) {
        let Some(observed) = &mut self.0 else { return };
        let headers = without_secrets(response.headers(), &observed.secrets);
        observed.head = Some((response.status(), headers));
    }

    /// Calls the callbacks.
    pub(super) fn finish(mut self, error: Option<&Error>) {
        self.report(error);
    }

    fn report(&mut self, error: Option<&Error>) {
        let Some(observed) = self.0.take() else {
            return;
        };
        let outcome = RequestOutcome {
            duration: observed.start.elapsed(),
            observed: &observed,
            error,
        };
        for callback in &observed.callbacks {
            callback(&outcome);
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.report(None);
    }
}

/// Removes the sensitive headers and returns them.
fn take_sensitive(headers: &mut HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let is_sensitive = |(_, value): &(&HeaderName, &HeaderValue)| value.is_sensitive();
    let sensitive = headers.iter().filter(is_sensitive);
    let sensitive: Vec<_> = sensitive
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for (name, _) in &sensitive {
        headers.remove(name);
    }
    sensitive
}

/// Returns the headers without those that contain a secret.
fn without_secrets(headers: &HeaderMap, secrets: &KnownSecrets) -> HeaderMap {
    let is_harmless = |(_, value): &(&HeaderName, &HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        secrets.redact(&text) == *text
    };
    let harmless = headers.iter().filter(is_harmless);
    harmless
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Returns the URL with the secret values in its query redacted.
fn shown_url(url: &Url) -> Url {
    if !url.query_pairs().any(|(name, _)| is_secret(&name)) {
        return url.clone();
    }
    let pairs = url.query_pairs().into_owned();
    let pairs: Vec<(String, String)> = pairs
        .map(|(name, value)| {
            let value = if is_secret(&name) {
                REDACTED.to_owned()
            } else {
                value
            };
            (name, value)
        })
        .collect();
    let mut shown = url.clone();
    shown.query_pairs_mut().clear().extend_pairs(pairs);
    shown
}

/// Returns whether a body in memory contains the access token.
fn body_contains(body: Option<&reqwest::Body>, token: Option<&SecretString>) -> bool {
    let (Some(bytes), Some(token)) = (body.and_then(reqwest::Body::as_bytes), token) else {
        return false;
    };
    let text = String::from_utf8_lossy(bytes);
    KnownSecrets::new(vec![token.clone()]).redact(&text) != *text
}
