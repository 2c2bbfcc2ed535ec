//! An answer with what came around it: status, headers, limits, what goes on behind it.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::rate_limit::{self, Budget};

/// An answer with what came around it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// The answer.
    pub value: T,
    /// The status. Some calls have more than one that is no error; their documentation tells.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The rate limit that the headers tell of, where they do.
    pub rate_limit: Option<Budget>,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            value,
            status,
            rate_limit: rate_limit::read(&headers, false),
            headers,
        }
    }

    /// The work that the server goes on with, after which the same call gives more; `None` if there
    /// is none. Since Mastodon 4.4.0.
    ///
    /// Mastodon's documentation: <https://docs.joinmastodon.org/methods/async_refreshes/>
    pub fn pending_refresh(&self) -> Option<PendingRefresh> {
        PendingRefresh::parse(text(&self.headers, "mastodon-async-refresh")?)
    }

    /// What the server says of the end of the endpoint; `None` if it says nothing.
    pub fn deprecation(&self) -> Option<Deprecation> {
        Deprecation::read(&self.headers)
    }
}

/// Work that a server goes on with after its answer, such as fetching replies from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingRefresh {
    /// Names the work.
    pub id: String,
    /// How long to wait before asking how far it is.
    pub retry: Duration,
    /// How many results were found so far, where they are counted.
    pub result_count: Option<u64>,
}

impl PendingRefresh {
    /// Reads `id="…", retry=5, result_count=2`.
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

/// What a server says of the end of an endpoint, RFC 9745 and RFC 8594.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deprecation {
    /// Since when it is deprecated, where the server tells.
    pub since: Option<Timestamp>,
    /// When it goes away, where the server tells.
    pub sunset: Option<Timestamp>,
}

impl Deprecation {
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let sunset = text(headers, "sunset").and_then(http_date);
        let since = text(headers, "deprecation");
        if since.is_none() && sunset.is_none() {
            return None;
        }
        let since = since
            .and_then(|text| text.strip_prefix('@')?.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some(Self { since, sunset })
    }
}

/// A header's text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// How long the header `Retry-After` asks to wait: seconds, or a date by the server's clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let told = text(headers, "retry-after")?;
    if !told.is_empty() && told.bytes().all(|byte| byte.is_ascii_digit()) {
        // What is too large for a number is a long time, too.
        return Some(Duration::from_secs(told.parse().unwrap_or(u64::MAX)));
    }
    Some(until(headers, http_date(told)?))
}

/// The time until then by the server's clock; none if it is past.
pub(crate) fn until(headers: &HeaderMap, then: Timestamp) -> Duration {
    let now = text(headers, "date")
        .and_then(http_date)
        .unwrap_or_else(Timestamp::now);
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// A date as HTTP headers write it.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text)
        .ok()?
        .to_datetime()
        .ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_goes_on_is_told_by_its_header() {
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
    fn the_end_of_an_endpoint_is_told_by_its_headers() {
        let mut headers = HeaderMap::new();
        assert_eq!(Deprecation::read(&headers), None);
        headers.insert("deprecation", "@1668384000".parse().unwrap());
        headers.insert("sunset", "Fri, 07 Aug 2026 12:00:00 GMT".parse().unwrap());
        let told = Deprecation::read(&headers).unwrap();
        assert_eq!(told.since.unwrap().to_string(), "2022-11-14T00:00:00Z");
        assert_eq!(told.sunset.unwrap().to_string(), "2026-08-07T12:00:00Z");
    }
}
