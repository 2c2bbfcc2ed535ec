//! The connection: TLS, redirects, and a bound on what is read.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::Url;

use crate::body::{Body, Journal};
use crate::client::Settings;
use crate::endpoint::Endpoint;
use crate::error::{Error, refusal};
use crate::secret::{SecretString, Secrets};

/// An answer as it came. `Debug` shows how long its body is, not what it holds: that may be secret.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What an error about it must not show.
    pub(crate) secrets: Secrets,
}

impl RawResponse {
    pub(crate) fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            secrets: Secrets::default(),
        }
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// Sends requests and reads answers.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) client: reqwest::Client,
    /// For what HTTP/2 cannot: to become a WebSocket.
    #[cfg(feature = "websocket")]
    http1: reqwest::Client,
    connect_timeout: Duration,
    read_timeout: Duration,
    pub(crate) max_body: usize,
}

/// Redirects that are followed; those of calls within one origin.
pub(crate) const MAX_REDIRECTS: usize = 5;

impl Transport {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let builder = || {
            reqwest::Client::builder()
                .user_agent(settings.user_agent.as_str())
                .connect_timeout(settings.connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
        };
        #[cfg(feature = "_rustls")]
        let tls = tls()?;
        #[cfg(feature = "_rustls")]
        let builder = || builder().tls_backend_preconfigured(tls.clone());
        let wrong = |error| Error::Config(format!("cannot set up the connection: {error}"));
        Ok(Self {
            client: builder().build().map_err(wrong)?,
            #[cfg(feature = "websocket")]
            http1: builder().http1_only().build().map_err(wrong)?,
            connect_timeout: settings.connect_timeout,
            read_timeout: settings.read_timeout,
            max_body: settings.max_body,
        })
    }

    /// Sends a request, follows redirects within its origin, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        endpoint: &'static Endpoint,
        request: http::Request<Body>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let journal = Arc::new(Journal::default());
        let mut answer = pin!(self.follow(endpoint, request, token, &journal));
        loop {
            // As long as a file travels on, nothing is late.
            let sent = journal.sent();
            match tokio::time::timeout(timeout, &mut answer).await {
                Ok(answer) => return answer,
                Err(_) if journal.sent() > sent => {}
                Err(_) => return Err(Error::timeout(endpoint, "timeout", timeout)),
            }
        }
    }

    async fn follow(
        &self,
        endpoint: &'static Endpoint,
        request: http::Request<Body>,
        token: Option<&SecretString>,
        journal: &Arc<Journal>,
    ) -> Result<RawResponse, Error> {
        let (parts, body) = request.into_parts();
        let mut url =
            Url::parse(&parts.uri.to_string()).map_err(|error| Error::Config(error.to_string()))?;
        let (mut method, mut body) = (parts.method, body);
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self
                .client
                .request(method.clone(), url.clone())
                .headers(parts.headers.clone())
                .body(body.begin(journal));
            if let Some(token) = token {
                request = request.header(header::AUTHORIZATION, bearer(token)?);
            }
            let response = request.send().await.map_err(|error| {
                if let Some(failure) = journal.failure() {
                    failure
                } else if error.is_connect() && error.is_timeout() {
                    Error::timeout(endpoint, "connect_timeout", self.connect_timeout)
                } else {
                    network(endpoint.name, url.host_str(), error)
                }
            })?;
            let Some(target) = redirect(&response, &url) else {
                return self.read(endpoint, response).await;
            };
            if target.origin() != url.origin() {
                return Err(Error::Network {
                    endpoint: endpoint.name,
                    reason: format!(
                        "the server redirects to {}, which is not asked: nothing secret goes to another host; \
                         use that address if you trust it",
                        target.origin().ascii_serialization()
                    ),
                    source: None,
                });
            }
            if response.status() == StatusCode::SEE_OTHER
                || method != Method::GET && response.status().as_u16() < 307
            {
                (method, body) = (Method::GET, Body::default());
            }
            url = target;
        }
        Err(Error::Network {
            endpoint: endpoint.name,
            reason: "the server redirects in a circle".to_owned(),
            source: None,
        })
    }

    /// Sends a request and returns once the head of the answer is there. Redirects are not followed.
    pub(crate) async fn open(
        &self,
        endpoint: &'static Endpoint,
        request: http::Request<Bytes>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        open(&self.client, endpoint, request, token, timeout).await
    }

    /// The same over a connection that can become something else.
    #[cfg(feature = "websocket")]
    pub(crate) async fn open_http1(
        &self,
        endpoint: &'static Endpoint,
        request: http::Request<Bytes>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        open(&self.http1, endpoint, request, token, timeout).await
    }

    /// The error that an answer tells of.
    pub(crate) async fn refused(
        &self,
        endpoint: &'static Endpoint,
        answer: reqwest::Response,
        timeout: Duration,
    ) -> Error {
        match tokio::time::timeout(timeout, self.read(endpoint, answer)).await {
            Ok(Ok(raw)) => refusal(endpoint.name, &raw),
            Ok(Err(error)) => error,
            Err(_) => Error::timeout(endpoint, "timeout", timeout),
        }
    }

    /// Reads the whole body.
    pub(crate) async fn read(
        &self,
        endpoint: &'static Endpoint,
        mut response: reqwest::Response,
    ) -> Result<RawResponse, Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        // An answer that comes in one piece, as most do, is not copied.
        let (mut only, mut joined) = (Bytes::new(), BytesMut::new());
        while let Some(chunk) = tokio::time::timeout(self.read_timeout, response.chunk())
            .await
            .map_err(|_| Error::timeout(endpoint, "read_timeout", self.read_timeout))?
            .map_err(|error| network(endpoint.name, None, error))?
        {
            if only.len() + joined.len() + chunk.len() > self.max_body {
                return Err(Error::Network {
                    endpoint: endpoint.name,
                    reason: format!(
                        "the answer is larger than {} bytes; allow more with `max_body`",
                        self.max_body
                    ),
                    source: None,
                });
            }
            if only.is_empty() && joined.is_empty() {
                only = chunk;
            } else {
                joined.extend_from_slice(&std::mem::take(&mut only));
                joined.extend_from_slice(&chunk);
            }
        }
        let body = if joined.is_empty() {
            only
        } else {
            joined.freeze()
        };
        Ok(RawResponse {
            headers,
            ..RawResponse::new(status, body)
        })
    }
}

