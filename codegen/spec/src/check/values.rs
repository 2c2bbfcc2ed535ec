//! Checks of values that the specification states, such as defaults: they fit the type, its enumeration and the limits.

use serde_json::Value;

use super::Check;
use crate::load::At;
use crate::problem::closest;
use crate::yaml::{Param, TypeRef};

/// What is wrong with a value, and how to correct it.
type Mistake = (String, Option<String>);

impl Check<'_> {
    /// Checks the default of a parameter.
    pub(super) fn default(&mut self, path: &[&str], param: &Param) {
        let (Some(default), Some(ty)) = (&param.default, &param.ty) else {
            return;
        };
        let at = [path, &["default"]].concat();
        let mistake = self.value_mistake(ty, default).or_else(|| {
            let value = default.as_f64()?;
            let range = || Some("correct the default, or the range".to_owned());
            let shown = Shown(default);
            match (param.min, param.max) {
                (Some(min), _) if value < min => {
                    Some((format!("{shown} is less than `min: {min}`"), range()))
                }
                (_, Some(max)) if value > max => {
                    Some((format!("{shown} is greater than `max: {max}`"), range()))
                }
                _ => None,
            }
        });
        if let Some((message, hint)) = mistake {
            self.report(&at, At::Value, format!("wrong default: {message}"), hint);
        }
        if let (Some(items), Some(max)) = (default.as_array(), param.max_items)
            && items.len() > max as usize
        {
            self.report(
                &at,
                At::Value,
                format!("wrong default: it has more items than `max_items: {max}`"),
                Some("correct one of them".into()),
            );
        }
    }

    /// What is wrong with a value of a type.
    pub(super) fn value_mistake(&self, ty: &TypeRef, value: &Value) -> Option<Mistake> {
        let shown = Shown(value);
        let expect = |what: &str, fits: bool, hint: Option<&str>| {
            (!fits).then(|| (format!("{shown} is not {what}"), hint.map(str::to_owned)))
        };
        match ty {
            TypeRef::Json => None,
            TypeRef::List(item) => match value {
                Value::Array(items) => items
                    .iter()
                    .find_map(|value| self.value_mistake(item, value)),
                _ => expect("a list", false, Some("write it in brackets: `[…]`")),
            },
            TypeRef::MapOf(_) => expect("a mapping", value.is_object(), None),
            TypeRef::Bool | TypeRef::Flag => expect(
                "a boolean",
                value.is_boolean(),
                Some("write `true` or `false`, without quotes"),
            ),
            TypeRef::Integer | TypeRef::Seconds => expect(
                "an integer",
                value.is_i64() || value.is_u64(),
                Some("write a number without quotes and without a fraction"),
            ),
            TypeRef::Number => expect(
                "a number",
                value.is_number(),
                Some("write a number without quotes"),
            ),
            TypeRef::File => expect("a file", false, Some("remove it")),
            TypeRef::Named(name) => self.named_mistake(name, value),
            TypeRef::Date => expect(
                "a date",
                value.as_str().is_some_and(super::is_date),
                Some("write it as `2022-11-14`"),
            ),
            TypeRef::DateTime => expect(
                "a date with a time",
                value
                    .as_str()
                    .and_then(|text| text.split_once('T'))
                    .is_some_and(|(date, _)| super::is_date(date)),
                Some("write it as `2022-11-14T08:30:00.000Z`"),
            ),
            TypeRef::String
            | TypeRef::Html
            | TypeRef::Url
            | TypeRef::Language
            | TypeRef::Secret => expect("a string", value.is_string(), Some("write it in quotes")),
        }
    }

    fn named_mistake(&self, name: &str, value: &Value) -> Option<Mistake> {
        let shown = Shown(value);
        if let Some(enumeration) = self.names.enums.get(name) {
            let known = || enumeration.values.keys().map(String::as_str);
            let text = value.as_str().unwrap_or_default();
            if enumeration.values.is_empty() || known().any(|known| known == text) {
                return None;
            }
            let hint = closest(text, known()).map_or_else(
                || format!("write one of {}", known().collect::<Vec<_>>().join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            let shown = value
                .as_str()
                .map_or_else(|| shown.to_string(), |text| format!("`{text}`"));
            return Some((format!("{shown} is not a value of `{name}`"), Some(hint)));
        }
        if self.names.ids.contains(name) {
            let hint = || Some("write it in quotes".to_owned());
            return (!value.is_string())
                .then(|| (format!("{shown} is not an ID, which is a string"), hint()));
        }
        let is_object =
            self.names.inputs.contains_key(name) || self.names.entities.contains_key(name);
        (is_object && !value.is_object()).then(|| {
            (
                format!("{shown} is not a mapping, as `{name}` is"),
                Some("write it in braces: `{ … }`".to_owned()),
            )
        })
    }
}

/// A value as written in a message.
struct Shown<'a>(&'a Value);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Value::String(text) => write!(f, "`\"{text}\"`"),
            Value::Array(_) => f.write_str("a list"),
            Value::Object(_) => f.write_str("a mapping"),
            value => write!(f, "`{value}`"),
        }
    }
}
