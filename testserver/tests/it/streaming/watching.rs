//! The server watched from inside: who listens, heartbeats, and listeners who do not read.

use futures_util::StreamExt;
use mastodon_test_server::{Connection, TestServer, Transport};
use tokio_tungstenite::tungstenite::Message;

use super::listener::{Got, Sse, Ws};
use crate::client::Client;

#[tokio::test]
async fn a_test_sees_who_listens_to_what() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.token("alice", "read"), server.token("bob", "read"));
    let _sse = Sse::open(&server, "/hashtag?tag=Rust", &alice).await;
    let _ws = Ws::open(&server, "?stream=user", &bob).await;
    server.streaming().connected(2).await;
    let connection = |transport, username: &str, stream: &[&str]| Connection {
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
async fn a_heartbeat_can_be_had_at_once() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut sse = Sse::open(&server, "/user", &token).await;
    let mut ws = Ws::open(&server, "?stream=user", &token).await;
    server.streaming().connected(2).await;
    server.streaming().thump();
    assert_eq!(sse.next().await, Got::Comment("thump".to_owned()));
    assert_eq!(
        ws.0.next().await.unwrap().unwrap(),
        Message::Ping("".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_comes_every_quarter_of_a_minute() {
    let server = TestServer::start().await.unwrap();
    let mut sse = Sse::open(&server, "/user", &server.token("alice", "read")).await;
    let opened = tokio::time::Instant::now();
    for seconds in [15, 30] {
        assert_eq!(sse.next().await, Got::Comment("thump".to_owned()));
        assert_eq!(opened.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn who_does_not_read_is_cut_and_holds_nobody_up() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let mut slow = Sse::open(&server, "/user", &alice.token).await;
    let _slow = Ws::open(&server, "?stream=user", &alice.token).await;
    server.streaming().connected(2).await;
    let text = "x".repeat(4000);
    let mut sent = 0;
    // What fits into the queue and into the buffers of the operating system is the most that waits.
    while !server.streaming().connections().is_empty() {
        server.announce(&text);
        sent += 1;
        assert!(sent < 20_000, "nobody is cut");
        tokio::task::yield_now().await;
    }
    let mut read = 0;
    let end = loop {
        match slow.next().await {
            Got::Event(..) => read += 1,
            end => break end,
        }
    };
    assert!(matches!(end, Got::Cut(_)), "{end:?}");
    assert!(read < sent, "{read} of {sent}");
}

#[tokio::test]
async fn a_server_that_ends_ends_its_streams() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let mut sse = Sse::open(&server, "/user", &token).await;
    let mut ws = Ws::open(&server, "?stream=user", &token).await;
    server.streaming().connected(2).await;
    drop(server);
    assert!(matches!(sse.next().await, Got::Cut(_)));
    assert!(matches!(ws.message().await, None | Some(Err(_))));
}
