//! Reads response headers.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AsHeaderName, DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// Returns the value of a header, trimmed; `None` if it is missing or not ASCII.
pub(crate) fn header_str(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Returns the delay in the `Retry-After` header: seconds, or a date by the server's clock.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = header_str(headers, RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that exceeds a u64 is also a long delay.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    Some(duration_until(headers, http_date(value)?))
}

/// Returns the time until a moment by the server's clock; zero if it is past.
pub(crate) fn duration_until(headers: &HeaderMap, then: Timestamp) -> Duration {
    let now = header_str(headers, DATE)
        .and_then(http_date)
        .unwrap_or_else(Timestamp::now);
    Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// Parses a date in an HTTP header.
pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    // Servers compute the day of the week, but it means nothing here.
    static PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    PARSER.parse_timestamp(value).ok()
}
