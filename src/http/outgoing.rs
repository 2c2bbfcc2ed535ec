//! Requests before they are sent.

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use super::body::Body;
use crate::error::Error;

/// Maximum length of a URL in bytes that the HTTP client can send.
pub(crate) const MAX_URL_LEN: usize = 65_534;

/// A request without the access token and the headers of the application. It can be sent several times.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Outgoing {
    /// Returns the request with its files in memory. Blocks on disk access.
    pub(crate) fn into_http(self) -> Result<http::Request<Bytes>, Error> {
        let mut request = http::Request::new(self.body.load()?);
        let uri = self.url.as_str().parse();
        *request.uri_mut() = uri.map_err(|error: http::uri::InvalidUri| {
            Error::internal(format!("the URL is not valid: {error}"))
        })?;
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        Ok(request)
    }
}
