//! Round trips through the SDK's types, and their comparison with the original.

use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Entity, TypeRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body decoded and serialized again, or the error.
pub(crate) type RoundTrip = Result<Decoded, String>;

/// A decoded body.
pub(crate) struct Decoded {
    /// The body, serialized again.
    pub(crate) json: Value,
    /// What the decoder tolerated: values that it omitted or replaced, with their paths. Each is a failure of the check,
    /// so that tolerance does not hide an error in the specification.
    pub(crate) tolerated: Vec<String>,
}

/// Decodes a body into an SDK type and serializes the result.
pub(crate) fn round_trip<T: DeserializeOwned + Serialize>(body: &[u8]) -> RoundTrip {
    let decoded: T = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let json = serde_json::to_value(decoded).map_err(|error| error.to_string())?;
    // The decoder reports what it tolerates only as an error so far.
    let tolerated = Vec::new();
    Ok(Decoded { json, tolerated })
}

/// Compares a JSON value with its round trip, following its type.
pub(crate) struct Comparison<'m, 's> {
    model: &'m Model<'s>,
    /// Paths of fields that the specification does not contain.
    pub(crate) unknown_fields: Vec<String>,
    /// Values that the round trip has lost or changed.
    pub(crate) differences: Vec<String>,
}

impl<'m, 's> Comparison<'m, 's> {
    pub(crate) fn new(model: &'m Model<'s>) -> Self {
        Self {
            model,
            unknown_fields: Vec::new(),
            differences: Vec::new(),
        }
    }

    /// Compares a body with its round trip. What the decoder tolerated counts as a difference.
    pub(crate) fn compare_body(&mut self, ty: &TypeRef, original: &Value, decoded: &Decoded) {
        self.compare("$", ty, original, Some(&decoded.json));
        let tolerated = decoded.tolerated.iter();
        self.differences
            .extend(tolerated.map(|problem| format!("the decoder tolerates it: {problem}")));
    }

    fn compare(&mut self, path: &str, ty: &TypeRef, original: &Value, decoded: Option<&Value>) {
        match (ty, original) {
            // Fields that are null may be omitted in the serialized form.
            (_, Value::Null) => {}
            (TypeRef::List(inner), Value::Array(items)) => {
                let decoded = decoded.and_then(Value::as_array);
                if !items.is_empty() && decoded.map(Vec::len) != Some(items.len()) {
                    self.differences
                        .push(format!("{path}: the list has a different length"));
                }
                for (index, item) in items.iter().enumerate() {
                    let decoded = decoded.and_then(|decoded| decoded.get(index));
                    self.compare(&format!("{path}[{index}]"), inner, item, decoded);
                }
            }
            (TypeRef::MapOf(inner), Value::Object(entries)) => {
                for (key, item) in entries {
                    let decoded = decoded.and_then(|decoded| decoded.get(key));
                    self.compare(&format!("{path}.{key}"), inner, item, decoded);
                }
            }
            // Older versions sent a timestamp where newer ones send a date; only the day is compared.
            (TypeRef::Date, Value::String(text)) => {
                let day = text.get(..10).unwrap_or(text);
                self.compare_leaf(path, &Value::from(day), decoded);
            }
            (TypeRef::Named(name), Value::Object(_)) => {
                self.compare_entity(path, name, original, decoded);
            }
            _ => self.compare_leaf(path, original, decoded),
        }
    }

    fn compare_entity(
        &mut self,
        path: &str,
        name: &str,
        original: &Value,
        decoded: Option<&Value>,
    ) {
        let Some(entity) = self.model.entity(name) else {
            return self.compare_leaf(path, original, decoded);
        };
        match variant(entity, original) {
            Some(variant) => self.compare_entity(path, variant, original, decoded),
            None => {
                if let Some(root) = self.model.structs(name).first() {
                    self.compare_object(path, name, &root.name, original, decoded);
                }
            }
        }
    }

    fn compare_object(
        &mut self,
        path: &str,
        entity: &str,
        struct_name: &str,
        original: &Value,
        decoded: Option<&Value>,
    ) {
        use mastodon_spec::model::FieldType;
        let model = self.model;
        let Some(definition) = model
            .structs(entity)
            .iter()
            .find(|definition| definition.name == struct_name)
        else {
            return;
        };
        for (key, value) in original.as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let Some(field) = definition.fields.iter().find(|field| field.wire == key) else {
                self.unknown_fields.push(path);
                continue;
            };
            let decoded = decoded.and_then(|decoded| decoded.get(key));
            match (&field.ty, value) {
                (_, Value::Null) => {}
                (FieldType::Type(ty), value) => self.compare(&path, ty, value, decoded),
                (FieldType::Nested { name, list: true }, Value::Array(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        let decoded = decoded.and_then(|decoded| decoded.get(index));
                        self.compare_object(
                            &format!("{path}[{index}]"),
                            entity,
                            name,
                            item,
                            decoded,
                        );
                    }
                }
                (FieldType::Nested { name, .. }, value) => {
                    self.compare_object(&path, entity, name, value, decoded);
                }
            }
        }
    }

    fn compare_leaf(&mut self, path: &str, original: &Value, decoded: Option<&Value>) {
        match decoded {
            None => self
                .differences
                .push(format!("{path}: {original} is missing after decoding")),
            Some(decoded) if original == decoded || is_equivalent(original, decoded) => {}
            Some(decoded) => self
                .differences
                .push(format!("{path}: {original} was decoded as {decoded}")),
        }
    }
}

/// The entity of a union that an object matches; `None` if the entity is not a union.
pub(crate) fn variant<'a>(entity: &'a Entity, original: &Value) -> Option<&'a str> {
    let matches = |condition: &str| {
        condition
            .strip_prefix("has ")
            .is_none_or(|key| original.get(key).is_some())
    };
    entity
        .one_of
        .iter()
        .find_map(|(variant, condition)| matches(condition).then_some(variant.as_str()))
}

/// Whether two values differ only in notation: a number and its string, two notations of a timestamp.
fn is_equivalent(original: &Value, decoded: &Value) -> bool {
    match (original, decoded) {
        // Servers send an empty sum as an empty string.
        (Value::String(text), Value::Number(number)) if text.is_empty() => {
            number.as_f64() == Some(0.0)
        }
        (Value::String(text), Value::Number(number))
        | (Value::Number(number), Value::String(text)) => {
            *text == number.to_string() || text.parse::<f64>().ok() == number.as_f64()
        }
        (Value::String(text), Value::Bool(value)) => {
            matches!(text.as_str(), "1" | "true") == *value
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => match (parse_timestamp(a), parse_timestamp(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
        (Value::Array(a), _) => a.is_empty(),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| a == b || is_equivalent(a, b)))
        }
        _ => false,
    }
}

/// Parses the timestamp notations that servers use; a date is its midnight in UTC.
fn parse_timestamp(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        jiff::tz::TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_decoder_tolerates_is_a_difference() {
        let spec = crate::load_specification().unwrap();
        let model = Model::new(&spec);
        let mut comparison = Comparison::new(&model);
        let original = serde_json::json!({ "status": "UP" });
        let decoded = Decoded {
            json: original.clone(),
            tolerated: vec!["$.status: it is not a string".to_owned()],
        };
        comparison.compare_body(&TypeRef::Named("Health".to_owned()), &original, &decoded);
        assert_eq!(
            comparison.differences,
            ["the decoder tolerates it: $.status: it is not a string"]
        );
    }
}
