//! Points in time as arguments: everything that converts into a [`Time`].

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, ZonedDateTime};

use crate::id::Cursor;

/// A point in time, as an argument.
///
/// Setters that take a time accept `impl Into<Time>`: a [`SystemTime`], a [`Timestamp`] or [`ZonedDateTime`] of the crate
/// `jiff`, and with the Cargo feature `chrono` a `chrono::DateTime` of any time zone.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use mastodon_types::{Time, Timestamp};
///
/// let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
/// assert!(Time::from(tomorrow).timestamp()? > Timestamp::now());
/// # Ok::<(), mastodon_types::TimeOutOfRange>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time(Result<Timestamp, TimeOutOfRange>);

impl Time {
    /// Returns the timestamp.
    ///
    /// # Errors
    ///
    /// If the time is not between the years -9999 and 9999. A [`SystemTime`] and the types of `chrono` can be.
    pub fn timestamp(self) -> Result<Timestamp, TimeOutOfRange> {
        self.0
    }

    /// Returns the timestamp; instead of a time outside the range, the end of the range.
    fn clamped(self) -> Timestamp {
        self.0.unwrap_or_else(|error| match error.seconds {
            ..0 => Timestamp::MIN,
            0.. => Timestamp::MAX,
        })
    }

    fn out_of_range(seconds: i64) -> Self {
        Self(Err(TimeOutOfRange { seconds }))
    }
}

/// Error of a time that is not between the years -9999 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOutOfRange {
    /// Seconds since 1970.
    seconds: i64,
}

impl fmt::Display for TimeOutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds } = self;
        write!(
            f,
            "the time {seconds} seconds after 1970 is not between the years -9999 and 9999"
        )
    }
}

impl std::error::Error for TimeOutOfRange {}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self(Ok(time))
    }
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        Timestamp::try_from(time).map_or_else(
            |_| {
                let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
                Self::out_of_range(match time.duration_since(UNIX_EPOCH) {
                    Ok(after) => seconds(after.as_secs()),
                    Err(before) => -seconds(before.duration().as_secs()),
                })
            },
            Self::from,
        )
    }
}

impl From<ZonedDateTime> for Time {
    fn from(time: ZonedDateTime) -> Self {
        time.timestamp().into()
    }
}

impl From<&ZonedDateTime> for Time {
    fn from(time: &ZonedDateTime) -> Self {
        time.timestamp().into()
    }
}

#[cfg(feature = "chrono")]
impl<Z: chrono::TimeZone> From<chrono::DateTime<Z>> for Time {
    fn from(time: chrono::DateTime<Z>) -> Self {
        let seconds = time.timestamp();
        // A leap second has more nanoseconds than a second.
        let nanoseconds = time.timestamp_subsec_nanos().min(999_999_999);
        i32::try_from(nanoseconds)
            .ok()
            .and_then(|nanoseconds| Timestamp::new(seconds, nanoseconds).ok())
            .map_or_else(|| Self::out_of_range(seconds), Self::from)
    }
}

/// Converts times to cursors, as [`Cursor::at`] does.
macro_rules! cursors {
    ($($(#[$attribute:meta])* <$($zone:ident)?> $time:ty;)*) => {$(
        $(#[$attribute])*
        impl$(<$zone: chrono::TimeZone>)? From<$time> for Cursor {
            /// See [`Cursor::at`].
            fn from(time: $time) -> Self {
                Self::at(Time::from(time).clamped())
            }
        }
    )*};
}

cursors! {
    <> Time;
    <> SystemTime;
    <> ZonedDateTime;
    <> &ZonedDateTime;
    #[cfg(feature = "chrono")]
    <Z> chrono::DateTime<Z>;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn system_time(time: Timestamp) -> SystemTime {
        let since_1970 = time.duration_since(Timestamp::UNIX_EPOCH);
        UNIX_EPOCH + Duration::try_from(since_1970).unwrap()
    }

    fn timestamp(time: impl Into<Time>) -> String {
        time.into().timestamp().unwrap().to_string()
    }

    #[test]
    fn times_of_the_usual_types_are_accepted() {
        let time: Timestamp = "2026-01-31T12:00:00.25Z".parse().unwrap();
        let expected = "2026-01-31T12:00:00.25Z";
        let zoned = time.to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(5)));
        assert_eq!(timestamp(time), expected);
        assert_eq!(timestamp(system_time(time)), expected);
        assert_eq!(timestamp(&zoned), expected);
        assert_eq!(timestamp(zoned), expected);
        let before_1970 = UNIX_EPOCH - HOUR;
        assert_eq!(timestamp(before_1970), "1969-12-31T23:00:00Z");
        let in_berlin: chrono::DateTime<chrono::FixedOffset> =
            "2026-01-31T13:00:00.25+01:00".parse().unwrap();
        assert_eq!(timestamp(in_berlin), expected);
        assert_eq!(timestamp(in_berlin.to_utc()), expected);
    }

    #[test]
    fn time_outside_the_range_is_an_error_that_names_it() {
        let far = |sign: i64| {
            let years = Duration::from_secs(400_000_000_000);
            if sign < 0 {
                UNIX_EPOCH - years
            } else {
                UNIX_EPOCH + years
            }
        };
        for sign in [-1, 1] {
            let error = Time::from(far(sign)).timestamp().unwrap_err();
            let seconds = sign * 400_000_000_000;
            assert!(error.to_string().contains(&seconds.to_string()), "{error}");
        }
        let latest = chrono::DateTime::<chrono::Utc>::MAX_UTC;
        assert!(Time::from(latest).timestamp().is_err());
        assert_eq!(Cursor::from(far(-1)), Cursor::at(Timestamp::MIN));
        assert_eq!(Cursor::from(latest), Cursor::at(Timestamp::MAX));
    }

    #[test]
    fn leap_second_is_the_end_of_its_minute() {
        let leap = chrono::NaiveDate::from_ymd_opt(2016, 12, 31)
            .and_then(|day| day.and_hms_milli_opt(23, 59, 59, 1500))
            .unwrap();
        assert_eq!(timestamp(leap.and_utc()), "2016-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn positions_in_lists_can_be_any_type_of_time() {
        let time: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let zoned = time.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let cursors = [
            Cursor::from(system_time(time)),
            Cursor::from(Time::from(time)),
            Cursor::from(&zoned),
            Cursor::from(zoned),
        ];
        assert!(cursors.iter().all(|cursor| *cursor == Cursor::at(time)));
    }
}
