//! Checks of ranges, lengths and examples of parameters and fields.

use serde_json::Value;

use super::Check;
use crate::load::At;
use crate::yaml::{Field, Param, TypeRef};

/// The limits of a parameter or field.
pub(super) struct Limits<'a> {
    ty: Option<&'a TypeRef>,
    min: Option<f64>,
    max: Option<f64>,
    max_length: Option<u32>,
    example: Option<&'a Value>,
}

impl<'a> From<&'a Param> for Limits<'a> {
    fn from(param: &'a Param) -> Self {
        Self {
            ty: param.ty.as_ref(),
            min: param.min,
            max: param.max,
            max_length: param.max_length,
            example: param.example.as_ref(),
        }
    }
}

impl<'a> From<&'a Field> for Limits<'a> {
    fn from(field: &'a Field) -> Self {
        Self {
            ty: field.ty.as_ref(),
            min: field.min,
            max: field.max,
            max_length: field.max_length,
            example: field.example.as_ref(),
        }
    }
}

impl Check<'_> {
    pub(super) fn limits(&mut self, path: &[&str], limits: &Limits<'_>) {
        let Some(ty) = limits.ty else { return };
        let mut report = |key: &str, message: String, hint: Option<&str>| {
            let path = [path, &[key]].concat();
            self.report(&path, At::Value, message, hint.map(str::to_owned));
        };
        let inner = ty.innermost();
        let is_number = matches!(inner, TypeRef::Integer | TypeRef::Number | TypeRef::Seconds);
        for (key, limit) in [("min", limits.min), ("max", limits.max)] {
            if limit.is_some() && !is_number {
                report(key, format!("`{key}` needs a number, not `{ty}`"), None);
            }
        }
        if let (Some(min), Some(max)) = (limits.min, limits.max)
            && min > max
        {
            report("max", "`max` is less than `min`".to_owned(), None);
        }
        let is_text = matches!(
            inner,
            TypeRef::String | TypeRef::Html | TypeRef::Url | TypeRef::Secret
        );
        match limits.max_length {
            Some(_) if !is_text => {
                let message = format!("`max_length` needs a text, not `{ty}`");
                report(
                    "max_length",
                    message,
                    Some("use `max` for numbers, and `max_items` for lists"),
                );
            }
            Some(0) => report("max_length", "no text is that short".to_owned(), None),
            _ => {}
        }
        if let Some(example) = limits.example
            && !fits(ty, example)
        {
            report(
                "example",
                format!("the example is not of type `{ty}`"),
                None,
            );
        }
        if let (Some(Value::String(example)), Some(max)) = (limits.example, limits.max_length)
            && example.chars().count() > max as usize
        {
            report(
                "example",
                "the example is longer than `max_length`".to_owned(),
                None,
            );
        }
    }
}

/// Whether an example can be a value of the type.
fn fits(ty: &TypeRef, example: &Value) -> bool {
    match ty {
        TypeRef::Json | TypeRef::MapOf(_) => true,
        TypeRef::List(item) => match example {
            Value::Array(items) => items.iter().all(|example| fits(item, example)),
            _ => false,
        },
        TypeRef::Bool | TypeRef::Flag => example.is_boolean(),
        TypeRef::Integer | TypeRef::Seconds => example.is_i64() || example.is_u64(),
        TypeRef::Number => example.is_number(),
        TypeRef::File => false,
        TypeRef::Named(_) | TypeRef::String | TypeRef::Html | TypeRef::Url => example.is_string(),
        TypeRef::Language | TypeRef::Secret | TypeRef::DateTime | TypeRef::Date => {
            example.is_string()
        }
    }
}
