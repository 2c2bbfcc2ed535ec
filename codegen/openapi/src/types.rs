//! Emits schemas of types.

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{Kind, Model};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{JsonType, TypeRef};

use super::{enums, reference};

/// A schema with only a type.
pub(super) fn typed(ty: &str) -> Object {
    Object::new().with("type", ty)
}

/// A list schema.
pub(super) fn list(items: Object) -> Object {
    typed("array").with("items", items)
}

/// An object schema.
pub(super) fn object(properties: Object, required: Vec<String>) -> Object {
    typed("object")
        .with("properties", properties.or_absent())
        .with("required", (!required.is_empty()).then_some(required))
}

/// Whether a value is sent by the client or by the server. Servers can send values of an enumeration that are
/// newer than the document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Response,
}

/// The schema of a type.
pub(super) fn schema(model: &Model<'_>, direction: Direction, ty: &TypeRef) -> Object {
    match ty {
        TypeRef::String => typed("string"),
        TypeRef::Html => typed("string").with("contentMediaType", "text/html"),
        TypeRef::Url => typed("string").with("format", "uri"),
        TypeRef::Language => typed("string").with("x-type", "language"),
        TypeRef::Secret => typed("string").with("format", "password"),
        TypeRef::Bool => typed("boolean"),
        // The server checks only whether it is present: `false` would mean true.
        TypeRef::Flag => typed("boolean").with("const", true),
        TypeRef::Integer => typed("integer").with("format", "int64"),
        TypeRef::Seconds => typed("integer")
            .with("format", "int64")
            .with("x-type", "seconds"),
        TypeRef::Number => typed("number").with("format", "double"),
        TypeRef::DateTime => typed("string").with("format", "date-time"),
        TypeRef::Date => typed("string").with("format", "date"),
        // OpenAPI 3.1 uses `contentMediaType`; tools for 3.0 use `format`.
        TypeRef::File => typed("string")
            .with("format", "binary")
            .with("contentMediaType", "application/octet-stream"),
        TypeRef::Json => Object::new(),
        TypeRef::List(inner) => list(schema(model, direction, inner)),
        TypeRef::MapOf(inner) => {
            typed("object").with("additionalProperties", schema(model, direction, inner))
        }
        TypeRef::Named(name) => match (model.enumeration(name), direction) {
            (Some(known), Direction::Request) => enums::accepted(name, known),
            (Some(_), Direction::Response) => enums::sent(name),
            (None, _) => reference("schemas", &type_name(name)),
        },
    }
}

/// A schema, or null.
pub(super) fn or_null(schema: Object) -> Object {
    match schema.get("type") {
        Some(Json::Scalar(ty)) => {
            let both: Json = [Json::Scalar(ty.clone()), "null".into()]
                .into_iter()
                .collect();
            return schema.with("type", both);
        }
        Some(Json::List(types)) => {
            let all: Json = types.iter().cloned().chain(["null".into()]).collect();
            return schema.with("type", all);
        }
        _ => {}
    }
    for key in ["oneOf", "anyOf"] {
        let Some(Json::List(kinds)) = schema.get(key) else {
            continue;
        };
        // The string beside an enumeration becomes nullable, because tools support a choice between two best.
        let mut kinds = kinds.clone();
        match kinds.last_mut() {
            Some(Json::Object(last)) if *last == typed("string") => {
                *last = or_null(last.clone());
            }
            _ => kinds.push(typed("null").into()),
        }
        return schema.with(key, kinds);
    }
    // An unrestricted schema already allows null.
    if schema.is_empty() {
        return schema;
    }
    Object::new().with("anyOf", vec![schema, typed("null")])
}

/// The default JSON type of a type.
pub(super) fn default_json_type(model: &Model<'_>, ty: &TypeRef) -> Option<JsonType> {
    match ty {
        TypeRef::Bool => Some(JsonType::Bool),
        TypeRef::Integer | TypeRef::Seconds => Some(JsonType::Integer),
        TypeRef::Number => Some(JsonType::Number),
        TypeRef::List(_) => Some(JsonType::List),
        TypeRef::MapOf(_) => Some(JsonType::Object),
        TypeRef::Json => None,
        TypeRef::Named(name) => match model.kind(name) {
            Some(Kind::Id | Kind::Enum) => Some(JsonType::String),
            _ => Some(JsonType::Object),
        },
        _ => Some(JsonType::String),
    }
}

/// A schema extended or replaced by the JSON types that servers send.
pub(super) fn sent_as(
    natural: Object,
    wire: Option<JsonType>,
    sent_as: Option<JsonType>,
    also_sent_as: &[JsonType],
) -> Object {
    if sent_as.is_none() && also_sent_as.is_empty() {
        return natural;
    }
    let kinds = sent_as
        .or(wire)
        .into_iter()
        .chain(also_sent_as.iter().copied());
    let schemas: Vec<Object> = kinds
        .map(|kind| {
            if Some(kind) == wire {
                natural.clone()
            } else if kind == JsonType::List {
                // Some tools name alternatives by their title.
                list(Object::new()).with("title", "List")
            } else {
                typed(json_type_name(kind))
            }
        })
        .collect();
    // A value has one JSON type, so exactly one alternative matches.
    match <[Object; 1]>::try_from(schemas) {
        Ok([only]) => only,
        Err(several) => Object::new().with("oneOf", several),
    }
}

pub(super) fn json_type_name(wire: JsonType) -> &'static str {
    match wire {
        JsonType::String => "string",
        JsonType::Integer => "integer",
        JsonType::Number => "number",
        JsonType::Bool => "boolean",
        JsonType::Object => "object",
        JsonType::List => "array",
    }
}
