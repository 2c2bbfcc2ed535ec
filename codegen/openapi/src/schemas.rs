//! Emits schemas of types, entities, enumerations, ids and inputs.

use std::collections::HashSet;

use super::{describe, on_servers, reference, support, versions};
use mastodon_spec::docs::page_url;
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{FieldModel, FieldType, InputModel, Kind, Model, ParamModel, Struct};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{
    Body, EntitiesFile, Entity, Enumeration, ErrorSchema, JsonType, Param, ParamLocation, TypeRef,
};

/// A schema with only a type.
pub(super) fn typed(ty: &str) -> Object {
    Object::new().with("type", ty)
}

/// A list schema.
pub(super) fn list(items: Object) -> Object {
    typed("array").with("items", items)
}

/// The schema of a type.
pub(super) fn schema(ty: &TypeRef) -> Object {
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
        TypeRef::List(inner) => list(schema(inner)),
        TypeRef::MapOf(inner) => typed("object").with("additionalProperties", schema(inner)),
        TypeRef::Named(name) => reference("schemas", &type_name(name)),
    }
}

/// The schema of a parameter, with the bounds of its value.
pub(super) fn param_schema(param: &Param, ty: &TypeRef) -> Object {
    sent_schema(param, ty).and(bounds(param))
}

/// The schema of a parameter or its items, with the JSON type in which ids are sent.
pub(super) fn sent_schema(param: &Param, ty: &TypeRef) -> Object {
    match (param.sent_as, ty) {
        (None, ty) => schema(ty),
        (Some(_), TypeRef::List(item)) => list(sent_schema(param, item)),
        (Some(wire), id) => typed(json_type_name(wire)).with("x-type", id.to_string()),
    }
}

/// Default, minimum and maximum of a parameter.
pub(super) fn bounds(param: &Param) -> Object {
    // Beside a reference, tools need the type of a default.
    let by_reference = matches!(param.ty, Some(TypeRef::Named(_)));
    let text = param.default.as_ref().filter(|value| value.is_string());
    Object::new()
        .with("type", text.filter(|_| by_reference).map(|_| "string"))
        .with("default", param.default.as_ref())
        .with("minimum", param.min.map(number))
        .with("maximum", param.max.map(number))
        .with("maxItems", param.max_items)
}

fn number(value: f64) -> Json {
    if value.fract() == 0.0 {
        // All bounds are exact as floats.
        (value as i64).into()
    } else {
        value.into()
    }
}

/// A schema, or null.
pub(super) fn or_null(schema: Object) -> Object {
    match schema.get("type") {
        Some(Json::Scalar(ty)) => {
            let both: Json = [Json::Scalar(ty.clone()), "null".into()]
                .into_iter()
                .collect();
            schema.with("type", both)
        }
        Some(Json::List(types)) => {
            let all: Json = types.iter().cloned().chain(["null".into()]).collect();
            schema.with("type", all)
        }
        _ if let Some(Json::List(kinds)) = schema.get("oneOf") => {
            let all: Json = kinds
                .iter()
                .cloned()
                .chain([typed("null").into()])
                .collect();
            schema.with("oneOf", all)
        }
        // An unrestricted schema already allows null.
        _ if schema.is_empty() => schema,
        _ => Object::new().with("anyOf", vec![schema, typed("null")]),
    }
}

/// An object schema.
pub(super) fn object(properties: Object, required: Vec<String>) -> Object {
    typed("object")
        .with("properties", properties.or_absent())
        .with("required", (!required.is_empty()).then_some(required))
}

/// All named schemas.
pub(super) fn components(model: &Model<'_>) -> Result<Object, String> {
    let mut all = Object::new();
    let mut add = |name: &str, schema: Object| {
        let name = type_name(name);
        if all.get(&name).is_some() {
            return Err(format!("two schemas have the name `{name}`"));
        }
        all.set(name, schema);
        Ok(())
    };
    for file in model.spec.entities.values() {
        for (name, about) in &file.ids {
            add(name, typed("string").with("description", about))?;
        }
        for (name, enumeration) in &file.enums {
            add(name, enumerated(model, enumeration))?;
        }
        for (name, entity) in &file.entities {
            let body = if entity.one_of.is_empty() {
                entity_object(model, name)
            } else {
                one_of(entity)
            };
            add(name, about(model, file, name, entity).and(body))?;
        }
    }
    let named = named_groups(model);
    let inputs = model
        .resources()
        .iter()
        .flat_map(|resource| &resource.inputs);
    for input in inputs.filter(|input| named.contains(input.name)) {
        add(input.name, group(model, input))?;
    }
    for (name, schema) in &model.spec.api.error_schemas {
        add(name, error_schema(model, schema))?;
    }
    add(
        "Empty",
        typed("object").with("description", "An object without keys."),
    )?;
    Ok(all)
}

