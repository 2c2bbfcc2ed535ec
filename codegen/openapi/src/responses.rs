//! Emits responses: successes, errors and headers.

use std::collections::BTreeMap;

use super::types::{Direction, list, schema, typed};
use super::{Source, describe, examples, reference, versions};
use mastodon_spec::json::{Json, Object};
use mastodon_spec::model::Model;
use mastodon_spec::model::facts::{self, error_schemas};
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{ApiFile, Method, Returns, SentWith, TypeRef};

/// The status of a rate-limited response.
const TOO_MANY_REQUESTS: u16 = 429;

/// The error responses and examples that several operations refer to.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) responses: Components,
    pub(super) examples: Components,
}

/// Components by name, sorted.
#[derive(Default)]
pub(super) struct Components(BTreeMap<String, Object>);

impl Components {
    pub(super) fn into_object(self) -> Json {
        self.0.into_iter().collect::<Object>().or_absent()
    }
}

impl Shared {
    /// The responses of a method by status.
    pub(super) fn all(&mut self, source: &Source<'_, '_>, name: &str, method: &Method) -> Object {
        let model = source.model;
        let api = &model.spec.api;
        let mut all = Object::new();
        let headers = headers(api, method);
        let content = content(source, method, &mut self.examples);
        let success = |about: String, with_body: bool| {
            Object::new()
                .with("description", about)
                .with("headers", headers.clone().or_absent())
                .with("content", content.clone().filter(|_| with_body))
        };
        all.set("200", success(returned(method), true));
        for (status, meaning) in &method.responses {
            // Responses other than 200 have no body.
            let is_empty = matches!(method.returns, Some(Returns::Nothing));
            let bodiless = *status == 204 || (300..400).contains(status) || is_empty;
            all.set(status.to_string(), success(meaning.clone(), !bodiless));
        }
        let mut statuses = method.errors.clone();
        if !statuses.contains(&TOO_MANY_REQUESTS) {
            statuses.push(TOO_MANY_REQUESTS);
        }
        statuses.sort_unstable();
        for status in statuses {
            all.set(status.to_string(), self.error(source, name, Some(status)));
        }
        all.with("default", self.error(source, name, None))
    }

    /// A reference to the response for a status with the error schemas of the method.
    fn error(&mut self, source: &Source<'_, '_>, method: &str, status: Option<u16>) -> Object {
        let api = &source.model.spec.api;
        let (special, general) = error_schemas(api, method, status);
        let number = status.map_or_else(String::new, |status| status.to_string());
        let special_name: String = special.iter().map(|name| type_name(name)).collect();
        let schema_name = if special_name.is_empty() {
            "Error".to_owned()
        } else {
            special_name
        };
        let name = format!("{schema_name}{number}");
        let shared = reference("responses", &name);
        if self.responses.0.contains_key(&name) {
            return shared;
        }
        let schemas: Vec<Object> = special
            .iter()
            .chain(&general)
            .map(|name| reference("schemas", &type_name(name)))
            .collect();
        let body = match &schemas[..] {
            [] => typed("object"),
            [one] => one.clone(),
            _ => Object::new().with("anyOf", schemas),
        };
        let about = match status {
            Some(status) => api
                .error_statuses
                .get(&status)
                .cloned()
                .unwrap_or_else(|| format!("Error with the status {status}.")),
            None => {
                "Any other error. The body can be empty, or an HTML page of a proxy.".to_owned()
            }
        };
        let named = special.first().or(general.first());
        let example = status.zip(named);
        let example = example.and_then(|(status, name)| source.examples.error(name, status));
        let headers = api
            .response_headers
            .iter()
            .filter(|(_, header)| header.sent_with == SentWith::All);
        let response = Object::new()
            .with("description", about)
            .with(
                "headers",
                headers
                    .map(|(name, _)| (name.as_str(), reference("headers", name)))
                    .collect::<Object>()
                    .or_absent(),
            )
            .with(
                "content",
                Object::new().with(
                    "application/json",
                    Object::new().with("schema", body).with("example", example),
                ),
            );
        self.responses.0.insert(name, response);
        shared
    }
}

fn media(kind: &str, schema: Object) -> Object {
    Object::new().with(kind, Object::new().with("schema", schema))
}

/// The description of a successful response.
fn returned(method: &Method) -> String {
    match &method.returns {
        Some(Returns::Value(TypeRef::List(inner))) => format!("A list of `{inner}`."),
        Some(Returns::Value(ty)) => match method.alternative() {
            Some((param, other)) => format!("`{ty}`; `{other}` if `{param}` is given."),
            None => format!("`{ty}`."),
        },
        Some(Returns::Page {
            item,
            wrapper: None,
        }) => format!("A page of `{item}`."),
        Some(Returns::Page {
            item,
            wrapper: Some((entity, field)),
        }) => format!("A page of `{item}` in the field `{field}` of `{entity}`."),
        Some(Returns::Nothing) => "Success with an empty object.".to_owned(),
        Some(Returns::NoBody) | None => "Success without a body.".to_owned(),
        Some(Returns::Text) => "Plain text.".to_owned(),
        Some(Returns::WebPage) => "A web page.".to_owned(),
        Some(Returns::Stream(_)) => "A stream of events.".to_owned(),
    }
}

fn content(source: &Source<'_, '_>, method: &Method, examples: &mut Components) -> Option<Object> {
    let schema = |ty: &TypeRef| schema(source.model, Direction::Response, ty);
    let mut with_example = |schema: Object, ty: &TypeRef| {
        let media = Object::new().with("schema", schema);
        let media = media.and(examples::response(source, ty, &mut examples.0));
        Object::new().with("application/json", media)
    };
    Some(match method.returns.as_ref()? {
        Returns::Value(ty) => {
            let ty = method.alternative().map_or(ty, |(_, ty)| ty);
            with_example(schema(ty), ty)
        }
        Returns::Page {
            item,
            wrapper: None,
        } => with_example(list(schema(item)), &TypeRef::List(Box::new(item.clone()))),
        Returns::Page {
            wrapper: Some((entity, _)),
            ..
        } => {
            let ty = TypeRef::Named(entity.clone());
            with_example(schema(&ty), &ty)
        }
        Returns::Nothing => {
            let media = Object::new().with("schema", reference("schemas", "Empty"));
            let media = media.with("example", Object::new());
            Object::new().with("application/json", media)
        }
        Returns::NoBody => return None,
        Returns::Text => media("text/plain", typed("string")),
        Returns::WebPage => media("text/html", typed("string")),
        Returns::Stream(message) => {
            let message = message.as_ref().map(&schema);
            let kind = message.is_some().then_some("application/json");
            let text = typed("string").with("contentMediaType", kind);
            media("text/event-stream", text.with("contentSchema", message))
        }
    })
}

/// The response headers of a method.
fn headers(api: &ApiFile, method: &Method) -> Object {
    facts::headers(api, method)
        .map(|(name, _)| (name, reference("headers", name)))
        .collect()
}

/// All response headers.
pub(super) fn header_components(model: &Model<'_>) -> Object {
    let headers = model.spec.api.response_headers.iter();
    headers
        .map(|(name, header)| {
            let about = Object::new()
                .with(
                    "description",
                    describe([header.description.as_deref(), header.note.as_deref()]),
                )
                .and(versions(model, header.since.as_ref(), None, None))
                .with(
                    "schema",
                    header
                        .ty
                        .as_ref()
                        .map(|ty| schema(model, Direction::Response, ty)),
                );
            (name.as_str(), about)
        })
        .collect()
}
