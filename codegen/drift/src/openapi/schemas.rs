//! Reads schemas: types, values and properties.

use serde_json::Value;

use super::{DEPTH, Reader, array, docs, flag, version};
use crate::external::{Attribute, Lifecycle, Object, Shape};

impl<'a> Reader<'a> {
    /// Resolves a reference; otherwise returns the value itself.
    pub(super) fn follow(&self, value: &'a Value) -> &'a Value {
        let mut value = value;
        // Bounded, because references can be circular.
        for _ in 0..DEPTH {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else {
                return value;
            };
            let pointer = target.trim_start_matches('#');
            match self.document.pointer(pointer) {
                Some(next) => value = next,
                None => return value,
            }
        }
        value
    }

    /// The properties of a schema including `allOf`, each with whether it is required.
    pub(super) fn properties(
        &self,
        schema: &'a Value,
        depth: usize,
    ) -> Vec<(&'a str, &'a Value, bool)> {
        let schema = self.follow(schema);
        let required: Vec<&str> = array(schema, "required")
            .filter_map(Value::as_str)
            .collect();
        let mut out = Vec::new();
        if depth < DEPTH {
            out.extend(array(schema, "allOf").flat_map(|part| self.properties(part, depth + 1)));
        }
        let own = schema.get("properties").and_then(Value::as_object);
        out.extend(
            own.into_iter().flatten().map(|(name, property)| {
                (name.as_str(), property, required.contains(&name.as_str()))
            }),
        );
        out
    }

    /// Resolves a reference, also in a nullable alternative.
    pub(super) fn follow_all(&self, schema: &'a Value) -> &'a Value {
        let mut schema = self.follow(schema);
        for _ in 0..DEPTH {
            let Some(only) = alternatives(schema) else {
                return schema;
            };
            let [only] = only[..] else { return schema };
            schema = self.follow(only);
        }
        schema
    }

    pub(super) fn shape(&self, schema: &'a Value) -> Shape {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let followed = self.follow(schema);
            if followed.get("$ref").is_some() {
                // Unresolvable or circular.
                return Shape::Unknown;
            }
            let object = followed.get("properties").is_some()
                || (followed.get("type").is_none()
                    && ["allOf", "oneOf", "anyOf"]
                        .iter()
                        .any(|key| followed.get(key).is_some()));
            if object && target.contains("/schemas/") {
                let name = target.rsplit('/').next().unwrap_or(target);
                return Shape::Named(name.to_owned());
            }
            return self.shape(followed);
        }
        if let Some(parts) = alternatives(schema) {
            return match parts[..] {
                [only] => self.shape(only),
                // An open enumeration.
                _ if parts.iter().all(|part| self.shape(part) == Shape::String) => Shape::String,
                _ => Shape::Unknown,
            };
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let types: Vec<&str> = types.into_iter().filter(|ty| *ty != "null").collect();
        let format = schema
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (types[..].first().copied(), types.len()) {
            (Some("string"), 1) => match format {
                "date-time" => Shape::DateTime,
                "date" => Shape::Date,
                "uri" | "url" => Shape::Url,
                "binary" => Shape::File,
                _ if schema.get("contentMediaType").and_then(Value::as_str)
                    == Some("application/octet-stream") =>
                {
                    Shape::File
                }
                _ => Shape::String,
            },
            (Some("integer"), 1) => Shape::Integer,
            (Some("number"), 1) => Shape::Number,
            (Some("boolean"), 1) => Shape::Bool,
            (Some("array"), 1) => schema
                .get("items")
                .map_or(Shape::Unknown, |items| self.shape(items))
                .list(),
            (Some("object"), 1) => Shape::Object,
            _ => Shape::Unknown,
        }
    }

    pub(super) fn values(&self, schema: &'a Value) -> Vec<String> {
        let schema = self.follow_all(schema);
        let schema = schema
            .get("items")
            .map_or(schema, |items| self.follow_all(items));
        // An open enumeration is an alternative of known values and a string, or an extension.
        let alternatives = array(schema, "anyOf");
        let alternatives = alternatives.flat_map(|part| array(self.follow(part), "enum"));
        let open = array(schema, "x-extensible-enum");
        let values = array(schema, "enum").chain(open).chain(alternatives);
        values
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn object(&self, name: &str, schema: &'a Value) -> Option<Object> {
        let described = schema.get("properties").is_some() || schema.get("allOf").is_some();
        if !described {
            return None;
        }
        let mut attributes = Vec::new();
        let at = format!("{}.{name}", self.places.schemas);
        self.attributes(schema, "", &at, &mut attributes, 0);
        Some(Object {
            name: name.to_owned(),
            attributes,
            at,
            docs: docs(schema),
            partial: false,
            unused: false,
        })
    }

    fn attributes(
        &self,
        schema: &'a Value,
        prefix: &str,
        at: &str,
        out: &mut Vec<Attribute>,
        depth: usize,
    ) {
        for (name, property, required) in self.properties(schema, 0) {
            let path = format!("{prefix}{name}");
            let at = format!("{at}.{name}");
            let followed = self.follow_all(property);
            let item = followed.get("items").unwrap_or(followed);
            let named = matches!(self.shape(property).innermost(), Shape::Named(_));
            out.push(Attribute {
                path: path.clone(),
                shape: self.shape(property),
                nullable: nullable(property) || nullable(self.follow(property)),
                optional: !required,
                since: version(property),
                removed: property.get("x-removed").is_some(),
                ends: Lifecycle::default(),
                values: self.values(property),
                value_versions: Vec::new(),
                at: at.clone(),
            });
            if !named && depth < DEPTH {
                self.attributes(item, &format!("{path}."), &at, out, depth + 1);
            }
        }
    }
}

/// The alternatives of a schema other than null.
pub(super) fn alternatives(schema: &Value) -> Option<Vec<&Value>> {
    if schema.get("type").is_some() {
        return None;
    }
    let all = schema
        .get("allOf")
        .filter(|_| schema.get("properties").is_none());
    let parts = schema
        .get("oneOf")
        .or_else(|| schema.get("anyOf"))
        .or(all)?
        .as_array()?;
    let is_null = |part: &&Value| part.get("type").and_then(Value::as_str) == Some("null");
    Some(parts.iter().filter(|part| !is_null(part)).collect())
}

fn nullable(schema: &Value) -> bool {
    let has_null = |key| {
        array(schema, key)
            .any(|part| part.get("type").and_then(Value::as_str) == Some("null") || nullable(part))
    };
    flag(schema, "nullable")
        || array(schema, "type").any(|ty| ty.as_str() == Some("null"))
        || has_null("oneOf")
        || has_null("anyOf")
}
