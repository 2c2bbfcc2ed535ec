//! HTTP transport: connections, TLS, timeouts, and the maximum size of responses.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, StatusCode, header};
use url::Url;

use super::RawResponse;
use super::body::{Body, UploadProgress};
use super::redirect::{RedirectRule, follow, redirect_error};
#[cfg(test)]
use super::test_network::TestNetwork;
use crate::error::{Error, TimeoutSetting, any_cause, is_permanent};
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
        let tls = tls()?;
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
        let response = follow(endpoint, RedirectRule::SameOrigin, &method, url, send).await?;
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

    /// Reads the whole body.
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
        // A body that arrives in one chunk, as most do, is not copied.
        let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
        while let Some(chunk) = tokio::time::timeout(read_timeout, response.chunk())
            .await
            .map_err(|_| Error::timeout(endpoint, TimeoutSetting::Read, read_timeout))?
            .map_err(|error| body_error(endpoint, status, error))?
        {
            if first.len() + joined.len() + chunk.len() > max_body {
                return Err(Error::Body {
                    endpoint,
                    status,
                    reason: format!(
                        "it is larger than {max_body} bytes; raise the limit with `max_body`"
                    ),
                    source: None,
                });
            }
            if first.is_empty() && joined.is_empty() {
                first = chunk;
            } else {
                joined.extend_from_slice(&std::mem::take(&mut first));
                joined.extend_from_slice(&chunk);
            }
        }
        let body = if joined.is_empty() {
            first
        } else {
            joined.freeze()
        };
        Ok(RawResponse {
            headers,
            ..RawResponse::new(status, body)
        })
    }
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

/// Converts an error of reqwest. Its URL is removed, since it may contain secrets.
pub(crate) fn network_error(
    endpoint: &'static str,
    host: Option<&str>,
    error: reqwest::Error,
) -> Error {
    let error = error.without_url();
    let mut reason = root_cause(&error);
    if error.is_connect() {
        let host = host.unwrap_or_default();
        let advice = if is_permanent(&error) {
            "check the certificate of the server and the root certificates of this machine"
        } else {
            "check its name and your network"
        };
        reason = format!("cannot connect to {host}: {reason}; {advice}");
    }
    Error::Network {
        endpoint,
        reason,
        source: Some(Box::new(error)),
    }
}

/// Converts an error of reading a body: the connection was lost, or the body cannot be decompressed.
fn body_error(endpoint: &'static str, status: StatusCode, error: reqwest::Error) -> Error {
    if !is_decompression_error(&error) {
        return network_error(endpoint, None, error);
    }
    let error = error.without_url();
    Error::Body {
        endpoint,
        status,
        reason: format!("it cannot be decompressed: {}", root_cause(&error)),
        source: Some(Box::new(error)),
    }
}

/// Mentions in the error of an unreadable body that the server has carried out the call, so that it is not repeated.
fn mention_success_of_write(method: &Method, mut error: Error) -> Error {
    if let Error::Body { status, reason, .. } = &mut error
        && status.is_success()
        && *method != Method::GET
    {
        reason.push_str("; the server has carried out the call");
    }
    error
}

/// Returns whether a body cannot be decompressed. The decoder returns errors of invalid data, and an error without
/// an inner one if the data ends early. An error of the connection has an inner error or a number of the operating
/// system.
fn is_decompression_error(error: &reqwest::Error) -> bool {
    any_cause(error, &|cause| {
        let Some(error) = cause.downcast_ref::<io::Error>() else {
            return false;
        };
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => true,
            io::ErrorKind::UnexpectedEof => {
                error.get_ref().is_none() && error.raw_os_error().is_none()
            }
            _ => false,
        }
    })
}

/// Returns the message of the last error in a chain of sources.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(deeper) = deepest.source() {
        deepest = deeper;
    }
    deepest.to_string()
}

/// Returns the TLS configuration of this client. The process-wide provider is neither needed nor changed.
#[cfg(feature = "_rustls")]
fn tls() -> Result<rustls::ClientConfig, Error> {
    use rustls_platform_verifier::BuilderVerifierExt;

    #[cfg(feature = "rustls-aws-lc")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "rustls-aws-lc"))]
    let provider = rustls::crypto::ring::default_provider();
    let failed = |error: rustls::Error| Error::internal(format!("cannot set up TLS: {error}"));
    Ok(
        rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_platform_verifier()
            .map_err(failed)?
            .with_no_client_auth(),
    )
}
