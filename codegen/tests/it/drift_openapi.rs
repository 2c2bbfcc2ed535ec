//! OpenAPI documents of other projects.

use serde_json::{Value, json};

use crate::changed;
use crate::drift::{drift_files, findings};

/// The differences from a document, except items missing in it.
fn differences(paths: &Value, schemas: &Value) -> Vec<String> {
    let document = json!({
        "openapi": "3.1.0", "paths": paths, "components": { "schemas": schemas },
    });
    let files = [("api.json", document.to_string())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let mut found = findings(&drift_files(changed(&[]), "api.json", &files));
    found.retain(|finding| !finding.starts_with("extra-"));
    found
}

#[test]
fn unresolvable_and_circular_references_are_tolerated() {
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let schemas = json!({
        "One": to("Two"),
        "Two": to("One"),
        "Note": { "type": "object", "properties": {
            "id": to("Absent"),
            "text": to("One"),
            "tags": { "type": "array", "items": to("Two") },
        } },
    });
    assert_eq!(differences(&json!({}), &schemas), Vec::<String>::new());
}

#[test]
fn version_history_in_a_description_is_parsed() {
    let paths = json!({ "/api/v1/notes/{id}": { "get": {
        "description": "Fetches.\n\nVersion history:\n\n1.0.0 - added\\\n2.6.0 - added `colour` parameter",
        "parameters": [{ "name": "colour", "in": "query", "schema": { "type": "string" } }],
    } } });
    assert_eq!(
        differences(&paths, &json!({})),
        [
            "other-since note: 0.0.0 in the specification, 1.0.0 in the source",
            "missing-param note(colour): string, since 2.6.0",
        ]
    );
}

#[test]
fn null_means_optional_where_all_optional_fields_are_nullable() {
    let note = |seen: &Value| {
        json!({ "Note": { "type": "object", "required": ["id"], "properties": {
            "id": { "type": "string" },
            "text": { "type": ["string", "null"] },
            "seen": seen,
        } } })
    };
    let nullable = note(&json!({ "type": ["boolean", "null"] }));
    assert_eq!(differences(&json!({}), &nullable), Vec::<String>::new());
    let careful = note(&json!({ "type": "boolean" }));
    assert_eq!(
        differences(&json!({}), &careful),
        ["other-null Note.text: null in the source, never in the specification"]
    );
}

#[test]
fn nested_object_described_separately_is_matched() {
    let schemas = json!({ "Note_Place": { "type": "object", "properties": {
        "@1x": { "type": "integer" },
        "town": { "type": "string" },
    } } });
    assert_eq!(
        differences(&json!({}), &schemas),
        [
            "missing-field Note.place.town: string, optional",
            "other-type Note.place.@1x: url in the specification, integer in the source",
        ]
    );
}
