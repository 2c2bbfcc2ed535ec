//! Open connections: inspection by tests, heartbeats and slow readers.

use futures_util::StreamExt;
use mastodon_test_server::{StreamingConnection, TestServer, Transport};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Received, SseClient, WsClient};
use crate::client::Client;

#[tokio::test]
async fn connections_report_their_users_and_streams() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.token("alice", "read"), server.token("bob", "read"));
    let _sse = SseClient::open(&server, "/hashtag?tag=Rust", &alice).await;
    let _ws = WsClient::open(&server, "?stream=user", &bob).await;
    server.streaming().wait_for_connections(2).await;
    let connection = |transport, username: &str, stream: &[&str]| StreamingConnection {
        transport,
        username: username.to_owned(),
        streams: vec![stream.iter().map(|part| (*part).to_owned()).collect()],
    };
    let expected = [
        connection(Transport::Sse, "alice", &["hashtag", "Rust"]),
        connection(Transport::WebSocket, "bob", &["user"]),
    ];
    assert_eq!(server.streaming().connections(), expected);
}

#[tokio::test]
async fn heartbeat_can_be_sent_on_demand() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut sse = SseClient::open(&server, "/user", &token).await;
    let mut ws = WsClient::open(&server, "?stream=user", &token).await;
    server.streaming().wait_for_connections(2).await;
    server.streaming().send_heartbeat();
    assert_eq!(sse.next().await, Received::Comment("thump".to_owned()));
    assert_eq!(
        ws.0.next().await.unwrap().unwrap(),
        Message::Ping("".into())
    );
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn sse_heartbeat_is_sent_every_15_seconds() {
    let server = TestServer::start().await.unwrap();
    let mut sse = SseClient::open(&server, "/user", &server.token("alice", "read")).await;
    let opened = tokio::time::Instant::now();
    for seconds in [15, 30] {
        assert_eq!(sse.next().await, Received::Comment("thump".to_owned()));
        assert_eq!(opened.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn slow_reader_is_disconnected_when_its_queue_is_full() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let mut slow = SseClient::open(&server, "/user", &alice.token).await;
    let _slow = WsClient::open(&server, "?stream=user", &alice.token).await;
    server.streaming().wait_for_connections(2).await;
    let text = "x".repeat(4000);
    let mut sent = 0;
    // The queue and the socket buffers limit the data that is buffered for a slow reader.
    while !server.streaming().connections().is_empty() {
        server.publish_announcement(&text);
        sent += 1;
        assert!(sent < 20_000, "the slow readers are still connected");
        tokio::task::yield_now().await;
    }
    let mut read = 0;
    let end = loop {
        match slow.next().await {
            Received::Event(..) => read += 1,
            end => break end,
        }
    };
    assert!(matches!(end, Received::Disconnected(_)), "{end:?}");
    assert!(read < sent, "read {read} of {sent} events");
}

#[tokio::test]
async fn dropping_the_server_closes_its_streams() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut sse = SseClient::open(&server, "/user", &token).await;
    let mut ws = WsClient::open(&server, "?stream=user", &token).await;
    server.streaming().wait_for_connections(2).await;
    drop(server);
    assert!(matches!(sse.next().await, Received::Disconnected(_)));
    assert!(matches!(ws.next_message().await, None | Some(Err(_))));
}
