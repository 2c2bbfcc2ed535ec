//! Administration: roles, accounts, reports, blocks, trends and figures.

mod accounts;
mod actions;
mod blocks;
mod metrics;
mod reports;
mod roles;
mod sdk;
mod trends;

use mastodon_test_server::TestServer;
use serde_json::Value;

use crate::client::{Client, id};
use crate::signup::app_client;

const SCOPES: &str = "read write follow admin:read admin:write";

/// Returns a client for the user `admin`, who has the role Owner.
fn owner(server: &TestServer) -> Client<'_> {
    Client::with_token(server, server.token("admin", SCOPES))
}

/// Returns a client for a user, with the scopes for administration.
fn with_admin_scopes<'s>(server: &'s TestServer, name: &str) -> Client<'s> {
    Client::with_token(server, server.token(name, SCOPES))
}

/// Returns a client for a user with a role.
fn with_role<'s>(server: &'s TestServer, name: &str, role: &str) -> Client<'s> {
    let client = with_admin_scopes(server, name);
    assert!(server.set_role(name, role));
    client
}

/// Returns the ID of an account.
async fn account_id(server: &TestServer, acct: &str) -> String {
    let path = format!("/api/v1/accounts/lookup?acct={acct}");
    id(&Client::anonymous(server).get(&path).await.ok())
}

/// Signs up and returns the response.
async fn sign_up(server: &TestServer, name: &str, email: &str) -> crate::client::Response {
    let fields = serde_json::json!({
        "username": name, "email": email, "password": "correct horse", "agreement": true, "locale": "en",
        "reason": "I like birds.",
    });
    app_client(server)
        .await
        .post("/api/v1/accounts", fields)
        .await
}

/// Signs up, confirms the email address and returns a client of the new user.
async fn new_user<'s>(server: &'s TestServer, name: &str) -> Client<'s> {
    let created = sign_up(server, name, &format!("{name}@example.org"))
        .await
        .ok();
    assert!(server.confirm_email(name));
    Client::with_token(server, created["access_token"].as_str().unwrap().to_owned())
}

/// Returns the names of listed accounts.
fn names(list: &Value) -> Vec<&str> {
    let accounts = list.as_array().unwrap().iter();
    accounts
        .map(|account| account["username"].as_str().unwrap())
        .collect()
}
