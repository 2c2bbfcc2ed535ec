//! Emits entities, IDs and error schemas, and collects all named schemas.

use mastodon_spec::docs::page_url;
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{FieldModel, FieldType, Model, Struct};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{EntitiesFile, Entity, ErrorSchema, JsonType, TypeRef};

use super::inputs::{group, named_groups, number};
use super::types::{Direction, default_json_type, list, object, or_null, schema, sent_as, typed};
use super::{describe, enums, on_servers, reference, support, versions};

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
            for (name, schema) in enums::components(model, name, enumeration) {
                add(&name, schema)?;
            }
        }
        for (name, entity) in &file.entities {
            let body = if entity.one_of.is_empty() {
                entity_object(model, name)
            } else {
                one_of(model, entity)
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
        FieldType::Type(ty) => (
            schema(model, Direction::Response, ty),
            default_json_type(model, ty),
        ),
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
    let natural = natural
        .with("minimum", spec.min.map(number))
        .with("maximum", spec.max.map(number))
        .with("maxLength", spec.max_length);
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

/// The schema of one of several entities: `oneOf` if a value can match only one of them.
fn one_of(model: &Model<'_>, entity: &Entity) -> Object {
    let names: Vec<&str> = entity.one_of.keys().map(String::as_str).collect();
    let variants = names
        .iter()
        .map(|name| reference("schemas", &type_name(name)));
    let conditions = entity.one_of.iter();
    let conditions = conditions.map(|(name, condition)| (type_name(name), condition));
    let is_exclusive = names.iter().enumerate().all(|(index, first)| {
        let others = &names[index + 1..];
        let mut both = others.iter().map(|second| (*first, *second));
        both.all(|(first, second)| {
            requires_more(model, first, second) && requires_more(model, second, first)
        })
    });
    let key = if is_exclusive { "oneOf" } else { "anyOf" };
    Object::new()
        .with(key, variants.collect::<Json>())
        .with("x-conditions", conditions.collect::<Object>())
}

/// Whether an entity requires a field that another one does not have.
fn requires_more(model: &Model<'_>, name: &str, other: &str) -> bool {
    let fields = |name: &str| model.structs(name).first().map(|own| &own.fields);
    let (Some(own), Some(others)) = (fields(name), fields(other)) else {
        return false;
    };
    let mut required = own.iter().filter(|field| field.always);
    required.any(|field| others.iter().all(|other| other.wire != field.wire))
}

fn error_schema(model: &Model<'_>, error: &ErrorSchema) -> Object {
    let properties = error.fields.iter().map(|(name, field)| {
        let ty = field.ty.as_ref();
        let schema = ty.map(|ty| schema(model, Direction::Response, ty));
        let schema = schema.unwrap_or_default();
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
