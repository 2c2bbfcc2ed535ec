//! Behavior that a test can choose.

use mastodon_test_server::{Behavior, TestServer};
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::signup::app_client;

const TOKEN: &str = "/oauth/token";

/// Requests a token with the password of alice.
async fn request_with_password(server: &TestServer, changes: Value) -> Response {
    let anonymous = Client::anonymous(server);
    let app = json!({
        "client_name": "Older", "redirect_uris": "https://app.example/cb", "scopes": "read write",
    });
    let app = anonymous.post("/api/v1/apps", app).await.ok();
    let mut grant = json!({
        "grant_type": "password", "username": "alice@example.org", "password": "alice", "scope": "read",
        "client_id": app["client_id"], "client_secret": app["client_secret"],
    });
    for (name, value) in changes.as_object().unwrap() {
        grant[name] = value.clone();
    }
    anonymous.post(TOKEN, grant).await
}

#[tokio::test]
async fn password_is_exchanged_for_a_token_only_if_the_grant_is_enabled() {
    let server = TestServer::start().await.unwrap();
    let rejected = request_with_password(&server, json!({})).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (400, "unsupported_grant_type")
    );
    let grant_types = async |server: &TestServer| {
        let path = "/.well-known/oauth-authorization-server";
        let metadata = Client::anonymous(server).get(path).await.ok();
        metadata["grant_types_supported"].clone()
    };
    assert_eq!(
        grant_types(&server).await,
        json!(["authorization_code", "client_credentials"])
    );

    let server = TestServer::builder()
        .password_grant()
        .start()
        .await
        .unwrap();
    let token = request_with_password(&server, json!({})).await.ok();
    assert_eq!(token["scope"], "read");
    let token = token["access_token"].as_str().unwrap().to_owned();
    let path = "/api/v1/accounts/verify_credentials";
    let account = Client::with_token(&server, token).get(path).await.ok();
    assert_eq!(account["username"], "alice");
    for (changes, error) in [
        (json!({ "password": "wrong" }), "invalid_grant"),
        (json!({ "username": "alice" }), "invalid_grant"),
        (json!({ "scope": "follow" }), "invalid_scope"),
    ] {
        let rejected = request_with_password(&server, changes).await;
        assert_eq!((rejected.status, rejected.error()), (400, error));
    }
    let unknown = request_with_password(&server, json!({ "client_secret": "wrong" })).await;
    assert_eq!((unknown.status, unknown.error()), (401, "invalid_client"));
    assert_eq!(
        grant_types(&server).await,
        json!(["authorization_code", "password", "client_credentials"])
    );
}

#[tokio::test]
async fn sign_up_needs_no_confirmation_if_the_server_confirms_it() {
    let server = TestServer::builder()
        .confirmed_sign_ups()
        .start()
        .await
        .unwrap();
    let sign_up = json!({
        "username": "frida", "email": "frida@example.org", "password": "correct horse", "agreement": true,
        "locale": "en",
    });
    let app_client = app_client(&server).await;
    let token = app_client.post("/api/v1/accounts", sign_up).await.ok();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let frida = Client::with_token(&server, token);
    let path = "/api/v1/accounts/verify_credentials";
    assert_eq!(frida.get(path).await.ok()["username"], "frida");
}

#[tokio::test]
async fn behavior_can_be_changed_while_the_server_runs() {
    let server = TestServer::start().await.unwrap();
    assert_eq!(server.behavior(), Behavior::default());
    let mut behavior = server.behavior();
    behavior.password_grant = true;
    behavior.streaming.old_forms = true;
    server.set_behavior(behavior.clone());
    assert_eq!(server.behavior(), behavior);
    assert!(server.streaming().behavior().old_forms);
    request_with_password(&server, json!({})).await.ok();
}
