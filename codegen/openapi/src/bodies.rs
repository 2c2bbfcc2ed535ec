//! Emits request bodies.

use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::{MethodModel, Model, ParamModel};
use mastodon_spec::yaml::{Body, ParamLocation, TypeRef};

use super::Source;
use super::forms::Form;
use super::inputs::{is_file, properties};
use super::params::sent;

/// The body of a request in each encoding that the method supports. JSON is first, because many tools read only the first
/// one.
pub(super) fn body<'a>(source: &Source<'_, 'a>, method: &MethodModel<'a>) -> Json {
    let model = source.model;
    let in_body: Vec<ParamModel<'_>> = sent(&method.params)
        .filter(|param| param.location == ParamLocation::Body)
        .cloned()
        .collect();
    if in_body.is_empty() {
        return Json::Absent;
    }
    let has_file = in_body.iter().any(|param| contains_file(model, param.ty));
    let form = |files: bool| {
        let mut form = Form {
            files,
            ..Form::default()
        };
        for param in &in_body {
            form.add(model, param);
        }
        form.media_type()
    };
    let example = source.examples.body(method);
    let encoding = method.yaml.body.unwrap_or_default();
    let only_files = in_body.iter().all(|param| is_file(param.ty));
    let mut content = Object::new();
    if encoding.accepts_json() && !only_files {
        let json = Object::new()
            .with("schema", properties(model, &in_body))
            .with("example", example.json)
            .flag("x-mastodon-only", encoding == Body::FormOrJson);
        content.set("application/json", json);
    }
    if encoding != Body::Multipart && !only_files {
        content.set(
            "application/x-www-form-urlencoded",
            form(false).with("example", example.form.clone()),
        );
    }
    if has_file || encoding == Body::Multipart {
        content.set(
            "multipart/form-data",
            form(true).with("example", example.form.and(example.files)),
        );
    }
    let about = (encoding == Body::FormOrJson).then_some(
        "Mastodon accepts JSON, but other server software ignores it here and requires a form.",
    );
    Object::new()
        .with("description", about)
        .flag("required", in_body.iter().any(ParamModel::is_required))
        .with("content", content)
        .into()
}

fn contains_file(model: &Model<'_>, ty: &TypeRef) -> bool {
    is_file(ty)
        || ty
            .named()
            .and_then(|name| model.input(name))
            .is_some_and(|input| {
                input
                    .params
                    .iter()
                    .any(|param| contains_file(model, param.ty))
            })
}
