//! Faults that tests inject into HTTP responses.

use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};

use crate::client::{Client, send_raw};
use crate::rate_limits::rate_limit;

const STATUSES: &str = "/api/v1/statuses";
const RULES: &str = "/api/v1/instance/rules";

#[tokio::test]
async fn fault_applies_the_given_number_of_times_and_only_to_its_route() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::status(503).times(2).on("get", "/api/v1/instance/"));
    let alice = Client::user(&server, "alice");
    assert_eq!(alice.get("/api/v2/instance").await.status, 200);
    for _ in 0..2 {
        let response = alice.get(RULES).await;
        assert_eq!(
            (response.status, response.error()),
            (503, "Service Unavailable")
        );
    }
    assert_eq!(alice.get(RULES).await.status, 200);
    server.inject(Fault::response(502, "text/html", "<h1>Bad gateway</h1>"));
    let response = alice.get(RULES).await;
    assert_eq!(
        (response.status, response.header("content-type")),
        (502, Some("text/html"))
    );
    server.inject(Fault::status(500).times(100));
    server.clear_faults();
    assert_eq!(alice.get(RULES).await.status, 200);
}

#[tokio::test]
async fn rate_limited_response_can_be_simulated() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::rate_limited());
    let alice = Client::user(&server, "alice");
    let rejected = alice.get(RULES).await;
    assert_eq!((rejected.status, rate_limit(&rejected)), (429, (300, 0)));
    assert_eq!(rate_limit(&alice.get(RULES).await), (300, 299));
}

#[tokio::test]
async fn disconnect_loses_the_request_and_lost_response_only_the_response() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "write");
    let post = format!(
        "POST {STATUSES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 19\r\n\r\n{{\"status\":\"unique\"}}"
    );
    let alice = Client::user(&server, "alice");
    let count_in_home = async || {
        let home = alice.get("/api/v1/timelines/home").await.ok();
        home.to_string().matches(">unique<").count()
    };
    server.inject(Fault::disconnect());
    assert_eq!(send_raw(&server, &post).await, "");
    assert_eq!(count_in_home().await, 0);
    server.inject(Fault::lost_response());
    assert_eq!(send_raw(&server, &post).await, "");
    assert_eq!(count_in_home().await, 1);
}

#[tokio::test]
async fn truncated_body_is_shorter_than_its_content_length() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::truncated_body());
    let get = format!("GET {RULES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let truncated = send_raw(&server, &get).await;
    let complete = send_raw(&server, &get).await;
    let body = |response: &str| response.split_once("\r\n\r\n").unwrap().1.to_owned();
    let length = format!("content-length: {}\r\n", body(&complete).len());
    assert!(
        truncated.starts_with("HTTP/1.1 200") && truncated.contains(&length),
        "{truncated}"
    );
    assert_eq!(body(&truncated).len(), body(&complete).len() / 2);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn latency_follows_the_server_clock() {
    let server = TestServer::start().await.unwrap();
    server.inject(Fault::latency(Duration::from_secs(5)));
    let before = server.clock().now();
    assert_eq!(Client::anonymous(&server).get(RULES).await.status, 200);
    let waited = server.clock().now().duration_since(before);
    assert!(waited.as_secs() >= 5, "{waited}");
}
