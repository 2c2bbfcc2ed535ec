//! WebSocket connections: subscriptions, pings and closing.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::{SseClient, WsClient};
use crate::client::Client;

#[tokio::test]
async fn one_connection_subscribes_to_and_unsubscribes_from_several_streams() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut ws = WsClient::open(&server, "?stream=public", &alice.token).await;
    server.streaming().wait_for_subscriptions(1).await;
    for message in [
        json!({ "type": "subscribe", "stream": "user" }),
        json!({ "type": "subscribe", "stream": ["hashtag"], "tag": "Cats" }),
        // A repeated subscription, and the same hashtag in other case.
        json!({ "type": "subscribe", "stream": "user" }),
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "cats" }),
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "dogs" }),
    ] {
        ws.send(&message).await;
    }
    server.streaming().wait_for_subscriptions(4).await;
    alice.post_text("#cats").await;
    for stream in [
        json!(["user"]),
        json!(["hashtag", "Cats"]),
        json!(["public"]),
    ] {
        let frame = ws.next_json().await;
        assert_eq!(
            (&frame["stream"], &frame["event"]),
            (&stream, &json!("update"))
        );
    }
    for message in [
        json!({ "type": "unsubscribe", "stream": "public" }),
        json!({ "type": "unsubscribe", "stream": "hashtag", "tag": "CATS" }),
        // Unsubscribing without a subscription is no error.
        json!({ "type": "unsubscribe", "stream": "direct" }),
    ] {
        ws.send(&message).await;
    }
    server.streaming().wait_for_subscriptions(2).await;
    let connections = server.streaming().connections();
    assert_eq!(
        connections[0].streams,
        [vec!["user"], vec!["hashtag", "dogs"]]
    );
    alice.post_text("#cats and #dogs").await;
    assert_eq!(ws.next_json().await["stream"], json!(["user"]));
    assert_eq!(ws.next_json().await["stream"], json!(["hashtag", "dogs"]));
}

#[tokio::test]
async fn binary_message_closes_the_connection() {
    let server = TestServer::start().await.unwrap();
    let mut ws = WsClient::open(&server, "?stream=user", &server.token("alice", "read")).await;
    ws.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(ws.next_close().await.unwrap().code, CloseCode::Unsupported);
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn closed_and_dropped_connections_are_removed() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut closing = WsClient::open(&server, "?stream=user", &token).await;
    let dropped = WsClient::open(&server, "?stream=user", &token).await;
    let sse = SseClient::open(&server, "/user", &token).await;
    server.streaming().wait_for_connections(3).await;
    closing.0.close(None).await.unwrap();
    server.streaming().wait_for_connections(2).await;
    drop(dropped);
    server.streaming().wait_for_connections(1).await;
    drop(sse);
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn server_responds_to_a_ping_with_a_pong() {
    let server = TestServer::start().await.unwrap();
    let mut ws = WsClient::open(&server, "?stream=user", &server.token("alice", "read")).await;
    ws.0.send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    let response = ws.0.next().await.unwrap().unwrap();
    assert_eq!(response, Message::Pong("are you there".into()));
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn one_timer_pings_all_connections_whenever_they_were_opened() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let started = tokio::time::Instant::now();
    for seconds in [0, 10, 25] {
        tokio::time::sleep_until(started + Duration::from_secs(seconds)).await;
        let mut ws = WsClient::open(&server, "?stream=user", &token).await;
        if seconds == 25 {
            let ping = ws.0.next().await.unwrap().unwrap();
            assert_eq!(ping, Message::Ping("".into()));
            assert_eq!(started.elapsed().as_secs(), 30);
        }
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn server_pings_every_30_seconds_and_disconnects_clients_that_do_not_respond() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut ws = WsClient::open(&server, "?stream=user", &token).await;
    let _unread = WsClient::open(&server, "?stream=user", &token).await;
    server.streaming().wait_for_connections(2).await;
    let opened = tokio::time::Instant::now();
    for seconds in [30, 60] {
        assert_eq!(
            ws.0.next().await.unwrap().unwrap(),
            Message::Ping("".into())
        );
        assert_eq!(opened.elapsed().as_secs(), seconds);
    }
    // Only the client that reads has responded to the first ping.
    server.streaming().wait_for_connections(1).await;
    assert_eq!(opened.elapsed(), Duration::from_secs(60));
}
