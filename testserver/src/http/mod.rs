//! What Mastodon does with every request and response, regardless of the endpoint: request IDs, formats of errors, caching.

mod caching;
mod error_pages;
mod throttled_address;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, header};

use crate::response::Response;

pub(crate) use caching::{add_cache_headers, add_etag};
pub(crate) use error_pages::{error_page, wants_json};
pub(crate) use throttled_address::throttled_address;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Maximum length of a request ID of a client.
const MAX_REQUEST_ID: usize = 255;

/// Headers of a request that change the response, whatever the endpoint is.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientHeaders {
    pub(crate) accept: Option<String>,
    pub(crate) accept_language: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) has_authorization: bool,
    request_id: Option<String>,
}

impl ClientHeaders {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            (!value.trim().is_empty()).then(|| value.to_owned())
        };
        Self {
            accept: text(header::ACCEPT),
            accept_language: text(header::ACCEPT_LANGUAGE),
            if_none_match: text(header::IF_NONE_MATCH),
            has_authorization: headers.contains_key(header::AUTHORIZATION),
            request_id: text(REQUEST_ID),
        }
    }

    /// Returns the request ID of the client without the characters that are not allowed; `None` if it sent none.
    fn request_id(&self) -> Option<String> {
        let is_allowed = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
        let id: String = self
            .request_id
            .as_ref()?
            .chars()
            .filter(is_allowed)
            .take(MAX_REQUEST_ID)
            .collect();
        (!id.is_empty()).then_some(id)
    }
}

/// Source of request IDs. They have the form of a UUID and are numbered, so that the runs of a test are equal.
#[derive(Debug, Default)]
pub(crate) struct RequestIds(AtomicU64);

impl RequestIds {
    fn next(&self) -> String {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        format!("00000000-0000-4000-8000-{number:012x}")
    }

    /// Adds the request ID to a response: that of the client, or a new one.
    pub(crate) fn add_to(&self, response: &mut Response, client: &ClientHeaders) {
        let id = client.request_id().unwrap_or_else(|| self.next());
        response.headers.push((REQUEST_ID, id));
    }
}
