//! Emits the OpenAPI document of the API.

mod bodies;
mod entities;
mod enums;
mod examples;
mod extensions;
mod forms;
mod inputs;
mod mastodon_only;
mod metadata;
mod operations;
mod params;
mod responses;
mod types;
mod unused;
mod version_3_0;

use mastodon_emit::samples::JsonExamples;
use mastodon_spec::docs;
use mastodon_spec::json::{self, Object};
use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Condition, On, Spec, Supported, Version};

use operations::Paths;
use responses::Shared;

/// What is emitted, with its examples.
struct Source<'m, 'a> {
    model: &'m Model<'a>,
    examples: JsonExamples<'m, 'a>,
}

/// The width of objects and lists on one line.
const WIDTH: usize = 120;

/// What the document contains, and in which version of OpenAPI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether what only servers other than Mastodon have is omitted.
    pub mastodon_only: bool,
    /// The version of OpenAPI.
    pub version: OpenApiVersion,
}

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenApiVersion {
    /// OpenAPI 3.0, for tools that do not read 3.1. Some facts are lost.
    V3_0,
    /// OpenAPI 3.1.
    #[default]
    V3_1,
}

/// The API as an OpenAPI 3.1 document.
///
/// # Errors
///
/// When two operations have the same path, or two schemas the same name.
pub fn openapi(model: &Model<'_>) -> Result<String, String> {
    document(model, OpenApiVersion::V3_1)
        .map_err(|error| format!("generated/openapi.json: {error}"))
}

/// The API as an OpenAPI document with options.
///
/// # Errors
///
/// When two operations have the same path, or two schemas the same name.
pub fn openapi_with(spec: &Spec, options: Options) -> Result<String, String> {
    if options.mastodon_only {
        let only = mastodon_only::mastodon_only(spec);
        return document(&Model::new(&only), options.version);
    }
    document(&Model::new(spec), options.version)
}

fn document(model: &Model<'_>, version: OpenApiVersion) -> Result<String, String> {
    let source = Source {
        model,
        examples: JsonExamples::new(model),
    };
    let mut shared = Shared::default();
    let mut paths = Paths::default();
    for resource in model.resources() {
        for method in &resource.methods {
            paths.add(&source, resource.yaml, method, &mut shared)?;
        }
    }
    let components = Object::new()
        .with("schemas", entities::components(model)?)
        .with("parameters", params::components(model).or_absent())
        .with("headers", responses::header_components(model).or_absent())
        .with("responses", shared.responses.into_object())
        .with("examples", shared.examples.into_object())
        .with("securitySchemes", metadata::security_schemes(model));
    let document = Object::new()
        .with("openapi", "3.1.0")
        .with("info", metadata::info(model))
        .with(
            "externalDocs",
            metadata::external("https://docs.joinmastodon.org"),
        )
        .with(
            "servers",
            vec![metadata::server(
                "mastodon.social",
                "The server of the user's account.",
            )],
        )
        .with("tags", metadata::tags(model))
        .with("x-tagGroups", metadata::tag_groups(model))
        .with("paths", paths.into_object())
        .with("components", components)
        .and(extensions::extensions(model));
    let mut document = match version {
        OpenApiVersion::V3_0 => version_3_0::converted(&document),
        OpenApiVersion::V3_1 => document,
    };
    unused::omit_unused(&mut document);
    json::pretty(&document, WIDTH).map_err(|error| error.to_string())
}

/// A reference to a component.
fn reference(section: &str, name: &str) -> Object {
    Object::new().with("$ref", format!("#/components/{section}/{name}"))
}

/// Joins paragraphs; `None` if there are no paragraphs.
fn describe<const N: usize>(paragraphs: [Option<&str>; N]) -> Option<String> {
    let paragraphs: Vec<&str> = paragraphs.into_iter().flatten().map(str::trim).collect();
    (!paragraphs.is_empty()).then(|| paragraphs.join("\n\n"))
}

/// The versions and servers of an item.
fn support(model: &Model<'_>, item: &impl Supported) -> Object {
    versions(model, item.since(), item.deprecated(), item.removed())
        .and(servers(&item.on(), item.is_only_on()))
}

/// The servers other than Mastodon that have an item, with conditions as in the specification.
fn servers(on: &On, is_only_on: bool) -> Object {
    let conditions = |is_there: bool| -> Object {
        let conditions = on.0.iter();
        conditions
            .filter(|(_, condition)| (**condition != Condition::Never) == is_there)
            .map(|(server, condition)| (server.as_str(), condition.to_string()))
            .collect()
    };
    let key = if is_only_on { "x-only-on" } else { "x-also-on" };
    let missing: Vec<String> = conditions(false)
        .entries()
        .map(|(server, _)| server.to_owned())
        .collect();
    Object::new()
        .with(key, conditions(true).or_absent())
        .with("x-not-on", (!missing.is_empty()).then_some(missing))
}

/// The servers other than Mastodon that have an item, as a sentence.
fn on_servers(model: &Model<'_>, item: &impl Supported) -> Option<String> {
    let servers = &model.spec.servers;
    let sentence = docs::other_servers(servers, &item.on(), item.is_only_on());
    (!sentence.is_empty()).then_some(sentence)
}

/// The versions of an item. Removed items are deprecated in the document.
fn versions(
    model: &Model<'_>,
    since: Option<&Version>,
    deprecated: Option<&Version>,
    removed: Option<&Version>,
) -> Object {
    let since = since.filter(|version| !version.is_zero());
    let number = since.and_then(|since| {
        let releases = &model.spec.api.releases;
        releases
            .iter()
            .find(|release| release.version == *since)
            .and_then(|release| release.api_version)
    });
    Object::new()
        .flag("deprecated", deprecated.is_some() || removed.is_some())
        .with("x-since", since.map(ToString::to_string))
        .with("x-api-version", number)
        .with("x-deprecated-since", deprecated.map(ToString::to_string))
        .with("x-removed", removed.map(ToString::to_string))
}
