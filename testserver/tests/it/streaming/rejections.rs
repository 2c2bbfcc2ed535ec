//! Requests that streaming rejects, and the errors that it returns.

use mastodon_test_server::TestServer;
use mastodon_test_server::routes::STREAMS;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use super::client::{SseClient, WsClient};
use crate::client::{Client, id, send};

const BASE: &str = "/api/v1/streaming";

async fn fetch_error(server: &TestServer, path: &str, token: &str) -> (u16, String) {
    let response = send(server, "GET", &format!("{BASE}{path}"), token, &[], b"").await;
    (response.status, response.error().to_owned())
}

fn expected_error(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn health_endpoint_needs_no_token() {
    let server = TestServer::start().await.unwrap();
    let response = Client::anonymous(&server)
        .get(&format!("{BASE}/health"))
        .await;
    assert_eq!((response.status, &response.bytes[..]), (200, &b"OK"[..]));
    assert_eq!(response.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn stream_requires_a_valid_user_token_with_a_matching_scope() {
    let server = TestServer::start().await.unwrap();
    for stream in STREAMS.iter().filter(|stream| !stream.only_media) {
        let path = stream.path.unwrap().strip_prefix(BASE).unwrap();
        assert_eq!(
            fetch_error(&server, path, "").await,
            expected_error(401, "Missing access token")
        );
        assert_eq!(
            fetch_error(&server, path, "wrong").await,
            expected_error(401, "Invalid access token")
        );
        let outside = "Access token does not have the required scopes";
        let is_public = stream.name.starts_with("public") || stream.name.starts_with("hashtag");
        assert_eq!(stream.scopes.is_empty(), is_public, "{}", stream.name);
        for scopes in ["write", "read:accounts"].iter().filter(|_| !is_public) {
            let token = server.token("alice", scopes);
            assert_eq!(
                fetch_error(&server, path, &token).await,
                expected_error(401, outside)
            );
        }
        if stream.required_param.is_none() {
            for scopes in ["read", stream.scopes.first().unwrap_or(&"write")] {
                SseClient::open(&server, path, &server.token("alice", scopes)).await;
            }
        }
    }
}

#[tokio::test]
async fn missing_parameters_and_lists_of_others_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&alice.post("/api/v1/lists", list).await.ok());
    for (path, status, error) in [
        ("/nothing".to_owned(), 400, "Unknown channel requested"),
        (String::new(), 400, "Unknown channel requested"),
        ("/hashtag".to_owned(), 400, "Missing tag name parameter"),
        (
            "/hashtag/local?tag=".to_owned(),
            400,
            "Missing tag name parameter",
        ),
        ("/list".to_owned(), 400, "Missing list name parameter"),
        (
            format!("/list?list={list}"),
            401,
            "Not authorized to stream this list",
        ),
        (
            "/list?list=99".to_owned(),
            401,
            "Not authorized to stream this list",
        ),
    ] {
        let error_response = fetch_error(&server, &path, &bob.token).await;
        assert_eq!(error_response, expected_error(status, error), "{path}");
    }
    let posted = send(
        &server,
        "POST",
        &format!("{BASE}/user"),
        &bob.token,
        &[],
        b"",
    )
    .await;
    assert_eq!(posted.status, 404);
    assert!(server.streaming().connections().is_empty());
}

#[tokio::test]
async fn websocket_without_a_valid_token_is_rejected() {
    let server = TestServer::start().await.unwrap();
    for (query, error) in [
        ("", "Missing access token"),
        ("?access_token=wrong", "Invalid access token"),
    ] {
        let Err(Error::Http(rejected)) = WsClient::request(&server, query, &[]).await else {
            panic!("expected an HTTP error");
        };
        assert_eq!(rejected.status(), 401);
        assert_eq!(rejected.headers()["x-error-message"], error);
    }
}

#[tokio::test]
async fn token_is_read_from_the_header_the_query_or_the_subprotocol() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let bearer = format!("Bearer {token}");
    let query = format!("?stream=user&access_token={token}");
    WsClient::request(&server, "?stream=user", &[("authorization", &bearer)])
        .await
        .unwrap();
    WsClient::request(&server, &query, &[]).await.unwrap();
    let protocol = [("sec-websocket-protocol", &token[..])];
    let (_, response) = WsClient::request(&server, "?stream=user", &protocol)
        .await
        .unwrap();
    // Clients close the connection if the server does not confirm the subprotocol.
    assert_eq!(response.headers()["sec-websocket-protocol"], token[..]);
    // The header takes precedence over the query.
    let both = WsClient::request(&server, &query, &[("authorization", "Bearer wrong")]).await;
    assert!(both.is_err());
    let path = format!("/user?access_token={token}");
    let head = SseClient::request(&server, &path, "").await.head;
    assert!(
        head.starts_with("HTTP/1.1 401 "),
        "an empty header takes precedence over the query: {head}"
    );
}

