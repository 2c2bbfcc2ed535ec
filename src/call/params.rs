//! Parameter values, typed until they are encoded.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use mastodon_types::__private::REDACTED;
use mastodon_types::{SecretString, Time};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::error::Error;
use crate::http::upload::Upload;
use crate::redact::is_secret;

/// Value of a parameter.
///
/// ```
/// use mastodon_sdk::call::Value;
/// assert_eq!(Value::from(vec![1i64, 2]), Value::Array(vec![Value::Integer(1), Value::Integer(2)]));
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `null` in JSON, an empty string in other encodings. Clears the value on the server.
    Null,
    /// Omits the parameter, even if the SDK would otherwise set it.
    Omit,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A floating-point number.
    Number(f64),
    /// A string.
    String(Cow<'static, str>),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Vec<(Cow<'static, str>, Value)>),
    /// A file.
    File(Upload),
    /// A value that cannot be sent, with the reason. The call fails with
    /// [`Error::IllegalArgument`](crate::Error::IllegalArgument).
    Invalid(Cow<'static, str>),
}

impl Value {
    /// Returns whether the value contains a file at any depth.
    pub(crate) fn has_file(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Array(items) => items.iter().any(Self::has_file),
            Self::Object(entries) => entries.iter().any(|(_, value)| value.has_file()),
            _ => false,
        }
    }
}

impl Value {
    /// Returns why the value, or a value in it, cannot be sent.
    fn invalid_reason(&self) -> Option<&str> {
        match self {
            Self::Invalid(reason) => Some(reason),
            Self::Array(items) => items.iter().find_map(Self::invalid_reason),
            Self::Object(entries) => entries.iter().find_map(|(_, value)| value.invalid_reason()),
            _ => None,
        }
    }
}

macro_rules! from {
    ($($ty:ty, $name:ident => $value:expr;)*) => {$(
        impl From<$ty> for Value {
            #[inline]
            fn from($name: $ty) -> Self {
                $value
            }
        }
    )*};
}

from! {
    bool, value => Self::Bool(value);
    i32, value => Self::Integer(value.into());
    i64, value => Self::Integer(value);
    u8, value => Self::Integer(value.into());
    u16, value => Self::Integer(value.into());
    u32, value => Self::Integer(value.into());
    u64, value => Self::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    usize, value => Self::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    f64, value => Self::Number(value);
    String, value => Self::String(value.into());
    &String, value => Self::String(value.clone().into());
    &'static str, value => Self::String(value.into());
    Cow<'static, str>, value => Self::String(value);
    Duration, value => Self::from(value.as_secs());
    Timestamp, value => Self::String(value.to_string().into());
    Date, value => Self::String(value.to_string().into());
    Time, value => match value.timestamp() {
        Ok(time) => time.into(),
        Err(error) => Self::Invalid(error.to_string().into()),
    };
    Upload, value => Self::File(value);
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

/// Implements conversions of IDs and enums, which are sent as strings.
macro_rules! string_values {
    ($($ty:ident),* $(,)?) => {$(
        impl From<$ty> for Value {
            #[inline]
            fn from(value: $ty) -> Self {
                value.as_str().to_owned().into()
            }
        }
    )*};
}
pub(crate) use string_values;

/// Collects the items of an argument that accepts any iterator.
pub(crate) fn list<T, I>(items: I) -> Vec<T>
where
    I: IntoIterator,
    I::Item: Into<T>,
{
    items.into_iter().map(Into::into).collect()
}

/// Converts IDs to integers, for the few parameters that are sent as integers. An ID that is not an integer
/// stays a string.
pub(crate) fn integers(value: impl Into<Value>) -> Value {
    match value.into() {
        Value::Array(items) => Value::Array(items.into_iter().map(integers).collect()),
        Value::String(string) => match string.parse::<i64>() {
            Ok(number) if number.to_string() == string => Value::Integer(number),
            _ => Value::String(string),
        },
        other => other,
    }
}

/// The parameters of a call, or a group of nested parameters.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Group(Vec<(Cow<'static, str>, Value)>);

impl Group {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets a value, replacing one of the same name.
    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.put(name.into(), value.into());
    }

    /// The part of [`set`](Self::set) that does not depend on types, and is compiled once.
    fn put(&mut self, name: Cow<'static, str>, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub(crate) fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Self {
        self.set(name, value);
        self
    }

    /// Fails if a value at any depth cannot be sent.
    pub(crate) fn check(&self, endpoint: &'static str) -> Result<(), Error> {
        let mut invalid = self.iter().filter_map(|(name, value)| {
            let reason = value.invalid_reason()?;
            Some(Error::argument(endpoint, name, reason.to_owned()))
        });
        invalid.next().map_or(Ok(()), Err)
    }

    /// Returns whether it contains a file.
    pub(crate) fn has_file(&self) -> bool {
        self.0.iter().any(|(_, value)| value.has_file())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> + Clone {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Keeps the values whose names satisfy the predicate.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    /// Adds a value whose name comes from the server. A name such as `types[]` can occur several times.
    pub(crate) fn push(&mut self, name: String, value: String) {
        self.0.push((name.into(), Value::String(value.into())));
    }

    /// Returns the values of all secret parameters, at any depth.
    pub(crate) fn secret_values(&self) -> Vec<SecretString> {
        let mut secrets = Vec::new();
        for (name, value) in self.iter() {
            collect_secrets(is_secret(name), value, &mut secrets);
        }
        secrets
    }
}

fn collect_secrets(is_secret_value: bool, value: &Value, secrets: &mut Vec<SecretString>) {
    match value {
        Value::String(string) if is_secret_value => secrets.push(string.as_ref().into()),
        Value::Integer(number) if is_secret_value => secrets.push(number.to_string().into()),
        Value::Array(items) => {
            for item in items {
                collect_secrets(is_secret_value, item, secrets);
            }
        }
        Value::Object(entries) => {
            for (name, value) in entries {
                collect_secrets(is_secret_value || is_secret(name), value, secrets);
            }
        }
        _ => {}
    }
}

impl From<Group> for Value {
    fn from(group: Group) -> Self {
        Self::Object(group.0)
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fmt_entries(&self.0, f)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Omit => f.write_str("omitted"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(string) => string.fmt(f),
            Self::Array(items) => items.fmt(f),
            Self::Object(entries) => fmt_entries(entries, f),
            Self::File(upload) => upload.fmt(f),
            Self::Invalid(reason) => write!(f, "invalid ({reason})"),
        }
    }
}

/// Formats parameters with secrets redacted, at any depth.
fn fmt_entries(
    entries: &[(Cow<'static, str>, Value)],
    f: &mut std::fmt::Formatter<'_>,
) -> std::fmt::Result {
    let mut map = f.debug_map();
    for (name, value) in entries {
        if is_secret(name) {
            map.entry(name, &REDACTED);
        } else {
            map.entry(name, value);
        }
    }
    map.finish()
}

/// Entries of a JSON object.
pub(crate) struct Entries<I>(pub(crate) I);

impl<'a, I: Iterator<Item = (&'a str, &'a Value)> + Clone> Serialize for Entries<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

/// JSON of request bodies and of stored pages.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Omit => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::String(string) => serializer.serialize_str(string),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(entries) => {
                let entries = entries.iter().map(|(name, value)| (name.as_ref(), value));
                Entries(entries).serialize(serializer)
            }
            Self::File(_) => Err(S::Error::custom("a file cannot be stored as JSON")),
            Self::Invalid(reason) => Err(S::Error::custom(reason)),
        }
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => number.as_i64().map_or_else(
                || Self::Number(number.as_f64().unwrap_or(f64::NAN)),
                Self::Integer,
            ),
            Json::String(string) => Self::String(string.into()),
            Json::Array(items) => Self::Array(items.into_iter().map(Into::into).collect()),
            Json::Object(entries) => Self::Object(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
        }
    }
}

