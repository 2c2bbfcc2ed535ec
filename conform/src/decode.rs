//! The typed decoders, and the comparison of what they give back.

use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Entity, TypeRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer decoded and written again, or why it could not be.
pub(crate) type RoundTrip = Result<Value, String>;

/// Decodes as the SDK does.
pub(crate) fn round_trip<T: DeserializeOwned + Serialize>(body: &[u8]) -> RoundTrip {
    let decoded: T = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    serde_json::to_value(decoded).map_err(|error| error.to_string())
}

/// Walks an answer along its type: collects the fields that the specification does not know, and
/// the known ones that the decoder did not give back.
pub(crate) struct Walk<'m, 's> {
    model: &'m Model<'s>,
    pub(crate) unknown: Vec<String>,
    pub(crate) different: Vec<String>,
}

impl<'m, 's> Walk<'m, 's> {
    pub(crate) fn new(model: &'m Model<'s>) -> Self {
        Self {
            model,
            unknown: Vec::new(),
            different: Vec::new(),
        }
    }

    pub(crate) fn value(&mut self, path: &str, ty: &TypeRef, sent: &Value, back: Option<&Value>) {
        match (ty, sent) {
            // What is null or empty may be left out when it is written again.
            (_, Value::Null) => {}
            (TypeRef::List(inner), Value::Array(items)) => {
                let back = back.and_then(Value::as_array);
                if !items.is_empty() && back.map(Vec::len) != Some(items.len()) {
                    self.different
                        .push(format!("{path}: the list has another length"));
                }
                for (index, item) in items.iter().enumerate() {
                    let back = back.and_then(|back| back.get(index));
                    self.value(&format!("{path}[{index}]"), inner, item, back);
                }
            }
            (TypeRef::MapOf(inner), Value::Object(entries)) => {
                for (key, item) in entries {
                    let back = back.and_then(|back| back.get(key));
                    self.value(&format!("{path}.{key}"), inner, item, back);
                }
            }
            // Older versions sent a moment where a date is sent now; its day is what counts.
            (TypeRef::Date, Value::String(text)) => {
                let day = text.get(..10).unwrap_or(text);
                self.leaf(path, &Value::from(day), back);
            }
            (TypeRef::Named(name), Value::Object(_)) => self.entity(path, name, sent, back),
            _ => self.leaf(path, sent, back),
        }
    }

    fn entity(&mut self, path: &str, name: &str, sent: &Value, back: Option<&Value>) {
        let Some(entity) = self.model.entity(name) else {
            return self.leaf(path, sent, back);
        };
        match variant(entity, sent) {
            Some(variant) => self.entity(path, variant, sent, back),
            None => {
                if let Some(own) = self.model.structs(name).first() {
                    self.object(path, name, &own.name, sent, back);
                }
            }
        }
    }

    fn object(&mut self, path: &str, entity: &str, own: &str, sent: &Value, back: Option<&Value>) {
        use mastodon_spec::model::FieldType;
        let model = self.model;
        let Some(item) = model.structs(entity).iter().find(|item| item.name == own) else {
            return;
        };
        for (key, value) in sent.as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let Some(field) = item.fields.iter().find(|field| field.wire == key) else {
                self.unknown.push(path);
                continue;
            };
            let back = back.and_then(|back| back.get(key));
            match (&field.ty, value) {
                (_, Value::Null) => {}
                (FieldType::Type(ty), value) => self.value(&path, ty, value, back),
                (FieldType::Nested { name, list: true }, Value::Array(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        let back = back.and_then(|back| back.get(index));
                        self.object(&format!("{path}[{index}]"), entity, name, item, back);
                    }
                }
                (FieldType::Nested { name, .. }, value) => {
                    self.object(&path, entity, name, value, back);
                }
            }
        }
    }

    fn leaf(&mut self, path: &str, sent: &Value, back: Option<&Value>) {
        let same = match back {
            None => false,
            Some(back) => sent == back || alike(sent, back),
        };
        if !same {
            let back = back.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            self.different
                .push(format!("{path}: {sent} came back as {back}"));
        }
    }
}

/// Which of the entities that it may be an object is; `None` where there is no choice.
pub(crate) fn variant<'a>(entity: &'a Entity, sent: &Value) -> Option<&'a str> {
    let told = |told: &str| {
        told.strip_prefix("has ")
            .is_none_or(|key| sent.get(key).is_some())
    };
    entity
        .one_of
        .iter()
        .find_map(|(variant, how)| told(how).then_some(variant.as_str()))
}

/// Whether two values say the same: a number and its text, two spellings of a moment.
fn alike(sent: &Value, back: &Value) -> bool {
    match (sent, back) {
        // The sum of nothing is an empty text on the wire.
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
        (Value::String(a), Value::String(b)) => match (moment(a), moment(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
        (Value::Array(a), _) => a.is_empty(),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| a == b || alike(a, b)))
        }
        _ => false,
    }
}

/// A moment from any of the spellings that servers use; a bare date is its midnight.
fn moment(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        jiff::tz::TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .ok()
    })
}
