//! Scalars: strings, numbers, booleans and dates, read from any scalar JSON type.

use jiff::Timestamp;
use jiff::civil::Date;

use super::FromJson;
use super::date;
use super::parser::{DecodeResult, Parser};
use super::report::{Expected, Failed};
use crate::html::Html;

/// JSON type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonType {
    /// A string.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// A type that is read from any scalar JSON value.
pub(super) trait LenientScalar: Sized {
    /// Name of the type in error messages.
    const EXPECTED: &'static str;

    /// Documented JSON type.
    const TYPE: JsonType;

    /// Reads the usual form of the documented type, if it is the next value and a faster way is known.
    #[inline]
    fn fast(_parser: &mut Parser<'_>) -> Option<Self> {
        None
    }

    /// Converts a string.
    fn from_string(text: &str) -> Option<Self>;

    /// Converts a number, given as JSON.
    fn from_number(number: &str) -> Option<Self> {
        Self::from_string(number)
    }

    /// Returns whether the conversion of a number loses nothing.
    fn keeps_number(_number: &str) -> bool {
        true
    }

    /// Converts a boolean.
    fn from_boolean(value: bool) -> Option<Self> {
        Self::from_string(if value { "true" } else { "false" })
    }

    /// Returns the value to use in a required field for JSON that cannot be converted.
    fn substitute(json: &str) -> Option<Self>;
}

impl LenientScalar for String {
    const EXPECTED: &'static str = "a string";
    const TYPE: JsonType = JsonType::String;

    #[inline(always)]
    fn fast(parser: &mut Parser<'_>) -> Option<Self> {
        // Fewer instructions than `str::to_owned`.
        let text = parser.take_string();
        text.map(|text| Box::<str>::from(text).into_string())
    }

    fn from_string(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn substitute(json: &str) -> Option<Self> {
        (json == "null").then(Self::new)
    }
}

impl LenientScalar for Html {
    const EXPECTED: &'static str = "a string";
    const TYPE: JsonType = JsonType::String;

    fn from_string(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn substitute(json: &str) -> Option<Self> {
        (json == "null").then(Self::default)
    }
}

impl LenientScalar for i64 {
    const EXPECTED: &'static str = "an integer";
    const TYPE: JsonType = JsonType::Number;

    #[inline]
    fn fast(parser: &mut Parser<'_>) -> Option<Self> {
        parser.take_small_integer()
    }

    /// A date is converted to Unix time, which is in seconds.
    fn from_string(text: &str) -> Option<Self> {
        let number = Self::from_number(text.trim());
        number.or_else(|| date::parse_time(text).map(Timestamp::as_second))
    }

    fn from_number(number: &str) -> Option<Self> {
        number.parse().ok().or_else(|| {
            let number: f64 = number.parse().ok()?;
            (number.abs() < 9e18).then_some(number as Self)
        })
    }

    fn keeps_number(number: &str) -> bool {
        let is_plain = number
            .bytes()
            .all(|byte| matches!(byte, b'-' | b'0'..=b'9'));
        is_plain
            || number
                .parse()
                .is_ok_and(|number: f64| number.fract() == 0.0)
    }

    fn substitute(json: &str) -> Option<Self> {
        let text = json.trim_matches('"').trim();
        match text.parse::<f64>() {
            // The conversion of a number that is too large results in the largest or smallest integer.
            Ok(number) if !number.is_nan() => Some(number as Self),
            _ => (json == "null" || text.is_empty()).then_some(0),
        }
    }
}

impl LenientScalar for f64 {
    const EXPECTED: &'static str = "a number";
    const TYPE: JsonType = JsonType::Number;

    fn from_string(text: &str) -> Option<Self> {
        Self::from_number(text.trim())
    }

    fn from_number(number: &str) -> Option<Self> {
        number
            .parse()
            .ok()
            .filter(|number: &Self| number.is_finite())
    }

    fn substitute(json: &str) -> Option<Self> {
        let text = json.trim_matches('"').trim();
        match text.parse::<Self>() {
            Ok(number) if !number.is_nan() => Some(number.clamp(Self::MIN, Self::MAX)),
            _ => (json == "null" || text.is_empty()).then_some(0.0),
        }
    }
}

impl LenientScalar for bool {
    const EXPECTED: &'static str = "a boolean";
    const TYPE: JsonType = JsonType::Boolean;

    #[inline]
    fn fast(parser: &mut Parser<'_>) -> Option<Self> {
        parser.take_boolean()
    }

    fn from_string(text: &str) -> Option<Self> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        }
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }

    fn substitute(json: &str) -> Option<Self> {
        (json == "null").then_some(false)
    }
}

