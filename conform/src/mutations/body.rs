//! Bodies to mutate.

use mastodon_spec::model::{FieldModel, FieldType, Kind, Model, Presence, Struct};
use mastodon_spec::yaml::{JsonType, TypeRef};
use serde_json::{Map, Value, json};

/// Generates bodies of an entity that together have every field: each has the required fields and another one.
pub(super) fn generate(model: &Model<'_>, entity: &str) -> Vec<Value> {
    if let Some(union) = model
        .entity(entity)
        .filter(|entity| !entity.one_of.is_empty())
    {
        let variants = union.one_of.iter();
        return variants
            .flat_map(|(variant, condition)| {
                let key = condition.strip_prefix("has ");
                let bodies = generate(model, variant);
                let is_variant = move |body: &Value| key.is_none_or(|key| body.get(key).is_some());
                bodies.into_iter().filter(is_variant)
            })
            .collect();
    }
    let structs = model.structs(entity);
    let Some(root) = structs.first() else {
        return Vec::new();
    };
    let body = |field: &FieldModel<'_>| {
        let mut body = object(model, structs, root, 0);
        body.insert(field.wire.to_owned(), field_value(model, structs, field, 1));
        body.into()
    };
    root.fields.iter().map(body).collect()
}

/// An object with its required fields and, if `depth` is not 0, all others.
fn object(
    model: &Model<'_>,
    structs: &[Struct<'_>],
    definition: &Struct<'_>,
    depth: usize,
) -> Map<String, Value> {
    let fields = definition.fields.iter();
    fields
        .filter(|field| depth > 0 || field.presence == Presence::Required)
        .map(|field| {
            let value = field_value(model, structs, field, depth.saturating_sub(1));
            (field.wire.to_owned(), value)
        })
        .collect()
}

fn field_value(
    model: &Model<'_>,
    structs: &[Struct<'_>],
    field: &FieldModel<'_>,
    depth: usize,
) -> Value {
    match &field.ty {
        FieldType::Type(ty) => {
            let is_text = field.yaml.sent_as == Some(JsonType::String);
            match value(model, ty, depth) {
                Value::Number(number) if is_text => json!(number.to_string()),
                value => value,
            }
        }
        FieldType::Nested { name, list } => {
            let nested = structs.iter().find(|definition| definition.name == *name);
            let nested = nested.map(|definition| object(model, structs, definition, depth));
            let nested = Value::from(nested.unwrap_or_default());
            if *list {
                json!([nested, nested])
            } else {
                nested
            }
        }
    }
}

fn value(model: &Model<'_>, ty: &TypeRef, depth: usize) -> Value {
    match ty {
        TypeRef::Bool | TypeRef::Flag => json!(true),
        TypeRef::Integer | TypeRef::Seconds => json!(3),
        TypeRef::Number => json!(0.5),
        TypeRef::DateTime => json!("2026-01-31T12:00:00.000Z"),
        TypeRef::Date => json!("2026-01-31"),
        TypeRef::Json => json!({ "a": 1 }),
        TypeRef::List(item) => json!([value(model, item, 0), value(model, item, depth)]),
        TypeRef::MapOf(item) => {
            json!({ "a": value(model, item, 0), "b": value(model, item, depth) })
        }
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Entity) => {
                let structs = model.structs(name);
                let root = structs.first();
                root.map(|root| object(model, structs, root, depth))
                    .unwrap_or_default()
                    .into()
            }
            Some(Kind::Union) => {
                let last = model
                    .entity(name)
                    .and_then(|entity| entity.one_of.iter().last());
                let variant = last.map_or("", |(variant, _)| variant);
                value(model, &TypeRef::Named(variant.to_owned()), depth)
            }
            _ => json!("7"),
        },
        _ => json!("text"),
    }
}

/// The outermost entities in a body.
pub(super) fn entities_of<'a>(ty: &'a TypeRef, body: &'a Value) -> Vec<(&'a str, &'a Value)> {
    match (ty, body) {
        (TypeRef::Named(name), Value::Object(_)) => vec![(name, body)],
        (TypeRef::List(item), Value::Array(items)) => items
            .iter()
            .flat_map(|body| entities_of(item, body))
            .collect(),
        (TypeRef::MapOf(item), Value::Object(entries)) => entries
            .values()
            .flat_map(|body| entities_of(item, body))
            .collect(),
        _ => Vec::new(),
    }
}