fn about(model: &Model<'_>, file: &EntitiesFile, name: &str, entity: &Entity) -> Object {
    let docs = entity.docs.as_deref().or(file.docs.as_deref());
    let docs = docs.filter(|_| !entity.undocumented);
    Object::new()
        .with("title", name.contains("::").then_some(name))
        .with(
            "description",
            describe([
                entity.description.as_deref(),
                on_servers(model, entity).as_deref(),
                entity.note.as_deref(),
            ]),
        )
        .with(
            "externalDocs",
            docs.map(|docs| Object::new().with("url", page_url(docs, None))),
        )
        .and(support(model, entity))
        .flag("x-undocumented", entity.undocumented)
        .with("x-extends", entity.extends.as_deref().map(type_name))
}

/// The object schema of an entity. Inherited fields are copied, because an entity can override them, which
/// `allOf` cannot express.
fn entity_object(model: &Model<'_>, name: &str) -> Object {
    let structs = model.structs(name);
    structs
        .first()
        .map_or_else(|| typed("object"), |own| fields(model, structs, own))
}

fn fields(model: &Model<'_>, structs: &[Struct<'_>], own: &Struct<'_>) -> Object {
    let properties = own
        .fields
        .iter()
        .map(|item| (item.wire, field(model, structs, item)));
    let required = own.fields.iter().filter(|field| field.always);
    object(
        properties.collect(),
        required.map(|field| field.wire.to_owned()).collect(),
    )
}

fn field(model: &Model<'_>, structs: &[Struct<'_>], field: &FieldModel<'_>) -> Object {
    let spec = field.yaml;
    let (natural, wire) = match &field.ty {
        FieldType::Type(ty) => (schema(ty), default_json_type(model, ty)),
        FieldType::Nested {
            name,
            list: is_list,
        } => {
            let nested = structs.iter().find(|item| item.name == *name);
            let nested =
                nested.map_or_else(|| typed("object"), |item| fields(model, structs, item));
            if *is_list {
                (list(nested), Some(JsonType::List))
            } else {
                (nested, Some(JsonType::Object))
            }
        }
    };
    // A field that is empty when missing can also be sent as an empty string.
    let natural = match (&spec.ty, spec.if_missing) {
        (Some(TypeRef::Url), Some(_)) => typed("string").with("format", "uri-reference"),
        _ => natural,
    };
    let schema = sent_as(natural, wire, spec.sent_as, &spec.also_sent_as);
    let schema = if spec.nullable || spec.if_missing.is_some() {
        or_null(schema)
    } else {
        schema
    };
    let original_type = spec.sent_as.and(spec.ty.as_ref()).map(ToString::to_string);
    schema
        .with(
            "description",
            describe([
                spec.description.as_deref(),
                on_servers(model, spec).as_deref(),
                spec.note.as_deref(),
            ]),
        )
        .and(support(model, spec))
        .flag("x-undocumented", spec.undocumented)
        .with("x-type", original_type)
}

