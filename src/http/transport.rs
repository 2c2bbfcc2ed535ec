//! HTTP transport: connections, TLS, timeouts, and the maximum size of responses.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};
use url::Url;

use super::RawResponse;
use super::body::{Body, UploadProgress};
use super::network_error::{body_error, mention_success_of_write, network_error};
use super::read::{BodyLimit, ReadError, read_body};
use super::redirect::{RedirectRule, follow, redirect_error};
#[cfg(test)]
use super::test_network::TestNetwork;
use crate::error::{Error, TimeoutSetting};
use crate::redact::KnownSecrets;
use mastodon_types::SecretString;

/// Settings of the transport.
#[derive(Clone, Debug)]
pub(crate) struct TransportSettings {
    pub(crate) user_agent: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Maximum size of a response in bytes.
    pub(crate) max_body: usize,
    #[cfg(test)]
    pub(crate) network: Option<TestNetwork>,
}

/// Sends requests and reads responses.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) client: reqwest::Client,
    /// For WebSockets, because an HTTP/2 connection cannot be upgraded.
    #[cfg(feature = "websocket")]
    http1: reqwest::Client,
    settings: TransportSettings,
}

impl Transport {
    pub(crate) fn new(settings: TransportSettings) -> Result<Self, Error> {
        let builder = || {
            reqwest::Client::builder()
                .user_agent(settings.user_agent.as_str())
                .connect_timeout(settings.connect_timeout)
                .redirect(reqwest::redirect::Policy::none())
        };
        #[cfg(feature = "_rustls")]
        let tls = super::tls::config()?;
        #[cfg(feature = "_rustls")]
        let builder = || builder().tls_backend_preconfigured(tls.clone());
        let failed = |error| {
            Error::configuration(
                "user_agent",
                format!("cannot set up the HTTP client: {error}"),
            )
        };
        #[cfg(test)]
        if settings.network.is_some() {
            let build = || builder().build().expect("the settings are valid");
            let client = TestNetwork::idle_client(build);
            return Ok(Self {
                client: client.clone(),
                #[cfg(feature = "websocket")]
                http1: client,
                settings,
            });
        }
        Ok(Self {
            client: builder().build().map_err(failed)?,
            #[cfg(feature = "websocket")]
            http1: builder().http1_only().build().map_err(failed)?,
            settings,
        })
    }

    /// Sends a request, follows redirects within its origin, and reads the whole response.
    pub(crate) async fn send(
        &self,
        endpoint: &'static str,
        request: http::Request<Body>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let progress = Arc::new(UploadProgress::default());
        let mut response = pin!(self.send_and_read(endpoint, request, token, &progress));
        loop {
            // While a file is being uploaded, the timeout counts from its last bytes.
            let sent = progress.sent();
            match tokio::time::timeout(timeout, &mut response).await {
                Ok(response) => return response,
                Err(_) if progress.sent() > sent => {}
                Err(_) => return Err(Error::timeout(endpoint, TimeoutSetting::Attempt, timeout)),
            }
        }
    }

