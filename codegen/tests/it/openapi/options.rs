//! Documents for Mastodon only, and in OpenAPI 3.0.

use std::collections::BTreeSet;
use std::path::Path;

use mastodon_openapi::{OpenApiVersion, Options, openapi_with};
use serde_json::{Value, json};

use super::{document, operations, problems, resolved, specification, walk};
use crate::{root, small};

fn with_options(root: &Path, options: Options) -> Value {
    serde_json::from_str(&openapi_with(&specification(root), options).unwrap()).unwrap()
}

const MASTODON_ONLY: Options = Options {
    mastodon_only: true,
    version: OpenApiVersion::V3_1,
};

const V3_0: Options = Options {
    mastodon_only: false,
    version: OpenApiVersion::V3_0,
};

#[test]
fn document_of_mastodon_has_nothing_that_only_other_servers_have() {
    for root in [root(), small()] {
        let document = with_options(&root, MASTODON_ONLY);
        walk(&document, &mut Vec::new(), &mut |path, _| {
            let key = path.last().map_or("", String::as_str);
            let is_of_others = ["x-only-on", "x-also-on", "x-not-on", "x-on-other-servers"];
            assert!(!is_of_others.contains(&key), "{}", path.join("/"));
            assert!(!key.ends_with("OnOtherServers"), "{}", path.join("/"));
        });
        let spec: roas::v3_1::spec::Spec = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(problems(&spec), Vec::<String>::new());
        walk(&document, &mut Vec::new(), &mut |_, value| {
            resolved(&document, value);
        });
    }
}

#[test]
fn document_of_mastodon_has_every_operation_of_mastodon() {
    let whole = document();
    let own = with_options(&root(), MASTODON_ONLY);
    let expected: BTreeSet<&str> = operations(&whole)
        .filter(|(_, _, operation)| operation.get("x-only-on").is_none())
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    let actual: BTreeSet<&str> = operations(&own)
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(actual, expected);
    let post = &own["paths"]["/api/v1/statuses"]["post"]["requestBody"]["content"];
    assert_eq!(
        post["application/json"]["schema"]["properties"]["visibility"]["$ref"],
        "#/components/schemas/Visibility"
    );
}

#[test]
fn every_component_is_used_with_any_option() {
    for options in [MASTODON_ONLY, V3_0] {
        assert_all_are_used(&with_options(&root(), options));
    }
}

fn assert_all_are_used(document: &Value) {
    let mut used = BTreeSet::new();
    walk(document, &mut Vec::new(), &mut |_, value| {
        used.extend(value.get("$ref").and_then(Value::as_str));
    });
    let sections = document["components"].as_object().unwrap();
    for (section, components) in sections
        .iter()
        .filter(|(name, _)| *name != "securitySchemes")
    {
        for name in components.as_object().unwrap().keys() {
            let own = format!("#/components/{section}/{name}");
            assert!(used.contains(&own[..]), "{own} is not used");
        }
    }
}

#[test]
fn openapi_3_0_has_no_keywords_of_3_1() {
    for root in [root(), small()] {
        let document = with_options(&root, V3_0);
        assert_eq!(document["openapi"], "3.0.3");
        assert!(document["info"]["license"].get("identifier").is_none());
        walk(&document, &mut Vec::new(), &mut |path, value| {
            let is_data = |key: &String| {
                key.starts_with("x-") || key == "example" || key == "examples" || key == "enum"
            };
            let is_property = path.last().is_some_and(|key| key == "properties");
            if path.iter().any(is_data) || is_property {
                return;
            }
            let at = path.join("/");
            for key in [
                "const",
                "contentMediaType",
                "contentSchema",
                "patternProperties",
            ] {
                assert!(value.get(key).is_none(), "{at}: {key}");
            }
            assert!(!value["type"].is_array(), "{at}");
            // Without a type, it has no effect.
            assert!(
                value.get("nullable").is_none() || value["type"].is_string(),
                "{at}: {value}"
            );
            assert_ne!(value["type"], "null", "{at}");
            if value["$ref"].is_string() {
                assert_eq!(value.as_object().unwrap().len(), 1, "{at}: {value}");
            }
        });
    }
}

#[test]
fn openapi_3_0_keeps_nullability_and_descriptions() {
    let document = with_options(&root(), V3_0);
    let status = &document["components"]["schemas"]["Status"]["properties"];
    assert_eq!(status["edited_at"]["type"], "string");
    assert_eq!(status["edited_at"]["nullable"], true);
    assert_eq!(
        status["account"]["allOf"],
        json!([{ "$ref": "#/components/schemas/Account" }])
    );
    assert!(status["account"]["description"].is_string());
    assert_eq!(status["poll"]["nullable"], true);
    // An open enumeration is a string.
    assert_eq!(status["visibility"]["type"], "string");
    assert!(status["visibility"].get("anyOf").is_none());
}
