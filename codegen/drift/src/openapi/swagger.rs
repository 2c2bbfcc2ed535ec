//! Rewrites a Swagger 2.0 document in the form of OpenAPI 3, so that one reader reads both.

use serde_json::{Map, Value, json};

use super::METHODS;

/// The rewritten document.
pub(super) struct Rewritten {
    pub(super) document: Value,
    /// The parts that were not understood, with their positions.
    pub(super) unread: Vec<String>,
}

/// The keys of a parameter that are not part of its schema.
const NO_SCHEMA: [&str; 6] = [
    "name",
    "in",
    "required",
    "description",
    "collectionFormat",
    "allowEmptyValue",
];

/// The sections with what references name, and where OpenAPI 3 has them.
const SECTIONS: [(&str, &str); 2] = [("definitions", "schemas"), ("responses", "responses")];

/// The media type of bodies that the document describes without one.
const JSON: &str = "application/json";

/// Rewrites the document.
pub(super) fn rewrite(document: &Value) -> Rewritten {
    let mut rewriter = Rewriter {
        document,
        unread: Vec::new(),
    };
    let base = document.get("basePath").and_then(Value::as_str);
    let base = base.unwrap_or_default().trim_end_matches('/');
    let mut paths = Map::new();
    for (path, item) in entries(document, "paths") {
        let place = format!("paths.{path}");
        let mut out = Map::new();
        for (method, operation) in item.as_object().into_iter().flatten() {
            if method == "parameters" {
                continue;
            }
            let is_method = METHODS.contains(&method.as_str());
            let rewritten = if is_method {
                rewriter.operation(item, operation, &format!("{place}.{method}"))
            } else {
                // The reader lists it.
                operation.clone()
            };
            out.insert(method.clone(), rewritten);
        }
        paths.insert(format!("{base}{path}"), Value::Object(out));
    }
    let mut components = Map::new();
    for (section, name) in SECTIONS {
        let mut out = Map::new();
        for (key, value) in entries(document, section) {
            let value = if section == "responses" {
                response(value, JSON)
            } else {
                schema(value)
            };
            out.insert(key.clone(), value);
        }
        components.insert(name.to_owned(), Value::Object(out));
    }
    Rewritten {
        document: json!({ "openapi": "3.0.3", "paths": paths, "components": components }),
        unread: rewriter.unread,
    }
}

struct Rewriter<'a> {
    document: &'a Value,
    unread: Vec<String>,
}

impl<'a> Rewriter<'a> {
    fn operation(&mut self, item: &'a Value, operation: &'a Value, place: &str) -> Value {
        let mut out = operation.as_object().cloned().unwrap_or_default();
        let (mut parameters, mut properties, mut required) = (Vec::new(), Map::new(), Vec::new());
        let mut body = None;
        let lists =
            [item, operation].map(|owner| owner.get("parameters").and_then(Value::as_array));
        for given in lists.into_iter().flatten().flatten() {
            let Some(parameter) = self.parameter(given, place) else {
                continue;
            };
            let name = parameter.get("name").and_then(Value::as_str);
            match parameter.get("in").and_then(Value::as_str) {
                Some("formData") => {
                    let name = name.unwrap_or_default();
                    if parameter.get("required") == Some(&Value::Bool(true)) {
                        required.push(name.to_owned());
                    }
                    properties.insert(name.to_owned(), own_schema(parameter));
                }
                Some("body") => body = parameter.get("schema").map(schema),
                _ => {
                    let mut rewritten = parameter.as_object().cloned().unwrap_or_default();
                    rewritten.insert("schema".to_owned(), own_schema(parameter));
                    parameters.push(Value::Object(rewritten));
                }
            }
        }
        out.insert("parameters".to_owned(), Value::Array(parameters));
        let form = json!({ "type": "object", "properties": properties, "required": required });
        let form = (!properties.is_empty()).then_some(form);
        let contents: Map<String, Value> = [("multipart/form-data", form), (JSON, body)]
            .into_iter()
            .filter_map(|(media, schema)| Some((media.to_owned(), json!({ "schema": schema? }))))
            .collect();
        if !contents.is_empty() {
            out.insert("requestBody".to_owned(), json!({ "content": contents }));
        }
        let produces = operation.get("produces").or(self.document.get("produces"));
        let produces = produces.and_then(Value::as_array);
        let media: Vec<&str> = produces
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let media = if media.is_empty() || media.contains(&JSON) {
            JSON
        } else {
            media[0]
        };
        let responses: Map<String, Value> = entries(operation, "responses")
            .map(|(status, value)| (status.clone(), response(value, media)))
            .collect();
        out.insert("responses".to_owned(), Value::Object(responses));
        Value::Object(out)
    }

    /// Resolves a reference to a shared parameter.
    fn parameter(&mut self, value: &'a Value, place: &str) -> Option<&'a Value> {
        let Some(target) = value.get("$ref").and_then(Value::as_str) else {
            return Some(value);
        };
        let found = self.document.pointer(target.trim_start_matches('#'));
        if found.is_none() {
            let problem = format!("{place}.parameters: the document has no `{target}`");
            self.unread.push(problem);
        }
        found
    }
}

/// The schema of a parameter, which Swagger writes into the parameter itself.
fn own_schema(parameter: &Value) -> Value {
    let own = parameter.as_object().into_iter().flatten();
    let own = own.filter(|(key, _)| !NO_SCHEMA.contains(&key.as_str()));
    schema(&Value::Object(
        own.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    ))
}

/// A schema with the words of OpenAPI 3, and its references to where they are there.
fn schema(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(schema).collect()),
        Value::Object(members) => {
            let mut out = Map::new();
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("$ref", Value::String(target)) => {
                        out.insert(key.clone(), Value::String(reference(target)));
                    }
                    ("x-nullable", Value::Bool(_)) => {
                        out.insert("nullable".to_owned(), value.clone());
                    }
                    ("type", Value::String(ty)) if ty == "file" => {
                        out.insert(key.clone(), "string".into());
                        out.insert("format".to_owned(), "binary".into());
                    }
                    // The names of properties are not words of the schema.
                    ("properties", Value::Object(properties)) => {
                        let properties = properties.iter();
                        let properties = properties.map(|(name, it)| (name.clone(), schema(it)));
                        out.insert(key.clone(), Value::Object(properties.collect()));
                    }
                    ("example" | "default" | "enum", _) => {
                        out.insert(key.clone(), value.clone());
                    }
                    _ => {
                        out.insert(key.clone(), schema(value));
                    }
                }
            }
            Value::Object(out)
        }
        _ => value.clone(),
    }
}

fn response(value: &Value, media: &str) -> Value {
    let mut out = match schema(value) {
        Value::Object(out) => out,
        other => return other,
    };
    if let Some(schema) = out.remove("schema") {
        let mut content = Map::new();
        content.insert(media.to_owned(), json!({ "schema": schema }));
        out.insert("content".to_owned(), Value::Object(content));
    }
    Value::Object(out)
}

/// `#/definitions/status` is `#/components/schemas/status` in OpenAPI 3.
fn reference(target: &str) -> String {
    let moved = SECTIONS.iter().find_map(|(section, name)| {
        let rest = target.strip_prefix("#/")?.strip_prefix(section)?;
        rest.starts_with('/')
            .then(|| format!("#/components/{name}{rest}"))
    });
    moved.unwrap_or_else(|| target.to_owned())
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let members = value.get(key).and_then(Value::as_object);
    members.into_iter().flatten()
}
