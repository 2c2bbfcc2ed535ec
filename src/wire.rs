//! Tolerant readers: what servers send is not always of the type that it should be.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::trail;

/// A text that is not JSON, such as the answer of a health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub String);

/// What can be read from any plain JSON value.
pub(crate) trait Plain: Sized {
    const WHAT: &'static str;

    fn text(text: &str) -> Option<Self>;

    /// What null stands for where a value has to be.
    fn empty() -> Option<Self>;

    fn integer(number: i64) -> Option<Self> {
        Self::text(&number.to_string())
    }

    fn float(number: f64) -> Option<Self> {
        Self::text(&number.to_string())
    }

    fn boolean(value: bool) -> Option<Self> {
        Self::text(if value { "true" } else { "false" })
    }

    /// Whether an empty text is the same as nothing.
    const EMPTY_IS_NONE: bool = true;
}

impl Plain for String {
    const WHAT: &'static str = "a text";
    const EMPTY_IS_NONE: bool = false;

    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn empty() -> Option<Self> {
        Some(String::new())
    }
}

impl Plain for i64 {
    const WHAT: &'static str = "a whole number";

    fn text(text: &str) -> Option<Self> {
        text.trim()
            .parse()
            .ok()
            .or_else(|| text.trim().parse().ok().and_then(Self::float))
    }

    fn empty() -> Option<Self> {
        Some(0)
    }

    fn integer(number: i64) -> Option<Self> {
        Some(number)
    }

    fn float(number: f64) -> Option<Self> {
        (number.is_finite() && number.abs() < 9e15).then_some(number as i64)
    }
}

impl Plain for f64 {
    const WHAT: &'static str = "a number";

    fn text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn empty() -> Option<Self> {
        Some(0.0)
    }

    fn integer(number: i64) -> Option<Self> {
        Some(number as f64)
    }

    fn float(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl Plain for bool {
    const WHAT: &'static str = "true or false";

    fn text(text: &str) -> Option<Self> {
        match text {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        }
    }

    fn empty() -> Option<Self> {
        Some(false)
    }

    fn boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Plain for Timestamp {
    const WHAT: &'static str = "a date with its time";

    fn text(text: &str) -> Option<Self> {
        fixed(text)
            .or_else(|| text.parse().ok())
            .or_else(|| {
                TimeZone::UTC
                    .to_timestamp(text.parse::<jiff::civil::DateTime>().ok()?)
                    .ok()
            })
            .or_else(|| text.parse().ok().and_then(Self::integer))
    }

    fn empty() -> Option<Self> {
        None
    }

    fn integer(seconds: i64) -> Option<Self> {
        // A time in milliseconds would lie thousands of years ahead in seconds.
        if seconds > 100_000_000_000 {
            Self::from_millisecond(seconds).ok()
        } else {
            Self::from_second(seconds).ok()
        }
    }

    fn float(seconds: f64) -> Option<Self> {
        i64::float(seconds).and_then(Self::integer)
    }
}

impl Plain for Date {
    const WHAT: &'static str = "a date";

    fn text(text: &str) -> Option<Self> {
        text.get(..10)?.parse().ok()
    }

    fn empty() -> Option<Self> {
        None
    }
}

/// Mastodon's own form of a moment, `2026-01-31T12:00:00.000Z`, without the cost of the general parser.
fn fixed(text: &str) -> Option<Timestamp> {
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
        .any(|(at, wanted)| bytes.get(*at) != Some(wanted))
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
    let lengths = [
        31,
        if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) {
            29
        } else {
            28
        },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let length = usize::try_from(month - 1)
        .ok()
        .and_then(|month| lengths.get(month))?;
    if day < 1 || day > *length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Counted in years that begin in March, so that the leap day is the last of its year.
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

struct PlainVisitor<T>(PhantomData<T>);

impl<'de, T: Plain> Visitor<'de> for PlainVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        match T::text(text) {
            Some(value) => Ok(Some(value)),
            None if text.is_empty() && T::EMPTY_IS_NONE => Ok(None),
            None => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<T>, E> {
        T::integer(number)
            .map(Some)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<T>, E> {
        let read = i64::try_from(number).map_or_else(|_| T::text(&number.to_string()), T::integer);
        read.map(Some)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<T>, E> {
        T::float(number)
            .map(Some)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(number), &self))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        T::boolean(value)
            .map(Some)
            .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Bool(value), &self))
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

pub(crate) fn optional<'de, T: Plain, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(PlainVisitor(PhantomData))
}

pub(crate) fn required<'de, T: Plain, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    optional(deserializer)?.or_else(T::empty).ok_or_else(|| {
        D::Error::custom(format_args!(
            "null or an empty text, where {} belongs",
            T::WHAT
        ))
    })
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        loop {
            match items.next_element() {
                Ok(Some(item)) => list.push(item),
                Ok(None) => return Ok(list),
                Err(error) => {
                    trail::index(list.len());
                    return Err(error);
                }
            }
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

/// A list; null is the empty one.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            match entries.next_value() {
                Ok(value) => map.insert(key, value),
                Err(error) => {
                    trail::key(&key);
                    return Err(error);
                }
            };
        }
        Ok(map)
    }

    // An empty hash is an empty list in some of the languages that servers are written in.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        match items.next_element::<IgnoredAny>()? {
            None => Ok(BTreeMap::new()),
            Some(_) => Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }
}

