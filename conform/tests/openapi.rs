//! The OpenAPI document against recordings of real servers: what they said is valid by its schemas.
//!
//! The folder of recordings is told by `MASTODON_RECORDINGS`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn document() -> Value {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/openapi.json"))
}

/// The operation of a verb and a path: the one with the fewest parameters in its path.
fn operation<'a>(document: &'a Value, verb: &str, path: &str) -> Option<(&'a str, &'a Value)> {
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let items = document["paths"].as_object()?.iter();
    items
        .filter_map(|(template, item)| {
            let parts: Vec<&str> = template.split('/').collect();
            let fits = parts.len() == path.len()
                && parts
                    .iter()
                    .zip(&path)
                    .all(|(wanted, given)| wanted == given || wanted.starts_with('{'));
            let operation = item.get(verb.to_lowercase()).filter(|_| fits)?;
            Some((template.as_str(), operation))
        })
        .min_by_key(|(template, _)| template.matches('{').count())
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value.get("$ref").and_then(Value::as_str);
    target.map_or(value, |target| {
        resolved(document, document.pointer(&target[1..]).unwrap())
    })
}

/// What the document says that the body of an answer must be.
fn schema<'a>(document: &'a Value, operation: &'a Value, status: u64) -> Option<&'a Value> {
    let answers = &operation["responses"];
    let answer = answers.get(status.to_string()).or(answers.get("default"))?;
    resolved(document, answer).pointer("/content/application~1json/schema")
}

/// A schema that finds the components of the document, and takes formats seriously.
fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut whole = schema.as_object().unwrap().clone();
    whole.insert("components".into(), document["components"].clone());
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&Value::Object(whole))
        .unwrap()
}

#[test]
fn what_real_servers_answered_is_valid_by_the_document() {
    let Some(folder) = std::env::var_os("MASTODON_RECORDINGS") else {
        println!("skipped: MASTODON_RECORDINGS names no folder of recordings");
        return;
    };
    let document = document();
    let (mut examined, mut wrong) = (0, BTreeSet::new());
    let mut validators = std::collections::BTreeMap::new();
    let recordings = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "har"));
    for exchange in recordings.flat_map(|path| match read(&path)["log"]["entries"].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    }) {
        let (request, response) = (&exchange["request"], &exchange["response"]);
        let (verb, url) = (
            request["method"].as_str().unwrap(),
            request["url"].as_str().unwrap(),
        );
        let url = url.split('?').next().unwrap();
        let path = &url[url.find("://").unwrap() + 3..];
        let path = &path[path.find('/').unwrap()..];
        let Some((template, operation)) = operation(&document, verb, path) else {
            continue;
        };
        let Some(query) = request["queryString"].as_array() else {
            continue;
        };
        for pair in query {
            let name = pair["name"].as_str().unwrap();
            if name != "access_token" && !declares(&document, operation, name) {
                wrong.insert(format!("{verb} {template} lacks the parameter {name}"));
            }
        }
        let status = response["status"].as_u64().unwrap();
        let Some(schema) = schema(&document, operation, status) else {
            wrong.insert(format!("{verb} {template} has no body for {status}"));
            continue;
        };
        let body = response["content"]["text"].as_str().unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let validator = validators
            .entry((verb.to_owned(), template, status))
            .or_insert_with(|| validator(&document, schema));
        examined += 1;
        for error in validator.iter_errors(&body) {
            let place = error.instance_path();
            wrong.insert(format!("{verb} {url} {status}: {place}: {error}"));
        }
    }
    println!("{examined} recorded answers were held against the document");
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(examined > 0, "no recorded answer is of a known endpoint");
}

#[test]
fn what_the_documentation_shows_is_nearly_always_valid_by_the_document() {
    let folder = std::env::var_os("MASTODON_RECORDINGS").unwrap_or_default();
    let Ok(examples) = std::fs::read_to_string(Path::new(&folder).join("docs_examples.jsonl"))
    else {
        println!("skipped: MASTODON_RECORDINGS has no examples of the documentation");
        return;
    };
    let document = document();
    let (mut examined, mut wrong) = (0, Vec::new());
    for example in examples
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        let (Some(verb), Some(path)) = (example["method"].as_str(), example["path"].as_str())
        else {
            continue;
        };
        let whole = example["kind"] == "response" && example["partial"] == false;
        let found = operation(&document, verb, path).filter(|_| whole);
        let status = example["status_code"].as_u64().unwrap_or(200);
        let Some(schema) = found.and_then(|(_, found)| schema(&document, found, status)) else {
            continue;
        };
        examined += 1;
        if let Err(error) = validator(&document, schema).validate(&example["json"]) {
            wrong.push(format!("{verb} {path}: {}: {error}", error.instance_path()));
        }
    }
    println!(
        "{examined} documented answers, {} not valid: {wrong:#?}",
        wrong.len()
    );
    // They are of all ages, and some show what no server ever sent.
    assert!(wrong.len() * 20 <= examined, "{wrong:#?}");
}

/// Whether an operation has a parameter of the query, under its name or as a part of it.
fn declares(document: &Value, operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.into_iter().flatten().any(|parameter| {
        let parameter = resolved(document, parameter);
        let own = parameter["name"].as_str().unwrap();
        let inside = parameter["style"] == "deepObject" && name.split('[').next() == Some(own);
        // Some clients write a list of one without its brackets.
        let same = own.trim_end_matches("[]") == name.trim_end_matches("[]");
        parameter["in"] == "query" && (same || inside)
    })
}

#[test]
fn an_answer_that_no_server_gives_is_refused() {
    let document = document();
    let of = |verb, path, status| {
        let (_, operation) = operation(&document, verb, path).unwrap();
        validator(&document, schema(&document, operation, status).unwrap())
    };
    let tag = of("GET", "/api/v1/tags/rust", 200);
    let day = |uses: Value| json!({ "day": "1574553600", "uses": uses, "accounts": "20" });
    let sent = |uses| json!({ "name": "rust", "url": "https://a.example/tags/rust", "history": [day(uses)] });
    assert!(tag.is_valid(&sent(json!("200"))));
    assert!(
        tag.is_valid(&sent(json!(200))),
        "some versions send numbers"
    );
    assert!(!tag.is_valid(&sent(json!(null))));
    assert!(
        !tag.is_valid(&json!({ "url": "https://a.example/tags/rust" })),
        "it has a name"
    );
    assert!(!tag.is_valid(&json!([])));

    let failure = of("POST", "/oauth/token", 401);
    assert!(failure.is_valid(&json!({ "error": "invalid_client", "error_description": "No." })));
    assert!(!failure.is_valid(&json!({ "message": "No." })));

    // Whether a status came or its entry in the schedule is told by one key; never are both meant.
    let posted = of("POST", "/api/v1/statuses", 200);
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