impl LenientScalar for Timestamp {
    const EXPECTED: &'static str = "a date with time";
    const TYPE: JsonType = JsonType::String;

    #[inline]
    fn fast(parser: &mut Parser<'_>) -> Option<Self> {
        parser.take_converted_string(date::parse_usual_time)
    }

    fn from_string(text: &str) -> Option<Self> {
        date::parse_time(text)
    }

    fn from_number(number: &str) -> Option<Self> {
        date::from_unix_time(number)
    }

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }

    fn substitute(json: &str) -> Option<Self> {
        Some(date::nearest_time(json))
    }
}

impl LenientScalar for Date {
    const EXPECTED: &'static str = "a date";
    const TYPE: JsonType = JsonType::String;

    #[inline]
    fn fast(parser: &mut Parser<'_>) -> Option<Self> {
        parser.take_converted_string(date::parse_date)
    }

    fn from_string(text: &str) -> Option<Self> {
        date::parse_date(text)
    }

    fn from_number(number: &str) -> Option<Self> {
        date::from_unix_time(number).map(date::date_of)
    }

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }

    fn substitute(json: &str) -> Option<Self> {
        Some(date::date_of(date::nearest_time(json)))
    }
}

/// Reads a scalar of any JSON type.
#[inline]
fn decode_scalar<T: LenientScalar>(parser: &mut Parser<'_>) -> DecodeResult<T> {
    match T::fast(parser) {
        Some(value) => Ok(value),
        None => decode_any_scalar(parser),
    }
}

#[inline(never)]
fn decode_any_scalar<T: LenientScalar>(parser: &mut Parser<'_>) -> DecodeResult<T> {
    let next = parser.peek();
    let at = parser.state.at;
    let (value, json_type) = match next {
        Some(b'"') => (T::from_string(parser.string_text()?), JsonType::String),
        Some(b'-' | b'0'..=b'9') => {
            let number = parser.number()?;
            let value = T::from_number(number);
            if value.is_some() && !T::keeps_number(number) {
                parser.record(at, Expected::Type(T::EXPECTED));
                return value.ok_or(Failed);
            }
            (value, JsonType::Number)
        }
        Some(b't' | b'f') => (T::from_boolean(parser.boolean()?), JsonType::Boolean),
        _ => (None, T::TYPE),
    };
    match value {
        Some(value) => {
            if json_type != T::TYPE {
                parser.record_conversion(at, T::EXPECTED);
            }
            Ok(value)
        }
        None => parser.fail_at(at, Expected::Type(T::EXPECTED)),
    }
}

/// Implements `FromJson` for scalars. The flag says whether an empty string is the same as null.
macro_rules! scalars {
    ($($scalar:ty: $empty_is_null:literal),*) => {$(
        impl FromJson for $scalar {
            const EXPECTED: &'static str = <$scalar as LenientScalar>::EXPECTED;
            const EMPTY_IS_NULL: bool = $empty_is_null;

            #[inline]
            fn blank() -> Self {
                Self::default()
            }

            #[inline]
            fn read(&mut self, parser: &mut Parser<'_>) -> DecodeResult<()> {
                *self = decode_scalar(parser)?;
                Ok(())
            }

            #[inline]
            fn decode(parser: &mut Parser<'_>) -> DecodeResult<Self> {
                decode_scalar(parser)
            }

            #[inline]
            fn read_some(field: &mut Option<Self>, parser: &mut Parser<'_>) -> DecodeResult<()> {
                *field = Some(match <$scalar as LenientScalar>::fast(parser) {
                    Some(value) => value,
                    None => decode_any_scalar(parser)?,
                });
                Ok(())
            }

            fn substitute(json: &str) -> Option<Self> {
                LenientScalar::substitute(json)
            }
        }
    )*};
}

