//! Infers types from values.

use serde_json::Value;

use crate::external::{Attribute, Lifecycle, Shape};
use mastodon_spec::yaml::Version;

pub(super) fn attribute(path: &str, value: &Value, since: Option<Version>) -> Attribute {
    Attribute {
        path: path.to_owned(),
        shape: shape_of(value),
        nullable: value.is_null(),
        optional: false,
        since,
        removed: false,
        ends: Lifecycle::default(),
        values: Vec::new(),
        value_versions: Vec::new(),
        at: String::new(),
    }
}

/// The fields of an object, or of the first object of a list.
pub(super) fn attributes(
    prefix: &str,
    value: &Value,
    since: Option<&Version>,
    out: &mut Vec<Attribute>,
) {
    let object = match value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        value => value,
    };
    for (key, value) in object.as_object().into_iter().flatten() {
        let path = format!("{prefix}.{key}");
        out.push(attribute(&path, value, since.cloned()));
        attributes(&path, value, since, out);
    }
}

/// The type of a value.
pub(super) fn shape_of(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Unknown,
        Value::Bool(_) => Shape::Bool,
        Value::Number(number) if number.is_f64() => Shape::Number,
        Value::Number(_) => Shape::Integer,
        Value::String(text) => match shape_of_text(text) {
            shape @ (Shape::DateTime | Shape::Date | Shape::Url) => shape,
            _ => Shape::String,
        },
        Value::Array(items) => items
            .iter()
            .find(|item| !item.is_null())
            .map_or(Shape::Unknown, shape_of)
            .list(),
        Value::Object(_) => Shape::Object,
    }
}

/// The type of a string value.
pub(super) fn shape_of_text(text: &str) -> Shape {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let starts_with_date = bytes.len() >= 10
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10);
    match text {
        _ if starts_with_date && bytes.len() == 10 => Shape::Date,
        _ if starts_with_date && bytes.get(10) == Some(&b'T') => Shape::DateTime,
        _ if text.starts_with("https://") || text.starts_with("http://") => Shape::Url,
        "true" | "false" => Shape::Bool,
        // Ids are long strings of digits; short ones are numbers.
        _ if !text.is_empty() && bytes.len() < 6 && digits(0..bytes.len()) => Shape::Integer,
        _ => Shape::String,
    }
}
