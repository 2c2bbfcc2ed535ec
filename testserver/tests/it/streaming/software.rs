//! Rules of other server software and of older versions, and connections that are cut.

use mastodon_test_server::{Labels, TestServer, TokenLocations};
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::client::{Received, SseClient, WsClient, set_behavior};
use crate::accounts::account_id;
use crate::client::{Client, id, send};

async fn gotosocial() -> TestServer {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.labels = Labels::GoToSocial);
    server
}

/// Returns the status and the `X-Error-Message` of a rejected upgrade.
async fn rejection(
    server: &TestServer,
    query: &str,
    headers: &[(&'static str, &str)],
) -> (u16, Option<String>) {
    let Err(Error::Http(rejected)) = WsClient::request(server, query, headers).await else {
        panic!("expected an HTTP error");
    };
    let message = rejected.headers().get("x-error-message");
    let message = message.map(|message| message.to_str().unwrap().to_owned());
    (rejected.status().as_u16(), message)
}

#[tokio::test]
async fn gotosocial_sends_a_deletion_once_with_the_first_label_of_the_connection() {
    let server = gotosocial().await;
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("x").await;
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let streams = ["user", "public:local", "direct"].map(|name| json!({ "stream": name }));
    ws.subscribe(&server, &streams).await;
    let path = format!("/api/v1/statuses/{status}");
    alice.delete(&path).await.ok();
    alice.post_text("after").await;
    let expected = ["public:local delete", "user update", "public:local update"];
    assert_eq!(ws.next_labels(3).await, expected);
}

#[tokio::test]
async fn gotosocial_sends_deletions_to_all_users() {
    let server = gotosocial().await;
    let status = Client::user(&server, "carol").post_direct("x", None).await;
    let mut ws = WsClient::open(&server, "?stream=user", &server.token("bob", "read")).await;
    server.streaming().wait_for_subscriptions(1).await;
    let carol = Client::user(&server, "carol");
    let path = format!("/api/v1/statuses/{status}");
    carol.delete(&path).await.ok();
    assert_eq!(ws.next_json().await["payload"], status);
}

#[tokio::test]
async fn gotosocial_sends_a_notification_to_one_stream_of_a_connection() {
    let server = gotosocial().await;
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    for (opened, label) in [
        ("?stream=user", "user notification"),
        (
            "?stream=user:notification",
            "user:notification notification",
        ),
    ] {
        let mut ws = WsClient::open(&server, opened, &alice.token).await;
        for name in ["user", "user:notification"] {
            ws.send(&json!({ "type": "subscribe", "stream": name }))
                .await;
        }
        ws.synchronize().await;
        bob.post_text("one @alice").await;
        bob.post_text("two @alice").await;
        assert_eq!(ws.next_labels(2).await, [label, label]);
    }
}

#[tokio::test]
async fn gotosocial_ignores_subscriptions_to_other_streams_without_an_error() {
    let server = gotosocial().await;
    let alice = Client::user(&server, "alice");
    let mut ws = WsClient::open(&server, "?stream=hashtag&tag=Rust", &alice.token).await;
    for message in [
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "cats" }),
        json!({ "type": "subscribe", "stream": "user:notification" }),
        json!({ "type": "subscribe", "stream": "nothing" }),
    ] {
        ws.send(&message).await;
    }
    ws.synchronize().await;
    assert_eq!(
        server.streaming().connections()[0].streams,
        [["hashtag", "Rust"]]
    );
    alice.post_text("#cats #rust").await;
    assert_eq!(ws.next_labels(1).await, ["hashtag Rust update"]);
}

#[tokio::test]
async fn gotosocial_labels_a_list_with_one_text() {
    let server = gotosocial().await;
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&bob.post("/api/v1/lists", list).await.ok());
    let members = json!({ "account_ids": [account_id(&bob, "alice").await] });
    let path = format!("/api/v1/lists/{list}/accounts");
    bob.post(&path, members).await.ok();
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    ws.subscribe(&server, &[json!({ "stream": "list", "list": list })])
        .await;
    alice.post_text("x").await;
    assert_eq!(ws.next_labels(1).await, [format!("list:{list} update")]);
}

