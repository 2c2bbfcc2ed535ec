//! Validates recorded responses of real servers and the examples of the documentation against the OpenAPI
//! document, if `MASTODON_RECORDINGS` names a folder with them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn document() -> Value {
    read_json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/openapi.json"))
}

/// The operation of an HTTP method and a path. If several paths match, the one with the fewest parameters is
/// returned.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<(&'a str, &'a Value)> {
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let items = document["paths"].as_object()?.iter();
    items
        .filter_map(|(template, item)| {
            let parts: Vec<&str> = template.split('/').collect();
            let matches = parts.len() == path.len()
                && parts
                    .iter()
                    .zip(&path)
                    .all(|(expected, actual)| expected == actual || expected.starts_with('{'));
            let operation = item.get(method.to_lowercase()).filter(|_| matches)?;
            Some((template.as_str(), operation))
        })
        .min_by_key(|(template, _)| template.matches('{').count())
}

/// Follows a `$ref`.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value.get("$ref").and_then(Value::as_str);
    target.map_or(value, |target| {
        resolve(document, document.pointer(&target[1..]).unwrap())
    })
}

/// The JSON schema of the response body.
fn schema<'a>(document: &'a Value, operation: &'a Value, status: u64) -> Option<&'a Value> {
    let responses = &operation["responses"];
    let response = responses
        .get(status.to_string())
        .or(responses.get("default"))?;
    resolve(document, response).pointer("/content/application~1json/schema")
}

/// A validator that resolves the components of the document and checks formats.
fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut schema = schema.as_object().unwrap().clone();
    schema.insert("components".into(), document["components"].clone());
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&Value::Object(schema))
        .unwrap()
}

#[test]
fn recorded_responses_are_valid() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder of recordings");
        return;
    };
    let document = document();
    let (mut validated, mut problems) = (0, BTreeSet::new());
    let mut validators = std::collections::BTreeMap::new();
    let recordings = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "har"));
    for exchange in recordings.flat_map(|path| match read_json(&path)["log"]["entries"].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    }) {
        let (request, response) = (&exchange["request"], &exchange["response"]);
        let (method, url) = (
            request["method"].as_str().unwrap(),
            request["url"].as_str().unwrap(),
        );
        let url = url.split('?').next().unwrap();
        let path = &url[url.find("://").unwrap() + 3..];
        let path = &path[path.find('/').unwrap()..];
        let Some((template, operation)) = operation(&document, method, path) else {
            continue;
        };
        let Some(query) = request["queryString"].as_array() else {
            continue;
        };
        for pair in query {
            let name = pair["name"].as_str().unwrap();
            if name != "access_token" && !declares_query_parameter(&document, operation, name) {
                problems.insert(format!("{method} {template} lacks the parameter {name}"));
            }
        }
        let status = response["status"].as_u64().unwrap();
        let Some(schema) = schema(&document, operation, status) else {
            problems.insert(format!("{method} {template} has no body for {status}"));
            continue;
        };
        let body = response["content"]["text"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let validator = validators
            .entry((method.to_owned(), template, status))
            .or_insert_with(|| validator(&document, schema));
        validated += 1;
        for error in validator.iter_errors(&body) {
            let location = error.instance_path();
            problems.insert(format!("{method} {url} {status}: {location}: {error}"));
        }
    }
    println!("{validated} recorded responses validated");
    let problems: Vec<String> = problems.into_iter().collect();
    assert_eq!(problems, Vec::<String>::new());
    assert!(
        validated > 0,
        "no recorded response belongs to a known endpoint"
    );
}

#[test]
fn at_least_95_percent_of_the_documented_responses_are_valid() {
    let folder = std::env::var_os("MASTODON_RECORDINGS").unwrap_or_default();
    let Ok(examples) = std::fs::read_to_string(Path::new(&folder).join("docs_examples.jsonl"))
    else {
        println!("skipped: MASTODON_RECORDINGS is not set to a folder with docs_examples.jsonl");
        return;
    };
    let document = document();
    let (mut validated, mut problems) = (0, Vec::new());
    for example in examples
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        let (Some(method), Some(path)) = (example["method"].as_str(), example["path"].as_str())
        else {
            continue;
        };
        let is_complete_response = example["kind"] == "response" && example["partial"] == false;
        let found = operation(&document, method, path).filter(|_| is_complete_response);
        let status = example["status_code"].as_u64().unwrap_or(200);
        let Some(schema) = found.and_then(|(_, found)| schema(&document, found, status)) else {
            continue;
        };
        validated += 1;
        if let Err(error) = validator(&document, schema).validate(&example["json"]) {
            problems.push(format!(
                "{method} {path}: {}: {error}",
                error.instance_path()
            ));
        }
    }
    println!(
        "{validated} documented responses validated, {} are invalid: {problems:#?}",
        problems.len()
    );
    // The examples are from many versions, and some never matched a real response.
    assert!(problems.len() * 20 <= validated, "{problems:#?}");
}

/// Whether an operation declares a query parameter, by its name or as a property of an object.
fn declares_query_parameter(document: &Value, operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.into_iter().flatten().any(|parameter| {
        let parameter = resolve(document, parameter);
        let own = parameter["name"].as_str().unwrap();
        let is_property = parameter["style"] == "deepObject" && name.split('[').next() == Some(own);
        // Some clients send an array with one item without brackets.
        let same = own.trim_end_matches("[]") == name.trim_end_matches("[]");
        parameter["in"] == "query" && (same || is_property)
    })
}

#[test]
fn responses_that_do_not_match_the_schema_are_rejected() {
    let document = document();
    let validator_of = |method, path, status| {
        let (_, operation) = operation(&document, method, path).unwrap();
        validator(&document, schema(&document, operation, status).unwrap())
    };
    let tag = validator_of("GET", "/api/v1/tags/rust", 200);
    let day = |uses: Value| json!({ "day": "1574553600", "uses": uses, "accounts": "20" });
    let body = |uses| json!({ "name": "rust", "url": "https://a.example/tags/rust", "history": [day(uses)] });
    assert!(tag.is_valid(&body(json!("200"))));
    assert!(
        tag.is_valid(&body(json!(200))),
        "some versions send numbers"
    );
    assert!(!tag.is_valid(&body(json!(null))));
    assert!(
        !tag.is_valid(&json!({ "url": "https://a.example/tags/rust" })),
        "the name is required"
    );
    assert!(!tag.is_valid(&json!([])));

    let error = validator_of("POST", "/oauth/token", 401);
    assert!(error.is_valid(&json!({ "error": "invalid_client", "error_description": "No." })));
    assert!(!error.is_valid(&json!({ "message": "No." })));

    // The key `scheduled_at` distinguishes a scheduled status from a status.
    let posted = validator_of("POST", "/api/v1/statuses", 200);
    let scheduled = json!({
        "id": "1", "scheduled_at": "2030-01-01T00:00:00.000Z", "params": { "text": "Later", "media_ids": null },
        "media_attachments": [],
    });
    assert!(
        posted.is_valid(&scheduled),
        "{:?}",
        posted.validate(&scheduled).err()
    );
    assert!(!posted.is_valid(&json!({ "id": "1" })));
}
