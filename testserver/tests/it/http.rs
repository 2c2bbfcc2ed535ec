//! HTTP behavior that all endpoints share.

use std::time::Duration;

use mastodon_test_server::TestServer;

use crate::client::{Client, send_raw};

const RULES: &str = "/api/v1/instance/rules";

#[tokio::test]
async fn deprecated_route_has_a_deprecation_header() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    assert_eq!(
        anonymous
            .get("/api/v1/instance")
            .await
            .header("deprecation"),
        Some("@1668384000")
    );
    assert_eq!(
        anonymous
            .get("/api/v2/instance")
            .await
            .header("deprecation"),
        None
    );
}

#[tokio::test]
async fn date_header_follows_the_server_clock() {
    let server = TestServer::start().await.unwrap();
    server.clock().advance(Duration::from_secs(365 * 86_400));
    let response = Client::anonymous(&server).get(RULES).await;
    let year = server.clock().now().strftime("%Y").to_string();
    assert!(response.header("date").unwrap().contains(&year));
}

#[tokio::test]
async fn head_request_returns_no_body() {
    let server = TestServer::start().await.unwrap();
    for path in ["/", RULES] {
        let request = format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let response = send_raw(&server, &request).await;
        assert!(
            response.starts_with("HTTP/1.1 200") && response.ends_with("\r\n\r\n"),
            "{response}"
        );
    }
}