scalars!(String: false, Html: false, i64: true, f64: true, bool: false, Timestamp: true, Date: true);

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Reads a field, and returns the value if it is optional, if it is required, and the number of problems.
    fn read<T: FromJson>(json: &str) -> (Option<T>, Option<T>, usize) {
        let mut optional = None;
        let mut parser = Parser::new(json);
        parser.optional(&mut optional).unwrap();
        parser.end().unwrap();
        let problems = parser.state.issues().len();
        let mut required = T::blank();
        let read = Parser::new(json).required(&mut required);
        (optional, read.ok().map(|()| required), problems)
    }

    fn check<T: FromJson + PartialEq + Debug>(
        json: &str,
        optional: Option<T>,
        required: Option<T>,
        problems: usize,
    ) {
        assert_eq!(read::<T>(json), (optional, required, problems), "{json}");
    }

    #[test]
    fn scalars_are_converted_from_other_json_types() {
        check("12", Some(12), Some(12), 0);
        check("\"12\"", Some(12), Some(12), 1);
        check(
            "\"2024-02-29T23:59:58.000Z\"",
            Some(1_709_251_198),
            Some(1_709_251_198),
            1,
        );
        check("12.0", Some(12), Some(12), 0);
        check("1.2e1", Some(12), Some(12), 0);
        check("12.5", Some(12), Some(12), 1);
        check("12", Some("12".to_owned()), Some("12".to_owned()), 1);
        check("\"1.5\"", Some(1.5), Some(1.5), 1);
        check("\"1\"", Some(true), Some(true), 1);
        check("0", Some(false), Some(false), 1);
    }

    #[test]
    fn scalar_that_cannot_be_converted_is_absent_or_not_replaced() {
        check::<i64>("\"twelve\"", None, None, 1);
        check::<i64>("[]", None, None, 1);
        check::<bool>("{}", None, None, 1);
        check::<String>("{\"a\":[1]}", None, None, 1);
    }

    #[test]
    fn number_out_of_range_is_absent_or_the_nearest() {
        check("1e30", None, Some(i64::MAX), 1);
        check("-99999999999999999999", None, Some(i64::MIN), 1);
        check("1e999", None, Some(f64::MAX), 1);
    }

    #[test]
    fn null_is_an_empty_or_zero_value_where_a_value_is_required() {
        check("null", None, Some(String::new()), 0);
        check("null", None, Some(0), 0);
        check("null", None, Some(false), 0);
        check("null", None, Some(Timestamp::UNIX_EPOCH), 0);
        check("\"\"", None, Some(0), 0);
        check("\"\"", None, Some(Timestamp::UNIX_EPOCH), 0);
        check("\"\"", Some(String::new()), Some(String::new()), 0);
    }

    #[test]
    fn dates_are_read_from_every_format_that_servers_use() {
        let expected: Timestamp = "2024-02-29T23:59:58Z".parse().unwrap();
        for json in [
            "\"2024-02-29T23:59:58Z\"",
            "\"2024-02-29T23:59:58.000Z\"",
            "\"2024-02-29T23:59:58.000000+00:00\"",
            "\"2024-03-01T00:59:58+01:00\"",
            "\"2024-02-29T23:59:58\"",
            "\"2024-02-29 23:59:58 UTC\"",
            "\"2024-02-29T23:59:58 UTC\"",
            "\"Thu, 29 Feb 2024 23:59:58 +0000\"",
            "\"Thu, 29 Feb 2024 23:59:58 GMT\"",
        ] {
            check(json, Some(expected), Some(expected), 0);
        }
        for json in ["1709251198", "\"1709251198\"", "1709251198000"] {
            assert_eq!(read(json).0, Some(expected), "{json}");
        }
        let first: Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
        check("\"0001-01-01T00:00:00.000Z\"", Some(first), Some(first), 0);
        let day: Date = "2024-02-29".parse().unwrap();
        for json in [
            "\"2024-02-29T10:00:00.000Z\"",
            "\"2024-02-29\"",
            "1709251198",
        ] {
            assert_eq!(read(json).0, Some(day), "{json}");
        }
    }

    #[test]
    fn date_outside_the_calendar_is_absent_or_the_nearest() {
        check(
            "\"57171-08-04T06:31:30.000Z\"",
            None,
            Some(Timestamp::MAX),
            1,
        );
        check("\"0000-00-00\"", None, Some(Timestamp::UNIX_EPOCH), 1);
        check(
            "\"2023-02-29T00:00:00.000Z\"",
            None,
            Some(Timestamp::UNIX_EPOCH),
            1,
        );
        check("true", None, Some(Timestamp::UNIX_EPOCH), 1);
        check(
            "\"57171-08-04\"",
            None,
            Some(date::date_of(Timestamp::MAX)),
            1,
        );
    }

    #[test]
    fn scalar_is_taken_from_the_member_of_an_object() {
        let read = |json: &str| {
            let mut field: Option<String> = None;
            let mut parser = Parser::new(json);
            parser.scalar_or_member(&mut field, "ip").unwrap();
            parser.end().unwrap();
            assert_eq!(parser.state.issues().len(), 0, "{json}");
            field
        };
        let address = Some("192.0.2.1".to_owned());
        assert_eq!(read(r#"{"user_id":2,"ip":"192.0.2.1"}"#), address);
        assert_eq!(read(r#""192.0.2.1""#), address);
        assert_eq!((read("null"), read("{}")), (None, None));
    }
}
