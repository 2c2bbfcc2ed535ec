//! The OpenAPI document of the control API.

use std::collections::BTreeSet;

use mastodon_test_server::{CONTROL_OPENAPI, TestServer};
use serde_json::{Value, json};

use super::streaming::open_stream;
use super::{call, get};

/// A call of each operation: method, path in the document, path of the call, body. They run in this order.
fn calls() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let none = || Value::Null;
    let user = "/users/{user}";
    vec![
        ("GET", "/openapi.json", "/openapi.json", none()),
        ("GET", "/seed.schema.json", "/seed.schema.json", none()),
        ("GET", "/clock", "/clock", none()),
        (
            "PUT",
            "/clock",
            "/clock",
            json!({ "now": "2026-01-31T12:00:00Z" }),
        ),
        (
            "POST",
            "/clock/advance",
            "/clock/advance",
            json!({ "seconds": 1.5 }),
        ),
        ("GET", "/behavior", "/behavior", none()),
        (
            "PATCH",
            "/behavior",
            "/behavior",
            json!({ "streaming": { "query_delay": { "min": 0, "max": 0.5 } } }),
        ),
        (
            "POST",
            "/applications",
            "/applications",
            json!({ "name": "Tusky", "client_id": "tusky" }),
        ),
        (
            "POST",
            "/users",
            "/users",
            json!({ "username": "frida", "confirmed": false }),
        ),
        (
            "POST",
            "/tokens",
            "/tokens",
            json!({ "user": "frida", "application": "tusky" }),
        ),
        (
            "POST",
            "/follows",
            "/follows",
            json!({ "from": "frida", "to": "alice" }),
        ),
        (
            "POST",
            "/mutes",
            "/mutes",
            json!({ "user": "frida", "target": "bob" }),
        ),
        (
            "POST",
            "/blocks",
            "/blocks",
            json!({ "user": "frida", "target": "carol" }),
        ),
        (
            "POST",
            "/domain_blocks",
            "/domain_blocks",
            json!({ "user": "frida", "domain": "nasty.example" }),
        ),
        (
            "POST",
            "/seed",
            "/seed",
            json!({ "users": [{ "username": "gustav", "tokens": [{}] }], "tokens": [{ "user": "gustav" }] }),
        ),
        ("GET", "/users", "/users", none()),
        ("GET", user, "/users/frida", none()),
        ("PATCH", user, "/users/frida", json!({ "silenced": true })),
        (
            "POST",
            "/users/{user}/confirm",
            "/users/frida/confirm",
            none(),
        ),
        (
            "POST",
            "/users/{user}/approve",
            "/users/frida/approve",
            none(),
        ),
        (
            "GET",
            "/emails",
            "/emails?to=frida&kind=confirmation",
            none(),
        ),
        ("DELETE", "/emails", "/emails", none()),
        (
            "POST",
            "/authorize",
            "/authorize",
            json!({
                "url": "http://localhost/oauth/authorize?response_type=code&client_id=tusky&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read",
                "user": "alice",
            }),
        ),
        ("GET", "/limits", "/limits", none()),
        (
            "PATCH",
            "/limits",
            "/limits",
            json!({ "enabled": true, "buckets": { "statuses": { "requests": 3, "seconds": 60 } } }),
        ),
        ("DELETE", "/limits/counts", "/limits/counts", none()),
        (
            "PUT",
            "/trends",
            "/trends",
            json!({ "tags": ["rust"], "links": ["https://rust-lang.org/"] }),
        ),
        (
            "POST",
            "/roles",
            "/roles",
            json!({ "name": "Helper", "permissions": ["manage_reports"], "position": 5 }),
        ),
        (
            "POST",
            "/emojis",
            "/emojis",
            json!({ "shortcode": "ferris", "category": "Animals" }),
        ),
        (
            "POST",
            "/media",
            "/media",
            json!({ "user": "bob", "label": "cat", "description": "A cat", "focus": [0.5, -1] }),
        ),
        (
            "POST",
            "/statuses",
            "/statuses",
            json!({
                "user": "bob", "label": "hello", "id": "77", "text": "Hello @alice", "media": ["cat"], "favourited_by": ["alice"],
                "created_at": "-1h", "visibility": "unlisted",
            }),
        ),
        (
            "POST",
            "/scheduled_statuses",
            "/scheduled_statuses",
            json!({ "user": "bob", "scheduled_at": "+1h", "text": "Later" }),
        ),
        (
            "POST",
            "/notifications",
            "/notifications",
            json!({ "to": "alice", "from": "dave", "type": "favourite", "status": "hello" }),
        ),
        (
            "POST",
            "/lists",
            "/lists",
            json!({ "user": "bob", "title": "Friends", "accounts": ["alice"] }),
        ),
        (
            "POST",
            "/filters",
            "/filters",
            json!({ "user": "bob", "title": "Rude", "context": ["home"], "keywords": [{ "keyword": "rude" }] }),
        ),
        (
            "POST",
            "/collections",
            "/collections",
            json!({ "user": "bob", "name": "Crabs", "accounts": ["alice"] }),
        ),
        (
            "POST",
            "/announcements",
            "/announcements",
            json!({ "text": "Hello", "reactions": [{ "name": "\u{1f980}", "users": ["bob"] }] }),
        ),
        (
            "PATCH",
            "/announcements/{id}",
            "/announcements/LAST",
            json!({ "text": "Bye" }),
        ),
        (
            "DELETE",
            "/announcements/{id}",
            "/announcements/LAST",
            none(),
        ),
        (
            "POST",
            "/faults",
            "/faults",
            json!({ "method": "GET", "path": "/api/v1/nothing", "status": 503, "headers": { "Retry-After": "1" }, "delay": 0.5 }),
        ),
        ("GET", "/faults", "/faults", none()),
        ("DELETE", "/faults/{id}", "/faults/1", none()),
        ("DELETE", "/faults", "/faults", none()),
        ("GET", "/requests", "/requests?method=GET", none()),
        ("DELETE", "/requests", "/requests", none()),
        ("GET", "/push_messages", "/push_messages?wait=true", none()),
        ("DELETE", "/push_messages", "/push_messages", none()),
        (
            "GET",
            "/streaming/connections",
            "/streaming/connections?wait_for=1",
            none(),
        ),
        (
            "POST",
            "/streaming/heartbeat",
            "/streaming/heartbeat",
            none(),
        ),
        (
            "POST",
            "/streaming/events",
            "/streaming/events",
            json!({ "user": "alice", "event": "filters_changed" }),
        ),
        (
            "POST",
            "/streaming/connections/{id}/stall",
            "/streaming/connections/LAST/stall",
            none(),
        ),
        (
            "POST",
            "/streaming/connections/{id}/close",
            "/streaming/connections/LAST/close",
            json!({ "code": 1001 }),
        ),
        (
            "DELETE",
            "/streaming/connections/{id}",
            "/streaming/connections/LAST",
            none(),
        ),
        (
            "DELETE",
            "/streaming/connections",
            "/streaming/connections",
            none(),
        ),
        ("POST", "/reset", "/reset", none()),
    ]
}

