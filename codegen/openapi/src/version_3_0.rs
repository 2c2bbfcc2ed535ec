//! Converts the document to OpenAPI 3.0, for tools that do not read 3.1.
//!
//! OpenAPI 3.0 has a dialect of JSON Schema of its own: `nullable` in place of the type `null`, no constants, no keywords
//! beside a reference, no patterns of property names.

use std::collections::BTreeSet;

use mastodon_spec::json::{Json, Object};

use super::types::typed;

/// Converts a document.
pub(super) fn converted(document: &Object) -> Object {
    let entries = document.entries();
    let converted: Object = entries
        .map(|(key, value)| match (key, value) {
            ("openapi", _) => (key, "3.0.3".into()),
            ("info", Json::Object(info)) => (key, converted_info(info).into()),
            _ => (key, value_of(key, value)),
        })
        .collect();
    let Some(Json::Object(components)) = converted.get("components") else {
        return converted;
    };
    let Some(Json::Object(schemas)) = components.get("schemas") else {
        return converted;
    };
    object_with_types(&converted, schemas)
}

/// Adds types beside `nullable`, which has no effect without one.
fn with_types(value: &Json, schemas: &Object) -> Json {
    match value {
        Json::Object(object) => object_with_types(object, schemas).into(),
        Json::List(items) => items.iter().map(|item| with_types(item, schemas)).collect(),
        other => other.clone(),
    }
}

fn object_with_types(object: &Object, schemas: &Object) -> Object {
    let entries = object.entries();
    let out: Object = entries
        .map(|(key, value)| (key, with_types(value, schemas)))
        .collect();
    if out.get("nullable") != Some(&true.into()) || out.get("type").is_some() {
        return out;
    }
    let parts = ["allOf", "anyOf", "oneOf"].into_iter();
    let mut parts = parts.filter_map(|key| Some((key, out.get(key)?)));
    let Some((key, Json::List(parts))) = parts.next() else {
        return out;
    };
    let types: BTreeSet<&str> = parts
        .iter()
        .filter_map(|part| type_of(part, schemas))
        .collect();
    if let [only] = types.iter().copied().collect::<Vec<_>>()[..] {
        return Object::new().with("type", only).and(out);
    }
    // The alternatives have several types: one of them becomes nullable.
    let mut parts = parts.clone();
    let mut typed = parts.iter_mut().filter_map(|part| match part {
        Json::Object(part) if part.get("type").is_some() => Some(part),
        _ => None,
    });
    if let Some(part) = typed.next() {
        part.set("nullable", true);
    }
    let others = out.entries().filter(|(name, _)| *name != "nullable");
    let others: Object = others.map(|(name, value)| (name, value.clone())).collect();
    others.with(key, parts)
}

/// The type of a schema or of its target. What has none is one of several entities.
fn type_of<'a>(schema: &'a Json, schemas: &'a Object) -> Option<&'a str> {
    let Json::Object(schema) = schema else {
        return None;
    };
    let schema = match schema.get("$ref") {
        Some(Json::Scalar(serde_json::Value::String(target))) => {
            match schemas.get(target.rsplit('/').next()?)? {
                Json::Object(target) => target,
                _ => return None,
            }
        }
        _ => schema,
    };
    match schema.get("type") {
        Some(Json::Scalar(serde_json::Value::String(ty))) => Some(ty),
        _ => Some("object"),
    }
}

fn converted_info(info: &Object) -> Object {
    let entries = info.entries();
    entries
        .map(|(key, value)| match (key, value) {
            ("license", Json::Object(license)) => {
                let name = license.get("name").cloned();
                (key, Object::new().with("name", name).into())
            }
            _ => (key, value.clone()),
        })
        .collect()
}

/// The value of a key. Examples and extensions are data, which remains as it is.
fn value_of(key: &str, value: &Json) -> Json {
    if matches!(key, "example" | "examples" | "enum" | "required") || key.starts_with("x-") {
        return value.clone();
    }
    match value {
        Json::Object(object) if matches!(key, "properties" | "schemas") => object
            .entries()
            .map(|(name, inner)| (name, one(inner)))
            .collect::<Object>()
            .into(),
        other => one(other),
    }
}

fn one(value: &Json) -> Json {
    match value {
        Json::Object(object) => converted_object(object).into(),
        Json::List(items) => items.iter().map(one).collect(),
        other => other.clone(),
    }
}

/// An object, which can be a schema.
fn converted_object(object: &Object) -> Object {
    let inner: Object = object
        .entries()
        .map(|(key, value)| (key, value_of(key, value)))
        .collect();
    let mut out = Object::new();
    let mut rest = Object::new();
    for (key, value) in inner.entries() {
        match (key, value) {
            ("type", Json::List(types)) => {
                let others = types.iter().filter(|ty| !is_named_null(ty));
                out.set("type", others.clone().next().cloned());
                rest = rest.flag("nullable", others.count() < types.len());
            }
            ("const", Json::Scalar(value)) => {
                out.set("enum", vec![Json::Scalar(value.clone())]);
            }
            ("anyOf" | "oneOf", Json::List(parts)) => {
                let (choice, is_nullable) = alternatives(key, parts);
                out = out.and(choice);
                rest = rest.flag("nullable", is_nullable);
            }
            ("contentMediaType" | "contentSchema", _) => {}
            ("patternProperties", _) => out.set("additionalProperties", true),
            _ => out.set(key, value.clone()),
        }
    }
    // Keywords beside a reference are ignored.
    let is_described = out.get("$ref").is_some() && out.entries().count() > 1;
    if is_described || (out.get("$ref").is_some() && !rest.is_empty()) {
        let target = out.get("$ref").cloned();
        let others = out.entries().filter(|(key, _)| *key != "$ref");
        let others: Object = others.map(|(key, value)| (key, value.clone())).collect();
        out = Object::new()
            .with("allOf", vec![Object::new().with("$ref", target)])
            .and(others);
    }
    out.and(rest)
}

/// Alternatives without null, and whether null is one of them.
fn alternatives(key: &str, parts: &[Json]) -> (Object, bool) {
    let is_null = |part: &Json| matches!(part, Json::Object(part) if *part == typed("null"));
    let others: Vec<&Json> = parts.iter().filter(|part| !is_null(part)).collect();
    let mut is_nullable = others.len() < parts.len();
    // An enumeration that is open is a string: many tools merge or reject alternatives that overlap.
    if let [known, Json::Object(string)] = others[..]
        && string.get("type") == Some(&"string".into())
        && matches!(known, Json::Object(known) if known.get("$ref").is_some())
    {
        is_nullable |= string.get("nullable").is_some();
        return (typed("string"), is_nullable);
    }
    if let [Json::Object(only)] = others[..] {
        return (only.clone(), is_nullable);
    }
    let others: Json = others.into_iter().cloned().collect();
    (Object::new().with(key, others), is_nullable)
}

fn is_named_null(ty: &Json) -> bool {
    *ty == "null".into()
}
