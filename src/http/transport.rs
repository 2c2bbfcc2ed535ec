//! HTTP transport: connections, TLS, proxies, timeouts, and the maximum size of responses.

#[cfg(feature = "streaming")]
pub(crate) mod open;

use std::fmt;
use std::mem::take;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header;
use url::Url;

use super::RawResponse;
use super::access_token::AccessToken;
use super::body::UploadProgress;
use super::default_headers::DefaultHeaders;
use super::hooks::{Attempt, Hooks, Observation};
use super::network_error::{body_error, mention_success_of_write, request_error, root_cause};
use super::outgoing::Outgoing;
use super::proxy::ProxySetting;
use super::read::{BodyLimit, ReadError, read_body};
use super::redirect::{RedirectRule, follow, redirect_error};
#[cfg(test)]
use super::test_network::TestNetwork;
use super::tls::{RootCertificates, Tls};
use crate::error::{EndpointName, Error, TimeoutSetting};
use crate::redact::KnownSecrets;

/// Settings of the transport.
#[derive(Clone, Debug)]
pub(crate) struct TransportSettings {
    pub(crate) user_agent: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Maximum size of a response in bytes.
    pub(crate) max_body: usize,
    pub(crate) headers: DefaultHeaders,
    pub(crate) proxy: ProxySetting,
    pub(crate) root_certificates: RootCertificates,
    pub(crate) customize: Option<Customize>,
    pub(crate) hooks: Hooks,
    #[cfg(test)]
    pub(crate) network: Option<TestNetwork>,
}

/// Settings of the application for the HTTP client.
#[derive(Clone)]
pub(crate) struct Customize(
    pub(crate) Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>,
);

impl fmt::Debug for Customize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Customize(..)")
    }
}

impl TransportSettings {
    /// Fails if requests to a server would go through a proxy that this build does not support.
    pub(crate) fn check_proxy(&self, server: &Url) -> Result<(), Error> {
        match self.customize {
            // It may set another proxy.
            Some(_) => Ok(()),
            None => self.proxy.check(server),
        }
    }

    /// Returns the builder of an HTTP client with these settings. The settings of the application cannot change how
    /// redirects are followed and certificates are checked.
    fn client_builder(&self, tls: &Tls) -> Result<reqwest::ClientBuilder, Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(self.user_agent.as_str())
            .connect_timeout(self.connect_timeout);
        builder = self.proxy.apply(builder)?;
        if let Some(Customize(customize)) = &self.customize {
            builder = customize(builder);
        }
        builder = builder.redirect(reqwest::redirect::Policy::none());
        Ok(tls.apply(builder))
    }

    /// Returns the error of an HTTP client that cannot be built.
    fn build_error(&self, error: &reqwest::Error) -> Error {
        let setting = if self.customize.is_some() {
            "http_client"
        } else {
            "user_agent"
        };
        let cause = root_cause(error);
        Error::configuration(
            setting,
            format!("`{setting}`: cannot set up the HTTP client: {cause}"),
        )
    }
}

/// Sends requests and reads responses.
#[derive(Debug)]
pub(crate) struct Transport {
    client: reqwest::Client,
    /// For WebSockets, because an HTTP/2 connection cannot be upgraded.
    #[cfg(feature = "websocket")]
    http1: reqwest::Client,
    settings: TransportSettings,
}

/// Whether a request is one to the server of the client. Requests to other hosts contain no headers of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Server,
    OtherHost,
}

impl Transport {
    pub(crate) fn new(settings: TransportSettings) -> Result<Self, Error> {
        settings.headers.check()?;
        #[cfg(test)]
        if settings.network.is_some() {
            let build = || {
                let tls = settings.root_certificates.load()?;
                let builder = settings.client_builder(&tls)?;
                builder
                    .build()
                    .map_err(|error| settings.build_error(&error))
            };
            let client = TestNetwork::idle_client(|| build().expect("the settings are valid"));
            return Ok(Self {
                client: client.clone(),
                #[cfg(feature = "websocket")]
                http1: client,
                settings,
            });
        }
        let tls = settings.root_certificates.load()?;
        let failed = |error| settings.build_error(&error);
        Ok(Self {
            client: settings.client_builder(&tls)?.build().map_err(failed)?,
            #[cfg(feature = "websocket")]
            http1: settings
                .client_builder(&tls)?
                .http1_only()
                .build()
                .map_err(failed)?,
            settings,
        })
    }

    /// Sends a request, follows redirects within its origin, and reads the whole response.
    pub(crate) async fn send(
        &self,
        attempt: &Attempt,
        request: &Outgoing,
        token: Option<&AccessToken>,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let progress = Arc::new(UploadProgress::default());
        let observation = Mutex::new(Observation::default());
        let result = {
            let sending = self.send_and_read(attempt, request, token, &progress, &observation);
            let mut response = pin!(sending);
            loop {
                // While a file is being uploaded, the timeout counts from its last bytes.
                let sent = progress.sent();
                match tokio::time::timeout(timeout, &mut response).await {
                    Ok(response) => break response,
                    Err(_) if progress.sent() > sent => {}
                    Err(_) => {
                        let endpoint = attempt.endpoint.clone();
                        break Err(Error::timeout(endpoint, TimeoutSetting::Attempt, timeout));
                    }
                }
            }
        };
        let observation = observation
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        observation.finish(result.as_ref().err());
        result
    }

