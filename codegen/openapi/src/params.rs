//! Emits parameters outside of bodies, and paging.

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{MethodModel, Model, Output, ParamModel};
use mastodon_spec::yaml::{Limit, Paging, PagingStyle, ParamLocation};

use super::forms::Form;
use super::inputs::{bounds, default_sentence, param_about, param_schema};
use super::types::{Direction, schema, typed};
use super::{Source, reference};

/// The parameters of an operation. Path parameters can have different names than in the method.
pub(super) fn parameters<'a>(
    source: &Source<'_, 'a>,
    method: &MethodModel<'a>,
    in_path: &[(&str, String)],
) -> Json {
    let model = source.model;
    let mut all: Vec<Object> = Vec::new();
    for (own, name) in in_path {
        let mut params = method.params.iter();
        let param = params.find(|param| param.wire == *own);
        all.push(
            parameter(name, "path")
                .with("required", true)
                .and(
                    param
                        .map(|param| param_about(model, param))
                        .unwrap_or_default(),
                )
                .with(
                    "schema",
                    param.map(|param| schema(model, Direction::Request, param.ty)),
                )
                .with(
                    "example",
                    param.and_then(|param| source.examples.parameter(param)),
                ),
        );
    }
    for param in sent(&method.params) {
        match param.location {
            ParamLocation::Query => all.extend(query(source, param)),
            ParamLocation::Header => all.push(
                parameter(param.wire, "header")
                    .flag("required", param.is_required())
                    .and(param_about(model, param))
                    .with("schema", param_schema(model, param.yaml, param.ty))
                    .with("example", source.examples.parameter(param)),
            ),
            ParamLocation::Path | ParamLocation::Body => {}
        }
    }
    if let Some(paging) = &method.yaml.paging {
        all.extend(paged(model, method, paging));
    }
    if all.is_empty() {
        Json::Absent
    } else {
        all.into()
    }
}

fn parameter(name: &str, location: &str) -> Object {
    Object::new().with("name", name).with("in", location)
}

/// The parameters that the server supports.
pub(super) fn sent<'p, 'm>(
    params: &'p [ParamModel<'m>],
) -> impl Iterator<Item = &'p ParamModel<'m>> {
    params.iter().filter(|param| !param.yaml.unsupported)
}

/// The query parameters of a parameter: one for each member of a group.
fn query<'a>(source: &Source<'_, 'a>, param: &ParamModel<'a>) -> Vec<Object> {
    let model = source.model;
    let example = source.examples.parameter(param);
    let mut form = Form::default();
    form.add(model, param);
    let fields = form.fields.into_iter().chain(form.patterns);
    fields
        .map(|field| {
            parameter(&field.name, "query")
                .flag("required", field.required)
                .and(field.about)
                .and(field.style.keys())
                .with("schema", field.schema)
                .with("example", example.clone())
        })
        .collect()
}

/// The paging parameters: cursors or offset by reference, and the limit with the bounds of the list.
fn paged(model: &Model<'_>, method: &MethodModel<'_>, paging: &Paging) -> Vec<Object> {
    let described = &model.spec.api.paging;
    let mut all: Vec<Object> = method
        .cursors
        .iter()
        .map(|name| {
            if described.contains_key(*name) {
                reference("parameters", name)
            } else {
                parameter(name, "query").with("schema", cursor_schema(name))
            }
        })
        .collect();
    if let Some(limit) = paging.limit {
        let about = described
            .get("limit")
            .and_then(|param| param.description.clone());
        let default: Json = limit.default.into();
        let about: Vec<String> = about
            .into_iter()
            .chain([default_sentence(&default)])
            .collect();
        let since = paging.limit_since.as_ref();
        all.push(
            parameter("limit", "query")
                .with("description", about.join(" "))
                .with("x-default", default)
                .and(super::versions(model, since, None, None))
                .with(
                    "schema",
                    typed("integer")
                        .with("minimum", 1_u32)
                        .with("maximum", limit.max),
                ),
        );
    }
    all
}

fn cursor_schema(name: &str) -> Object {
    if name == "offset" {
        typed("integer").with("minimum", 0_u32)
    } else {
        typed("string")
    }
}

/// The shared paging parameters.
pub(super) fn components(model: &Model<'_>) -> Object {
    let shared = model
        .spec
        .api
        .paging
        .iter()
        .filter(|(name, _)| *name != "limit");
    shared
        .map(|(name, param)| {
            let schema = cursor_schema(name).and(
                param
                    .ty
                    .as_ref()
                    .map(|ty| schema(model, Direction::Request, ty))
                    .unwrap_or_default(),
            );
            let about = super::describe([param.description.as_deref(), param.note.as_deref()]);
            let parameter = parameter(name, "query")
                .with("description", about)
                .and(super::versions(model, param.since.as_ref(), None, None))
                .with("schema", schema.and(bounds(param)));
            (name.as_str(), parameter)
        })
        .collect()
}

/// The extension `x-paging`.
pub(super) fn paging(method: &MethodModel<'_>) -> Option<Object> {
    let paging = method.yaml.paging.as_ref()?;
    let range = |limit: Limit| {
        Object::new()
            .with("default", limit.default)
            .with("maximum", limit.max)
    };
    let (style, previous) = match paging.style {
        PagingStyle::Cursor => (
            "cursor",
            Some(paging.prev_cursor.as_deref().unwrap_or("min_id")),
        ),
        PagingStyle::Offset => ("offset", None),
    };
    let link = paging.link_header.unwrap_or(true);
    let list = match method.output {
        Output::Page {
            wrapper: Some((_, field)),
            ..
        } => Some(field),
        _ => None,
    };
    Some(
        Object::new()
            .with("style", style)
            .with("parameters", method.cursors.clone())
            .with("link-header", link)
            .with("prev-cursor", previous.filter(|_| link))
            .with("limit", paging.limit.map(range))
            .with("documented-limit", method.yaml.documented.limit.map(range))
            .with(
                "next-on-last-page",
                paging.next_on_last_page.then_some(true),
            )
            .with("items", list)
            .with(
                "dropped-by-link",
                (!paging.dropped_by_link.is_empty())
                    .then(|| paging.dropped_by_link.iter().collect::<Json>()),
            ),
    )
}
