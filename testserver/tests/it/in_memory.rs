//! A server without sockets: connections that the test creates, and a clock that the test sets.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use mastodon_test_server::{StreamingBehavior, TestServer};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const START: &str = "2026-01-02T03:04:05Z";

fn connect(server: &TestServer) -> DuplexStream {
    let (client, io) = tokio::io::duplex(64 << 10);
    server.serve_connection(io);
    client
}

/// Posts a status and returns the complete response.
async fn post(server: &TestServer, token: &str, text: &str) -> String {
    let mut socket = connect(server);
    let request = format!(
        "POST /api/v1/statuses?status={text} HTTP/1.1\r\nhost: mastodon.test\r\n\
         authorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    response
}

async fn start() -> TestServer {
    start_with_seed(0).await
}

async fn start_with_seed(seed: u64) -> TestServer {
    let builder = TestServer::builder().in_memory("http://mastodon.test");
    let start_time: Timestamp = START.parse().unwrap();
    let builder = builder.start_time(start_time).random_seed(seed);
    builder.start().await.unwrap()
}

type Socket = WebSocketStream<DuplexStream>;

async fn open(server: &TestServer, token: &str) -> Socket {
    let url = format!("ws://mastodon.test/api/v1/streaming?stream=user&access_token={token}");
    let request = url.into_client_request().unwrap();
    let upgraded = tokio_tungstenite::client_async(request, connect(server)).await;
    upgraded.unwrap().0
}

async fn next_message(socket: &mut Socket) -> Value {
    let message = socket.next().await.unwrap().unwrap();
    serde_json::from_str(message.to_text().unwrap()).unwrap()
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn server_without_sockets_serves_calls_and_streams_on_given_connections() {
    let server = start().await;
    assert_eq!(server.url(), "http://mastodon.test");
    assert_eq!(server.streaming_url(), "ws://mastodon.test");
    let token = server.token("alice", "read write");
    let mut socket = open(&server, &token).await;
    assert!(
        post(&server, &token, "hello")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    assert_eq!(next_message(&mut socket).await["event"], "update");
    drop(server);
    assert!(!matches!(socket.next().await, Some(Ok(_))));
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn responses_are_the_same_in_every_run() {
    let mut responses = Vec::new();
    for _ in 0..2 {
        let server = start().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let token = server.token("alice", "write");
        responses.push(post(&server, &token, "hello").await);
    }
    assert!(responses[0].contains("\"created_at\":\"2026-01-02T03:05:05.000Z\""));
    assert_eq!(responses[0], responses[1]);
}

/// Posts statuses whose events are shuffled. Returns the events in the order of their arrival, with their times.
async fn shuffled_events(seed: u64) -> Vec<(String, Duration)> {
    let server = start_with_seed(seed).await;
    server.streaming().set_behavior(StreamingBehavior {
        fan_out_delay: Duration::ZERO..=Duration::from_secs(5),
        shuffle: true,
        id_skew: Duration::ZERO..=Duration::from_secs(60),
        ..StreamingBehavior::default()
    });
    let token = server.token("alice", "read write");
    let mut socket = open(&server, &token).await;
    let started = Instant::now();
    for number in 0..20 {
        post(&server, &token, &format!("n{number}")).await;
    }
    let mut events = Vec::new();
    while events.len() < 20 {
        events.push((
            next_message(&mut socket).await.to_string(),
            started.elapsed(),
        ));
    }
    events
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn random_choices_depend_only_on_the_seed() {
    let events = shuffled_events(1).await;
    assert_eq!(events, shuffled_events(1).await);
    assert_ne!(events, shuffled_events(2).await);
}

#[tokio::test]
async fn connection_is_closed_when_the_server_is_dropped() {
    let server = start().await;
    let mut socket = connect(&server);
    drop(server);
    assert_eq!(socket.read(&mut [0]).await.unwrap(), 0);
}