/// Stored as pairs, to keep their order.
impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Group {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(String, Json)>::deserialize(deserializer)?;
        let entries = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Ok(Self(entries.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::KnownSecrets;

    #[test]
    fn an_id_that_is_not_a_number_is_sent_unchanged() {
        let ids: Vec<String> = ["12", "007", "01HZ"].map(str::to_owned).into();
        assert_eq!(
            integers(ids),
            Value::Array(vec![12i64.into(), "007".into(), "01HZ".into()])
        );
    }

    #[test]
    fn debug_redacts_secrets_at_any_depth() {
        let keys = Group::new()
            .with("auth", "hunter2")
            .with("endpoint", "https://a.example");
        let group = Group::new().with("subscription", Group::new().with("keys", keys));
        let shown = format!("{group:?} {:?}", Value::from(group.clone()));
        assert!(
            !shown.contains("hunter2") && shown.contains("https://a.example"),
            "{shown}"
        );
    }

    #[test]
    fn sent_secrets_are_redacted_in_every_encoding() {
        let keys = Group::new().with("auth", "push key+1");
        let values = Group::new()
            .with("subscription", Group::new().with("keys", keys))
            .with("password", "quote\"d é")
            .with("code", "abc")
            .with("q", "harmless");
        let mut secrets = values.secret_values();
        secrets.push("hunter2".into());
        let secrets = KnownSecrets::new(secrets);
        for text in [
            "hunter2",
            "x push key+1",
            "push+key%2B1",
            "quote\"d é",
            r#"{"a":"quote\"d é"}"#,
            "quote%22d+%C3%A9",
        ] {
            let shown = secrets.redact(text);
            assert!(
                shown.contains(REDACTED) && shown.len() < text.len() + REDACTED.len(),
                "{shown}"
            );
            assert!(
                !shown.contains("hunter") && !shown.contains("quote") && !shown.contains("key"),
                "{shown}"
            );
        }
        assert_eq!(
            secrets.redact("harmless abc"),
            "harmless abc",
            "too short to search for"
        );
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
