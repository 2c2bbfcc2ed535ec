//! Enumerations: strict in requests, open in responses.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{document, small_document, walk};

/// The names of the components that are enumerations.
fn enumerations(document: &Value) -> BTreeSet<String> {
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let enumerations = schemas
        .iter()
        .filter(|(_, schema)| schema.get("enum").is_some());
    enumerations
        .map(|(name, _)| format!("#/components/schemas/{name}"))
        .collect()
}

/// The schemas that are reachable from a value, with those that components contain, and their paths.
fn reachable<'a>(document: &'a Value, roots: Vec<&'a Value>) -> Vec<&'a Value> {
    let mut pending = roots;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(root) = pending.pop() {
        walk(root, &mut Vec::new(), &mut |_, value| {
            found.push(value);
            if let Some(target) = value.get("$ref").and_then(Value::as_str)
                && seen.insert(target)
            {
                pending.push(document.pointer(&target[1..]).unwrap());
            }
        });
    }
    found
}

fn requests_and_responses(document: &Value) -> (Vec<&Value>, Vec<&Value>) {
    let (mut requests, mut responses) = (Vec::new(), Vec::new());
    for (_, _, operation) in super::operations(document) {
        requests.extend(operation.get("parameters"));
        requests.extend(operation.get("requestBody"));
        responses.extend(operation.get("responses"));
    }
    (
        reachable(document, requests),
        reachable(document, responses),
    )
}

/// The references to enumerations, and the alternatives that contain one.
fn uses<'a>(document: &Value, values: &[&'a Value]) -> (usize, Vec<&'a Value>) {
    let enumerations = enumerations(document);
    let is_use = |value: &Value| {
        let target = value.get("$ref").and_then(Value::as_str);
        target.is_some_and(|target| enumerations.contains(target))
    };
    let all = values.iter().filter(|value| is_use(value)).count();
    let chosen = values.iter().copied().filter(|value| {
        let alternatives = value.get("anyOf").and_then(Value::as_array);
        alternatives.is_some_and(|all| all.iter().any(is_use))
    });
    (all, chosen.collect())
}

#[test]
fn responses_allow_values_that_are_newer_than_the_document() {
    for document in [document(), small_document()] {
        let (_, responses) = requests_and_responses(&document);
        let (all, alternatives) = uses(&document, &responses);
        let open = alternatives.iter().filter(|value| {
            let last = value["anyOf"].as_array().unwrap().last().unwrap();
            *last == json!({ "type": "string" }) || *last == json!({ "type": ["string", "null"] })
        });
        assert!(all > 0);
        assert_eq!(open.count(), all, "an enumeration without another string");
    }
}

#[test]
fn requests_allow_only_known_values() {
    for document in [document(), small_document()] {
        let (requests, _) = requests_and_responses(&document);
        let (all, alternatives) = uses(&document, &requests);
        assert!(all > 0);
        let enumerations = enumerations(&document);
        for value in alternatives {
            for part in value["anyOf"].as_array().unwrap() {
                let target = part["$ref"].as_str();
                let is_null = *part == json!({ "type": "null" });
                assert!(
                    is_null || target.is_some_and(|target| enumerations.contains(target)),
                    "{value}"
                );
            }
        }
    }
}

#[test]
fn values_of_other_servers_are_not_values_of_mastodon() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let own = schemas["Visibility"]["enum"].as_array().unwrap();
    let others = schemas["VisibilityOnOtherServers"]["enum"].as_array();
    let others = others.unwrap();
    assert!(own.contains(&json!("unlisted")));
    assert!(!own.contains(&json!("local")));
    assert!(others.contains(&json!("local")));
    let marks = schemas["Visibility"]["x-on-other-servers"].as_object();
    let marked: BTreeSet<&str> = marks.unwrap().keys().map(String::as_str).collect();
    let others: BTreeSet<&str> = others.iter().filter_map(Value::as_str).collect();
    assert_eq!(marked, others);
    assert_eq!(
        schemas["Visibility"]["x-on-other-servers"]["local"]["x-only-on"]["pleroma"],
        "2.3.0"
    );
    let post = &document["paths"]["/api/v1/statuses"]["post"]["requestBody"]["content"];
    assert_eq!(
        post["application/json"]["schema"]["properties"]["visibility"]["anyOf"],
        json!([
            { "$ref": "#/components/schemas/Visibility" },
            { "$ref": "#/components/schemas/VisibilityOnOtherServers" },
        ])
    );
}

#[test]
fn every_value_of_an_enumeration_is_described() {
    for document in [document(), small_document()] {
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            let Some(values) = schema.get("enum").and_then(Value::as_array) else {
                continue;
            };
            let descriptions = schema["x-enum-descriptions"].as_array().unwrap();
            assert_eq!(descriptions.len(), values.len(), "{name}");
            let unique: BTreeSet<&str> = values.iter().map(|v| v.as_str().unwrap()).collect();
            assert_eq!(unique.len(), values.len(), "{name}");
            for value in descriptions {
                assert_ne!(value, "", "{name}");
            }
        }
    }
}
