//! Scalars: strings, numbers, booleans and dates, decoded from any scalar JSON type.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A type that is decoded from any scalar JSON value.
pub trait LenientScalar: Sized {
    /// Name of the type in error messages.
    const EXPECTED: &'static str;

    /// Whether an empty string is the same as null.
    const EMPTY_IS_NULL: bool = true;

    /// Converts a string.
    fn from_str(text: &str) -> Option<Self>;

    /// Returns the value to use for null in a required field.
    fn from_null() -> Option<Self>;

    /// Converts an integer.
    fn from_i64(number: i64) -> Option<Self> {
        Self::from_str(&number.to_string())
    }

    /// Converts a number.
    fn from_f64(number: f64) -> Option<Self> {
        Self::from_str(&number.to_string())
    }

    /// Converts a boolean.
    fn from_bool(value: bool) -> Option<Self> {
        Self::from_str(if value { "true" } else { "false" })
    }
}

impl LenientScalar for String {
    const EXPECTED: &'static str = "a string";
    const EMPTY_IS_NULL: bool = false;

    fn from_str(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_null() -> Option<Self> {
        Some(String::new())
    }
}

impl LenientScalar for i64 {
    const EXPECTED: &'static str = "an integer";

    fn from_str(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse()
            .ok()
            .or_else(|| text.parse().ok().and_then(Self::from_f64))
    }

    fn from_null() -> Option<Self> {
        Some(0)
    }

    fn from_i64(number: i64) -> Option<Self> {
        Some(number)
    }

