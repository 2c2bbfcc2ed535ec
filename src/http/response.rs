//! Responses before they are decoded.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mastodon_types::__private::char_boundary;

use crate::redact::{KnownSecrets, RedactedHeaders, redact};

/// An HTTP response before it is decoded: status, headers, body.
///
/// The `raw` method of a call returns it.
///
/// `Debug` prints the length of the body instead of its content, which may be secret, and headers without the secrets
/// that a server repeats in them.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Bytes,
    /// Secrets of the request, which errors about the response must not contain.
    pub(crate) secrets: KnownSecrets,
    /// Whether entities keep the fields that this version of the SDK does not know.
    pub(crate) keep_unknown_fields: bool,
    /// How the request was authorized, for the advice in errors.
    pub(crate) authorization: Authorization,
}

/// How a request was authorized, and what its endpoint requires.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Authorization {
    /// Whether the request contained an access token, if that is known.
    pub(crate) has_token: Option<bool>,
    /// OAuth scopes of the endpoint. The access token needs one of them.
    pub(crate) scopes: &'static [&'static str],
}

/// Maximum length of an excerpt in bytes.
const MAX_EXCERPT_LEN: usize = 512;

/// Maximum number of bytes before and after an offset in which secrets are searched for.
const MAX_WINDOW_LEN: usize = 64 << 10;

impl RawResponse {
    pub(crate) fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            secrets: KnownSecrets::default(),
            keep_unknown_fields: false,
            authorization: Authorization::default(),
        }
    }

    /// Replaces the secrets in a part of the body.
    pub(crate) fn redact(&self, text: &str) -> String {
        redact(&self.secrets.redact(text))
    }

    /// Returns a bounded part of the body around an offset, for errors. Secrets are redacted before the body is
    /// cut, so that no part of a secret remains.
    pub(crate) fn excerpt(&self, around: usize) -> String {
        let around = around.min(self.body.len());
        let start = window_start(&self.body, around);
        let end = self.body.len().min(around + MAX_WINDOW_LEN);
        let redacted = |bytes: &[u8]| self.redact(&String::from_utf8_lossy(bytes));
        let before = redacted(&self.body[start..around]);
        let whole = redacted(&self.body[start..end]);
        let from = char_boundary(&whole, before.len().saturating_sub(MAX_EXCERPT_LEN / 2));
        let to = char_boundary(&whole, from + MAX_EXCERPT_LEN);
        whole[from..to].trim().to_owned()
    }
}

/// Returns where the search for secrets around an offset starts: outside a string, since the name of a secret stands
/// in front of it.
fn window_start(body: &[u8], around: usize) -> usize {
    let earliest = around.saturating_sub(MAX_WINDOW_LEN);
    if earliest == 0 {
        return 0;
    }
    let (mut is_string, mut is_escaped) = (false, false);
    for (at, byte) in body[..around].iter().enumerate() {
        if at >= earliest && !is_string {
            return at;
        }
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            _ => {}
        }
    }
    around
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &RedactedHeaders(&self.headers, &self.secrets))
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_bounded_and_contains_no_secret() {
        let excerpt = |body: String, around| RawResponse::new(StatusCode::OK, body).excerpt(around);
        let long = excerpt("é".repeat(2000), 1000);
        assert!(long.len() <= 512 && long.len() > 500);
        let token = "abc".repeat(200);
        for around in [0, 300, 500, 700] {
            let body = format!(r#"{{"access_token":"{token}","scope":"read"}}"#);
            let excerpt = excerpt(body, around);
            assert!(!excerpt.contains("abc"), "{excerpt}");
        }
    }

    #[test]
    fn an_excerpt_of_a_large_body_contains_no_secret() {
        let item = format!(
            r#"{{"x":"\\\"{}","access_token":"hunter2"}},"#,
            "y".repeat(100)
        );
        let body = format!("[{}", item.repeat(3000));
        let response = RawResponse::new(StatusCode::OK, body);
        for around in (150_000..150_400).step_by(7) {
            let excerpt = response.excerpt(around);
            assert!(
                excerpt.len() > 400 && !excerpt.contains("hunter"),
                "{excerpt}"
            );
        }
    }

    #[test]
    fn debug_output_contains_no_secret_that_a_server_repeats_in_a_header() {
        let mut response = RawResponse::new(StatusCode::OK, "hunter2");
        response.secrets = KnownSecrets::new(vec!["hunter2".into()]);
        let echo = http::HeaderValue::from_static("Bearer hunter2");
        response.headers.insert("x-echo", echo);
        let shown = format!("{response:?} {response:#?}");
        assert!(
            !shown.contains("hunter2") && shown.contains("x-echo"),
            "{shown}"
        );
    }
}
