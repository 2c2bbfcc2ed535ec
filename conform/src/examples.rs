//! Checks the JSON examples of the documentation against the typed decoders.
//!
//! The examples are from many versions, so unknown fields are ignored here. Known fields must be
//! decoded, and must be unchanged when serialized again. Error responses are left to the tests of the
//! SDK, which decodes them together with their status.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use mastodon_spec::model::Model;
use mastodon_spec::yaml::{Method, Returns, TypeRef};
use serde::Deserialize;
use serde_json::Value;

use crate::decode::{Comparison, Decoded, RoundTrip};
use crate::decoders;
use crate::placeholders::add_placeholders;
use crate::report::response_type;

/// An example of the documentation.
#[derive(Debug, Deserialize)]
pub struct Example {
    /// `response`, `entity`, `stream`, `request` or `other`.
    pub kind: String,
    /// HTTP method of the endpoint that the example belongs to.
    pub method: Option<String>,
    /// Path of the endpoint, with parameters in braces.
    pub path: Option<String>,
    /// Status of the response.
    pub status_code: Option<u16>,
    /// Entity that the example shows.
    pub entity: Option<String>,
    /// Whether the example is abbreviated with an ellipsis.
    #[serde(default)]
    pub partial: bool,
    /// JSON of the example.
    pub json: Value,
}

impl Example {
    /// Where the documentation shows the example: HTTP method and path, or the name of the entity.
    pub fn location(&self) -> String {
        let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
        match self.kind.as_str() {
            "entity" => format!("entity {}", or_empty(&self.entity)),
            "stream" => format!("stream of {}", or_empty(&self.entity)),
            _ => format!("{} {}", or_empty(&self.method), or_empty(&self.path)),
        }
    }
}

/// Result of the check. Each example is counted in one of the categories.
#[derive(Debug, Default)]
pub struct ExampleReport {
    /// Examples that were decoded and compared with their round trip.
    pub compared: usize,
    /// How many of the compared ones are abbreviated and were completed with placeholders.
    pub completed: usize,
    /// Responses of methods without a response body.
    pub empty: usize,
    /// Payloads of stream events that are a plain string or ID and not JSON.
    pub plain_payloads: usize,
    /// Error responses.
    pub errors: usize,
    /// Request bodies, and JSON that belongs to no method.
    pub requests: usize,
    /// Problems: the location of the example and the message.
    pub problems: Vec<(String, String)>,
}

impl ExampleReport {
    fn add(&mut self, model: &Model<'_>, example: &Example) {
        let mut problems = Vec::new();
        let classified = classify(model, example);
        if example.partial && matches!(classified, Classified::Response(..)) {
            self.completed += 1;
        }
        let count = match classified {
            Classified::Request => &mut self.requests,
            Classified::Error => &mut self.errors,
            Classified::PlainPayload => &mut self.plain_payloads,
            Classified::Empty => {
                if example.json != Value::Object(serde_json::Map::new()) {
                    problems
                        .push("the method has no response body, the example has one".to_owned());
                }
                &mut self.empty
            }
            Classified::Unknown => {
                problems
                    .push("the specification does not contain the endpoint or entity".to_owned());
                &mut self.compared
            }
            Classified::Response(_, Err(error)) => {
                problems.push(format!("the decoder rejects it: {error}"));
                &mut self.compared
            }
            Classified::Response(ty, Ok(decoded)) => {
                let mut comparison = Comparison::new(model);
                comparison.compare_body(&ty, &example.json, &decoded);
                problems = comparison.differences;
                &mut self.compared
            }
        };
        *count += 1;
        let location = example.location();
        let problems = problems
            .into_iter()
            .map(|problem| (location.clone(), problem));
        self.problems.extend(problems);
    }
}

/// Checks the examples in a file with one JSON object per line.
///
/// # Errors
///
/// Fails if the file or the specification cannot be read.
pub fn check_examples(path: &Path) -> Result<ExampleReport, String> {
    let spec = crate::load_specification()?;
    let model = Model::new(&spec);
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut report = ExampleReport::default();
    for line in text.lines() {
        let example = serde_json::from_str(line)
            .map_err(|error| format!("{}: invalid example: {error}", path.display()))?;
        report.add(&model, &example);
    }
    Ok(report)
}