    async fn send_and_read(
        &self,
        attempt: &Attempt,
        request: &Outgoing,
        token: Option<&AccessToken>,
        progress: &Arc<UploadProgress>,
        observation: &Mutex<Observation>,
    ) -> Result<RawResponse, Error> {
        let Outgoing {
            method,
            url,
            headers,
            body,
        } = request;
        let observed = || observation.lock().unwrap_or_else(PoisonError::into_inner);
        let send = |url: &Url| {
            let cannot_repeat = (!body.can_be_sent()).then(|| {
                let reason = "the file is read from a stream, which cannot be sent again";
                redirect_error(attempt.endpoint.clone(), url, reason)
            });
            let mut request = reqwest::Request::new(method.clone(), url.clone());
            request.headers_mut().clone_from(headers);
            *request.body_mut() = Some(body.to_reqwest(progress));
            async move {
                if let Some(error) = cannot_repeat {
                    return Err(error);
                }
                let started = self.start(attempt, &mut request, token, Recipient::Server)?;
                *observed() = started;
                let sent = self.execute(&self.client, request).await;
                let response = sent.map_err(|error| {
                    let endpoint = attempt.endpoint.clone();
                    if let Some(failure) = progress.take_error() {
                        failure
                    } else if error.is_connect() && error.is_timeout() {
                        let limit = self.settings.connect_timeout;
                        Error::timeout(endpoint, TimeoutSetting::Connect, limit)
                    } else {
                        self.network_error(endpoint, error)
                    }
                })?;
                observed().record_head(&response);
                Ok(response)
            }
        };
        let endpoint = attempt.endpoint.clone();
        let response = follow(endpoint, RedirectRule::SameOrigin, method, url, send).await;
        let mut response = response.map_err(|error| without_token(error, token))?;
        let response = self.read(attempt, &mut response).await;
        response.map_err(|error| mention_success_of_write(method, error))
    }

    /// Completes a request before it is sent: with the headers of the application, those of its callbacks, and the access
    /// token. Starts observing it.
    fn start(
        &self,
        attempt: &Attempt,
        request: &mut reqwest::Request,
        token: Option<&AccessToken>,
        recipient: Recipient,
    ) -> Result<Observation, Error> {
        let authorization = token.map(AccessToken::authorization).transpose()?;
        if recipient == Recipient::Server {
            self.settings.headers.add_to(request.headers_mut());
        }
        let hooks = &self.settings.hooks;
        let secret = token.map(AccessToken::secret);
        hooks.before(attempt, request, secret)?;
        if let Some(authorization) = authorization {
            let headers = request.headers_mut();
            headers.insert(header::AUTHORIZATION, authorization);
        }
        Ok(hooks.observe(attempt, request, secret))
    }

    /// Sends a request without an access token, and returns the response as soon as its headers have arrived. Does not
    /// follow redirects. The caller limits the time.
    pub(crate) async fn get(
        &self,
        attempt: &Attempt,
        mut request: reqwest::Request,
        recipient: Recipient,
    ) -> Result<reqwest::Response, Error> {
        let mut observation = self.start(attempt, &mut request, None, recipient)?;
        let sent = self.execute(&self.client, request).await;
        let sent = sent
            .map_err(|error| self.network_error(attempt.endpoint.clone(), error))
            .inspect(|response| observation.record_head(response));
        observation.finish(sent.as_ref().err());
        sent
    }

    fn network_error(&self, endpoint: impl Into<EndpointName>, error: reqwest::Error) -> Error {
        let settings = &self.settings;
        let url = error.url().filter(|_| settings.customize.is_none());
        let proxy = url.and_then(|url| settings.proxy.advice(url));
        request_error(endpoint, error, proxy)
    }

    async fn execute(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
    ) -> Result<reqwest::Response, reqwest::Error> {
        #[cfg(test)]
        if let Some(network) = &self.settings.network {
            return network.execute(request).await;
        }
        client.execute(request).await
    }

    /// Reads the whole body, or the start of that of an error response.
    async fn read(
        &self,
        attempt: &Attempt,
        response: &mut reqwest::Response,
    ) -> Result<RawResponse, Error> {
        let TransportSettings {
            read_timeout,
            max_body,
            ..
        } = self.settings;
        let (status, headers) = (response.status(), take(response.headers_mut()));
        let limit = BodyLimit::new(status, max_body);
        let endpoint = || attempt.endpoint.clone();
        let body = read_body(response, limit, read_timeout).await;
        let body = body.map_err(|error| match error {
            ReadError::TooLarge(max) => Error::Body {
                endpoint: endpoint(),
                status,
                reason: format!("it is larger than {max} bytes; raise the limit with `max_body`"),
                source: None,
            },
            ReadError::TimedOut => Error::timeout(endpoint(), TimeoutSetting::Read, read_timeout),
            ReadError::Failed(error) => body_error(endpoint(), status, error),
        })?;
        Ok(RawResponse {
            headers,
            ..RawResponse::new(status, body)
        })
    }
}

/// Redacts the access token in the location of a redirect: servers repeat what they receive.
fn without_token(mut error: Error, token: Option<&AccessToken>) -> Error {
    if let Error::Redirect { location, .. } = &mut error {
        let secrets = token.map(|token| token.secret().clone());
        *location = KnownSecrets::new(secrets.into_iter().collect()).redact(location);
    }
    error
}
