//! Generates the client from the OpenAPI 3.0 document that `OPENAPI_DOCUMENT` names.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=OPENAPI_DOCUMENT");
    let path = env::var("OPENAPI_DOCUMENT")?;
    println!("cargo:rerun-if-changed={path}");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let operations = reduce(&mut document)?;

    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let code = Generator::new(&settings)
        .generate_tokens(&serde_json::from_value(document)?)?
        .to_string();
    let methods = code.matches("pub fn ").count();
    if methods < operations {
        return Err(format!("{methods} functions for {operations} operations").into());
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), code)?;
    Ok(())
}

/// Removes what progenitor does not support. Returns the number of operations that remain.
fn reduce(document: &mut Value) -> Result<usize, Box<dyn Error>> {
    let mut operations = 0;
    let paths = document["paths"].as_object_mut().ok_or("no paths")?;
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        item.retain(|_, operation| {
            operation.get("operationId").is_none() || has_supported_body(operation)
        });
        for operation in item
            .values_mut()
            .filter(|value| value.get("operationId").is_some())
        {
            operations += 1;
            keep_one_type(
                operation["responses"]
                    .as_object_mut()
                    .ok_or("no responses")?,
            );
        }
    }
    let schemas = document["components"]["schemas"]
        .as_object_mut()
        .ok_or("no schemas")?;
    let alternatives: Vec<_> = schemas
        .iter_mut()
        .flat_map(|(name, schema)| move_alternatives(name, schema))
        .collect();
    schemas.extend(alternatives);
    replace_any_of(document);
    Ok(operations)
}

/// Of the media types of a request body, progenitor supports one, and `multipart/form-data` not at all.
fn has_supported_body(operation: &mut Value) -> bool {
    let Some(content) = operation
        .pointer_mut("/requestBody/content")
        .and_then(Value::as_object_mut)
    else {
        return true;
    };
    let supported = ["application/json", "application/x-www-form-urlencoded"];
    let Some(name) = supported.iter().find(|name| content.contains_key(**name)) else {
        return false;
    };
    content.retain(|key, _| key == name);
    content
        .values_mut()
        .filter_map(Value::as_object_mut)
        .for_each(|media_type| {
            media_type.remove("encoding");
        });
    true
}

/// Successful responses must have the same type, and error responses too.
fn keep_one_type(responses: &mut Map<String, Value>) {
    let success = responses
        .iter()
        .find(|(code, _)| code.starts_with('2'))
        .map(|(_, response)| response.clone());
    let error = responses.get("default").cloned();
    responses.clear();
    responses.extend(success.map(|response| ("2XX".to_owned(), response)));
    for range in ["4XX", "5XX"] {
        responses.extend(error.clone().map(|response| (range.to_owned(), response)));
    }
}

/// Replaces alternatives in properties by references to schemas, and returns these. Otherwise the type of a property can
/// be named like another schema: `RoleId` for `id` of `Role`, which is a `RoleId` or a number.
fn move_alternatives(schema_name: &str, schema: &mut Value) -> Vec<(String, Value)> {
    let properties = schema["properties"].as_object_mut().into_iter().flatten();
    properties
        .filter_map(|(name, property)| {
            let alternatives = property.as_object_mut()?.remove("oneOf")?;
            let moved = format!("{schema_name}_{name}_value");
            property["allOf"] = json!([{ "$ref": format!("#/components/schemas/{moved}") }]);
            Some((moved, json!({ "oneOf": alternatives })))
        })
        .collect()
}

/// With `anyOf`, progenitor creates structs with a field for each alternative; with `oneOf`, enums.
fn replace_any_of(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(alternatives) = map.remove("anyOf") {
                map.insert("oneOf".to_owned(), alternatives);
            }
            map.values_mut().for_each(replace_any_of);
        }
        Value::Array(items) => items.iter_mut().for_each(replace_any_of),
        _ => {}
    }
}
