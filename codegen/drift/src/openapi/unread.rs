//! Lists the parts of a document that the reader does not understand, with their positions.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schemas::alternatives;
use super::{DEPTH, METHODS, Places, Reader, array};
use crate::documentation::History;
use crate::external::Shape;

/// The keys of a path that are not operations.
const PATH_KEYS: [&str; 5] = ["parameters", "summary", "description", "servers", "$ref"];

/// The media types of request bodies that are read.
const BODIES: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
];

/// Keys of schemas that restrict values in ways that are not compared.
const KEYS: [&str; 12] = [
    "not",
    "if",
    "const",
    "contains",
    "prefixItems",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "discriminator",
];

/// The start of references to schemas in OpenAPI 3.
const OPENAPI_SCHEMAS: &str = "#/components/schemas/";

/// The types of JSON Schema.
const TYPES: [&str; 7] = [
    "string", "integer", "number", "boolean", "array", "object", "null",
];

/// The parts of the document that are not understood.
pub(super) fn unread(reader: &Reader<'_>) -> Vec<String> {
    let Reader { document, places } = *reader;
    let mut walk = Walk {
        reader,
        is_body: false,
        unread: Vec::new(),
    };
    for (path, item) in members(document, "paths") {
        walk.path(&format!("paths.{path}"), item, places);
    }
    if let Some(webhooks) = document.get("webhooks").and_then(Value::as_object) {
        for name in webhooks.keys() {
            walk.add(&format!("webhooks.{name}"), "webhooks are not compared");
        }
    }
    let schemas = document.pointer("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object).into_iter().flatten() {
        walk.schema(&format!("{}.{name}", places.schemas), schema, true, 0);
    }
    let mut unread = walk.unread;
    let mut seen = BTreeSet::new();
    unread.retain(|problem| seen.insert(problem.clone()));
    unread
}

struct Walk<'r, 'a> {
    reader: &'r Reader<'a>,
    /// The schema is that of a request body.
    is_body: bool,
    unread: Vec<String>,
}