/// The kind of an example.
enum Classified {
    /// A response or entity of this type, and its round trip.
    Response(TypeRef, RoundTrip),
    /// The response of a method without a response body.
    Empty,
    /// The payload of a stream event that is not JSON.
    PlainPayload,
    /// An error response.
    Error,
    /// A request body, or JSON that belongs to no method.
    Request,
    /// An endpoint or entity that the specification does not contain.
    Unknown,
}

fn classify(model: &Model<'_>, example: &Example) -> Classified {
    let is_error = example.status_code.is_some_and(|status| status >= 400);
    match (example.kind.as_str(), example.entity.as_deref()) {
        ("request" | "other", _) => Classified::Request,
        ("entity", Some("Error")) => Classified::Error,
        ("response", _) if is_error => Classified::Error,
        ("response", _) => classify_response(model, example),
        ("stream", None) => Classified::PlainPayload,
        // An example of the WebSocket endpoint is a whole message; elsewhere it is only the payload.
        ("stream", _) if returns_messages(model, example) => classify_response(model, example),
        (_, Some(entity)) => classify_entity(model, entity, example),
        (_, None) => Classified::Unknown,
    }
}

fn returns_messages(model: &Model<'_>, example: &Example) -> bool {
    let method = endpoint(model, example).map(|(_, method)| method);
    method.is_some_and(|method| matches!(method.returns, Some(Returns::Stream(Some(_)))))
}

fn classify_response(model: &Model<'_>, example: &Example) -> Classified {
    let Some((name, method)) = endpoint(model, example) else {
        return Classified::Unknown;
    };
    match (&method.returns, response_type(method)) {
        (Some(Returns::Nothing | Returns::NoBody), _) => Classified::Empty,
        (Some(Returns::Stream(Some(TypeRef::Named(message)))), _) => {
            classify_entity(model, message, example)
        }
        (_, Some(ty)) => {
            let body = completed_json(model, &ty, example).to_string();
            decoders::decode(name, body.as_bytes()).map_or(Classified::Unknown, |decoded| {
                Classified::Response(ty, decoded)
            })
        }
        _ => Classified::Unknown,
    }
}

/// Classifies an example of an entity; a name in brackets is a list of it.
fn classify_entity(model: &Model<'_>, name: &str, example: &Example) -> Classified {
    let item = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let item_type = TypeRef::Named(item.unwrap_or(name).to_owned());
    let decode =
        |name: &str, json: &Value| decoders::decode_entity(name, json.to_string().as_bytes());
    let Some(item) = item else {
        let decoded = decode(name, &completed_json(model, &item_type, example));
        return decoded.map_or(Classified::Unknown, |decoded| {
            Classified::Response(item_type, decoded)
        });
    };
    let ty = TypeRef::List(Box::new(item_type));
    let body = completed_json(model, &ty, example);
    let items = body.as_array().and_then(|items| {
        items
            .iter()
            .map(|json| decode(item, json))
            .collect::<Option<Vec<RoundTrip>>>()
    });
    items.map_or(Classified::Unknown, |items| {
        Classified::Response(ty, concatenated(items))
    })
}

/// The round trip of a list, from those of its items.
fn concatenated(items: Vec<RoundTrip>) -> RoundTrip {
    let (mut json, mut tolerated) = (Vec::new(), Vec::new());
    for item in items {
        let item = item?;
        json.push(item.json);
        tolerated.extend(item.tolerated);
    }
    let json = json.into();
    Ok(Decoded { json, tolerated })
}

/// The JSON of an example, with placeholders if it is abbreviated.
fn completed_json<'a>(model: &Model<'_>, ty: &TypeRef, example: &'a Example) -> Cow<'a, Value> {
    if example.partial {
        Cow::Owned(add_placeholders(model, ty, &example.json))
    } else {
        Cow::Borrowed(&example.json)
    }
}

/// The method at the path of an example; the names of path parameters are ignored.
fn endpoint<'a>(model: &Model<'a>, example: &Example) -> Option<(&'a str, &'a Method)> {
    let (http_method, path) = (example.method.as_deref()?, example.path.as_deref()?);
    let method = model.methods().find(|method| {
        method.http_method.as_str() == http_method
            && without_parameter_names(method.path).eq(without_parameter_names(path))
    })?;
    Some((method.name, method.yaml))
}

fn without_parameter_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part })
}
