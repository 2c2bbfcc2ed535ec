//! Control API under `/_test/`, and seed files.

mod clients;
mod document;
mod faults;
mod limits;
mod requests;
mod seed;
mod statuses;
mod streaming;
mod users;

use mastodon_test_server::TestServer;
use serde_json::Value;

use crate::client::{Client, Response, send};

/// Sends a request to the control API. A body of null is not sent.
async fn call(server: &TestServer, method: &str, path: &str, body: &Value) -> Response {
    let path = format!("/_test{path}");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [("content-type", "application/json")];
    send(server, method, &path, "", &headers, body.as_bytes()).await
}

/// Sends a POST request to the control API; it must succeed.
async fn post(server: &TestServer, path: &str, body: Value) -> Value {
    call(server, "POST", path, &body).await.ok()
}

/// Sends a GET request to the control API; it must succeed.
async fn get(server: &TestServer, path: &str) -> Value {
    call(server, "GET", path, &Value::Null).await.ok()
}

/// Starts a server with the data of a seed.
async fn seeded(data: &str) -> TestServer {
    TestServer::builder().seed_data(data).start().await.unwrap()
}

/// Returns the error of a server that does not start with the data of a seed.
async fn seed_error(data: &str) -> String {
    let started = TestServer::builder().seed_data(data).start().await;
    started.err().unwrap().to_string()
}

/// Returns a client with a token that the seed has.
fn client<'s>(server: &'s TestServer, token: &str) -> Client<'s> {
    Client::with_token(server, token.to_owned())
}