    fn from_f64(number: f64) -> Option<Self> {
        (number.is_finite() && number.abs() < 9e15).then_some(number as i64)
    }
}

impl LenientScalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_str(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn from_null() -> Option<Self> {
        Some(0.0)
    }

    fn from_i64(number: i64) -> Option<Self> {
        Some(number as f64)
    }

    fn from_f64(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl LenientScalar for bool {
    const EXPECTED: &'static str = "a boolean";

    fn from_str(text: &str) -> Option<Self> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        }
    }

    fn from_null() -> Option<Self> {
        Some(false)
    }

    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl LenientScalar for Timestamp {
    const EXPECTED: &'static str = "a date with time";

    fn from_str(text: &str) -> Option<Self> {
        let local_time = || {
            TimeZone::UTC
                .to_timestamp(text.parse::<DateTime>().ok()?)
                .ok()
        };
        parse_rfc3339_fast(text)
            .or_else(|| text.parse().ok())
            .or_else(local_time)
            .or_else(|| text.parse().ok().and_then(Self::from_i64))
    }

    fn from_null() -> Option<Self> {
        None
    }

    fn from_i64(number: i64) -> Option<Self> {
        // In seconds, a number this large would be thousands of years ahead.
        if number > 100_000_000_000 {
            Self::from_millisecond(number).ok()
        } else {
            Self::from_second(number).ok()
        }
    }

    fn from_f64(seconds: f64) -> Option<Self> {
        i64::from_f64(seconds).and_then(Self::from_i64)
    }
}

impl LenientScalar for Date {
    const EXPECTED: &'static str = "a date";

    fn from_str(text: &str) -> Option<Self> {
        text.get(..10)?.parse().ok()
    }

    fn from_null() -> Option<Self> {
        None
    }
}

/// Parses the format that Mastodon uses, `2026-01-31T12:00:00.000Z`, faster than the general parser.
fn parse_rfc3339_fast(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0i64, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators
        .iter()
        .any(|(at, separator)| bytes.get(*at) != Some(separator))
    {
        return None;
    }
    let millisecond = match bytes.get(19..)? {
        b"Z" => 0,
        rest if rest.len() == 5 && rest[0] == b'.' && rest[4] == b'Z' => digits(20, 23)?,
        _ => return None,
    };
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
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
    Timestamp::from_millisecond(
        (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond,
    )
    .ok()
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: LenientScalar> Visitor<'de> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        match T::from_str(text) {
            Some(value) => Ok(Some(value)),
            None if text.is_empty() && T::EMPTY_IS_NULL => Ok(None),
            None => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        T::from_i64(number)
            .map(Some)
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        let converted =
            i64::try_from(number).map_or_else(|_| T::from_str(&number.to_string()), T::from_i64);
        converted
            .map(Some)
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        T::from_f64(number)
            .map(Some)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        T::from_bool(value)
            .map(Some)
            .ok_or_else(|| E::invalid_value(Unexpected::Bool(value), &self))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Decodes a scalar or null.
pub(super) fn optional<'de, T: LenientScalar, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ScalarVisitor(PhantomData))
}

/// Decodes a scalar. Null is an error for dates, and an empty or zero value for all other types.
pub(super) fn required<'de, T: LenientScalar, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    optional(deserializer)?
        .or_else(T::from_null)
        .ok_or_else(|| {
            D::Error::custom(format_args!(
                "null or empty string, expected {}",
                T::EXPECTED
            ))
        })
}

/// Decodes a scalar, or the member `key` of an object.
pub(super) fn scalar_or_member<'de, T, D>(deserializer: D, key: &str) -> Result<Option<T>, D::Error>
where
    T: LenientScalar,
    D: Deserializer<'de>,
{
    let value = match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Object(mut members) => members.remove(key).unwrap_or_default(),
        scalar => scalar,
    };
    optional(value).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<T: LenientScalar>(json: &str) -> Result<T, serde_json::Error> {
        required(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn scalars_are_decoded_from_other_json_types() {
        assert_eq!(decode::<i64>("\"12\"").unwrap(), 12);
        assert_eq!(decode::<i64>("12.0").unwrap(), 12);
        assert_eq!(decode::<String>("12").unwrap(), "12");
        assert_eq!(decode::<f64>("\"1.5\"").unwrap(), 1.5);
        assert!(decode::<bool>("\"1\"").unwrap());
        assert!(decode::<i64>("\"twelve\"").is_err());
    }

    #[test]
    fn null_is_an_empty_or_zero_value_where_a_value_is_required() {
        assert_eq!(decode::<String>("null").unwrap(), "");
        assert_eq!(decode::<i64>("null").unwrap(), 0);
        assert!(!decode::<bool>("null").unwrap());
        let error = decode::<Timestamp>("null").unwrap_err().to_string();
        assert!(error.contains("expected a date with time"), "{error}");
    }

    #[test]
    fn scalar_is_taken_from_the_member_of_an_object() {
        let decode = |json: &str| {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            scalar_or_member::<String, _>(&mut deserializer, "ip").unwrap()
        };
        assert_eq!(
            decode(r#"{"user_id":2,"ip":"192.0.2.1"}"#).unwrap(),
            "192.0.2.1"
        );
        assert_eq!(decode(r#""192.0.2.1""#).unwrap(), "192.0.2.1");
        assert_eq!((decode("null"), decode("{}")), (None, None));
    }

    #[test]
    fn dates_are_decoded_from_every_format_that_servers_use() {
        let expected: Timestamp = "2024-02-29T23:59:58Z".parse().unwrap();
        for json in [
            "\"2024-02-29T23:59:58Z\"",
            "\"2024-02-29T23:59:58.000Z\"",
            "\"2024-02-29T23:59:58.000000+00:00\"",
            "\"2024-03-01T00:59:58+01:00\"",
            "\"2024-02-29T23:59:58\"",
            "1709251198",
            "\"1709251198\"",
            "1709251198000",
        ] {
            assert_eq!(decode::<Timestamp>(json).unwrap(), expected, "{json}");
        }
        assert!(decode::<Timestamp>("\"2023-02-29T00:00:00.000Z\"").is_err());
        assert_eq!(
            decode::<Date>("\"2024-02-29T10:00:00.000Z\"").unwrap(),
            decode::<Date>("\"2024-02-29\"").unwrap()
        );
    }

    #[test]
    fn fast_date_parser_agrees_with_the_general_parser() {
        for day in (-700_000..700_000).step_by(997) {
            let time = Timestamp::from_millisecond(day * 86_399_123).unwrap();
            let text = time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            if text.len() == 24 {
                assert_eq!(parse_rfc3339_fast(&text), Some(time), "{text}");
            }
        }
    }
}
