//! A server without sockets: connections that the test creates, and a clock that the test sets.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use mastodon_test_server::TestServer;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const START: &str = "2026-01-02T03:04:05Z";

fn connect(server: &TestServer) -> DuplexStream {
    let (client, io) = tokio::io::duplex(64 << 10);
    server.serve_connection(io);
    client
}

/// Posts a status and returns the complete response.
async fn post(server: &TestServer, token: &str) -> String {
    let mut socket = connect(server);
    let request = format!(
        "POST /api/v1/statuses?status=hello HTTP/1.1\r\nhost: mastodon.test\r\n\
         authorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    response
}

async fn start() -> TestServer {
    let builder = TestServer::builder().in_memory("http://mastodon.test");
    let start_time: Timestamp = START.parse().unwrap();
    builder.start_time(start_time).start().await.unwrap()
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn server_without_sockets_serves_calls_and_streams_on_given_connections() {
    let server = start().await;
    assert_eq!(server.url(), "http://mastodon.test");
    assert_eq!(server.streaming_url(), "ws://mastodon.test");
    let token = server.token("alice", "read write");
    let url = format!("ws://mastodon.test/api/v1/streaming?stream=user&access_token={token}");
    let request = url.into_client_request().unwrap();
    let upgraded = tokio_tungstenite::client_async(request, connect(&server)).await;
    let (mut socket, _) = upgraded.unwrap();
    assert!(post(&server, &token).await.starts_with("HTTP/1.1 200 "));
    let message = socket.next().await.unwrap().unwrap();
    let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
    assert_eq!(message["event"], "update");
    drop(server);
    assert!(!matches!(socket.next().await, Some(Ok(_))));
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn responses_are_the_same_in_every_run() {
    let mut responses = Vec::new();
    for _ in 0..2 {
        let server = start().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        responses.push(post(&server, &server.token("alice", "write")).await);
    }
    assert!(responses[0].contains("\"created_at\":\"2026-01-02T03:05:05.000Z\""));
    assert_eq!(responses[0], responses[1]);
}

#[tokio::test]
async fn connection_is_closed_when_the_server_is_dropped() {
    let server = start().await;
    let mut socket = connect(&server);
    drop(server);
    assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);
}
