//! Status lines, headers and bytes of streaming responses.

use mastodon_test_server::TestServer;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::client::{SseClient, WsClient, set_behavior};
use crate::client::{Client, send};
use crate::signup::app_client;

const BASE: &str = "/api/v1/streaming";

/// Returns the headers and the body of a rejected upgrade.
async fn rejected_upgrade(server: &TestServer) -> (Vec<(String, String)>, Vec<u8>) {
    let Err(Error::Http(rejected)) = WsClient::request(server, "", &[]).await else {
        panic!("expected an HTTP error");
    };
    assert_eq!(rejected.status(), 401);
    let headers = rejected.headers().iter();
    let headers = headers.map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        (name.as_str().to_owned(), value)
    });
    let headers = headers.filter(|(name, _)| name != "date");
    let body = rejected.body().clone().unwrap_or_default();
    (headers.collect(), body)
}

#[tokio::test]
async fn rejected_upgrade_has_its_reason_in_a_header_and_closes_the_connection() {
    let server = TestServer::start().await.unwrap();
    let (headers, body) = rejected_upgrade(&server).await;
    let value = |name: &str| {
        let mut matching = headers.iter().filter(|(known, _)| known == name);
        matching.next().map(|(_, value)| value.as_str())
    };
    assert_eq!(value("connection"), Some("close"));
    assert_eq!(value("content-type"), Some("text/plain"));
    assert_eq!(value("content-length"), Some("0"));
    assert_eq!(value("x-error-message"), Some("Missing access token"));
    assert_eq!(value("x-request-id").map(str::len), Some(36));
    assert!(body.is_empty());
}

#[tokio::test]
async fn rejected_upgrade_of_older_versions_has_only_the_word_unauthorized() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.old_forms = true);
    let (headers, _) = rejected_upgrade(&server).await;
    assert!(headers.contains(&("content-type".to_owned(), "text/html".to_owned())));
    assert!(headers.contains(&("content-length".to_owned(), "12".to_owned())));
    assert!(headers.iter().all(|(name, _)| name != "x-error-message"));
}

#[tokio::test]
async fn first_stream_of_the_query_is_subscribed_and_its_error_is_a_message() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let _ws = WsClient::open(&server, "?stream=user&stream=public", &token).await;
    server.streaming().wait_for_subscriptions(1).await;
    assert_eq!(server.streaming().connections()[0].streams, [["user"]]);
    let token = server.token("alice", "write");
    let mut ws = WsClient::open(&server, "?stream=user", &token).await;
    let error = "Access token does not have the required scopes";
    let expected = json!({ "error": error, "status": 401 });
    assert_eq!(ws.next_json().await, expected);
}

#[tokio::test]
async fn first_subprotocol_is_accepted() {
    let server = TestServer::start().await.unwrap();
    let bearer = format!("Bearer {}", server.token("alice", "read"));
    let headers = [
        ("authorization", &*bearer),
        ("sec-websocket-protocol", "first, second"),
    ];
    let (_, response) = WsClient::request(&server, "", &headers).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "first");
}

#[tokio::test]
async fn path_is_checked_first_then_the_token_its_scopes_and_the_parameters() {
    let server = TestServer::start().await.unwrap();
    let outside = "Access token does not have the required scopes";
    let (write, read) = (
        server.token("alice", "write"),
        server.token("alice", "read"),
    );
    for (path, token, status, error) in [
        ("/nothing", "", 400, "Unknown channel requested"),
        ("", "wrong", 400, "Unknown channel requested"),
        ("/list", "", 401, "Missing access token"),
        ("/list", "wrong", 401, "Invalid access token"),
        ("/list", &write, 401, outside),
        ("/list", &read, 400, "Missing list name parameter"),
    ] {
        let response = send(&server, "GET", &format!("{BASE}{path}"), token, &[], b"").await;
        assert_eq!((response.status, response.error()), (status, error));
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(response.header("x-request-id").unwrap().len(), 36);
    }
}

#[tokio::test]
async fn unknown_path_is_not_found_in_older_versions_once_the_token_is_valid() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.old_forms = true);
    let token = server.token("alice", "read");
    for (token, status, error) in [
        ("", 401, "Error: Missing access token"),
        (&token, 404, "Not found"),
    ] {
        let path = format!("{BASE}/nothing");
        let response = send(&server, "GET", &path, token, &[], b"").await;
        assert_eq!((response.status, response.error()), (status, error));
    }
}

#[tokio::test]
async fn event_stream_is_chunked_and_not_cached() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    for (old_forms, cache_control) in [(false, "private, no-store"), (true, "no-store")] {
        set_behavior(&server, |behavior| behavior.old_forms = old_forms);
        let mut sse = SseClient::request(&server, "/user", &token).await;
        for header in [
            "content-type: text/event-stream",
            &format!("cache-control: {cache_control}"),
            "transfer-encoding: chunked",
            "x-request-id: ",
        ] {
            assert!(sse.head.contains(&format!("\r\n{header}")), "{}", sse.head);
        }
        assert_eq!(sse.next_bytes().await, b":)\n");
    }
}

#[tokio::test]
async fn event_arrives_in_two_chunks_without_an_id() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    alice.post_text("two\n\nparagraphs").await;
    assert_eq!(sse.next_bytes().await, b"event: update\n");
    let data = String::from_utf8(sse.next_bytes().await).unwrap();
    assert!(data.starts_with("data: {") && data.ends_with("}\n\n"));
    assert_eq!(data.lines().count(), 2, "{data}");
}

#[tokio::test]
async fn last_event_id_is_ignored_and_nothing_is_replayed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let missed = alice.post_text("missed").await;
    let token = format!("{}\r\nlast-event-id: {missed}", alice.token);
    let mut sse = SseClient::open(&server, "/user", &token).await;
    alice.post_text("new").await;
    assert!(sse.next_event().await.1.contains("new"));
}

#[tokio::test]
async fn stream_needs_a_user_who_is_not_suspended() {
    let server = TestServer::start().await.unwrap();
    let app = app_client(&server).await;
    let suspended = server.token("alice", "read");
    server.suspend_account("alice");
    for token in [&app.token, &suspended] {
        let path = format!("{BASE}/public");
        let response = send(&server, "GET", &path, token, &[], b"").await;
        let error = "Invalid access token";
        assert_eq!((response.status, response.error()), (401, error));
    }
}

#[tokio::test]
async fn unconfirmed_user_can_stream() {
    let server = TestServer::start().await.unwrap();
    let app = app_client(&server).await;
    let user = json!({
        "username": "newcomer", "email": "newcomer@example.com", "password": "correct horse battery",
        "agreement": true, "locale": "en",
    });
    let created = app.post("/api/v1/accounts", user).await.ok();
    let token = created["access_token"].as_str().unwrap();
    SseClient::open(&server, "/public", token).await;
}

#[tokio::test]
async fn empty_authorization_header_is_no_token() {
    let server = TestServer::start().await.unwrap();
    let query = format!("?access_token={}", server.token("alice", "read"));
    let empty = [("authorization", "")];
    WsClient::request(&server, &query, &empty).await.unwrap();
}
