//! Timestamps in IDs: the high bits of Mastodon's status IDs are the milliseconds since 1970.

use jiff::Timestamp;

use crate::entities::StatusId;
use crate::id::Cursor;

/// Number of low bits that distinguish IDs of the same millisecond.
const SEQUENCE_BITS: u32 = 16;

/// Milliseconds of one day. An ID with an earlier time contains no timestamp: before Mastodon 2.0.0, servers
/// numbered statuses consecutively.
const FIRST_DAY: i64 = 24 * 60 * 60 * 1000;

impl Cursor {
    /// Returns the position of a time in a list of statuses, such as for `newer_than` and `older_than`.
    ///
    /// This requires IDs that contain a timestamp, as those of statuses on Mastodon do. It is approximate: a
    /// status that arrived late from another server can have a newer ID than its date. A time before 1970 is
    /// the start of the list, a time beyond the largest ID its end. Lists that are paged by other values,
    /// such as notifications and followers, cannot be paged by time: such a call is an error.
    ///
    /// ```
    /// use mastodon_types::Cursor;
    ///
    /// let new_year = Cursor::at("2026-01-01T00:00:00Z".parse()?);
    /// assert_eq!(new_year.as_str(), "115816896921600000");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(time: Timestamp) -> Self {
        let milliseconds = time.as_millisecond().max(0);
        let max = i64::MAX >> SEQUENCE_BITS;
        let id = if milliseconds > max {
            i64::MAX
        } else {
            milliseconds << SEQUENCE_BITS
        };
        Self::of_time(id.to_string())
    }
}

impl From<Timestamp> for Cursor {
    /// See [`Cursor::at`].
    fn from(time: Timestamp) -> Self {
        Self::at(time)
    }
}

impl StatusId {
    /// Returns the timestamp in the ID, to the millisecond: approximately when the status was posted. `None` if
    /// the ID contains no timestamp: on other server software, and for statuses from before Mastodon 2.0.0.
    ///
    /// ```
    /// use mastodon_types::StatusId;
    ///
    /// let time = StatusId::from("103270115826048975").time();
    /// assert_eq!(time.unwrap().to_string(), "2019-12-08T03:48:33.849Z");
    /// ```
    pub fn time(&self) -> Option<Timestamp> {
        let id: i64 = self.as_str().parse().ok()?;
        let milliseconds = id >> SEQUENCE_BITS;
        let time = Timestamp::from_millisecond(milliseconds).ok()?;
        (milliseconds >= FIRST_DAY).then_some(time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_outside_the_range_of_ids_are_the_ends_of_the_list() {
        let at = |time: Timestamp| Cursor::at(time).into_string();
        assert_eq!(at("1969-12-31T23:59:59Z".parse().unwrap()), "0");
        assert_eq!(at(Timestamp::UNIX_EPOCH), "0");
        assert_eq!(at(Timestamp::MIN), "0");
        assert_eq!(at(Timestamp::MAX), i64::MAX.to_string());
    }

    #[test]
    fn ids_without_a_timestamp_have_no_time() {
        for id in [
            "",
            "x",
            "12345",
            "01HZ",
            "-103270115826048975",
            "99999999999999999999",
            "9jv7aKpN5Gx4",
        ] {
            assert_eq!(StatusId::from(id).time(), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn the_time_of_a_cursor_can_be_read_back(milliseconds in FIRST_DAY..(i64::MAX >> SEQUENCE_BITS)) {
            let time = Timestamp::from_millisecond(milliseconds).unwrap();
            let id = StatusId::from(Cursor::at(time).into_string());
            prop_assert_eq!(id.time(), Some(time));
        }
    }
}
