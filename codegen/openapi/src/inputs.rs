//! Emits parameters as schemas: their bounds and descriptions, and groups of nested parameters.

use std::collections::HashSet;

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{InputModel, Model, ParamModel};
use mastodon_spec::yaml::{Param, ParamLocation, Required, TypeRef};

use super::types::{Direction, json_type_name, list, object, or_null, schema, typed};
use super::{describe, on_servers, support};

/// The schema of a parameter, with the bounds of its value.
pub(super) fn param_schema(model: &Model<'_>, param: &Param, ty: &TypeRef) -> Object {
    sent_schema(model, param, ty).and(bounds(param))
}

/// The schema of a parameter or its items, with the JSON type in which IDs are sent.
pub(super) fn sent_schema(model: &Model<'_>, param: &Param, ty: &TypeRef) -> Object {
    match (param.sent_as, ty) {
        (None, ty) => schema(model, Direction::Request, ty),
        (Some(_), TypeRef::List(item)) => list(sent_schema(model, param, item)),
        (Some(wire), id) => typed(json_type_name(wire)).with("x-type", id.to_string()),
    }
}

/// Minimum, maximum and lengths of a parameter.
pub(super) fn bounds(param: &Param) -> Object {
    Object::new()
        .with("minimum", param.min.map(number))
        .with("maximum", param.max.map(number))
        .with("maxLength", param.max_length)
        .with("maxItems", param.max_items)
}

pub(super) fn number(value: f64) -> Json {
    if value.fract() == 0.0 {
        // All bounds are exact as floats.
        (value as i64).into()
    } else {
        value.into()
    }
}

/// Description and versions of a parameter.
///
/// The keyword `default` is avoided: with it, generated clients send the parameter always, or require it.
pub(super) fn param_about(model: &Model<'_>, param: &ParamModel<'_>) -> Object {
    let spec = param.yaml;
    let condition = match &spec.required {
        Some(Required::When(condition)) => Some(condition.trim_end_matches('.')),
        _ => None,
    };
    let required = condition.map(|condition| format!("Required {condition}."));
    let default = spec.default.as_ref().map(Json::from);
    let description = [
        spec.description.clone(),
        default.as_ref().map(default_sentence),
    ];
    let description: Vec<String> = description.into_iter().flatten().collect();
    Object::new()
        .with(
            "description",
            describe([
                Some(description.join(" ").as_str()).filter(|text| !text.is_empty()),
                required.as_deref(),
                on_servers(model, spec).as_deref(),
                spec.note.as_deref(),
            ]),
        )
        .with("x-default", default)
        .and(support(model, spec))
        .with("x-required", condition)
        .flag("x-undocumented", spec.undocumented)
        .with("x-documented-as", spec.documented.name.as_deref())
}

/// "Default: `20`."
pub(super) fn default_sentence(default: &Json) -> String {
    let value = match default {
        Json::Scalar(serde_json::Value::String(text)) => text.clone(),
        value => serde_json::to_string(value).unwrap_or_default(),
    };
    format!("Default: `{value}`.")
}

/// The inputs that occur in JSON bodies or queries. In forms, inputs are inlined.
pub(super) fn named_groups<'a>(model: &Model<'a>) -> HashSet<&'a str> {
    let mut pending: Vec<&str> = Vec::new();
    for method in model.methods() {
        let json = method.yaml.body.unwrap_or_default().accepts_json();
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
pub(super) fn group(model: &Model<'_>, input: &InputModel<'_>) -> Object {
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
        let schema = param_schema(model, param.yaml, param.ty);
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
