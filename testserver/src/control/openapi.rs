//! OpenAPI document of the control API, and the JSON Schema of seed files. A test writes both from the types.

use serde_json::Value;

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};

/// OpenAPI document of the control API.
pub(crate) const OPENAPI: &str = include_str!("../../schemas/control.openapi.json");
/// JSON Schema of seed files.
pub(crate) const SEED_SCHEMA: &str = include_str!("../../schemas/seed.schema.json");

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/openapi.json", "Returns the OpenAPI document of this API.", openapi: Empty => Value),
    endpoint!(GET "/seed.schema.json", "Returns the JSON Schema of seed files.", seed_schema: Empty => Value),
];

async fn openapi(_: &Call, _: Empty) -> Result<Value, ControlError> {
    parsed(OPENAPI)
}

async fn seed_schema(_: &Call, _: Empty) -> Result<Value, ControlError> {
    parsed(SEED_SCHEMA)
}

fn parsed(document: &str) -> Result<Value, ControlError> {
    serde_json::from_str(document).map_err(|error| {
        let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        ControlError::new(status, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::SchemaGenerator;
    use schemars::generate::SchemaSettings;
    use serde_json::{Map, json};

    use super::*;
    use crate::control::MODULES;
    use crate::seed::Seed;

    /// Name of the environment variable with which the tests write the documents.
    const UPDATE: &str = "UPDATE_SCHEMAS";

    fn openapi_document() -> Value {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
        let mut generator = SchemaGenerator::new(settings);
        let mut paths = Map::new();
        for endpoint in MODULES.iter().copied().flatten() {
            let [input, output] = (endpoint.describe)(&mut generator);
            let operation = operation(endpoint, &input, &output, &mut generator);
            let path = paths
                .entry(endpoint.path.to_owned())
                .or_insert_with(|| json!({}));
            path[endpoint.method.to_lowercase()] = operation;
        }
        let mut schemas = generator.take_definitions(true);
        schemas.remove("Empty");
        schemas.insert("Error".to_owned(), json!({
            "type": "object", "properties": { "error": { "type": "string", "description": "What is wrong, where, and what is allowed." } },
            "required": ["error"], "additionalProperties": false,
        }));
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Control API of mastodon-test-server", "version": env!("CARGO_PKG_VERSION"),
                "description": "Creates data, moves the clock, injects faults and shows what a client did. It needs no access token, and rate limits and faults do not apply to it. All durations are in seconds.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "paths": paths, "components": { "schemas": schemas },
        })
    }

    fn operation(
        endpoint: &Endpoint,
        input: &schemars::Schema,
        output: &schemars::Schema,
        generator: &mut SchemaGenerator,
    ) -> Value {
        let is_empty =
            |schema: &schemars::Schema| schema.as_value()["$ref"] == "#/components/schemas/Empty";
        let name = operation_id(endpoint);
        let content = |schema: &schemars::Schema| {
            let schema = if is_empty(schema) {
                json!({ "type": "object", "additionalProperties": false })
            } else {
                schema.as_value().clone()
            };
            json!({ "application/json": { "schema": schema } })
        };
        let mut parameters: Vec<Value> = endpoint
            .path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let mut operation = json!({
            "operationId": name, "summary": endpoint.summary,
            "responses": {
                "200": { "description": "The request was carried out.", "content": content(output) },
                "4XX": {
                    "description": "The request was not carried out.",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
                },
            },
        });
        if matches!(endpoint.method, "GET" | "DELETE") {
            let schema = input.as_value()["$ref"].as_str().unwrap();
            let schema_name = schema.rsplit('/').next().unwrap();
            let definition = generator.definitions()[schema_name].clone();
            let properties = definition["properties"].as_object().cloned();
            for (name, mut schema) in properties.unwrap_or_default() {
                let mut parameter = json!({ "name": name, "in": "query" });
                if let Some(description) = schema.as_object_mut().unwrap().remove("description") {
                    parameter["description"] = description;
                }
                parameter["schema"] = schema;
                parameters.push(parameter);
            }
        } else if !is_empty(input) {
            operation["requestBody"] = json!({ "required": true, "content": content(input) });
        }
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        operation
    }

    /// Names an operation by its method and path, such as `post_users_confirm`.
    fn operation_id(endpoint: &Endpoint) -> String {
        let words = endpoint
            .path
            .split(['/', '.'])
            .filter(|word| !word.is_empty());
        let words = words.map(|word| word.trim_matches(['{', '}']));
        let words: Vec<&str> = words.filter(|word| *word != "_test").collect();
        format!("{}_{}", endpoint.method.to_lowercase(), words.join("_"))
    }

    fn seed_schema_document() -> Value {
        let schema = SchemaSettings::draft2020_12()
            .into_generator()
            .into_root_schema_for::<Seed>();
        let mut schema = schema.to_value();
        schema["title"] = "Seed file of mastodon-test-server".into();
        schema
    }

    #[track_caller]
    fn check(file: &str, committed: &str, expected: &Value) {
        if std::env::var_os(UPDATE).is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("schemas")
                .join(file);
            std::fs::write(path, format!("{expected:#}\n")).unwrap();
            return;
        }
        let committed: Value = serde_json::from_str(committed).unwrap();
        assert!(
            committed == *expected,
            "schemas/{file} is out of date; run `{UPDATE}=1 cargo test -p mastodon-test-server --lib openapi`"
        );
    }

    #[test]
    fn openapi_document_is_that_of_the_endpoints() {
        check("control.openapi.json", OPENAPI, &openapi_document());
    }

    #[test]
    fn seed_schema_is_that_of_the_types() {
        check("seed.schema.json", SEED_SCHEMA, &seed_schema_document());
    }
}
