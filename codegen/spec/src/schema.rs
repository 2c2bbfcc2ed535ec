//! The JSON Schema of the YAML files.

use schemars::generate::SchemaSettings;
use schemars::json_schema;

use crate::yaml::{ApiFile, Differences, EntitiesFile, MethodsFile, ServersFile};

/// One schema for the five kinds of file, distinguished by their required keys.
pub fn schema() -> Result<String, String> {
    let mut generator = SchemaSettings::draft07().into_generator();
    let methods = generator.subschema_for::<MethodsFile>();
    let entities = generator.subschema_for::<EntitiesFile>();
    let api = generator.subschema_for::<ApiFile>();
    let differences = generator.subschema_for::<Differences>();
    let servers = generator.subschema_for::<ServersFile>();
    let definitions = generator.take_definitions(true);
    let schema = json_schema!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The specification of mastodon-sdk",
        "oneOf": [
            { "allOf": [methods, { "required": ["methods"] }] },
            { "allOf": [entities, { "anyOf": [{ "required": ["entities"] }, { "required": ["enums"] }] }] },
            { "allOf": [api, { "required": ["releases"] }] },
            { "allOf": [differences, { "required": ["differences"] }] },
            { "allOf": [servers, { "required": ["servers"] }] },
        ],
        "definitions": definitions,
    });
    let text = serde_json::to_string_pretty(&schema).map_err(|error| error.to_string())?;
    Ok(text + "\n")
}