    async fn send_and_read(
        &self,
        endpoint: &'static str,
        request: http::Request<Body>,
        token: Option<&SecretString>,
        progress: &Arc<UploadProgress>,
    ) -> Result<RawResponse, Error> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|error| Error::internal(error.to_string()))?;
        let authorization = token.map(bearer).transpose()?;
        let method = parts.method;
        let send = |url: &Url| {
            let cannot_repeat = (!body.can_be_sent()).then(|| {
                let reason = "the file is read from a stream, which cannot be sent again";
                redirect_error(endpoint, url, reason)
            });
            let mut request = self
                .client
                .request(method.clone(), url.clone())
                .headers(parts.headers.clone())
                .body(body.to_reqwest(progress));
            if let Some(authorization) = &authorization {
                request = request.header(header::AUTHORIZATION, authorization);
            }
            let host = url.host_str().map(str::to_owned);
            async move {
                if let Some(error) = cannot_repeat {
                    return Err(error);
                }
                self.execute(request).await.map_err(|error| {
                    if let Some(failure) = progress.take_error() {
                        failure
                    } else if error.is_connect() && error.is_timeout() {
                        let limit = self.settings.connect_timeout;
                        Error::timeout(endpoint, TimeoutSetting::Connect, limit)
                    } else {
                        network_error(endpoint, host.as_deref(), error)
                    }
                })
            }
        };
        let response = follow(endpoint, RedirectRule::SameOrigin, &method, url, send).await;
        let response = response.map_err(|error| without_token(error, token))?;
        let response = self.read(endpoint, response).await;
        response.map_err(|error| mention_success_of_write(&method, error))
    }

    /// Sends a request and returns the response as soon as its headers have arrived. Does not follow
    /// redirects.
    pub(crate) async fn open(
        &self,
        endpoint: &'static str,
        request: http::Request<Bytes>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        self.open_with(&self.client, endpoint, request, token, timeout)
            .await
    }

    /// Like [`open`](Self::open), but over HTTP/1.1, which can be upgraded to a WebSocket.
    #[cfg(feature = "websocket")]
    pub(crate) async fn open_http1(
        &self,
        endpoint: &'static str,
        request: http::Request<Bytes>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        self.open_with(&self.http1, endpoint, request, token, timeout)
            .await
    }

    async fn open_with(
        &self,
        client: &reqwest::Client,
        endpoint: &'static str,
        request: http::Request<Bytes>,
        token: Option<&SecretString>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        let host = request.uri().host().map(str::to_owned);
        let failed = |error| network_error(endpoint, host.as_deref(), error);
        let mut request = reqwest::Request::try_from(request).map_err(failed)?;
        if let Some(token) = token {
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, bearer(token)?);
        }
        let request = reqwest::RequestBuilder::from_parts(client.clone(), request);
        match tokio::time::timeout(timeout, self.execute(request)).await {
            Ok(response) => response.map_err(failed),
            Err(_) => Err(Error::timeout(endpoint, TimeoutSetting::Attempt, timeout)),
        }
    }

    async fn execute(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, reqwest::Error> {
        #[cfg(test)]
        if let Some(network) = &self.settings.network {
            return network.execute(request.build()?).await;
        }
        request.send().await
    }

    /// Reads the body of a response that [`open`](Self::open) returned.
    pub(crate) async fn read_opened(
        &self,
        endpoint: &'static str,
        response: reqwest::Response,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let read = tokio::time::timeout(timeout, self.read(endpoint, response)).await;
        read.map_err(|_| Error::timeout(endpoint, TimeoutSetting::Attempt, timeout))?
    }

    /// Reads the whole body, or the start of that of an error response.
    async fn read(
        &self,
        endpoint: &'static str,
        mut response: reqwest::Response,
    ) -> Result<RawResponse, Error> {
        let TransportSettings {
            read_timeout,
            max_body,
            ..
        } = self.settings;
        let (status, headers) = (response.status(), response.headers().clone());
        let limit = BodyLimit::new(status, max_body);
        let body = read_body(&mut response, limit, read_timeout).await;
        let body = body.map_err(|error| match error {
            ReadError::TooLarge(max) => Error::Body {
                endpoint,
                status,
                reason: format!("it is larger than {max} bytes; raise the limit with `max_body`"),
                source: None,
            },
            ReadError::TimedOut => Error::timeout(endpoint, TimeoutSetting::Read, read_timeout),
            ReadError::Failed(error) => body_error(endpoint, status, error),
        })?;
        Ok(RawResponse {
            headers,
            ..RawResponse::new(status, body)
        })
    }
}

/// Redacts the access token in the location of a redirect: servers repeat what they receive.
fn without_token(mut error: Error, token: Option<&SecretString>) -> Error {
    if let Error::Redirect { location, .. } = &mut error {
        *location = KnownSecrets::new(token.cloned().into_iter().collect()).redact(location);
    }
    error
}

/// Returns the value of the `Authorization` header.
fn bearer(token: &SecretString) -> Result<HeaderValue, Error> {
    token_value(&format!("Bearer {}", token.expose()))
}

/// Returns the value of a header that contains the access token.
pub(crate) fn token_value(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Error::configuration(
            "access_token",
            "the access token contains characters that are not allowed in a header",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
