//! Responses that are read while they arrive: those of streams.

use std::time::Duration;

use bytes::Bytes;
use mastodon_types::SecretString;

use super::{Recipient, Transport};
use crate::error::{Error, TimeoutSetting};
use crate::http::RawResponse;

impl Transport {
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
        let failed = |error| self.network_error(endpoint, host.as_deref(), error);
        let mut request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut observation =
            self.start(&endpoint.into(), &mut request, token, Recipient::Server)?;
        let opened = match tokio::time::timeout(timeout, self.execute(client, request)).await {
            Ok(response) => response.map_err(failed),
            Err(_) => Err(Error::timeout(endpoint, TimeoutSetting::Attempt, timeout)),
        };
        let opened = opened.inspect(|response| observation.record_head(response));
        observation.finish(opened.as_ref().err());
        opened
    }

    /// Reads the body of a response that [`open`](Self::open) returned.
    pub(crate) async fn read_opened(
        &self,
        endpoint: &'static str,
        response: reqwest::Response,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let read = tokio::time::timeout(timeout, self.read(&endpoint.into(), response)).await;
        read.map_err(|_| Error::timeout(endpoint, TimeoutSetting::Attempt, timeout))?
    }
}
