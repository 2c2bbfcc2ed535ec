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

/// Parses an ID as the database does: a string that is not a number is zero.
pub(crate) fn parse_id(text: &str) -> Id {
    text.parse().unwrap_or(0)
}
