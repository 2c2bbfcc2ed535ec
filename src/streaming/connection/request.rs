//! Requests that open a stream.

use bytes::Bytes;
use http::{Method, Uri};
use url::Url;

use crate::call::core::Core;
use crate::call::endpoint::Endpoint;
use crate::error::Error;
use crate::http::access_token::AccessToken;
use crate::http::redirect::{RedirectRule, follow};
use crate::http::transport::open::HttpVersion;

/// Sends a request and follows its redirects within the origin: the request contains the access token. Only the
/// [host](super::host) of streams may be another one than that of the server.
pub(super) async fn open(
    core: &Core,
    endpoint: &'static Endpoint,
    request: http::Request<Bytes>,
    token: Option<&AccessToken>,
    version: HttpVersion,
) -> Result<reqwest::Response, Error> {
    let invalid = |error: String| Error::internal(error);
    let url = Url::parse(&request.uri().to_string()).map_err(|error| invalid(error.to_string()))?;
    let (parts, body) = request.into_parts();
    let send = |url: &Url| {
        let uri = url.as_str().parse::<Uri>();
        let mut request = http::Request::new(body.clone());
        *request.method_mut() = parts.method.clone();
        *request.headers_mut() = parts.headers.clone();
        async move {
            *request.uri_mut() = uri.map_err(|error| invalid(error.to_string()))?;
            let (name, timeout) = (endpoint.name, core.settings.timeout);
            let opened = core.transport.open(version, name, request, token, timeout);
            opened.await
        }
    };
    follow(
        endpoint.name.into(),
        RedirectRule::SameOrigin,
        &Method::GET,
        &url,
        send,
    )
    .await
}
