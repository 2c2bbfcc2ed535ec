//! Follows redirects. A request that contains secrets is redirected only within its origin.

use std::borrow::Cow;

use http::{Method, StatusCode, header};
use url::Url;

use crate::error::{EndpointName, Error};

/// Maximum number of redirects.
const MAX_REDIRECTS: usize = 5;

/// Maximum number of characters of a URL in an error.
const MAX_LOCATION_LEN: usize = 100;

/// Where a request may be redirected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectRule {
    /// Only within its origin: the request contains secrets.
    SameOrigin,
    /// To any host, but never from https to http: the request contains no secrets.
    AnyHost,
}

impl RedirectRule {
    fn check(self, endpoint: &EndpointName, from: &Url, to: &Url) -> Result<(), Error> {
        match self {
            Self::SameOrigin if to.origin() != from.origin() => {
                let other = match (to.host() == from.host(), to.scheme() == from.scheme()) {
                    (false, _) => "host",
                    (true, false) => "scheme",
                    (true, true) => "port",
                };
                let reason = format!(
                    "another {other}, which must not receive secrets; use the base URL {} if you trust it",
                    to.origin().ascii_serialization()
                );
                Err(redirect_error(endpoint.clone(), to, reason))
            }
            Self::AnyHost
                if !matches!(to.scheme(), "http" | "https")
                    || from.scheme() == "https" && to.scheme() != "https" =>
            {
                Err(redirect_error(
                    endpoint.clone(),
                    to,
                    "this address is not encrypted",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Creates the error of a redirect that is not followed. The location contains neither user information nor a query,
/// which may contain secrets.
pub(crate) fn redirect_error(
    endpoint: impl Into<EndpointName>,
    to: &Url,
    reason: impl Into<String>,
) -> Error {
    let path = if to.cannot_be_a_base() { "" } else { to.path() };
    let whole = to.origin().ascii_serialization() + path;
    let mut location: String = whole.chars().take(MAX_LOCATION_LEN).collect();
    if location.len() < whole.len() {
        location.push('…');
    }
    Error::Redirect {
        endpoint: endpoint.into(),
        location,
        reason: reason.into(),
    }
}

/// Returns whether a request with this method can be sent to the target of a redirect with this status. By 301, 302
/// and 303, clients change a POST to a GET, which does something else.
fn keeps_method(method: &Method, status: StatusCode) -> bool {
    matches!(*method, Method::GET | Method::HEAD) || matches!(status.as_u16(), 307 | 308)
}

/// Creates the error of a redirect that would change the method of the request.
fn changed_method_error(
    endpoint: EndpointName,
    (method, status): (&Method, StatusCode),
    (from, to): (&Url, &Url),
) -> Error {
    let status = status.as_u16();
    let reason = if status == 303 {
        format!(
            "the server may have carried out the {method}, but its response is at another URL (303)"
        )
    } else if to.origin() != from.origin() && to.path() == from.path() {
        let origin = to.origin().ascii_serialization();
        format!(
            "a {method} is not repeated there ({status}), and was not carried out; use the base URL {origin}"
        )
    } else {
        format!(
            "a {method} is not repeated there ({status}), and was not carried out; check the base URL"
        )
    };
    redirect_error(endpoint, to, reason)
}

/// Sends a request and follows its redirects.
///
/// The method and the body stay the same.
pub(crate) async fn follow<F, E>(
    endpoint: EndpointName,
    rule: RedirectRule,
    method: &Method,
    start: &Url,
    mut send: impl FnMut(&Url) -> F,
) -> Result<reqwest::Response, E>
where
    F: Future<Output = Result<reqwest::Response, E>>,
    E: From<Error>,
{
    let mut url = Cow::Borrowed(start);
    for _ in 0..=MAX_REDIRECTS {
        let response = send(&url).await?;
        let Some(target) = location(&response, &url) else {
            return Ok(response);
        };
        let status = response.status();
        if !keeps_method(method, status) {
            return Err(changed_method_error(endpoint, (method, status), (&url, &target)).into());
        }
        rule.check(&endpoint, &url, &target)?;
        url = Cow::Owned(target);
    }
    let reason = format!("it redirected more than {MAX_REDIRECTS} times; check the base URL");
    Err(redirect_error(endpoint, &url, reason).into())
}

/// Returns the target of a redirect; `None` if the response is not one.
pub(crate) fn location(response: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}