/// A mapping; null is the empty one.
pub(crate) fn map<'de, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(MapVisitor(PhantomData))
}

/// An object that some servers send as something else, which then counts as absent.
pub(crate) fn entity_opt<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    let value = buffered(deserializer)?;
    if value.starts_with('{') {
        from_value(&value).map(Some)
    } else {
        Ok(None)
    }
}

/// A plain value, or the one that an object in its place has under the key.
pub(crate) fn inside<'de, T, D>(deserializer: D, key: &str) -> Result<Option<T>, D::Error>
where
    T: Plain,
    D: Deserializer<'de>,
{
    let value = match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Object(mut members) => members.remove(key).unwrap_or_default(),
        plain => plain,
    };
    optional(value).map_err(D::Error::custom)
}

/// By this name serde_json is asked for the text of a value, which it gives in a map of one entry. If it
/// had another, it would give the value as any format does.
const AS_TEXT: &str = "$serde_json::private::RawValue";

/// The whole value as JSON, to be looked at before it is read.
pub(crate) fn buffered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Buffer;

    impl<'de> Visitor<'de> for Buffer {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
            let mut members = serde_json::Map::new();
            while let Some(key) = entries.next_key::<String>()? {
                if key == AS_TEXT {
                    return entries.next_value();
                }
                members.insert(key, entries.next_value()?);
            }
            Ok(serde_json::Value::Object(members).to_string())
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<String, D::Error> {
            serde_json::Value::deserialize(deserializer).map(|value| value.to_string())
        }
    }

    deserializer.deserialize_newtype_struct(AS_TEXT, Buffer)
}

/// Whether the value is an object with the key.
pub(crate) fn has(value: &str, key: &str) -> bool {
    struct Has<'k>(&'k str);

    impl<'de> Visitor<'de> for Has<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<bool, A::Error> {
            let mut has = false;
            while let Some(is_it) = entries.next_key_seed(Is(self.0))? {
                has |= is_it;
                entries.next_value::<IgnoredAny>()?;
            }
            Ok(has)
        }
    }

    struct Is<'k>(&'k str);

    impl<'de> DeserializeSeed<'de> for Is<'_> {
        type Value = bool;

        fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
            deserializer.deserialize_identifier(self)
        }
    }

    impl Visitor<'_> for Is<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a key")
        }

        fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
            Ok(key == self.0)
        }
    }

    let mut text = serde_json::Deserializer::from_str(value);
    text.deserialize_map(Has(key)).unwrap_or_default()
}