/// The default JSON type of a type.
fn default_json_type(model: &Model<'_>, ty: &TypeRef) -> Option<JsonType> {
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
fn sent_as(
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

fn json_type_name(wire: JsonType) -> &'static str {
    match wire {
        JsonType::String => "string",
        JsonType::Integer => "integer",
        JsonType::Number => "number",
        JsonType::Bool => "boolean",
        JsonType::Object => "object",
        JsonType::List => "array",
    }
}

/// The schema of one of several entities. It contains the conditions, because an entity with all fields of another
/// would match both otherwise.
fn one_of(entity: &Entity) -> Object {
    let has = |key: &str| Object::new().with("required", vec![key]);
    let mut others: Vec<Object> = Vec::new();
    let variants: Vec<Object> = entity
        .one_of
        .iter()
        .map(|(name, condition)| {
            let variant = reference("schemas", &type_name(name));
            let not = (!others.is_empty()).then(|| Object::new().with("anyOf", others.clone()));
            let own = condition.strip_prefix("has ").map(has);
            others.extend(own.clone());
            variant.and(own.unwrap_or_default()).with("not", not)
        })
        .collect();
    Object::new().with("oneOf", variants)
}

/// The schema of an enumeration. It is open: other strings are valid too. Tools support `x-extensible-enum`,
/// while most ignore a choice between an enumeration and a string.
fn enumerated(model: &Model<'_>, enumeration: &Enumeration) -> Object {
    let values: Vec<&str> = enumeration.values.keys().map(String::as_str).collect();
    let descriptions = enumeration.values.iter().map(|(wire, value)| {
        let about = Object::new()
            .with("description", value.description.as_deref())
            .and(support(model, value))
            .flag("x-undocumented", value.undocumented);
        (wire.as_str(), about)
    });
    typed("string")
        .with(
            "description",
            describe([
                enumeration.description.as_deref(),
                enumeration.note.as_deref(),
            ]),
        )
        .with("x-extensible-enum", values)
        .with("x-values", descriptions.collect::<Object>())
        .with("x-unknown-as", enumeration.unknown_as.as_deref())
}

/// The inputs that occur in JSON bodies or queries. In forms, inputs are inlined.
fn named_groups<'a>(model: &Model<'a>) -> HashSet<&'a str> {
    let mut pending: Vec<&str> = Vec::new();
    for method in model.methods() {
        let json = method.yaml.body.unwrap_or_default() == Body::Json;
        let params = method.params.iter();
        let params = params.filter(|param| json || param.location == ParamLocation::Query);
        pending.extend(params.filter_map(|param| param.ty.named()));
    }
    let mut seen = HashSet::new();
    while let Some(name) = pending.pop() {
        if let Some(input) = model.input(name)
            && seen.insert(name)
        {
            let inside = input.params.iter();
            pending.extend(inside.filter_map(|param| param.ty.named()));
        }
    }
    seen
}

/// An input in a JSON body, without files.
fn group(model: &Model<'_>, input: &InputModel<'_>) -> Object {
    let yaml = input.yaml;
    properties(model, &input.params).with(
        "description",
        describe([yaml.description.as_deref(), yaml.note.as_deref()]),
    )
}

/// Parameters as properties of a JSON object.
pub(super) fn properties(model: &Model<'_>, params: &[ParamModel<'_>]) -> Object {
    let sent = || {
        params
            .iter()
            .filter(|param| !param.yaml.unsupported && !is_file(param.ty))
    };
    let properties = sent().map(|param| {
        let schema = param_schema(param.yaml, param.ty);
        let schema = if param.yaml.nullable {
            or_null(schema)
        } else {
            schema
        };
        (param.wire, schema.and(param_about(model, param)))
    });
    let required = sent().filter(|param| param.is_required());
    object(
        properties.collect(),
        required.map(|param| param.wire.to_owned()).collect(),
    )
}

/// Whether it is a file, or a list of files.
pub(super) fn is_file(ty: &TypeRef) -> bool {
    match ty {
        TypeRef::File => true,
        TypeRef::List(inner) => is_file(inner),
        _ => false,
    }
}

/// Description and versions of a parameter.
pub(super) fn param_about(model: &Model<'_>, param: &ParamModel<'_>) -> Object {
    use mastodon_spec::yaml::Required;
    let spec = param.yaml;
    let condition = match &spec.required {
        Some(Required::When(condition)) => Some(condition.trim_end_matches('.')),
        _ => None,
    };
    let required = condition.map(|condition| format!("Required {condition}."));
    Object::new()
        .with(
            "description",
            describe([
                spec.description.as_deref(),
                required.as_deref(),
                on_servers(model, spec).as_deref(),
                spec.note.as_deref(),
            ]),
        )
        .and(support(model, spec))
        .with("x-required", condition)
        .flag("x-undocumented", spec.undocumented)
        .with("x-documented-as", spec.documented.name.as_deref())
}

fn error_schema(model: &Model<'_>, error: &ErrorSchema) -> Object {
    let properties = error.fields.iter().map(|(name, field)| {
        let schema = field.ty.as_ref().map(schema).unwrap_or_default();
        let about = describe([field.description.as_deref(), field.note.as_deref()]);
        (name.as_str(), schema.with("description", about))
    });
    let required = error.fields.iter().filter(|(_, field)| !field.optional);
    object(
        properties.collect(),
        required.map(|(name, _)| name.clone()).collect(),
    )
    .with(
        "description",
        describe([error.description.as_deref(), error.note.as_deref()]),
    )
    .and(versions(model, error.since.as_ref(), None, None))
}
