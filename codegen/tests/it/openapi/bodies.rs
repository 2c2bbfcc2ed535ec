//! Request bodies: JSON beside forms.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{document, operations, resolved, small_document, walk};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

fn content<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][path][method]["requestBody"]["content"]
}

#[test]
fn every_body_that_can_be_json_can_be_a_form_too() {
    for (path, method, operation) in operations(&document()) {
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            continue;
        };
        let kinds: Vec<&str> = content.keys().map(String::as_str).collect();
        let known = [
            &[JSON, FORM][..],
            &[JSON, FORM, MULTIPART],
            // RFC 6749 requires a form.
            &[FORM],
            &[MULTIPART],
        ];
        assert!(known.contains(&&kinds[..]), "{method} {path}: {kinds:?}");
        let is_oauth = path.starts_with("/oauth/");
        assert_eq!(kinds == [FORM], is_oauth, "{method} {path}");
    }
}

#[test]
fn nested_parameters_are_objects_in_json_and_names_with_brackets_in_forms() {
    let document = document();
    let content = content(&document, "patch", "/api/v1/accounts/update_credentials");
    let json = &content[JSON]["schema"]["properties"];
    assert_eq!(json["locked"]["type"], "boolean");
    let source = resolved(&document, &json["source"]);
    assert_eq!(source["properties"]["sensitive"]["type"], "boolean");
    assert!(json.get("source[sensitive]").is_none());
    assert!(json.get("avatar").is_none());
    let form = &content[FORM]["schema"]["properties"];
    assert_eq!(form["source[sensitive]"]["type"], "boolean");
    assert!(form.get("source").is_none());
    assert!(form.get("avatar").is_none());
    let multipart = &content[MULTIPART]["schema"]["properties"];
    assert_eq!(multipart["avatar"]["format"], "binary");
}

#[test]
fn json_that_only_mastodon_reads_is_marked() {
    let document = document();
    let body = &document["paths"]["/api/v1/accounts/update_credentials"]["patch"]["requestBody"];
    assert_eq!(body["content"][JSON]["x-mastodon-only"], true);
    assert!(body["description"].as_str().unwrap().contains("JSON"));
    let other = content(&document, "post", "/api/v1/statuses");
    assert!(other[JSON].get("x-mastodon-only").is_none());
}

#[test]
fn lists_in_forms_are_repeated_names_and_indexed_lists_are_patterns() {
    let document = small_document();
    let content = content(&document, "post", "/api/v1/notes");
    let form = &content[FORM];
    let patterns = form["schema"]["patternProperties"].as_object().unwrap();
    let patterns: Vec<&String> = patterns.keys().collect();
    assert!(
        patterns.contains(&&r"^fields\[\d+\]\[name\]$".to_owned()),
        "{patterns:?}"
    );
    assert_eq!(
        content[JSON]["schema"]["properties"]["fields"]["items"]["$ref"],
        "#/components/schemas/NoteField"
    );
    let post = super::document();
    let post = &post["paths"]["/api/v1/statuses"]["post"]["requestBody"]["content"][FORM];
    assert_eq!(post["schema"]["properties"]["media_ids[]"]["type"], "array");
    assert_eq!(
        post["encoding"]["media_ids[]"],
        json!({ "style": "form", "explode": true })
    );
}

#[test]
fn every_list_and_map_in_a_form_has_an_encoding_and_nothing_else_has() {
    for (path, method, operation) in operations(&document()) {
        for kind in [FORM, MULTIPART] {
            let media = &operation["requestBody"]["content"][kind];
            let properties = media["schema"]["properties"].as_object();
            let composed: BTreeSet<&String> = properties
                .into_iter()
                .flatten()
                .filter(|(_, schema)| schema["type"] == "array" || schema["type"] == "object")
                .map(|(name, _)| name)
                .collect();
            let encoded = media["encoding"].as_object().into_iter().flatten();
            let encoded: BTreeSet<&String> = encoded.map(|(name, _)| name).collect();
            assert_eq!(encoded, composed, "{method} {path} {kind}");
        }
    }
}

/// Generators make properties with a default required, or send the default with every request.
#[test]
fn no_schema_has_a_default_but_descriptions_state_it() {
    let document = document();
    walk(&document, &mut Vec::new(), &mut |path, value| {
        let in_responses = path.len() > 1 && path[path.len() - 2] == "responses";
        let in_examples = path.iter().any(|key| key.starts_with("example"));
        if path.last().is_some_and(|key| key == "default") && !in_responses && !in_examples {
            let of_server = path.contains(&"variables".to_owned());
            // A property or parameter can have this name.
            let is_property = path.len() > 1 && path[path.len() - 2] == "properties";
            let of_extension = path.iter().any(|key| key.starts_with("x-"));
            assert!(
                of_server || is_property || of_extension,
                "{}: {value}",
                path.join("/")
            );
        }
    });
    let limit = &document["paths"]["/api/v1/timelines/home"]["get"]["parameters"];
    let limit = limit.as_array().unwrap().iter();
    let limit = limit
        .clone()
        .find(|param| param["name"] == "limit")
        .unwrap();
    assert_eq!(limit["x-default"], 20);
    assert!(
        limit["description"]
            .as_str()
            .unwrap()
            .ends_with("Default: `20`.")
    );
    assert_eq!(limit["schema"]["maximum"], 40);
}
