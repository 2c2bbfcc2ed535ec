//! Ids that tell the time: Mastodon's ids of statuses begin with the milliseconds since 1970.

use jiff::Timestamp;

use crate::entities::StatusId;
use crate::id::Cursor;

/// The bits below the milliseconds, which keep ids of one millisecond apart.
const SEQUENCE_BITS: u32 = 16;

/// Ids that would lie in the first day of 1970 are not made from a time: old servers counted statuses.
const FIRST_DAY: i64 = 24 * 60 * 60 * 1000;

impl Cursor {
    /// The position of a time in a list of statuses: as `max_id` only what is older, as `min_id` or
    /// `since_id` only what is newer.
    ///
    /// It holds where ids are made from the time, that is, for statuses on Mastodon, and roughly: the id
    /// of a status that came from another server later than it was posted may be younger than the
    /// status. Times before 1970 stand for the beginning of the list, those beyond the largest id for
    /// its end. Lists that are paged by something else, such as notifications and followers, have no
    /// such positions.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), Box<dyn std::error::Error>> {
    /// use mastodon_sdk::Cursor;
    /// let new_year = Cursor::at("2026-01-01T00:00:00Z".parse()?);
    /// let older = mastodon.timeline_home().max_id(new_year).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(time: Timestamp) -> Self {
        let milliseconds = time.as_millisecond().max(0);
        let most = i64::MAX >> SEQUENCE_BITS;
        let id = if milliseconds > most {
            i64::MAX
        } else {
            milliseconds << SEQUENCE_BITS
        };
        Self::from(id.to_string())
    }
}

impl From<Timestamp> for Cursor {
    /// See [`Cursor::at`].
    fn from(time: Timestamp) -> Self {
        Self::at(time)
    }
}

impl StatusId {
    /// The time that the id was made from: about when the status was posted, in milliseconds. `None`
    /// where ids are not made so: on servers other than Mastodon, and for statuses that Mastodon counted
    /// before 2.0.0.
    ///
    /// ```
    /// use mastodon_sdk::StatusId;
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
    fn times_that_no_id_has_stand_for_the_ends_of_the_list() {
        let at = |time: Timestamp| Cursor::at(time).into_text();
        assert_eq!(at("1969-12-31T23:59:59Z".parse().unwrap()), "0");
        assert_eq!(at(Timestamp::UNIX_EPOCH), "0");
        assert_eq!(at(Timestamp::MIN), "0");
        assert_eq!(at(Timestamp::MAX), i64::MAX.to_string());
    }

    #[test]
    fn ids_that_are_not_made_from_a_time_tell_none() {
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
        fn a_time_survives_the_way_through_an_id(milliseconds in FIRST_DAY..(i64::MAX >> SEQUENCE_BITS)) {
            let time = Timestamp::from_millisecond(milliseconds).unwrap();
            let id = StatusId::from(Cursor::at(time).into_text());
            prop_assert_eq!(id.time(), Some(time));
        }
    }
}