/// Validates a value against a schema of the document.
fn errors(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn content(value: &Value) -> &Value {
    &value["content"]["application/json"]["schema"]
}

#[tokio::test]
async fn every_operation_has_the_input_and_output_of_the_document() {
    let server = TestServer::start().await.unwrap();
    let document = get(&server, "/openapi.json").await;
    assert_eq!(
        document,
        serde_json::from_str::<Value>(CONTROL_OPENAPI).unwrap()
    );
    let mut documented: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            documented.insert((method.to_uppercase(), path.clone()));
        }
    }
    let mut called = BTreeSet::new();
    let mut last_id = String::new();
    let _stream = open_stream(&server, &server.token("alice", "read")).await;
    for (method, template, path, body) in calls() {
        let path = &path.replace("LAST", &last_id);
        let template = format!("/_test{template}");
        called.insert((method.to_owned(), template.clone()));
        let operation = &document["paths"][&template][method.to_lowercase()];
        assert!(
            operation.is_object(),
            "{method} {template} is not documented"
        );
        if !body.is_null() {
            let request = content(&operation["requestBody"]);
            let none: [String; 0] = [];
            assert_eq!(errors(&document, request, &body), none, "{method} {path}");
            // What the document does not allow, the server does not accept either.
            let unknown = json!({ "unknown_field": 1 });
            assert_ne!(
                errors(&document, request, &unknown),
                none,
                "{method} {path}"
            );
            let rejected = call(&server, method, path, &unknown).await;
            assert_eq!(rejected.status, 422, "{method} {path}");
            assert!(
                rejected.error().contains("unknown_field"),
                "{}",
                rejected.error()
            );
            let error = content(&operation["responses"]["4XX"]);
            assert_eq!(errors(&document, error, &rejected.json), none);
        }
        let response = call(&server, method, path, &body).await.ok();
        // Later calls use the ID of the last thing.
        if let Some(id) = response.get("id").or_else(|| response.get(0)?.get("id")) {
            last_id = id.to_string().trim_matches('"').to_owned();
        }
        let found = errors(
            &document,
            content(&operation["responses"]["200"]),
            &response,
        );
        assert!(found.is_empty(), "{method} {path}: {found:?} in {response}");
    }
    assert_eq!(called, documented);
}

#[tokio::test]
async fn unknown_path_and_method_name_what_there_is() {
    let server = TestServer::start().await.unwrap();
    let unknown = call(&server, "GET", "/nothing", &Value::Null).await;
    assert_eq!(unknown.status, 404);
    let message = "there is no `/_test/nothing`; /_test/openapi.json describes all endpoints";
    assert_eq!(unknown.error(), message);
    let method = call(&server, "DELETE", "/clock", &Value::Null).await;
    assert_eq!(method.status, 405);
    assert_eq!(
        method.error(),
        "`/_test/clock` does not accept DELETE, only GET, PUT"
    );
    let malformed = crate::client::send(&server, "POST", "/_test/users", "", &[], b"{ users").await;
    assert_eq!(malformed.status, 400);
    assert!(
        malformed.error().starts_with("the body is not valid JSON"),
        "{}",
        malformed.error()
    );
}

#[tokio::test]
async fn control_api_can_be_switched_off() {
    let server = TestServer::builder()
        .without_control_api()
        .start()
        .await
        .unwrap();
    let response = call(&server, "GET", "/clock", &Value::Null).await;
    assert_eq!((response.status, response.error()), (404, "Not Found"));
}
