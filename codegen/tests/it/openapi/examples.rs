//! Examples of requests and responses.

use serde_json::{Map, Value, json};

use super::{document, operations, resolved, small_document};

/// The examples of a document: where they are, their schemas and their values.
fn examples(document: &Value) -> Vec<(String, &Value, &Value)> {
    let mut all = Vec::new();
    for (path, method, operation) in operations(document) {
        let at = |what: &str| format!("{method} {path}: {what}");
        for param in operation["parameters"].as_array().into_iter().flatten() {
            let param = resolved(document, param);
            if let Some(example) = param.get("example") {
                let name = param["name"].as_str().unwrap();
                all.push((at(name), &param["schema"], example));
            }
        }
        let content = operation["requestBody"]["content"].as_object();
        for (kind, media) in content.into_iter().flatten() {
            all.extend(media_examples(document, &at(kind), media));
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = resolved(document, response)["content"].as_object();
            for media in content.into_iter().flat_map(Map::values) {
                all.extend(media_examples(document, &at(status), media));
            }
        }
    }
    all
}

fn media_examples<'a>(
    document: &'a Value,
    at: &str,
    media: &'a Value,
) -> Vec<(String, &'a Value, &'a Value)> {
    let named = media.get("examples").and_then(Value::as_object);
    let named = named.into_iter().flat_map(Map::values);
    let named = named.map(|example| &resolved(document, example)["value"]);
    let all = media.get("example").into_iter().chain(named);
    all.map(|example| (at.to_owned(), &media["schema"], example))
        .collect()
}

#[test]
fn every_example_is_valid_for_its_schema() {
    for document in [document(), small_document()] {
        let examples = examples(&document);
        assert!(!examples.is_empty());
        // One schema for all examples, because each schema compiles much of the document.
        let (mut schemas, mut values) = (Map::new(), Map::new());
        for (index, (_, schema, example)) in examples.iter().enumerate() {
            schemas.insert(index.to_string(), (*schema).clone());
            values.insert(index.to_string(), (*example).clone());
        }
        let schema = json!({ "components": document["components"], "properties": schemas });
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let values = Value::Object(values);
        let problems = validator.iter_errors(&values).map(|error| {
            let path = error.instance_path().to_string();
            let index = path.split('/').nth(1).unwrap_or_default();
            let at = index.parse().map_or("", |index: usize| &examples[index].0);
            format!("{at} {path}: {error}")
        });
        assert_eq!(problems.collect::<Vec<_>>(), Vec::<String>::new());
    }
}

#[test]
fn every_json_body_and_every_json_response_has_an_example() {
    for document in [document(), small_document()] {
        for (path, method, operation) in operations(&document) {
            let has_example =
                |media: &Value| media.get("example").or(media.get("examples")).is_some();
            let content = operation["requestBody"]["content"].as_object();
            for (kind, media) in content.into_iter().flatten() {
                assert!(has_example(media), "{method} {path} {kind}");
            }
            if let Some(media) = operation["responses"]["200"]["content"].get("application/json") {
                assert!(has_example(media), "{method} {path}");
            }
        }
    }
}

#[test]
fn examples_of_entities_contain_the_entities_in_them() {
    let document = document();
    let status = &document["components"]["examples"]["Status"]["value"];
    assert!(status["account"]["username"].is_string(), "{status}");
    let list = &document["components"]["examples"]["Status-list"]["value"];
    assert_eq!(list[0], *status);
    let text = serde_json::to_string(&document["components"]["examples"]).unwrap();
    assert!(!text.contains("sample:"), "an entity is only named");
}

#[test]
fn examples_of_requests_are_nested_in_json_and_flat_in_forms() {
    let document = document();
    let content = &document["paths"]["/api/v1/polls/{id}/votes"]["post"]["requestBody"]["content"];
    assert_eq!(
        content["application/json"]["example"],
        json!({ "choices": [0] })
    );
    assert_eq!(
        content["application/x-www-form-urlencoded"]["example"],
        json!({ "choices[]": [0] })
    );
    let media = &document["paths"]["/api/v2/media"]["post"]["requestBody"]["content"];
    assert!(media["multipart/form-data"]["example"]["file"].is_string());
}
