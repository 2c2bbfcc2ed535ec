//! What an example leaves out with an ellipsis, put in again as far as the decoders need it.

use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence};
use mastodon_spec::yaml::TypeRef;
use serde_json::{Map, Value, json};

use crate::decode::variant;

/// The value with everything that its type always has.
pub(crate) fn fill(model: &Model<'_>, ty: &TypeRef, value: &Value) -> Value {
    match (ty, value) {
        (TypeRef::List(item), Value::Array(items)) => {
            items.iter().map(|value| fill(model, item, value)).collect()
        }
        (TypeRef::MapOf(item), Value::Object(entries)) => {
            let filled = |(key, value): (&String, &Value)| (key.clone(), fill(model, item, value));
            entries.iter().map(filled).collect()
        }
        (TypeRef::Named(name), Value::Object(entries)) => {
            let name = model
                .entity(name)
                .and_then(|entity| variant(entity, value))
                .unwrap_or(name);
            let own = model.structs(name).first().map(|own| own.name.as_str());
            own.map_or_else(|| value.clone(), |own| object(model, name, own, entries))
        }
        _ => value.clone(),
    }
}

/// An object of the struct `own` inside an entity.
fn object(model: &Model<'_>, entity: &str, own: &str, entries: &Map<String, Value>) -> Value {
    let mut filled = entries.clone();
    let item = model.structs(entity).iter().find(|item| item.name == own);
    for field in item.iter().flat_map(|item| &item.fields) {
        let nested = |value: &Value| match (&field.ty, value) {
            (FieldType::Nested { name, .. }, Value::Object(entries)) => {
                object(model, entity, name, entries)
            }
            (FieldType::Type(ty), value) => fill(model, ty, value),
            (FieldType::Nested { .. }, value) => value.clone(),
        };
        let value = match (&field.ty, entries.get(field.wire)) {
            (FieldType::Nested { list: true, .. }, Some(Value::Array(items))) => {
                items.iter().map(nested).collect()
            }
            (_, Some(value)) => nested(value),
            (_, None) if field.presence == Presence::Required => nested(&stand_in(model, field)),
            (_, None) => continue,
        };
        filled.insert(field.wire.to_owned(), value);
    }
    filled.into()
}

/// The least that can stand for a field.
fn stand_in(model: &Model<'_>, field: &FieldModel<'_>) -> Value {
    let FieldType::Type(ty) = &field.ty else {
        return json!({});
    };
    match ty {
        TypeRef::Integer | TypeRef::Number | TypeRef::Seconds => json!(0),
        TypeRef::DateTime => json!("1970-01-01T00:00:00Z"),
        TypeRef::Date => json!("1970-01-01"),
        TypeRef::Named(name) if matches!(model.kind(name), Some(Kind::Entity | Kind::Union)) => {
            json!({})
        }
        _ => json!("0"),
    }
}