impl<'a> Walk<'_, 'a> {
    fn add(&mut self, at: &str, problem: &str) {
        self.unread.push(format!("{at}: {problem}"));
    }

    fn path(&mut self, at: &str, item: &'a Value, places: Places) {
        if item.get("$ref").is_some() {
            self.add(at, "a path that is a reference is not read");
        }
        for (key, operation) in item.as_object().into_iter().flatten() {
            let place = format!("{at}.{key}");
            if METHODS.contains(&key.as_str()) {
                self.parameters(&place, item);
                self.operation(&place, operation, places);
            } else if !PATH_KEYS.contains(&key.as_str()) && !key.starts_with("x-") {
                self.add(&place, "operations of this HTTP method are not compared");
            }
        }
    }

    fn operation(&mut self, at: &str, operation: &'a Value, places: Places) {
        self.parameters(at, operation);
        let description = operation.get("description").and_then(Value::as_str);
        for problem in History::problems(description.unwrap_or_default()) {
            self.add(&format!("{at}.description"), &problem);
        }
        if operation.get("callbacks").is_some() {
            self.add(&format!("{at}.callbacks"), "callbacks are not compared");
        }
        if let Some(body) = operation
            .get("requestBody")
            .and_then(|it| self.target(at, it))
        {
            let place = format!("{at}.{}", places.body);
            for (media, content) in members(body, "content") {
                let media = media.split(';').next().unwrap_or(media).trim();
                if !BODIES.contains(&media) {
                    self.add(&place, &format!("a body of type `{media}` is not compared"));
                } else if let Some(schema) = content.get("schema") {
                    self.is_body = true;
                    self.schema(&place, schema, true, 0);
                    self.is_body = false;
                }
            }
        }
        let mut successes = 0;
        for (status, response) in members(operation, "responses") {
            if !status.starts_with('2') {
                continue;
            }
            let place = format!("{at}.responses.{status}");
            let Some(response) = self.target(&place, response) else {
                continue;
            };
            let contents: Vec<_> = members(response, "content").collect();
            let json = contents
                .iter()
                .find(|(media, _)| *media == "application/json");
            if let Some(schema) = json.and_then(|(_, content)| content.get("schema")) {
                successes += 1;
                if successes > 1 {
                    self.add(&place, "only the first successful response is compared");
                }
                self.schema(&place, schema, false, 0);
            } else if let Some((media, _)) = contents.first() {
                self.add(
                    &place,
                    &format!("a response of type `{media}` is not compared"),
                );
            }
        }
    }

    fn parameters(&mut self, at: &str, owner: &'a Value) {
        for (index, parameter) in array(owner, "parameters").enumerate() {
            let place = format!("{at}.parameters.{index}");
            let Some(parameter) = self.target(&place, parameter) else {
                continue;
            };
            let Some(name) = parameter.get("name").and_then(Value::as_str) else {
                self.add(&place, "a parameter without a name");
                continue;
            };
            let place = format!("{at}.parameters.{name}");
            match parameter.get("in").and_then(Value::as_str) {
                Some("path" | "query" | "header") => {}
                Some(other) => {
                    self.add(&place, &format!("a parameter in `{other}` is not compared"));
                }
                None => self.add(&place, "a parameter without `in`"),
            }
            match parameter.get("schema") {
                Some(schema) => self.schema(&place, schema, false, 0),
                None if parameter.get("content").is_some() => {
                    self.add(&place, "the type of a parameter with `content` is not read");
                }
                None => {}
            }
        }
    }

    /// The value itself, or the target of its reference.
    fn target(&mut self, at: &str, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..DEPTH {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                return Some(value);
            };
            value = self.pointed(at, target)?;
        }
        self.add(at, "the reference is circular");
        None
    }

    fn pointed(&mut self, at: &str, target: &str) -> Option<&'a Value> {
        let pointer = target.strip_prefix('#');
        let found = pointer.and_then(|pointer| self.reader.document.pointer(pointer));
        if found.is_none() {
            // As the document itself names it.
            let target = target.replace(OPENAPI_SCHEMAS, self.reader.places.references);
            self.add(at, &format!("the document has no `{target}`"));
        }
        found
    }

    /// A schema and those inside it, without following references. Of a whole entity or body, the properties of all parts
    /// are read, so that it can consist of several.
    fn schema(&mut self, at: &str, schema: &'a Value, is_whole: bool, depth: usize) {
        if depth == DEPTH {
            return;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.pointed(at, target);
            if target.is_some_and(|target| target.get("$ref").is_some()) {
                self.target(at, schema);
            }
            return;
        }
        for key in KEYS.iter().filter(|key| schema.get(key).is_some()) {
            self.add(at, &format!("`{key}` is not compared"));
        }
        if !self.is_body && schema.get("patternProperties").is_some() {
            self.add(at, "`patternProperties` is not compared");
        }
        self.types(at, schema);
        let parts = alternatives(schema).unwrap_or_default();
        let keys = ["oneOf", "anyOf", "allOf"].into_iter();
        let key = keys.clone().find(|key| schema.get(key).is_some());
        if let Some(key) = key {
            let is_read = match key {
                "allOf" => is_whole || schema.get("properties").is_some(),
                _ => false,
            };
            let is_one = parts.len() == 1 || self.reader.shape(schema) != Shape::Unknown;
            let is_beside = schema.get("type").is_some() && key != "allOf";
            if is_beside {
                self.add(at, &format!("`{key}` beside `type` is not compared"));
            } else if !is_read && !is_one {
                self.add(at, &format!("`{key}` of several types is not compared"));
            }
        }
        for part in keys.flat_map(|key| array(schema, key)) {
            self.schema(at, part, is_whole, depth + 1);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key) {
                self.schema(at, inner, false, depth + 1);
            }
        }
        for (name, property) in members(schema, "properties") {
            self.schema(&format!("{at}.{name}"), property, false, depth + 1);
        }
    }

    fn types(&mut self, at: &str, schema: &Value) {
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        for ty in types.iter().filter(|ty| !TYPES.contains(ty)) {
            self.add(at, &format!("`{ty}` is not a type"));
        }
        let types: Vec<&str> = types.into_iter().filter(|ty| *ty != "null").collect();
        if types.len() > 1 {
            let types = types.join("`, `");
            self.add(at, &format!("several types are not compared: `{types}`"));
        }
    }
}

fn members<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let members = value.get(key).and_then(Value::as_object);
    members.into_iter().flat_map(Map::iter)
}
