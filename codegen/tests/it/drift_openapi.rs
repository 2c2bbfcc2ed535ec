//! OpenAPI documents as others write them.

use serde_json::{Value, json};

use crate::changed;
use crate::drift::{drift_files, said};

/// What is said of a document, without what the specification alone has.
fn told(paths: &Value, schemas: &Value) -> Vec<String> {
    let document = json!({
        "openapi": "3.1.0", "paths": paths, "components": { "schemas": schemas },
    });
    let files = [("api.json", document.to_string())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let mut found = said(&drift_files(changed(&[]), "api.json", &files));
    found.retain(|said| !said.starts_with("extra-"));
    found
}

#[test]
fn references_that_lead_nowhere_or_in_a_circle_are_no_end() {
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
    assert_eq!(told(&json!({}), &schemas), Vec::<String>::new());
}

#[test]
fn the_history_in_a_description_tells_versions() {
    let paths = json!({ "/api/v1/notes/{id}": { "get": {
        "description": "Fetches.\n\nVersion history:\n\n1.0.0 - added\\\n2.6.0 - added `colour` parameter",
        "parameters": [{ "name": "colour", "in": "query", "schema": { "type": "string" } }],
    } } });
    assert_eq!(
        told(&paths, &json!({})),
        [
            "other-since note: 0.0.0 here, 1.0.0 there",
            "missing-param note(colour): string, since 2.6.0",
        ]
    );
}

#[test]
fn null_says_nothing_where_all_that_may_be_absent_has_it() {
    let note = |seen: &Value| {
        json!({ "Note": { "type": "object", "required": ["id"], "properties": {
            "id": { "type": "string" },
            "text": { "type": ["string", "null"] },
            "seen": seen,
        } } })
    };
    let nullable = note(&json!({ "type": ["boolean", "null"] }));
    assert_eq!(told(&json!({}), &nullable), Vec::<String>::new());
    let careful = note(&json!({ "type": "boolean" }));
    assert_eq!(
        told(&json!({}), &careful),
        ["other-null Note.text: null there, never here"]
    );
}

#[test]
fn an_object_inside_an_entity_may_be_described_for_itself() {
    let schemas = json!({ "Note_Place": { "type": "object", "properties": {
        "@1x": { "type": "integer" },
        "town": { "type": "string" },
    } } });
    assert_eq!(
        told(&json!({}), &schemas),
        [
            "missing-field Note.place.town: string, optional",
            "other-type Note.place.@1x: url here, integer there",
        ]
    );
}
