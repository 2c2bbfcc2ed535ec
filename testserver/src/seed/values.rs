//! Values that several kinds of things have: references, IDs, times, scopes.

use std::marker::PhantomData;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::SeedError;
use crate::clock::{earlier, later};
use crate::ids::Id;

/// Largest ID that the database of Mastodon can store.
const MAX_ID: Id = i64::MAX as Id;

/// Name, label or ID of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference(String);

impl Reference {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Into<String>> From<S> for Reference {
    fn from(text: S) -> Self {
        Self(text.into())
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

/// Accepts a string or an integer.
struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a name, a label or an ID")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

/// ID that a test chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FixedId(pub(crate) Id);

impl<'de> Deserialize<'de> for FixedId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(TextVisitor)?;
        let id = text.parse().ok();
        id.filter(|id| (1..=MAX_ID).contains(id))
            .map(Self)
            .ok_or_else(|| {
                D::Error::custom(format!(
                    "`{text}` is not an ID; an ID is an integer from 1 to {MAX_ID}"
                ))
            })
    }
}

/// Point in time, or time relative to the clock of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    At(Timestamp),
    Relative(SignedDuration),
}

impl Time {
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Relative(duration) if duration.is_negative() => {
                earlier(now, duration.unsigned_abs())
            }
            Self::Relative(duration) => later(now, duration.unsigned_abs()),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with(['-', '+']) {
            let span: Span = text.parse().ok()?;
            let relative_to = SpanRelativeTo::days_are_24_hours();
            return span.to_duration(relative_to).ok().map(Self::Relative);
        }
        let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
        let at = text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<DateTime>().ok().and_then(in_utc))
            .or_else(|| text.parse::<Date>().ok().and_then(|day| in_utc(day.into())));
        at.map(Self::At)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is not a time; use a time such as `2026-01-31T12:00:00Z`, a date, or a time relative to the \
                 clock such as `-2h` or `+7d`"
            ))
        })
    }
}

/// OAuth scopes: one string with spaces, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scopes(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScopesVisitor).map(Self)
    }
}

struct ScopesVisitor;

impl<'de> Visitor<'de> for ScopesVisitor {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("scopes, such as `read write`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.split_whitespace().map(str::to_owned).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut scopes = Vec::new();
        while let Some(scope) = items.next_element()? {
            scopes.push(scope);
        }
        Ok(scopes)
    }
}

/// Changes of some fields of `T`: a JSON merge patch (RFC 7396).
#[derive(Clone, Debug)]
pub(crate) struct Patch<T> {
    changes: Value,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned + Serialize + Default> Patch<T> {
    /// Returns `original` with the changes.
    pub(crate) fn apply(&self, original: &T) -> Result<T, SeedError> {
        let invalid = |error: serde_json::Error| SeedError::new("", error.to_string());
        let mut merged = serde_json::to_value(original).map_err(invalid)?;
        merge(&mut merged, &self.changes);
        Ok(serde_path_to_error::deserialize(merged)?)
    }
}

impl<'de, T: DeserializeOwned + Serialize + Default> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let changes = Value::deserialize(deserializer)?;
        if !changes.is_object() {
            return Err(D::Error::custom("expected an object"));
        }
        let of = PhantomData;
        let patch = Self { changes, of };
        // The default has every field, so each error of the changes is found at once.
        patch.apply(&T::default()).map_err(D::Error::custom)?;
        Ok(patch)
    }
}

/// Applies a JSON merge patch. `null` restores the default, because that is what a missing field means.
fn merge(target: &mut Value, changes: &Value) {
    let (Value::Object(members), Value::Object(changes)) = (&mut *target, changes) else {
        target.clone_from(changes);
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod schemas {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::*;

    impl JsonSchema for Reference {
        fn schema_name() -> Cow<'static, str> {
            "Reference".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": ["string", "integer"], "description": "Name, label or ID of a thing.",
            })
        }
    }

    impl JsonSchema for FixedId {
        fn schema_name() -> Cow<'static, str> {
            "Id".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": ["string", "integer"], "minimum": 1, "pattern": "^[1-9][0-9]*$",
                "description": "ID that the test chooses. Default: the next free one.",
            })
        }
    }

    impl JsonSchema for Time {
        fn schema_name() -> Cow<'static, str> {
            "Time".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "description": "Time such as `2026-01-31T12:00:00Z`, a date, or a time relative to the clock of the server such as `-2h` or `+7d`.",
            })
        }
    }

    impl JsonSchema for Scopes {
        fn schema_name() -> Cow<'static, str> {
            "Scopes".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": ["string", "array"], "items": { "type": "string" },
                "description": "OAuth scopes: a string such as `read write`, or a list.",
            })
        }
    }

    impl<T: JsonSchema> JsonSchema for Patch<T> {
        fn schema_name() -> Cow<'static, str> {
            T::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            T::json_schema(generator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_absolute_or_relative_to_the_clock() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2025-02-03T04:05:06.789Z", "2025-02-03T04:05:06.789Z"),
            ("2025-02-03T04:05:06+02:00", "2025-02-03T02:05:06Z"),
            ("2025-02-03T04:05:06", "2025-02-03T04:05:06Z"),
            ("2025-02-03", "2025-02-03T00:00:00Z"),
            ("-2h", "2026-01-31T10:00:00Z"),
            ("+1d 30m", "2026-02-01T12:30:00Z"),
        ] {
            let time = Time::parse(text).unwrap();
            assert_eq!(time.at(now), expected.parse().unwrap(), "{text}");
        }
        for text in ["", "yesterday", "12:00", "-", "2h"] {
            assert_eq!(Time::parse(text), None, "{text}");
        }
    }
}
