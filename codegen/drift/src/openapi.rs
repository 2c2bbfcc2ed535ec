//! Reads OpenAPI documents, versions 3.0 and 3.1, and Swagger 2.0.

mod schemas;
mod swagger;
mod unread;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::documentation::History;
use super::external::{ExternalApi, Notes, Object, Operation, Parameter, Shape, flat};
use mastodon_spec::yaml::{ParamLocation, Route, SourceKind, Version};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Maximum depth of nested schemas. Deeper ones are circular.
const DEPTH: usize = 12;

/// The names of parts in positions, which differ between versions.
#[derive(Debug, Clone, Copy)]
struct Places {
    /// The schemas of the document.
    schemas: &'static str,
    /// The start of references to them.
    references: &'static str,
    /// The body of an operation.
    body: &'static str,
}

const NO_PATHS: &str = "the document has no `paths`";

/// Reads a document.
///
/// # Errors
///
/// When it has no paths.
pub(super) fn parse(document: &Value) -> Result<ExternalApi, String> {
    let places = Places {
        schemas: "components.schemas",
        references: "#/components/schemas/",
        body: "requestBody",
    };
    read(document, places)
}

/// Reads a document of Swagger 2.0.
///
/// # Errors
///
/// When it has no paths.
pub(super) fn parse_swagger(document: &Value) -> Result<ExternalApi, String> {
    if document.get("paths").is_none() {
        return Err(NO_PATHS.to_owned());
    }
    let mut rewritten = swagger::rewrite(document);
    let places = Places {
        schemas: "definitions",
        references: "#/definitions/",
        body: "parameters",
    };
    let mut external = read(&rewritten.document, places)?;
    external.unread.append(&mut rewritten.unread);
    Ok(external)
}

fn read(document: &Value, places: Places) -> Result<ExternalApi, String> {
    let Some(paths) = document.get("paths").and_then(Value::as_object) else {
        return Err(NO_PATHS.to_owned());
    };
    let reader = Reader { document, places };
    let mut external = ExternalApi {
        kind: SourceKind::Openapi,
        operations: Vec::new(),
        objects: Vec::new(),
        scopes: Vec::new(),
        limits: Vec::new(),
        streaming: Vec::new(),
        version: None,
        api_version: None,
        read: Vec::new(),
        unread: Vec::new(),
        covers: "/",
    };
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let at = format!("paths.{path}.{method}");
            let line = format!(
                "{} {}",
                method.to_uppercase(),
                path.split('?').next().unwrap_or(path)
            );
            match line.parse::<Route>() {
                Ok(http) => external
                    .operations
                    .push(reader.operation(http, at, item, operation)),
                Err(error) => external.unread.push(format!("{at}: {error}")),
            }
        }
    }
    external.unread.extend(unread::unread(&reader));
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        external.objects.extend(reader.object(name, schema));
    }
    let fields = external
        .objects
        .iter()
        .map(|object| object.attributes.len());
    external.read = vec![
        format!("{} endpoints", external.operations.len()),
        format!(
            "{} schemas with {} fields",
            external.objects.len(),
            fields.sum::<usize>()
        ),
    ];
    nulls(&mut external.objects);
    Ok(external)
}

/// If all optional fields of a source are nullable, null means optional.
fn nulls(objects: &mut [Object]) {
    let mut fields = objects.iter().flat_map(|object| &object.attributes);
    if fields.any(|field| field.optional && !field.nullable) {
        return;
    }
    let fields = objects.iter_mut().flat_map(|object| &mut object.attributes);
    for field in fields.filter(|field| field.optional) {
        field.nullable = false;
    }
}

struct Reader<'a> {
    document: &'a Value,
    places: Places,
}

