//! Several streams over one WebSocket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::listener::{Sse, Ws};
use crate::client::Client;

#[tokio::test]
async fn one_connection_carries_several_streams_and_gives_them_up_one_by_one() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut ws = Ws::open(&server, "?stream=public", &alice.token).await;
    server.streaming().subscribed(1).await;
    for message in [
        json!({ "type": "subscribe", "stream": "user" }),
        json!({ "type": "subscribe", "stream": ["hashtag"], "tag": "Cats" }),
        // The same once more, and the same hashtag in other letters.
        json!({ "type": "subscribe", "stream": "user" }),
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "cats" }),
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "dogs" }),
    ] {
        ws.say(&message).await;
    }
    server.streaming().subscribed(4).await;
    alice.says("#cats").await;
    for stream in [
        json!(["public"]),
        json!(["user"]),
        json!(["hashtag", "Cats"]),
    ] {
        let frame = ws.frame().await;
        assert_eq!(
            (&frame["stream"], &frame["event"]),
            (&stream, &json!("update"))
        );
    }
    for message in [
        json!({ "type": "unsubscribe", "stream": "public" }),
        json!({ "type": "unsubscribe", "stream": "hashtag", "tag": "CATS" }),
        // Nobody minds what is not there.
        json!({ "type": "unsubscribe", "stream": "direct" }),
    ] {
        ws.say(&message).await;
    }
    server.streaming().subscribed(2).await;
    let connections = server.streaming().connections();
    assert_eq!(
        connections[0].streams,
        [vec!["user"], vec!["hashtag", "dogs"]]
    );
    alice.says("#cats and #dogs").await;
    assert_eq!(ws.frame().await["stream"], json!(["user"]));
    assert_eq!(ws.frame().await["stream"], json!(["hashtag", "dogs"]));
}

#[tokio::test]
async fn a_binary_message_closes_the_connection() {
    let server = TestServer::start().await.unwrap();
    let mut ws = Ws::open(&server, "?stream=user", &server.token("alice", "read")).await;
    ws.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(ws.closed().await.unwrap().code, CloseCode::Unsupported);
    server.streaming().connected(0).await;
}

#[tokio::test]
async fn who_closes_or_goes_away_is_forgotten() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut closes = Ws::open(&server, "?stream=user", &token).await;
    let vanishes = Ws::open(&server, "?stream=user", &token).await;
    let reads = Sse::open(&server, "/user", &token).await;
    server.streaming().connected(3).await;
    closes.0.close(None).await.unwrap();
    server.streaming().connected(2).await;
    drop(vanishes);
    server.streaming().connected(1).await;
    drop(reads);
    server.streaming().connected(0).await;
}

#[tokio::test]
async fn a_ping_is_answered() {
    let server = TestServer::start().await.unwrap();
    let mut ws = Ws::open(&server, "?stream=user", &server.token("alice", "read")).await;
    ws.0.send(Message::Ping("are you there".into()))
        .await
        .unwrap();
    let answer = ws.0.next().await.unwrap().unwrap();
    assert_eq!(answer, Message::Pong("are you there".into()));
}

#[tokio::test(start_paused = true)]
async fn the_server_pings_every_half_minute_and_gives_up_who_does_not_answer() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut ws = Ws::open(&server, "?stream=user", &token).await;
    let _deaf = Ws::open(&server, "?stream=user", &token).await;
    server.streaming().connected(2).await;
    let opened = tokio::time::Instant::now();
    for seconds in [30, 60] {
        assert_eq!(
            ws.0.next().await.unwrap().unwrap(),
            Message::Ping("".into())
        );
        assert_eq!(opened.elapsed().as_secs(), seconds);
    }
    // Reading has answered the first ping of one of the two.
    server.streaming().connected(1).await;
    assert_eq!(opened.elapsed(), Duration::from_secs(60));
}
