//! The host that serves streams.

use std::net::SocketAddr;

use mastodon_test_server::TestServer;

use super::client::{SseClient, WsClient};
use crate::client::{Client, send};

#[tokio::test]
async fn instance_reports_the_streaming_url() {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    for builder in [
        TestServer::builder(),
        TestServer::builder().streaming_address(address),
    ] {
        let server = builder.start().await.unwrap();
        let anonymous = Client::anonymous(&server);
        let v2 = anonymous.get("/api/v2/instance").await.ok();
        assert_eq!(
            v2["configuration"]["urls"]["streaming"],
            server.streaming_url()
        );
        let v1 = anonymous.get("/api/v1/instance").await.ok();
        assert_eq!(v1["urls"]["streaming_api"], server.streaming_url());
    }
}

#[tokio::test]
async fn main_host_redirects_to_a_separate_streaming_host() {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = TestServer::builder().streaming_address(address);
    let server = server.start().await.unwrap();
    assert_ne!(server.streaming_url(), server.url().replace("http", "ws"));
    let alice = Client::user(&server, "alice");
    for path in ["", "/user", "/hashtag?tag=rust", "/health"] {
        let path = format!("/api/v1/streaming{path}");
        let response = alice.get(&path).await;
        assert_eq!(response.status, 301);
        // The scheme stays, although the address of streams is that of a WebSocket.
        let host = server.streaming_url().replace("ws", "http");
        let expected = format!("{host}{path}");
        assert_eq!(response.header("location"), Some(&expected[..]));
    }
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    let mut ws = WsClient::open(&server, "?stream=user", &alice.token).await;
    server.streaming().wait_for_connections(2).await;
    alice.post_text("x").await;
    assert_eq!(sse.next_event().await.0, "update");
    assert_eq!(ws.next_json().await["event"], "update");
    // The streaming host serves nothing else.
    let host = server.streaming_url().replace("ws", "http");
    assert_eq!(fetch_status_code(&host, "/api/v1/instance").await, 400);
}

async fn fetch_status_code(host: &str, path: &str) -> u16 {
    crate::client::send_to(host, "GET", path, "", &[], b"")
        .await
        .status
}

#[tokio::test]
async fn shared_host_serves_streams_itself() {
    let server = TestServer::start().await.unwrap();
    assert_eq!(server.streaming_url(), server.url().replace("http", "ws"));
    let response = send(&server, "GET", "/api/v1/streaming/health", "", &[], b"").await;
    assert_eq!(response.status, 200);
}
