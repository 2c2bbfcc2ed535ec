//! The types that values show.

use serde_json::Value;

use crate::outside::{Attribute, Ends, Shape};
use mastodon_spec::yaml::Version;

pub(super) fn attribute(path: &str, value: &Value, since: Option<Version>) -> Attribute {
    Attribute {
        path: path.to_owned(),
        shape: shape_of(value),
        nullable: value.is_null(),
        optional: false,
        since,
        removed: false,
        ends: Ends::default(),
        values: Vec::new(),
        at: String::new(),
    }
}

/// The fields in an object or in the first of a list of them.
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

/// The type that a value shows.
pub(super) fn shape_of(value: &Value) -> Shape {
    match value {
        Value::Null => Shape::Unknown,
        Value::Bool(_) => Shape::Bool,
        Value::Number(number) if number.is_f64() => Shape::Number,
        Value::Number(_) => Shape::Integer,
        Value::String(text) => match shape_of_text(text) {
            shape @ (Shape::Moment | Shape::Day | Shape::Address) => shape,
            _ => Shape::Text,
        },
        Value::Array(items) => items
            .iter()
            .find(|item| !item.is_null())
            .map_or(Shape::Unknown, shape_of)
            .list(),
        Value::Object(_) => Shape::Object,
    }
}

/// The type that a text in a query shows.
pub(super) fn shape_of_text(text: &str) -> Shape {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let day = bytes.len() >= 10
        && digits(0..4)
        && bytes[4] == b'-'
        && digits(5..7)
        && bytes[7] == b'-'
        && digits(8..10);
    match text {
        _ if day && bytes.len() == 10 => Shape::Day,
        _ if day && bytes.get(10) == Some(&b'T') => Shape::Moment,
        _ if text.starts_with("https://") || text.starts_with("http://") => Shape::Address,
        "true" | "false" => Shape::Bool,
        // Ids are texts of digits; what is short is a number.
        _ if !text.is_empty() && bytes.len() < 6 && digits(0..bytes.len()) => Shape::Integer,
        _ => Shape::Text,
    }
}
