//! Decoded responses with their status, headers and rate limit.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, StatusCode};
use jiff::Timestamp;
use mastodon_types::json::{Problem, RejectedItem};

use super::sealed::Converted;
use crate::http::headers::{header_str, http_date};
use crate::http::rate_limit::RateLimitStatus;
use crate::redact::{KnownSecrets, RedactedHeaders};

/// A decoded response with its status, headers and rate limit.
///
/// `Debug` prints headers without the secrets that a server repeats in them.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// let response = mastodon.status("1").response().await?;
/// println!("{}: {}", response.status, response.value.content);
/// # Ok(())
/// # }
/// ```
#[doc(alias("headers", "status code"))]
#[derive(Clone)]
#[non_exhaustive]
pub struct Response<T> {
    /// The decoded body.
    pub value: T,
    /// HTTP status. A few methods have more than one successful status; their documentation lists them.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// Rate limit that the headers report, if any.
    pub rate_limit_status: Option<RateLimitStatus>,
    problems: Vec<Problem>,
    rejected: Vec<RejectedItem>,
    /// Secrets of the request, which `Debug` does not print.
    secrets: KnownSecrets,
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("headers", &RedactedHeaders(&self.headers, &self.secrets))
            .field("rate_limit_status", &self.rate_limit_status)
            .field("problems", &self.problems)
            .field("rejected", &self.rejected)
            .finish()
    }
}

impl<T> Response<T> {
    pub(crate) fn new(converted: Converted<T>, head: ResponseHead) -> Self {
        let ResponseHead {
            status,
            headers,
            secrets,
        } = head;
        Self {
            value: converted.value,
            status,
            rate_limit_status: RateLimitStatus::from_headers(&headers, false),
            headers,
            secrets,
            problems: converted.problems,
            rejected: converted.rejected,
        }
    }

    /// Returns the values in the body that differ from the documented types and were tolerated, at most 100.
    ///
    /// They are also logged with [`tracing`] at debug level.
    ///
    /// ```
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// let response = mastodon.timeline_home().response().await?;
    /// for problem in response.problems() {
    ///     println!("{problem}"); // [1].card.published_at: expected a date with time, found "57171-08-04"
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns the items that cannot be read and that the list in the body therefore lacks, at most 1,000.
    pub fn rejected(&self) -> &[RejectedItem] {
        &self.rejected
    }

    /// Returns the background job that the server started for this call, or `None` if there is none. When the
    /// job has finished, the same call returns more results. Since Mastodon 4.4.0.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/async_refreshes/>
    #[doc(alias("get_async_refresh_info"))]
    pub fn pending_refresh(&self) -> Option<PendingRefresh> {
        PendingRefresh::parse(header_str(&self.headers, "mastodon-async-refresh")?)
    }

    /// Returns the deprecation of the endpoint that the server announces; `None` if it announces none.
    pub fn deprecation(&self) -> Option<Deprecation> {
        Deprecation::from_headers(&self.headers)
    }
}

/// A response without its body.
pub(crate) struct ResponseHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) secrets: KnownSecrets,
}

/// A background job that the server started, such as fetching replies from other servers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingRefresh {
    /// ID of the job.
    pub id: String,
    /// Delay before its state should be requested. Default: 5 seconds.
    pub retry: Duration,
    /// Number of results so far, if the server counts them.
    pub result_count: Option<u64>,
}

impl PendingRefresh {
    /// Parses `id="…", retry=5, result_count=2`.
    fn parse(header: &str) -> Option<Self> {
        let field = |name: &str| {
            header.split(',').find_map(|part| {
                let (key, value) = part.trim().split_once('=')?;
                (key == name).then(|| value.trim_matches('"'))
            })
        };
        Some(Self {
            id: field("id").filter(|id| !id.is_empty())?.to_owned(),
            retry: Duration::from_secs(
                field("retry")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(5),
            ),
            result_count: field("result_count").and_then(|text| text.parse().ok()),
        })
    }
}

/// Deprecation of an endpoint, from the `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deprecation {
    /// Time of the deprecation, if announced.
    pub since: Option<Timestamp>,
    /// Time after which the endpoint may be removed, if announced.
    pub sunset: Option<Timestamp>,
}

static DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
static SUNSET: HeaderName = HeaderName::from_static("sunset");

impl Deprecation {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let sunset = header_str(headers, &SUNSET).and_then(http_date);
        let since = header_str(headers, &DEPRECATION);
        if since.is_none() && sunset.is_none() {
            return None;
        }
        let since = since
            .and_then(|text| text.strip_prefix('@')?.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some(Self { since, sunset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_job_is_parsed_from_its_header() {
        let pending = PendingRefresh::parse(r#"id="abc==", retry=3, result_count=2"#).unwrap();
        assert_eq!(pending.id, "abc==");
        assert_eq!(
            (pending.retry.as_secs(), pending.result_count),
            (3, Some(2))
        );
        let bare = PendingRefresh::parse(r#"id="abc""#).unwrap();
        assert_eq!((bare.retry.as_secs(), bare.result_count), (5, None));
        assert_eq!(PendingRefresh::parse("retry=3"), None);
    }

    #[test]
    fn a_deprecation_is_parsed_from_its_headers() {
        let mut headers = HeaderMap::new();
        assert_eq!(Deprecation::from_headers(&headers), None);
        headers.insert("deprecation", "@1668384000".parse().unwrap());
        headers.insert("sunset", "Fri, 07 Aug 2026 12:00:00 GMT".parse().unwrap());
        let deprecation = Deprecation::from_headers(&headers).unwrap();
        assert_eq!(
            deprecation.since.unwrap().to_string(),
            "2022-11-14T00:00:00Z"
        );
        assert_eq!(
            deprecation.sunset.unwrap().to_string(),
            "2026-08-07T12:00:00Z"
        );
    }
}
