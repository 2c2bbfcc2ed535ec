//! Follows redirects. A request that contains secrets is redirected only within its origin.

use http::{StatusCode, header};
use url::Url;

use crate::error::Error;

/// Maximum number of redirects.
const MAX_REDIRECTS: usize = 5;

/// Where a request may be redirected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectRule {
    /// Only within its origin: the request contains secrets.
    SameOrigin,
    /// To any host, but never from https to http: the request contains no secrets.
    AnyHost,
}

impl RedirectRule {
    fn check(self, endpoint: &'static str, from: &Url, to: &Url) -> Result<(), Error> {
        match self {
            Self::SameOrigin if to.origin() != from.origin() => Err(Error::network(
                endpoint,
                format!(
                    "the server redirects to {}, another host, which must not receive secrets; use that address if you trust it",
                    to.origin().ascii_serialization()
                ),
            )),
            Self::AnyHost
                if !matches!(to.scheme(), "http" | "https")
                    || from.scheme() == "https" && to.scheme() != "https" =>
            {
                Err(Error::network(
                    endpoint,
                    "the host redirects to an address that is not encrypted",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Sends a request and follows its redirects.
///
/// `send` receives the URL, and the status of the redirect that led there.
pub(crate) async fn follow<F, E>(
    endpoint: &'static str,
    rule: RedirectRule,
    start: Url,
    mut send: impl FnMut(&Url, Option<StatusCode>) -> F,
) -> Result<reqwest::Response, E>
where
    F: Future<Output = Result<reqwest::Response, E>>,
    E: From<Error>,
{
    let (mut url, mut redirected_by) = (start, None);
    for _ in 0..=MAX_REDIRECTS {
        let response = send(&url, redirected_by).await?;
        let Some(target) = location(&response, &url) else {
            return Ok(response);
        };
        rule.check(endpoint, &url, &target)?;
        (url, redirected_by) = (target, Some(response.status()));
    }
    let reason = format!("the server redirected more than {MAX_REDIRECTS} times");
    Err(Error::network(endpoint, reason).into())
}

/// Returns the target of a redirect; `None` if the response is not one.
pub(crate) fn location(response: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}
