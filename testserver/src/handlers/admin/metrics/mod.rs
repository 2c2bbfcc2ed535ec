//! Figures of the server, computed from its data.

mod dimensions;
mod measures;
mod retention;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Context;
use crate::params::Params;
use crate::response::{ErrorResponse, HandlerResult, missing_param, unprocessable};
use crate::state::{Account, State};

/// Seconds per day.
const DAY: i64 = 86_400;
/// Maximum length of a period in days: two years.
const MAX_DAYS: i64 = 731;

/// Maximum number of figures per request.
const MAX_KEYS: usize = 100;

/// Returns `None` if another module handles the route.
pub(super) fn handle(context: &Context<'_>) -> Option<HandlerResult> {
    Some(match context.route.name {
        "admin_dimensions" => dimensions::list(context),
        "admin_measures" => measures::list(context),
        "admin_retention" => retention::list(context),
        _ => return None,
    })
}

/// Returns the number of the day since the Unix epoch.
fn day_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY)
}

/// Returns the start of a day.
fn start_of(day: i64) -> Timestamp {
    Timestamp::from_second(day.saturating_mul(DAY)).unwrap_or(Timestamp::MAX)
}

/// Parses a date, with or without a time; in UTC unless it has an offset.
fn parse_time(text: &str) -> Result<Timestamp, ErrorResponse> {
    let text = text.trim();
    let in_utc = |at: civil::DateTime| TimeZone::UTC.to_timestamp(at).ok();
    let with_offset = text.parse::<Timestamp>().ok();
    let with_time = || text.parse::<civil::DateTime>().ok().and_then(in_utc);
    let date = || text.parse::<civil::Date>().ok();
    let midnight = || in_utc(date()?.at(0, 0, 0, 0));
    let time = with_offset.or_else(|| with_time().or_else(midnight));
    time.ok_or_else(|| unprocessable("Invalid date supplied"))
}

/// Returns a required time.
fn required_time(params: &Params, name: &str) -> Result<Timestamp, ErrorResponse> {
    let text = params.non_blank(name);
    parse_time(&text.ok_or_else(|| missing_param(name))?)
}

/// Returns an optional time.
fn optional_time(params: &Params, name: &str) -> Result<Option<Timestamp>, ErrorResponse> {
    params
        .non_blank(name)
        .map(|text| parse_time(&text))
        .transpose()
}

/// Limits a period to two years.
fn limited_start(start: Timestamp, end: Timestamp) -> Timestamp {
    let earliest = end.checked_sub(SignedDuration::from_hours(24 * MAX_DAYS));
    start.max(earliest.unwrap_or(Timestamp::MIN))
}

/// Returns a required text of a required object, such as `tag_uses[id]`. Without the text, nothing matches.
fn detail(params: &Params, object: &str, name: &str) -> Result<String, ErrorResponse> {
    let object_params = params.map(object).ok_or_else(|| missing_param(object))?;
    Ok(object_params.string(name).unwrap_or_default())
}

/// Formats a number of bytes with at most three significant digits, such as `1.21 KB`.
fn human_size(bytes: u64) -> String {
    const UNITS: &[&str] = &["KB", "MB", "GB", "TB"];
    match bytes {
        1 => return "1 Byte".to_owned(),
        0..1024 => return format!("{bytes} Bytes"),
        _ => {}
    }
    // Hundredths of the current unit, so that no floating-point number is needed.
    let mut hundredths = bytes.saturating_mul(100) / 1024;
    let mut unit = 0;
    while hundredths >= 102_400 && unit + 1 < UNITS.len() {
        hundredths /= 1024;
        unit += 1;
    }
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    let number = match whole {
        0..10 => format!("{whole}.{fraction:02}"),
        10..100 => format!("{whole}.{}", fraction / 10),
        _ => whole.to_string(),
    };
    let number = if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        &number
    };
    format!("{number} {}", UNITS[unit])
}

/// Returns the local users.
fn users(state: &State) -> impl Iterator<Item = &Account> {
    let accounts = state.accounts.values();
    accounts.filter(|account| account.login.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_has_three_significant_digits() {
        for (bytes, expected) in [
            (0, "0 Bytes"),
            (1, "1 Byte"),
            (1023, "1023 Bytes"),
            (1024, "1 KB"),
            (1234, "1.2 KB"),
            (12_345, "12 KB"),
            (12_800, "12.5 KB"),
            (5 << 20, "5 MB"),
            (3 << 40, "3 TB"),
        ] {
            assert_eq!(human_size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn times_have_many_forms() {
        for text in [
            "2026-11-30",
            "2026-11-30T00:00:00Z",
            "2026-11-30T01:00:00+01:00",
            "2026-11-30T00:00",
        ] {
            let time = parse_time(text).unwrap();
            assert_eq!(start_of(day_of(time)), time, "{text}");
        }
        assert!(parse_time("soon").is_err());
    }
}
