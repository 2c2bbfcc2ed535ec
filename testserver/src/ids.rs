//! Ids: time-ordered ones for what users see, row numbers for the rest.

use jiff::Timestamp;

/// An id as the server keeps it; written as a decimal string everywhere in the API.
pub(crate) type Id = u64;

/// Hands out ids that carry the time of their making in the upper bits, as Mastodon's do, and never repeats one.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    last: Id,
}

impl Snowflakes {
    pub(crate) fn next(&mut self, now: Timestamp) -> Id {
        let by_time = u64::try_from(now.as_millisecond()).unwrap_or(0) << 16;
        self.last = by_time.max(self.last + 1);
        self.last
    }
}

/// Reads a paging parse_id as the database would: what is no number counts as zero.
pub(crate) fn parse_id(text: &str) -> Id {
    text.parse().unwrap_or(0)
}
