//! Swagger 2.0 documents, and the parts of documents that are not understood.

use mastodon_spec_drift::Report;
use serde_json::{Value, json};

use crate::changed;
use crate::drift::{drift_files, findings};

fn report(name: &str, document: &str) -> Report {
    drift_files(changed(&[]), name, &[(name, document)])
}

/// The differences with their places, except items missing in the document.
fn placed(report: &Report) -> Vec<String> {
    let found = report.findings.iter().zip(findings(report));
    let found = found.filter(|(_, line)| !line.starts_with("extra-"));
    found
        .map(|(finding, line)| format!("{line} ({})", finding.seen))
        .collect()
}

const SWAGGER: &str = r##"
swagger: "2.0"
basePath: /api/
produces: [application/json]
parameters:
  colour: { name: colour, in: query, type: string }
responses:
  note:
    description: A note.
    schema: { $ref: "#/definitions/note" }
definitions:
  mood: { type: string, enum: [calm, glad] }
  note:
    type: object
    properties:
      id: { type: string }
      mood: { $ref: "#/definitions/mood" }
      text: { type: string, x-nullable: true }
      posted_at: { type: string, format: date-time }
      tags: { type: array, items: { type: integer } }
      type: { type: string }
      seen: { type: boolean }
      stamp: { type: object, properties: { price: { type: integer } } }
paths:
  /v1/notes/{id}:
    parameters:
      - { name: id, in: path, required: true, type: string }
    get:
      parameters:
        - $ref: "#/parameters/colour"
      responses:
        "200": { $ref: "#/responses/note" }
  /v1/notes:
    post:
      parameters:
        - { name: text, in: formData, type: string }
        - { name: file, in: formData, type: file }
        - { name: mood, in: formData, type: string, enum: [calm, sad], default: glad }
        - { name: "fields[][name]", in: formData, type: string }
        - { name: "fields[][size]", in: formData, type: number }
        - { name: language, in: formData, type: boolean }
      responses:
        "200": { description: A note., schema: { type: array, items: { $ref: "#/definitions/note" } } }
  /v1/notes/{id}/copy:
    post:
      consumes: [application/json]
      parameters:
        - name: body
          in: body
          schema:
            type: object
            required: [words]
            properties: { words: { type: string }, times: { type: integer } }
      responses: {}
"##;

#[test]
fn swagger_document_is_compared_and_names_its_own_places() {
    let report = report("swagger.yaml", SWAGGER);
    assert_eq!(report.unread, Vec::<String>::new());
    assert_eq!(
        placed(&report),
        [
            "missing-value Mood::glad: a value of Note.mood (definitions.note.mood)",
            "missing-value Mood::sad: a value of note_post(mood) (paths./api/v1/notes.post.parameters.mood)",
            "missing-field Note.stamp: object, optional (definitions.note.stamp)",
            "other-null Note.text: null in the source, never in the specification (definitions.note.text)",
            "other-type Note.tags: [string] in the specification, [integer] in the source (definitions.note.tags)",
            "missing-param note(colour): string (paths./api/v1/notes/{id}.get.parameters.colour)",
            "other-returns note_post: PostedNote in the specification, [note] in the source (paths./api/v1/notes.post)",
            "other-default note_post(mood): default calm in the specification, glad in the source (paths./api/v1/notes.post.parameters.mood)",
            "other-type note_post(language): language in the specification, bool in the source (paths./api/v1/notes.post.parameters.language)",
            "missing-param note_copy(times): integer (paths./api/v1/notes/{id}/copy.post.parameters.times)",
            "other-required note_copy(words): optional in the specification, required in the source (paths./api/v1/notes/{id}/copy.post.parameters.words)",
            "missing-param note_post(fields[size]): number (paths./api/v1/notes.post.parameters.fields[size])",
        ]
    );
    let text = report.text("spec");
    assert!(
        text.contains("read: 3 endpoints; 1 schemas with 9 fields; 0 parts not understood\n"),
        "{text}"
    );
    let as_json: Value = serde_yaml::from_str(SWAGGER).unwrap();
    let again = self::report("swagger.json", &as_json.to_string());
    assert_eq!(placed(&again), placed(&report));
}