impl<'a> Reader<'a> {
    fn operation(
        &self,
        http: Route,
        at: String,
        item: &'a Value,
        operation: &'a Value,
    ) -> Operation {
        let mut params: Vec<Parameter> = Vec::new();
        let lists =
            [item, operation].map(|owner| owner.get("parameters").and_then(Value::as_array));
        for param in lists.into_iter().flatten().flatten() {
            let param = self.follow(param);
            let location = match param.get("in").and_then(Value::as_str) {
                Some("path") => ParamLocation::Path,
                Some("query") => ParamLocation::Query,
                Some("header") => ParamLocation::Header,
                _ => continue,
            };
            let Some(name) = param.get("name").and_then(Value::as_str) else {
                continue;
            };
            let schema = param.get("schema").map(|schema| self.follow_all(schema));
            let required = Some(flag(param, "required"));
            let at = format!("{at}.parameters.{name}");
            let group = schema.filter(|schema| schema.get("properties").is_some());
            match group {
                Some(schema) => self.body(schema, &flat(name), location, &at, &mut params, 0),
                None => params.push(self.param(
                    name,
                    location,
                    required,
                    schema.unwrap_or(&Value::Null),
                    param,
                    at,
                )),
            }
        }
        let body = operation.get("requestBody").map(|body| self.follow(body));
        let contents = body
            .and_then(|body| body.get("content"))
            .and_then(Value::as_object);
        for content in contents.into_iter().flat_map(Map::values) {
            if let Some(schema) = content.get("schema") {
                self.body(
                    schema,
                    "",
                    ParamLocation::Body,
                    &format!("{at}.{}", self.places.body),
                    &mut params,
                    0,
                );
            }
        }
        // Documents generated from the documentation contain its version histories in descriptions.
        let description = operation.get("description").and_then(Value::as_str);
        let history = History::parse(description.unwrap_or_default());
        for param in params.iter_mut().filter(|param| param.since.is_none()) {
            param.since = history.since_of(&param.name);
        }
        let mut names = BTreeSet::new();
        params.retain(|param| names.insert(param.name.clone()));
        Operation {
            returns: self.returns(operation),
            docs: docs(operation),
            since: version(operation).or_else(|| history.since()),
            removed: operation.get("x-removed").is_some(),
            http,
            at,
            params: Some(params),
            auth: None,
            twin_of: None,
            is_partial: false,
            notes: Notes::default(),
        }
    }

    /// The properties of a body, with those of nested objects as nested parameters.
    fn body(
        &self,
        schema: &'a Value,
        prefix: &str,
        location: ParamLocation,
        at: &str,
        params: &mut Vec<Parameter>,
        depth: usize,
    ) {
        let patterns = self
            .follow(schema)
            .get("patternProperties")
            .and_then(Value::as_object);
        let patterns = patterns
            .into_iter()
            .flatten()
            .map(|(name, property)| (unpatterned(name), property, None));
        let named = self
            .properties(schema, 0)
            .into_iter()
            .map(|(name, property, required)| (name.to_owned(), property, Some(required)));
        for (name, property, required) in named.chain(patterns) {
            let full = if prefix.is_empty() {
                flat(&name)
            } else {
                format!("{prefix}[{}]", flat(&name))
            };
            let at = format!("{at}.{full}");
            let target = self.follow_all(property);
            let item = target
                .get("items")
                .map_or(target, |items| self.follow_all(items));
            params.push(self.param(&full, location, required, property, property, at.clone()));
            if depth < DEPTH {
                self.body(item, &full, location, &at, params, depth + 1);
            }
        }
    }

    fn param(
        &self,
        name: &str,
        location: ParamLocation,
        required: Option<bool>,
        schema: &'a Value,
        described: &'a Value,
        at: String,
    ) -> Parameter {
        Parameter {
            name: flat(name),
            location: Some(location),
            shape: self.shape(schema),
            required,
            since: version(described).or_else(|| version(schema)),
            values: self.values(schema),
            value_versions: Vec::new(),
            default: plain_value(schema.get("default").or(described.get("x-default"))),
            max: plain_value(schema.get("maximum")),
            at,
        }
    }

    fn returns(&self, operation: &'a Value) -> Shape {
        let responses = operation.get("responses").and_then(Value::as_object);
        let success = responses
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'));
        let Some((_, response)) = success else {
            return Shape::Unknown;
        };
        let contents = self
            .follow(response)
            .get("content")
            .and_then(Value::as_object);
        let content = contents.and_then(|contents| contents.get("application/json"));
        content.and_then(|content| content.get("schema")).map_or(
            Shape::Unknown,
            |schema| match self.shape(schema) {
                // An object without properties can be anything.
                Shape::Object => Shape::Unknown,
                shape => shape,
            },
        )
    }
}

/// A scalar as a string.
fn plain_value(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => value.map(ToString::to_string),
        _ => None,
    }
}

/// The name behind a pattern; indexes are any number.
fn unpatterned(pattern: &str) -> String {
    pattern
        .trim_start_matches('^')
        .trim_end_matches('$')
        .replace("\\d+", "0")
        .replace('\\', "")
}

fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn version(value: &Value) -> Option<Version> {
    value.get("x-since")?.as_str()?.parse().ok()
}

/// The page of the documentation with its anchor.
fn docs(value: &Value) -> Option<String> {
    let url = value.pointer("/externalDocs/url")?.as_str()?;
    let (_, page) = url.split_once("docs.joinmastodon.org/")?;
    Some(page.replace("/#", "#").trim_end_matches('/').to_owned())
}
