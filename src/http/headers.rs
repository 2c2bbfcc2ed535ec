//! Reads response headers.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AsHeaderName, DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use mastodon_types::__private::parse_usual_time;

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
    parse_usual_http_date(value).or_else(|| PARSER.parse_timestamp(value).ok())
}

/// Parses the format that servers have to send, `Fri, 07 Aug 2026 12:00:00 GMT`, faster than the general parser. Each
/// response has such a date.
fn parse_usual_http_date(value: &str) -> Option<Timestamp> {
    const DAYS: &[u8; 21] = b"MonTueWedThuFriSatSun";
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let text: &[u8; 29] = value.as_bytes().try_into().ok()?;
    let index = |names: &[u8], name: &[u8]| names.chunks_exact(3).position(|known| known == name);
    index(DAYS, &text[..3])?;
    let month = u8::try_from(index(MONTHS, &text[8..11])? + 1).ok()?;
    if [4, 7, 11, 16].map(|at| text[at]) != [b' '; 4] || text[3] != b',' || text[25..] != *b" GMT" {
        return None;
    }
    let mut time = *b"yyyy-mm-ddThh:mm:ssZ";
    time[..4].copy_from_slice(&text[12..16]);
    time[5..7].copy_from_slice(&[b'0' + month / 10, b'0' + month % 10]);
    time[8..10].copy_from_slice(&text[5..7]);
    time[11..19].copy_from_slice(&text[17..25]);
    parse_usual_time(str::from_utf8(&time).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_dates_are_parsed_like_by_the_general_parser() {
        for day in (-25_000..70_000).step_by(97) {
            let time = Timestamp::from_second(day * 86_399).unwrap();
            let text = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            assert_eq!(parse_usual_http_date(&text), Some(time), "{text}");
        }
    }

    #[test]
    fn other_dates_are_left_to_the_general_parser() {
        for text in [
            "Fri, 7 Aug 2026 12:00:00 GMT",
            "Fri, 07 Aug 2026 12:00:00 +0000",
            "Fri, 07 Aug 2026 12:00:60 GMT",
            "Fri, 31 Feb 2026 12:00:00 GMT",
            "Fri; 07 Aug 2026 12:00:00 GMT",
            "Fry, 07 Aug 2026 12:00:00 GMT",
            "Fri, 07 aug 2026 12:00:00 GMT",
            "Fri, 07-Aug-2026 12:00:00 GMT",
            "Fri, 07 Aug 2026 12:00:00 UTC",
            "Fri, 07 Aug 2026 12.00.00 GMT",
            "Fri, -7 Aug 2026 12:00:00 GMT",
            "",
        ] {
            assert_eq!(parse_usual_http_date(text), None, "{text}");
        }
        let one_digit = http_date("Fri, 7 Aug 2026 12:00:00 GMT");
        assert_eq!(one_digit, http_date("Fri, 07 Aug 2026 12:00:00 GMT"));
        assert!(one_digit.is_some());
    }
}
