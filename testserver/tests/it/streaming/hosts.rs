//! Where streams are.

use std::net::SocketAddr;

use mastodon_test_server::TestServer;

use super::listener::{Sse, Ws};
use crate::client::{Client, send};

#[tokio::test]
async fn the_instance_names_the_host_for_streams() {
    let apart = SocketAddr::from(([127, 0, 0, 1], 0));
    for builder in [
        TestServer::builder(),
        TestServer::builder().streaming_address(apart),
    ] {
        let server = builder.start().await.unwrap();
        let visitor = Client::visitor(&server);
        let v2 = visitor.get("/api/v2/instance").await.ok();
        assert_eq!(
            v2["configuration"]["urls"]["streaming"],
            server.streaming_url()
        );
        let v1 = visitor.get("/api/v1/instance").await.ok();
        assert_eq!(v1["urls"]["streaming_api"], server.streaming_url());
    }
}

#[tokio::test]
async fn with_a_host_for_streams_alone_the_other_one_sends_there() {
    let apart = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = TestServer::builder().streaming_address(apart);
    let server = server.start().await.unwrap();
    assert_ne!(server.streaming_url(), server.url().replace("http", "ws"));
    let alice = Client::user(&server, "alice");
    for path in ["", "/user", "/hashtag?tag=rust", "/health"] {
        let path = format!("/api/v1/streaming{path}");
        let answer = alice.get(&path).await;
        assert_eq!(answer.status, 301);
        let there = format!("{}{path}", server.streaming_url());
        assert_eq!(answer.header("location"), Some(&there[..]));
    }
    let mut sse = Sse::open(&server, "/user", &alice.token).await;
    let mut ws = Ws::open(&server, "?stream=user", &alice.token).await;
    server.streaming().connected(2).await;
    alice.says("x").await;
    assert_eq!(sse.event().await.0, "update");
    assert_eq!(ws.frame().await["event"], "update");
    // The host for streams has nothing else.
    let host = server.streaming_url().replace("ws", "http");
    assert_eq!(answer_of(&host, "/api/v1/instance").await, 400);
}

async fn answer_of(host: &str, path: &str) -> u16 {
    crate::client::send_to(host, "GET", path, "", &[], b"")
        .await
        .status
}

#[tokio::test]
async fn one_host_for_everything_answers_itself() {
    let server = TestServer::start().await.unwrap();
    assert_eq!(server.streaming_url(), server.url().replace("http", "ws"));
    let answer = send(&server, "GET", "/api/v1/streaming/health", "", &[], b"").await;
    assert_eq!(answer.status, 200);
}
