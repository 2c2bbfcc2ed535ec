//! The OpenAPI document of the control API.

use std::collections::BTreeSet;

use mastodon_test_server::{CONTROL_OPENAPI, TestServer};
use serde_json::{Value, json};

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
    for (method, template, path, body) in calls() {
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