#[tokio::test]
async fn revoking_a_token_closes_only_its_connections() {
    let server = TestServer::start().await.unwrap();
    let (alice, other) = (
        Client::user(&server, "alice"),
        Client::user(&server, "alice"),
    );
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    let mut ws = WsClient::open(&server, "?stream=user", &alice.token).await;
    let mut other_sse = SseClient::open(&server, "/user", &other.token).await;
    server.streaming().wait_for_connections(3).await;
    let revoked = Client::anonymous(&server)
        .post("/oauth/revoke", json!({ "token": alice.token }))
        .await;
    assert_eq!(revoked.ok(), json!({}));
    assert_eq!(sse.next().await, super::client::Received::End);
    assert_eq!(ws.next_close().await, None);
    server.streaming().wait_for_connections(1).await;
    other.post_text("still here").await;
    assert_eq!(other_sse.next_event().await.0, "update");
    assert_eq!(
        fetch_error(&server, "/user", &alice.token).await,
        expected_error(401, "Invalid access token")
    );
}

#[tokio::test]
async fn suspending_an_account_closes_its_streams() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    server.suspend_account("alice");
    assert_eq!(sse.next().await, super::client::Received::End);
}

#[tokio::test]
async fn invalid_message_returns_an_error_and_the_connection_stays_open() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&alice.post("/api/v1/lists", list).await.ok());
    let token = server.token("bob", "read:statuses");
    let mut ws = WsClient::open(&server, "?stream=nothing", &token).await;
    let error = |error: &str, status: u16| json!({ "error": error, "status": status });
    assert_eq!(ws.next_json().await, error("Unknown stream type", 400));
    let message = |kind: &str, more: Value| {
        let mut fields = json!({ "type": kind });
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fields
    };
    for (more, expected) in [
        (
            json!({ "stream": "hashtag" }),
            error("Missing tag name parameter", 400),
        ),
        (
            json!({ "stream": "hashtag:local" }),
            error("Missing tag name parameter", 400),
        ),
        (
            json!({ "stream": "list" }),
            error("Missing list name parameter", 400),
        ),
        (
            json!({ "stream": "list", "list": list }),
            error("Not authorized to stream this list", 401),
        ),
        (
            json!({ "stream": "user:notification" }),
            error("Access token does not have the required scopes", 401),
        ),
        (json!({}), error("Unknown stream type", 400)),
    ] {
        ws.send(&message("subscribe", more)).await;
        assert_eq!(ws.next_json().await, expected);
    }
    for more in [
        json!({ "stream": "nothing" }),
        json!({ "stream": "hashtag" }),
        json!({ "stream": "list", "list": list }),
    ] {
        ws.send(&message("unsubscribe", more)).await;
        let expected = json!({ "error": "Error unsubscribing from channel" });
        assert_eq!(ws.next_json().await, expected);
    }
    // Other input is ignored without an error.
    for ignored in [json!("hello"), json!({ "type": "dance" }), json!([])] {
        ws.send(&ignored).await;
    }
    ws.subscribe(&server, &[json!({ "stream": "user" })]).await;
    bob.post_text("x").await;
    assert_eq!(ws.next_json().await["event"], "update");
}