/// Reads a value that was looked at.
pub(crate) fn from_value<T: DeserializeOwned, E: Error>(value: &str) -> Result<T, E> {
    serde_json::from_str(value).map_err(E::custom)
}

/// Reads a value from a plain text, for tests of the readers.
#[cfg(test)]
fn of<T: Plain>(json: &str) -> Result<T, serde_json::Error> {
    required(&mut serde_json::Deserializer::from_str(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_texts_and_texts_as_numbers() {
        assert_eq!(of::<i64>("\"12\"").unwrap(), 12);
        assert_eq!(of::<i64>("12.0").unwrap(), 12);
        assert_eq!(of::<String>("12").unwrap(), "12");
        assert_eq!(of::<f64>("\"1.5\"").unwrap(), 1.5);
        assert_eq!(of::<String>("null").unwrap(), "");
        assert!(of::<bool>("\"1\"").unwrap());
        assert!(!of::<bool>("null").unwrap());
        assert!(of::<i64>("\"twelve\"").is_err());
    }

    #[test]
    fn a_value_is_looked_at_as_it_stands_in_json_and_made_of_other_formats() {
        let text = r#"{ "a" : 1.50,"b":{"c":[]} }"#;
        let whole = buffered(&mut serde_json::Deserializer::from_str(text)).unwrap();
        assert_eq!(whole, text);
        assert!(has(&whole, "a") && has(&whole, "b") && !has(&whole, "c"));
        let value = serde_json::json!({"b": [true]});
        assert_eq!(buffered(value).unwrap(), r#"{"b":[true]}"#);
        let other = [("id", 7)].into_iter();
        let other = serde::de::value::MapDeserializer::<_, serde_json::Error>::new(other);
        let other = buffered(other).unwrap();
        assert_eq!(other, r#"{"id":7}"#);
        assert!(!has(&buffered(serde_json::json!([])).unwrap(), "id"));
    }

    #[test]
    fn a_value_wrapped_in_an_object_is_found_by_its_name() {
        let read = |json: &str| {
            inside::<String, _>(&mut serde_json::Deserializer::from_str(json), "ip").unwrap()
        };
        assert_eq!(
            read(r#"{"user_id":2,"ip":"192.0.2.1"}"#).unwrap(),
            "192.0.2.1"
        );
        assert_eq!(read(r#""192.0.2.1""#).unwrap(), "192.0.2.1");
        assert_eq!((read("null"), read("{}")), (None, None));
    }

    #[test]
    fn moments_come_in_every_form_that_servers_use() {
        let expected: Timestamp = "2024-02-29T23:59:58Z".parse().unwrap();
        for text in [
            "\"2024-02-29T23:59:58Z\"",
            "\"2024-02-29T23:59:58.000Z\"",
            "\"2024-02-29T23:59:58.000000+00:00\"",
            "\"2024-03-01T00:59:58+01:00\"",
            "\"2024-02-29T23:59:58\"",
            "1709251198",
            "\"1709251198\"",
            "1709251198000",
        ] {
            assert_eq!(of::<Timestamp>(text).unwrap(), expected, "{text}");
        }
        assert!(of::<Timestamp>("\"2023-02-29T00:00:00.000Z\"").is_err());
        assert_eq!(
            of::<Date>("\"2024-02-29T10:00:00.000Z\"").unwrap(),
            of::<Date>("\"2024-02-29\"").unwrap()
        );
    }

    #[test]
    fn the_quick_reading_of_moments_agrees_with_the_general_one() {
        for day in (-700_000..700_000).step_by(997) {
            let moment = Timestamp::from_millisecond(day * 86_399_123).unwrap();
            let text = moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
            if text.len() == 24 {
                assert_eq!(fixed(&text), Some(moment), "{text}");
            }
        }
    }
}
