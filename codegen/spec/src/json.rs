//! JSON with ordered keys.
//!
//! `serde_json` sorts or keeps the order of keys depending on a feature that any crate of the build can
//! enable. The output must not depend on it.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// A value that is omitted from its object.
    Absent,
    /// A string, a number, a boolean or null.
    Scalar(Value),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// A JSON object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(IndexMap<String, Json>);

impl Object {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry, unless its value is absent.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        self.set(key, value);
        self
    }

    /// Adds `key: true` if the condition holds.
    pub fn flag(self, key: &str, holds: bool) -> Self {
        self.with(key, holds.then_some(true))
    }

    /// Adds all entries of another object.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Json>) {
        match value.into() {
            Json::Absent => {}
            value => {
                self.0.insert(key.into(), value);
            }
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    pub fn entries(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object, or an absent value if it is empty.
    pub fn or_absent(self) -> Json {
        if self.is_empty() {
            Json::Absent
        } else {
            Json::Object(self)
        }
    }
}

impl<K: Into<String>, V: Into<Json>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        entries
            .into_iter()
            .fold(Self::new(), |object, (key, value)| object.with(key, value))
    }
}

impl<V: Into<Json>> FromIterator<V> for Json {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(entries) => Self::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.as_str(), value))
                    .collect(),
            ),
            scalar => Self::Scalar(scalar.clone()),
        }
    }
}

macro_rules! scalars {
    ($($ty:ty),*) => {
        $(impl From<$ty> for Json {
            fn from(value: $ty) -> Self {
                Self::Scalar(value.into())
            }
        })*
    };
}

scalars!(bool, u32, i64, f64, &str, String);

impl From<&String> for Json {
    fn from(value: &String) -> Self {
        value.as_str().into()
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Scalar(value) => value.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
