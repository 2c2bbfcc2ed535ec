//! Streaming connections.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{call, get, post};

/// Opens a stream of a user's events over server-sent events.
pub(super) async fn open_stream(server: &TestServer, token: &str) -> TcpStream {
    let host = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "GET /api/v1/streaming/user?access_token={token} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads from a stream until it has sent a text or ends. Returns what was read.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&read).contains(text) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn created_status_is_streamed_to_followers() {
    let server = TestServer::start().await.unwrap();
    let mut stream = open_stream(&server, &server.token("bob", "read")).await;
    let connections = get(
        &server,
        "/streaming/connections?wait_for=1&wait_for_subscriptions=1",
    )
    .await;
    let connection = &connections[0];
    assert_eq!(
        (
            &connection["username"],
            &connection["transport"],
            &connection["streams"]
        ),
        (
            &json!("bob"),
            &json!("server_sent_events"),
            &json!([["user"]])
        )
    );
    post(
        &server,
        "/statuses",
        json!({ "user": "alice", "text": "Streamed" }),
    )
    .await;
    let events = read_until(&mut stream, "Streamed").await;
    assert!(events.contains("event: update"), "{events}");
    post(&server, "/streaming/heartbeat", json!({})).await;
    assert!(read_until(&mut stream, ":thump").await.contains(":thump"));
}

#[tokio::test]
async fn connection_is_cut_closed_or_silenced() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("bob", "read");
    for act in ["cut", "close"] {
        let mut stream = open_stream(&server, &token).await;
        let connections = get(&server, "/streaming/connections?wait_for=1").await;
        let path = format!("/streaming/connections/{}", connections[0]["id"]);
        if act == "cut" {
            call(&server, "DELETE", &path, &Value::Null).await.ok();
        } else {
            post(&server, &format!("{path}/close"), json!({})).await;
        }
        // Reads until the end.
        read_until(&mut stream, "never sent").await;
        get(&server, "/streaming/connections?wait_for=0").await;
        let gone = call(&server, "DELETE", &path, &Value::Null).await;
        assert_eq!(gone.status, 404, "{act}");
    }
    let mut stream = open_stream(&server, &token).await;
    let connections = get(&server, "/streaming/connections?wait_for=1").await;
    post(
        &server,
        &format!("/streaming/connections/{}/stall", connections[0]["id"]),
        json!({}),
    )
    .await;
    post(
        &server,
        "/statuses",
        json!({ "user": "alice", "text": "Not streamed" }),
    )
    .await;
    call(&server, "DELETE", "/streaming/connections", &Value::Null)
        .await
        .ok();
    let events = read_until(&mut stream, "Not streamed").await;
    assert!(!events.contains("Not streamed"), "{events}");
    let missing = call(
        &server,
        "GET",
        "/streaming/connections?wait_for=1&timeout=0",
        &Value::Null,
    )
    .await;
    assert_eq!(
        (missing.status, missing.error()),
        (408, "there are 0 connections, not 1")
    );
}

#[tokio::test]
async fn event_can_be_lost() {
    let server = TestServer::start().await.unwrap();
    let mut stream = open_stream(&server, &server.token("bob", "read")).await;
    get(&server, "/streaming/connections?wait_for_subscriptions=1").await;
    let fault = json!({ "path": "/api/v1/streaming", "event": { "kind": "lost" } });
    post(&server, "/faults", fault).await;
    for text in ["First", "Second"] {
        post(
            &server,
            "/statuses",
            json!({ "user": "alice", "text": text }),
        )
        .await;
    }
    let received = read_until(&mut stream, "Second").await;
    assert!(
        received.contains("Second") && !received.contains("First"),
        "{received}"
    );
}

#[tokio::test]
async fn event_is_sent_with_a_payload_or_a_sample_to_the_streams_that_have_it() {
    let server = TestServer::start().await.unwrap();
    let mut stream = open_stream(&server, &server.token("bob", "read")).await;
    server.streaming().wait_for_subscriptions(1).await;
    let event = |user: &str, event: &str| json!({ "user": user, "event": event });
    for unsent in [event("bob", "conversation"), event("alice", "update")] {
        let sent = post(&server, "/streaming/events", unsent).await;
        assert_eq!(sent, json!({ "streams": 0 }));
    }
    for (name, payload, expected) in [
        ("delete", json!("7"), "data: 7\n"),
        (
            "announcement",
            json!({ "id": "8" }),
            "data: {\"id\":\"8\"}\n",
        ),
        ("update", Value::Null, "\"username\":\"ferris\""),
    ] {
        let mut body = event("bob", name);
        if !payload.is_null() {
            body["payload"] = payload;
        }
        let sent = post(&server, "/streaming/events", body).await;
        assert_eq!(sent, json!({ "streams": 1 }));
        let read = read_until(&mut stream, expected).await;
        assert!(read.contains(&format!("event: {name}\n")), "{read}");
    }
    for (body, start) in [
        (
            event("bob", "updated"),
            "event: `updated` is not an event; events are update, delete, notification,",
        ),
        (event("nobody", "update"), "user: unknown user `nobody`"),
    ] {
        let refused = call(&server, "POST", "/streaming/events", &body).await;
        assert_eq!(refused.status, 422, "{body}");
        let error = refused.json["error"].as_str().unwrap();
        assert!(error.starts_with(start), "{error}");
    }
}
