//! The items that the committed OpenAPI document has: what is not among them is new.

use std::collections::{BTreeMap, BTreeSet};

use mastodon_json::Parts;
use serde_json::{Map, Value};

use crate::yaml::HttpMethod;

/// The generated OpenAPI document of the last generation.
#[derive(Debug)]
pub struct Published {
    document: Value,
    /// Schemas by their name without punctuation.
    schemas: BTreeMap<String, String>,
}

/// Maximum depth of references and alternatives.
const DEPTH: usize = 8;

/// What is read of the document: less than half.
const DOCUMENT: Parts = Parts::Members(&[
    ("paths", Parts::Each(&PATH)),
    (
        "components",
        Parts::Members(&[("schemas", Parts::All), ("parameters", Parts::All)]),
    ),
]);
const PATH: Parts = Parts::Members(&[
    ("get", OPERATION),
    ("post", OPERATION),
    ("put", OPERATION),
    ("patch", OPERATION),
    ("delete", OPERATION),
    ("parameters", Parts::All),
]);
const OPERATION: Parts = Parts::Members(&[("parameters", Parts::All), ("requestBody", Parts::All)]);

impl Published {
    /// Parses the document.
    ///
    /// # Errors
    ///
    /// When it is not JSON, or not like an OpenAPI document.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document = DOCUMENT.parse(text).map_err(|error| error.to_string())?;
        let names = document
            .pointer("/components/schemas")
            .and_then(Value::as_object);
        let names = names.into_iter().flat_map(Map::keys);
        let schemas = names.map(|name| (plain(name), name.clone())).collect();
        Ok(Self { document, schemas })
    }

    /// The schema of an entity, an enumeration or an input; `None` where it is new.
    pub fn schema(&self, name: &str) -> Option<&Value> {
        let name = self.schemas.get(&plain(name))?;
        self.document.get("components")?.get("schemas")?.get(name)
    }

    /// The properties of a schema, and of those that it consists of, with their schemas.
    pub fn properties<'a>(&'a self, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
        let mut out = BTreeMap::new();
        self.collect(schema, 0, &mut out);
        out
    }

    fn collect<'a>(
        &'a self,
        schema: &'a Value,
        depth: usize,
        out: &mut BTreeMap<&'a str, &'a Value>,
    ) {
        if depth == DEPTH {
            return;
        }
        let own = schema.get("properties").and_then(Value::as_object);
        out.extend(
            own.into_iter()
                .flatten()
                .map(|(key, it)| (key.as_str(), it)),
        );
        if let Some(target) = self.target(schema) {
            self.collect(target, depth + 1, out);
        }
        let parts = ["allOf", "anyOf", "oneOf"].iter();
        let parts = parts
            .filter_map(|key| schema.get(key)?.as_array())
            .flatten();
        let inner = ["items", "additionalProperties"].iter();
        for part in parts.chain(inner.filter_map(|key| schema.get(key))) {
            self.collect(part, depth + 1, out);
        }
    }

    fn target(&self, value: &Value) -> Option<&Value> {
        let target = value.get("$ref")?.as_str()?;
        self.document.pointer(target.strip_prefix('#')?)
    }

    /// The values of an enumeration, also those of other servers.
    pub fn values<'a>(&self, schema: &'a Value) -> BTreeSet<&'a str> {
        let listed = schema.get("enum").and_then(Value::as_array);
        let listed = listed.into_iter().flatten().filter_map(Value::as_str);
        let others = schema.get("x-on-other-servers").and_then(Value::as_object);
        let others = others.into_iter().flat_map(Map::keys).map(String::as_str);
        listed.chain(others).collect()
    }

    /// The names of the parameters of an operation; `None` where it is new.
    pub fn params(&self, method: HttpMethod, path: &str) -> Option<BTreeSet<String>> {
        let item = self.document.get("paths")?.get(path)?;
        let operation = item.get(method.as_str().to_ascii_lowercase())?;
        let lists = [item, operation].into_iter();
        let listed = lists.filter_map(|owner| owner.get("parameters")?.as_array());
        let listed = listed
            .flatten()
            .map(|param| self.target(param).unwrap_or(param));
        let mut names: BTreeSet<String> = listed
            .filter_map(|param| param.get("name")?.as_str())
            .map(unlisted)
            .collect();
        let contents = operation.pointer("/requestBody/content");
        let contents = contents.and_then(Value::as_object).into_iter().flatten();
        for (_, content) in contents {
            let schema = content.get("schema");
            for (name, property) in schema.map(|it| self.properties(it)).into_iter().flatten() {
                let nested = property.get("properties").and_then(Value::as_object);
                let nested = nested.into_iter().flat_map(Map::keys);
                names.extend(nested.map(|inner| format!("{name}[{inner}]")));
                names.insert(unlisted(name));
            }
        }
        Some(names)
    }
}

/// The name without the brackets of a list.
fn unlisted(name: &str) -> String {
    name.trim_end_matches("[]").to_owned()
}

/// `Admin::Account` is `AdminAccount` in the document.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}
