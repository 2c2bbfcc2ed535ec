//! Dates and times, in the formats that servers use.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Parses a time: RFC 3339, the same without an offset or with `UTC`, RFC 2822, or Unix time.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    parse_usual_time(text)
        .or_else(|| text.parse().ok())
        .or_else(|| parse_without_offset(text))
        .or_else(|| rfc2822::parse(text).ok().map(|time| time.timestamp()))
        .or_else(|| from_unix_time(text))
}

fn parse_without_offset(text: &str) -> Option<Timestamp> {
    let local = text.trim().trim_end_matches("UTC").trim_end();
    let local: DateTime = local.parse().ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

/// Converts Unix time in seconds or milliseconds.
pub(super) fn from_unix_time(number: &str) -> Option<Timestamp> {
    let number = match number.parse::<i64>() {
        Ok(number) => number,
        Err(_) => {
            let seconds: f64 = number.parse().ok()?;
            (seconds.abs() < 9e15).then_some(seconds as i64)?
        }
    };
    // In seconds, a number this large would be thousands of years ahead.
    if number > 100_000_000_000 {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

/// Parses a date, or the date of a time.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let date = text.as_bytes().first_chunk().and_then(parse_usual_date);
    date.or_else(|| text.get(..10).and_then(|date| date.parse().ok()))
        .or_else(|| parse_time(text).map(date_of))
}

pub(super) fn date_of(time: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(time).date()
}

/// Returns the time that is nearest to JSON that is not a time in the calendar: its first or last time if the year
/// is outside of it, and otherwise the start of Unix time.
pub(super) fn nearest_time(json: &str) -> Timestamp {
    let text = json.trim().trim_matches('"').trim_start_matches('+');
    let year = text.strip_prefix('-').unwrap_or(text);
    let year_len = year.bytes().take_while(u8::is_ascii_digit).count();
    let is_far_year = year_len > 4 && year.as_bytes().get(year_len) == Some(&b'-');
    // Not even in milliseconds is such a number in the calendar.
    let is_far_number = text.parse().is_ok_and(|number: f64| number.abs() > 3e14);
    match (is_far_year || is_far_number, text.starts_with('-')) {
        (false, _) => Timestamp::UNIX_EPOCH,
        (true, true) => Timestamp::MIN,
        (true, false) => Timestamp::MAX,
    }
}

/// Parses the format that Mastodon uses, `2026-01-31`, faster than the general parser.
fn parse_usual_date(text: &[u8; 10]) -> Option<Date> {
    if [text[4], text[7]] != *b"--" {
        return None;
    }
    let year = i16::try_from(number::<4>(text)?).ok()?;
    let month = i8::try_from(number::<2>(&text[5..])?).ok()?;
    let day = i8::try_from(number::<2>(&text[8..])?).ok()?;
    Date::new(year, month, day).ok()
}

/// Parses the number that a text starts with.
#[inline]
fn number<const DIGITS: usize>(text: &[u8]) -> Option<i64> {
    let mut number = 0;
    for digit in *text.first_chunk::<DIGITS>()? {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(number)
}

/// Parses the formats that Mastodon uses, `2026-01-31T12:00:00.000Z` and the same with microseconds or `+00:00`, faster
/// than the general parser.
pub fn parse_usual_time(text: &str) -> Option<Timestamp> {
    let (time, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let (microsecond, offset) = match rest.strip_prefix(b".") {
        None => (0, rest),
        Some(fraction) => match fraction.split_first_chunk::<6>() {
            Some((six, offset)) if six[3].is_ascii_digit() => (number::<6>(six)?, offset),
            _ => (number::<3>(fraction)? * 1000, &fraction[3..]),
        },
    };
    if !matches!(offset, b"Z" | b"+00:00") {
        return None;
    }
    if [4, 7, 10, 13, 16].map(|at| time[at]) != *b"--T::" {
        return None;
    }
    let (year, month, day) = (
        number::<4>(time)?,
        number::<2>(&time[5..])?,
        number::<2>(&time[8..])?,
    );
    let (hour, minute, second) = (
        number::<2>(&time[11..])?,
        number::<2>(&time[14..])?,
        number::<2>(&time[17..])?,
    );
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap_year { 29 } else { 28 };
    let days_in_month = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days_in_month = usize::try_from(month - 1)
        .ok()
        .and_then(|month| days_in_month.get(month))?;
    if day < 1 || day > *days_in_month || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years that start in March have the leap day at their end.
    let (shifted_year, shifted_month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * shifted_year + shifted_year.div_euclid(4) - shifted_year.div_euclid(100)
        + shifted_year.div_euclid(400)
        + (153 * shifted_month + 2) / 5
        + day
        - 1
        - 719_468;
    let second = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Timestamp::from_microsecond(second * 1_000_000 + microsecond).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_parsers_agree_with_the_general_parser() {
        for day in (-700_000..700_000).step_by(997) {
            let time = Timestamp::from_millisecond(day * 86_399_123).unwrap();
            let text = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            if text.len() == 24 {
                assert_eq!(parse_usual_time(&text), Some(time), "{text}");
                let with_offset = text.replace('Z', "+00:00");
                assert_eq!(parse_usual_time(&with_offset), Some(time), "{text}");
                let with_microseconds = text.replace('Z', "456Z");
                let expected = with_microseconds.parse().ok();
                assert_eq!(parse_usual_time(&with_microseconds), expected, "{text}");
                let date = text.as_bytes().first_chunk().unwrap();
                assert_eq!(parse_usual_date(date), Some(date_of(time)), "{text}");
            }
        }
    }

    #[test]
    fn fast_parser_leaves_other_formats_to_the_general_parser() {
        for text in [
            "2026-01-31T12:00:00",
            "2026-01-31T12:00:00.1Z",
            "2026-01-31T12:00:00.123",
            "2026-01-31T12:00:00.1234Z",
            "2026-01-31T12:00:00.12345+Z",
            "2026-01-31T12:00:00.1234567Z",
            "2026-01-31T12:00:00.123+01:00",
            "2026-01-31 12:00:00.123Z",
            "2026-02-30T12:00:00.123Z",
            "Fri, 07 Aug 2026 12:00:00 GMT",
            "",
        ] {
            assert_eq!(parse_usual_time(text), None, "{text}");
        }
    }

    #[test]
    fn time_outside_the_calendar_has_the_nearest_one() {
        for (json, expected) in [
            (r#""57171-08-04T06:31:30.000Z""#, Timestamp::MAX),
            (r#""+57171-08-04T06:31:30.000Z""#, Timestamp::MAX),
            (r#""10000-01-01""#, Timestamp::MAX),
            (r#""-10000-01-01T00:00:00Z""#, Timestamp::MIN),
            ("99999999999999999999", Timestamp::MAX),
            ("-99999999999999999999", Timestamp::MIN),
            ("1e40", Timestamp::MAX),
            (r#""0000-00-00""#, Timestamp::UNIX_EPOCH),
            (r#""2023-02-30T00:00:00Z""#, Timestamp::UNIX_EPOCH),
            ("null", Timestamp::UNIX_EPOCH),
            ("{}", Timestamp::UNIX_EPOCH),
            (r#""yesterday""#, Timestamp::UNIX_EPOCH),
        ] {
            assert_eq!(nearest_time(json), expected, "{json}");
        }
    }
}