#[tokio::test]
async fn gotosocial_has_no_server_sent_events() {
    let server = gotosocial().await;
    let token = server.token("alice", "read");
    for path in ["/user", "/public", "/nothing", ""] {
        let path = format!("/api/v1/streaming{path}");
        let response = send(&server, "GET", &path, &token, &[], b"").await;
        assert_eq!((response.status, response.error()), (404, "Not Found"));
    }
}

#[tokio::test]
async fn token_in_the_header_can_be_ignored() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| {
        behavior.token_locations = TokenLocations::SubprotocolOrQuery;
    });
    let token = server.token("alice", "read");
    let bearer = format!("Bearer {token}");
    let header = [("authorization", &*bearer)];
    let missing = Some("Missing access token".to_owned());
    assert_eq!(rejection(&server, "", &header).await, (401, missing));
    let query = format!("?access_token={token}");
    for (query, headers) in [
        ("", vec![("sec-websocket-protocol", &*token)]),
        (&query, Vec::new()),
        (&query, header.to_vec()),
    ] {
        WsClient::request(&server, query, &headers).await.unwrap();
    }
}

#[tokio::test]
async fn authorization_scheme_needs_its_capital_letter() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let bearer = format!("bearer {token}");
    let invalid = Some("Invalid access token".to_owned());
    let header = [("authorization", &*bearer)];
    assert_eq!(rejection(&server, "", &header).await, (401, invalid));
}

#[tokio::test]
async fn websocket_ignores_the_path_of_the_upgrade() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let query = format!("/user?access_token={token}");
    let (mut ws, _) = WsClient::request(&server, &query, &[]).await.unwrap();
    ws.synchronize().await;
    let streams = &server.streaming().connections()[0].streams;
    assert!(streams.is_empty(), "{streams:?}");
}

#[tokio::test]
async fn errors_can_have_the_forms_of_older_versions() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.old_forms = true);
    let token = server.token("alice", "read");
    assert_eq!(rejection(&server, "", &[]).await, (401, None));
    let path = "/api/v1/streaming/hashtag";
    let response = send(&server, "GET", path, &token, &[], b"").await;
    assert_eq!(response.error(), "Error: Missing tag name parameter");
    let mut ws = WsClient::open(&server, "?stream=hashtag", &token).await;
    let expected = json!({ "error": "Error: Missing tag name parameter" });
    assert_eq!(ws.next_json().await, expected);
}

#[tokio::test]
async fn heartbeat_of_older_versions_has_no_blank_line() {
    let server = TestServer::start().await.unwrap();
    let mut sse = SseClient::open(&server, "/user", &server.token("alice", "read")).await;
    assert!(sse.head.contains("cache-control: private, no-store"));
    for (old_forms, heartbeat) in [(false, ":thump\n\n"), (true, ":thump\n")] {
        set_behavior(&server, |behavior| behavior.old_forms = old_forms);
        server.streaming().send_heartbeat();
        assert_eq!(sse.next_bytes().await, heartbeat.as_bytes());
    }
}

#[tokio::test]
async fn one_connection_or_all_can_be_cut_without_a_regular_end() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut first = SseClient::open(&server, "/user", &token).await;
    let mut second = WsClient::open(&server, "?stream=user", &token).await;
    let mut third = SseClient::open(&server, "/user", &token).await;
    server.streaming().wait_for_connections(3).await;
    assert!(server.streaming().cut(1));
    assert!(matches!(second.next_message().await, None | Some(Err(_))));
    server.streaming().wait_for_connections(2).await;
    assert!(!server.streaming().cut(2));
    server.streaming().cut_all();
    assert!(matches!(first.next().await, Received::Disconnected(_)));
    assert!(matches!(third.next().await, Received::Disconnected(_)));
}
