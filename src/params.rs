//! Parameters: typed values until the last moment.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

use crate::secret::{REDACTED, is_secret};
use crate::upload::Upload;

/// The value of a parameter.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// An explicit nothing: `null` in JSON, an empty text in forms.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'static, str>),
    /// Several values.
    List(Vec<Value>),
    /// Named values.
    Map(Vec<(Cow<'static, str>, Value)>),
    /// A file.
    File(Upload),
}

impl Value {
    /// Whether a file is somewhere in it.
    pub(crate) fn has_file(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::List(items) => items.iter().any(Self::has_file),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.has_file()),
            _ => false,
        }
    }
}

macro_rules! from {
    ($($ty:ty, $name:ident => $value:expr;)*) => {$(
        impl From<$ty> for Value {
            fn from($name: $ty) -> Self {
                $value
            }
        }
    )*};
}

from! {
    bool, value => Self::Bool(value);
    i64, value => Self::Integer(value);
    u32, value => Self::Integer(value.into());
    u64, value => Self::Integer(i64::try_from(value).unwrap_or(i64::MAX));
    f64, value => Self::Number(value);
    String, value => Self::Text(value.into());
    &'static str, value => Self::Text(value.into());
    Duration, value => Self::from(value.as_secs());
    Timestamp, value => Self::Text(value.to_string().into());
    Date, value => Self::Text(value.to_string().into());
    Upload, value => Self::File(value);
}

/// Converts ids and enumerations, which are sent as strings.
macro_rules! string_values {
    ($($ty:ident),* $(,)?) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Self {
                value.as_str().to_owned().into()
            }
        }
    )*};
}
pub(crate) use string_values;

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// A list of one kind from anything that gives it.
pub(crate) fn list<T, I>(items: I) -> Vec<T>
where
    I: IntoIterator,
    I::Item: Into<T>,
{
    items.into_iter().map(Into::into).collect()
}

/// Ids as numbers, for the few places that want them so; an id that is no number stays a text.
pub(crate) fn integers(value: impl Into<Value>) -> Value {
    match value.into() {
        Value::List(items) => Value::List(items.into_iter().map(integers).collect()),
        Value::Text(text) => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Value::Integer(number),
            _ => Value::Text(text),
        },
        other => other,
    }
}

/// Named values: the parameters of a call, or a group of nested ones.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Group(Vec<(Cow<'static, str>, Value)>);

impl Group {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets a value; a second one of the same name takes the place of the first.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(entry) => entry.1 = value,
            None => self.0.push((name.into(), value)),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
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
}

impl From<Group> for Value {
    fn from(group: Group) -> Self {
        Self::Map(group.0)
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        named(&self.0, f)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::List(items) => items.fmt(f),
            Self::Map(entries) => named(entries, f),
            Self::File(upload) => upload.fmt(f),
        }
    }
}

/// Shows named values but for the secret ones, however deep they lie.
fn named(
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

impl Group {
    /// Keeps only the values of these names.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    /// Sets a value whose name comes from outside.
    pub(crate) fn set_owned(&mut self, name: String, value: String) {
        self.0.push((name.into(), Value::Text(value.into())));
    }
}

impl Value {
    fn to_json(&self) -> Result<Json, &'static str> {
        Ok(match self {
            Self::Null => Json::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect::<Result<_, _>>()?,
            Self::Map(entries) => entries
                .iter()
                .map(|(name, value)| Ok((name.to_string(), value.to_json()?)))
                .collect::<Result<serde_json::Map<_, _>, &str>>()?
                .into(),
            Self::File(_) => return Err("a file cannot be stored"),
        })
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
            Json::String(text) => Self::Text(text.into()),
            Json::Array(items) => Self::List(items.into_iter().map(Into::into).collect()),
            Json::Object(entries) => Self::Map(
                entries
                    .into_iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
            ),
        }
    }
}

impl Group {
    /// The values in their order, as pairs.
    pub(crate) fn to_json(&self) -> Result<Json, &'static str> {
        let pair =
            |(name, value): (&str, &Value)| Ok(Json::from(vec![name.into(), value.to_json()?]));
        self.iter().map(pair).collect()
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

    #[test]
    fn an_id_that_is_no_number_is_sent_as_it_is() {
        let ids: Vec<String> = ["12", "007", "01HZ"].map(str::to_owned).into();
        assert_eq!(
            integers(ids),
            Value::List(vec![12i64.into(), "007".into(), "01HZ".into()])
        );
    }

    #[test]
    fn a_secret_is_hidden_however_deep_it_lies() {
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
}
