//! Placeholders for the required fields that an abbreviated example omits.

use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence};
use mastodon_spec::yaml::TypeRef;
use serde_json::{Map, Value, json};

use crate::decode::variant;

/// Adds a placeholder for each required field that is missing from a value of this type.
pub(crate) fn add_placeholders(model: &Model<'_>, ty: &TypeRef, value: &Value) -> Value {
    match (ty, value) {
        (TypeRef::List(item), Value::Array(items)) => items
            .iter()
            .map(|value| add_placeholders(model, item, value))
            .collect(),
        (TypeRef::MapOf(item), Value::Object(entries)) => entries
            .iter()
            .map(|(key, value)| (key.clone(), add_placeholders(model, item, value)))
            .collect(),
        (TypeRef::Named(name), Value::Object(entries)) => {
            let name = model
                .entity(name)
                .and_then(|entity| variant(entity, value))
                .unwrap_or(name);
            let root = model.structs(name).first().map(|root| root.name.as_str());
            root.map_or_else(
                || value.clone(),
                |root| complete_object(model, name, root, entries),
            )
        }
        _ => value.clone(),
    }
}

/// Completes an object of one of the structs that belong to an entity.
fn complete_object(
    model: &Model<'_>,
    entity: &str,
    struct_name: &str,
    entries: &Map<String, Value>,
) -> Value {
    let mut completed = entries.clone();
    let definition = model
        .structs(entity)
        .iter()
        .find(|definition| definition.name == struct_name);
    for field in definition.iter().flat_map(|definition| &definition.fields) {
        let complete = |value: &Value| match (&field.ty, value) {
            (FieldType::Nested { name, .. }, Value::Object(entries)) => {
                complete_object(model, entity, name, entries)
            }
            (FieldType::Type(ty), value) => add_placeholders(model, ty, value),
            (FieldType::Nested { .. }, value) => value.clone(),
        };
        let value = match (&field.ty, entries.get(field.wire)) {
            (FieldType::Nested { list: true, .. }, Some(Value::Array(items))) => {
                items.iter().map(complete).collect()
            }
            (_, Some(value)) => complete(value),
            (_, None) if field.presence == Presence::Required => {
                complete(&placeholder(model, field))
            }
            (_, None) => continue,
        };
        completed.insert(field.wire.to_owned(), value);
    }
    completed.into()
}

/// The smallest value that the decoder of a field accepts.
fn placeholder(model: &Model<'_>, field: &FieldModel<'_>) -> Value {
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
