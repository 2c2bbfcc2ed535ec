//! IDs: time-ordered snowflakes for statuses, accounts and the like; row numbers for other records.

use jiff::Timestamp;

/// ID of a record. The API serializes it as a decimal string.
pub(crate) type Id = u64;

/// Generates unique IDs with the creation time in the upper bits, as Mastodon does.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    last: Id,
}

impl Snowflakes {
    pub(crate) fn next(&mut self, now: Timestamp) -> Id {
        self.last = first_id_at(now).max(self.last + 1);
        self.last
    }
}

/// Returns the lowest ID of the given time.
pub(crate) fn first_id_at(at: Timestamp) -> Id {
    u64::try_from(at.as_millisecond()).unwrap_or(0) << 16
}

/// Returns the time of a time-ordered ID.
pub(crate) fn time_of(id: Id) -> Timestamp {
    let milliseconds = i64::try_from(id >> 16).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Parses an ID as Rails does: the digits at the start count, and a string without any is zero. A number that is too
/// large for the database is larger than every ID.
pub(crate) fn parse_id(text: &str) -> Id {
    let text = text.trim_start();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let digits = &digits[..end.unwrap_or(digits.len())];
    if digits.is_empty() {
        return 0;
    }
    digits.parse().unwrap_or(Id::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_parsed_from_the_leading_digits() {
        for (text, id) in [
            ("123", 123),
            ("123abc", 123),
            (" 7", 7),
            ("abc", 0),
            ("", 0),
            ("-5", 0),
            ("99999999999999999999999", Id::MAX),
        ] {
            assert_eq!(parse_id(text), id, "{text}");
        }
    }
}
