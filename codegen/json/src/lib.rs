//! JSON with ordered keys.
//!
//! `serde_json` sorts or keeps the order of keys depending on a feature that any crate of the build can
//! enable. The output must not depend on it.

mod parts;

pub use parts::Parts;
use serde::ser::SerializeMap;
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

/// A JSON object. Objects are equal if their entries have the same order.
///
/// Most objects have a few keys, which are found sooner without hashes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry, unless its value is absent.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Json>) -> Self {
        self.insert(key.into(), value.into());
        self
    }

    /// Adds `key: true` if the condition holds.
    pub fn flag(self, key: &str, holds: bool) -> Self {
        self.with(key, holds.then_some(true))
    }

    /// Adds all entries of another object.
    pub fn and(mut self, other: Self) -> Self {
        for (key, value) in other.0 {
            self.insert(key, value);
        }
        self
    }

    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Json>) {
        self.insert(key.into(), value.into());
    }

    fn insert(&mut self, key: String, value: Json) {
        if value == Json::Absent {
            return;
        }
        match self.get_mut(&key) {
            Some(known) => *known = value,
            None => self.0.push((key, value)),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        let entry = self.0.iter().find(|(known, _)| known == key);
        entry.map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        let entry = self.0.iter_mut().find(|(known, _)| known == key);
        entry.map(|(_, value)| value)
    }

    /// Removes the entries for which the condition does not hold.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Json) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
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

/// Formats an object with objects and lists on one line where they fit into the width.
///
/// # Errors
///
/// When a number is not finite.
pub fn pretty(object: &Object, width: usize) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    write_object(object, width, 0, 0, &mut out)?;
    out.push('\n');
    Ok(out)
}

/// Writes a value that starts at a column and is followed by at most one comma.
fn write(
    value: &Json,
    width: usize,
    depth: usize,
    column: usize,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    match value {
        Json::Object(object) => write_object(object, width, depth, column, out),
        Json::List(items) if !items.is_empty() => {
            let start = out.len();
            let room = width.saturating_sub(column + 1);
            if write_on_one_line(value, start + room, out)? {
                return Ok(());
            }
            out.truncate(start);
            let indent = 2 * (depth + 1);
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                indent_by(indent, out);
                write(item, width, depth + 1, indent, out)?;
            }
            out.push('\n');
            indent_by(2 * depth, out);
            out.push(']');
            Ok(())
        }
        Json::Scalar(scalar) => write_scalar(scalar, out),
        Json::List(_) => {
            out.push_str("[]");
            Ok(())
        }
        Json::Absent => {
            out.push_str("null");
            Ok(())
        }
    }
}

fn write_object(
    object: &Object,
    width: usize,
    depth: usize,
    column: usize,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let start = out.len();
    let room = width.saturating_sub(column + 1);
    if write_object_on_one_line(object, start + room, out)? {
        return Ok(());
    }
    out.truncate(start);
    let indent = 2 * (depth + 1);
    out.push('{');
    for (index, (key, value)) in object.entries().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        indent_by(indent, out);
        let start = out.len();
        write_text(key, out)?;
        out.push_str(": ");
        let column = indent + out.len() - start;
        write(value, width, depth + 1, column, out)?;
    }
    out.push('\n');
    indent_by(2 * depth, out);
    out.push('}');
    Ok(())
}

fn indent_by(columns: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', columns));
}

/// Writes a value on one line. Returns false, with part of the value written, if the text would exceed a length.
fn write_on_one_line(
    value: &Json,
    end: usize,
    out: &mut String,
) -> Result<bool, serde_json::Error> {
    match value {
        Json::Object(object) => return write_object_on_one_line(object, end, out),
        Json::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                if !write_on_one_line(item, end, out)? {
                    return Ok(false);
                }
            }
            out.push(']');
        }
        // Most descriptions are too long, so they are not escaped to find that out.
        Json::Scalar(Value::String(text)) if out.len() + text.len() > end => return Ok(false),
        Json::Scalar(scalar) => write_scalar(scalar, out)?,
        Json::Absent => out.push_str("null"),
    }
    Ok(out.len() <= end)
}

fn write_scalar(scalar: &Value, out: &mut String) -> Result<(), serde_json::Error> {
    match scalar {
        Value::String(text) => return write_text(text, out),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        other => out.push_str(&serde_json::to_string(other)?),
    }
    Ok(())
}

/// Writes a string; most have no characters to escape.
fn write_text(text: &str, out: &mut String) -> Result<(), serde_json::Error> {
    let is_escaped = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().any(is_escaped) {
        out.push_str(&serde_json::to_string(text)?);
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
    Ok(())
}

fn write_object_on_one_line(
    object: &Object,
    end: usize,
    out: &mut String,
) -> Result<bool, serde_json::Error> {
    out.push('{');
    for (index, (key, value)) in object.entries().enumerate() {
        out.push_str(if index == 0 { " " } else { ", " });
        write_text(key, out)?;
        out.push_str(": ");
        if !write_on_one_line(value, end, out)? {
            return Ok(false);
        }
    }
    out.push_str(if object.is_empty() { "}" } else { " }" });
    Ok(out.len() <= end)
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
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_fit_are_on_one_line() {
        let inner = Object::new()
            .with("type", "string")
            .with("maxLength", 5_u32);
        let object = Object::new()
            .with("name", inner)
            .with("list", Json::List(Vec::new()))
            .with("names", vec!["a long name", "another long name", "b"])
            .with("none", Object::new());
        let expected = r#"{
  "name": { "type": "string", "maxLength": 5 },
  "list": [],
  "names": [
    "a long name",
    "another long name",
    "b"
  ],
  "none": {}
}
"#;
        assert_eq!(pretty(&object, 48).unwrap(), expected);
    }

    #[test]
    fn a_later_value_of_a_key_takes_the_place_of_the_earlier_one() {
        let object = Object::new().with("a", 1_u32).with("b", 2_u32);
        let object = object.and(Object::new().with("a", 3_u32).with("b", None::<bool>));
        assert_eq!(pretty(&object, 40).unwrap(), "{ \"a\": 3, \"b\": 2 }\n");
    }

    #[test]
    fn formatted_text_has_the_same_value() {
        let value: Value =
            serde_json::from_str(r#"{ "a": [{ "b": ["c\"", 1.5, null, true] }, []], "d": {} }"#)
                .unwrap();
        let Json::Object(object) = Json::from(&value) else {
            panic!("not an object");
        };
        for width in [0, 10, 20, 100] {
            let text = pretty(&object, width).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