#[test]
fn parts_of_a_swagger_document_that_are_not_understood_are_listed() {
    let document = json!({
        "swagger": "2.0",
        "definitions": { "note": {
            "type": "object",
            "properties": { "id": { "$ref": "#/definitions/absent" }, "text": { "type": "any" } },
        } },
        "paths": { "/api/v1/notes/{id}": {
            "head": { "responses": {} },
            "get": {
                "produces": ["text/csv"],
                "parameters": [
                    { "$ref": "#/parameters/absent" },
                    { "name": "session", "in": "cookie", "type": "string" },
                    { "in": "query", "type": "string" },
                ],
                "responses": { "200": { "schema": { "type": "file" } } },
            },
        } },
    });
    let report = report("swagger.json", &document.to_string());
    assert_eq!(
        report.unread,
        [
            "paths./api/v1/notes/{id}.get.parameters.session: a parameter in `cookie` is not compared",
            "paths./api/v1/notes/{id}.get.parameters.1: a parameter without a name",
            "paths./api/v1/notes/{id}.get.responses.200: a response of type `text/csv` is not compared",
            "paths./api/v1/notes/{id}.head: operations of this HTTP method are not compared",
            "definitions.note.id: the document has no `#/definitions/absent`",
            "definitions.note.text: `any` is not a type",
            "paths./api/v1/notes/{id}.get.parameters: the document has no `#/parameters/absent`",
        ]
    );
}

#[test]
fn unusual_schemas_of_a_document_are_listed_with_their_places() {
    let text = json!({ "type": "string" });
    let object = json!({ "type": "object", "properties": { "a": text } });
    let to = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let document = json!({
        "openapi": "3.1.0",
        "webhooks": { "posted": {} },
        "components": { "schemas": {
            // These are understood.
            "Open": { "anyOf": [{ "type": "string", "enum": ["a"] }, text] },
            "Nullable": { "oneOf": [to("Note"), { "type": "null" }] },
            "Whole": { "allOf": [to("Note"), object] },
            "Any": {},
            // These are not.
            "One": to("Two"),
            "Two": to("One"),
            "Choice": { "oneOf": [to("Note"), to("Whole")] },
            "Note": { "type": "object", "discriminator": { "propertyName": "type" }, "properties": {
                "text": { "type": ["string", "integer", "null"] },
                "mood": { "const": "calm" },
                "tags": { "type": "array", "items": { "not": text } },
                "place": { "type": "object", "patternProperties": { "^x": text } },
                "reply_to": { "$ref": "other.json#/Note" },
                "seen": { "type": "object", "oneOf": [object, object] },
            } },
        } },
        "paths": { "/api/v1/notes": {
            "post": {
                "description": "Posts.\n\nVersion history:\n\n1.0.0 - added\\\nlater - `text` added\n\nMore words.",
                "callbacks": {},
                "parameters": [{ "name": "mood", "in": "query", "content": {} }],
                "requestBody": { "content": {
                    "application/json; charset=utf-8": { "schema": { "anyOf": [object, to("Note")] } },
                    "text/plain": { "schema": text },
                } },
                "responses": {
                    "200": { "content": { "application/json": { "schema": to("Note") } } },
                    "202": { "content": { "application/json": { "schema": to("Choice") } } },
                    "422": { "content": { "text/html": { "schema": text } } },
                },
            },
        } },
    });
    let report = report("api.json", &document.to_string());
    assert_eq!(
        report.unread,
        [
            "paths./api/v1/notes.post.parameters.mood: the type of a parameter with `content` is not read",
            "paths./api/v1/notes.post.description: no version in the history line `later - `text` added`",
            "paths./api/v1/notes.post.callbacks: callbacks are not compared",
            "paths./api/v1/notes.post.requestBody: `anyOf` of several types is not compared",
            "paths./api/v1/notes.post.requestBody: a body of type `text/plain` is not compared",
            "paths./api/v1/notes.post.responses.202: only the first successful response is compared",
            "webhooks.posted: webhooks are not compared",
            "components.schemas.Choice: `oneOf` of several types is not compared",
            "components.schemas.Note: `discriminator` is not compared",
            "components.schemas.Note.mood: `const` is not compared",
            "components.schemas.Note.place: `patternProperties` is not compared",
            "components.schemas.Note.reply_to: the document has no `other.json#/Note`",
            "components.schemas.Note.seen: `oneOf` beside `type` is not compared",
            "components.schemas.Note.tags: `not` is not compared",
            "components.schemas.Note.text: several types are not compared: `string`, `integer`",
            "components.schemas.One: the reference is circular",
            "components.schemas.Two: the reference is circular",
        ]
    );
}
