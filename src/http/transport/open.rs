//! Responses that are read while they arrive: those of streams.

use std::time::Duration;

use bytes::Bytes;

use super::{Recipient, Transport};
use crate::error::{Error, TimeoutSetting};
use crate::http::RawResponse;
use crate::http::access_token::AccessToken;

/// HTTP versions of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpVersion {
    Any,
    /// HTTP/1.1, which can be upgraded to a WebSocket.
    #[cfg(feature = "websocket")]
    Http1,
}

impl Transport {
    /// Sends a request and returns the response as soon as its headers have arrived. Does not follow
    /// redirects.
    pub(crate) async fn open(
        &self,
        version: HttpVersion,
        endpoint: &'static str,
        request: http::Request<Bytes>,
        token: Option<&AccessToken>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Error> {
        let client = match version {
            HttpVersion::Any => &self.client,
            #[cfg(feature = "websocket")]
            HttpVersion::Http1 => &self.http1,
        };
        let failed = |error| self.network_error(endpoint, error);
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
        mut response: reqwest::Response,
        timeout: Duration,
    ) -> Result<RawResponse, Error> {
        let read = tokio::time::timeout(timeout, self.read(&endpoint.into(), &mut response)).await;
        read.map_err(|_| Error::timeout(endpoint, TimeoutSetting::Attempt, timeout))?
    }
}
