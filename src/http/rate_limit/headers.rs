//! Rate limits in response headers.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use mastodon_types::__private::parse_usual_time;

use super::RateLimitStatus;
use crate::http::headers::{duration_until, header_str, retry_after};

/// Rate limit of a response, from its headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct RateLimitHeaders {
    pub(super) status: RateLimitStatus,
    /// End of the window by the server's clock.
    pub(super) window_end: Option<Timestamp>,
    /// Whether the response was 429.
    pub(super) is_throttled: bool,
}

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Delay after a 429 response that contains none.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Minimum delay after a 429 response.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Maximum time until a reset. A timestamp in milliseconds or a wrong clock must not stop requests for
/// years.
const MAX_RESET_IN: Duration = Duration::from_secs(24 * 60 * 60);

impl RateLimitHeaders {
    /// Parses the headers of a response; `None` if they contain no rate limit. A throttled response (429)
    /// means that no requests remain, even without headers.
    pub(super) fn parse(headers: &HeaderMap, throttled: bool) -> Option<Self> {
        let number = |name: &HeaderName| {
            header_str(headers, name).and_then(|value| value.parse::<u32>().ok())
        };
        let window_end = header_str(headers, &RESET).and_then(|value| {
            parse_usual_time(value)
                .or_else(|| value.parse().ok())
                .or_else(|| Timestamp::from_second(value.parse().ok()?).ok())
        });
        let until_reset = window_end.map(|end| duration_until(headers, end));
        let remaining = number(&REMAINING);
        let mut reset_in = retry_after(headers)
            .or(until_reset)
            .or(throttled.then_some(DEFAULT_RETRY_AFTER))?
            .min(MAX_RESET_IN);
        if throttled {
            reset_in = reset_in.max(MIN_RETRY_AFTER);
        }
        let status = RateLimitStatus {
            limit: number(&LIMIT),
            remaining: if throttled { 0 } else { remaining? },
            reset_in,
        };
        Some(Self {
            status,
            window_end,
            is_throttled: throttled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&'static str, &'static str)], throttled: bool) -> Option<RateLimitStatus> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        RateLimitHeaders::parse(&headers, throttled).map(|headers| headers.status)
    }

    #[test]
    fn the_reset_is_parsed_in_every_format_and_compared_with_the_servers_clock() {
        for reset in ["2026-08-07T12:05:00.123456Z", "1786104300"] {
            let headers = [
                ("date", "Fri, 07 Aug 2026 12:00:00 GMT"),
                ("x-ratelimit-limit", "300"),
                ("x-ratelimit-remaining", "7"),
                ("x-ratelimit-reset", reset),
            ];
            let status = parse(&headers, false).unwrap();
            assert_eq!(
                (status.limit, status.remaining, status.reset_in.as_secs()),
                (Some(300), 7, 300),
                "{reset}"
            );
        }
    }

    #[test]
    fn a_429_response_always_has_a_bounded_delay() {
        let delay = |headers: &[_]| parse(headers, true).unwrap().reset_in.as_secs();
        assert_eq!(delay(&[("retry-after", "30")]), 30);
        let date = ("date", "Fri, 07 Aug 2026 12:00:00 GMT");
        let later = ("retry-after", "Fri, 07 Aug 2026 12:01:40 GMT");
        assert_eq!(delay(&[date, later]), 100);
        assert_eq!(delay(&[("retry-after", "4294967297")]), 86_400);
        assert_eq!(delay(&[]), 5);
        assert_eq!(delay(&[("retry-after", "0")]), 1, "below the minimum");
        let far = [("x-ratelimit-reset", "99999999999")];
        assert_eq!(delay(&far), 86_400, "above the maximum");
        assert!(parse(&[], false).is_none());
    }
}