async fn open(
    client: &reqwest::Client,
    endpoint: &'static Endpoint,
    request: http::Request<Bytes>,
    token: Option<&SecretString>,
    timeout: Duration,
) -> Result<reqwest::Response, Error> {
    let host = request.uri().host().map(str::to_owned);
    let failed = |error| network(endpoint.name, host.as_deref(), error);
    let mut request = reqwest::Request::try_from(request).map_err(failed)?;
    if let Some(token) = token {
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, bearer(token)?);
    }
    match tokio::time::timeout(timeout, client.execute(request)).await {
        Ok(answer) => answer.map_err(failed),
        Err(_) => Err(Error::timeout(endpoint, "timeout", timeout)),
    }
}

/// The header that a token travels in.
fn bearer(token: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
        Error::Config("the access token has characters that no token has".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Where an answer redirects to.
pub(crate) fn redirect(response: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

/// The error of the library without the address, which may hold what nobody should read.
pub(crate) fn network(endpoint: &'static str, host: Option<&str>, error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mut reason = deepest(&error);
    if error.is_connect() {
        let host = host.unwrap_or_default();
        reason = format!("no connection to {host}: {reason}; check its name and your network");
    }
    Error::Network {
        endpoint,
        reason,
        source: Some(Box::new(error)),
    }
}

/// What an error of a library says at the bottom of its causes.
pub(crate) fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

/// TLS of this client alone: the process-wide provider is neither needed nor touched.
#[cfg(feature = "_rustls")]
fn tls() -> Result<rustls::ClientConfig, Error> {
    use std::sync::Arc;

    use rustls_platform_verifier::BuilderVerifierExt;

    #[cfg(feature = "rustls-aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "rustls-aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();
    let wrong = |error: rustls::Error| Error::Config(format!("cannot set up TLS: {error}"));
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(wrong)?
            .with_platform_verifier()
            .map_err(wrong)?
            .with_no_client_auth(),
    )
}
