//! Faults that tests inject into HTTP responses.

use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};

use serde_json::{Value, json};

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

const HOME: &str = "/api/v1/timelines/home";
const ACCOUNT: &str = "/api/v1/accounts/verify_credentials";

#[tokio::test]
async fn single_value_of_a_real_response_can_be_changed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let original = alice.get(ACCOUNT).await.ok();
    server.inject(Fault::patch_json("/source/fields", "none").on("GET", ACCOUNT));
    server.inject(Fault::remove_json("/acct").on("GET", ACCOUNT));
    alice.get(RULES).await.ok();
    let changed = alice.get(ACCOUNT).await.ok();
    let mut expected = original.clone();
    expected["source"]["fields"] = json!("none");
    expected.as_object_mut().unwrap().remove("acct");
    assert_eq!(changed, expected);
    assert_eq!(alice.get(ACCOUNT).await.ok(), original);
}

#[tokio::test]
async fn value_can_be_changed_in_every_item_of_a_list() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for text in ["one", "two"] {
        alice.post_text(text).await;
    }
    server.inject(Fault::patch_json("/*/account/display_name", Value::Null).on("GET", HOME));
    server.inject(Fault::patch_json("/1/card", json!({ "url": 7 })).on("GET", HOME));
    let home = alice.get(HOME).await.ok();
    let values = |pointer: &str| [0, 1].map(|item| home[item].pointer(pointer).cloned().unwrap());
    assert_eq!(values("/account/display_name"), [Value::Null, Value::Null]);
    assert_eq!(values("/card"), [Value::Null, json!({ "url": 7 })]);
    assert_eq!(
        values("/account/username"),
        [json!("alice"), json!("alice")]
    );
}

#[tokio::test]
async fn change_waits_for_a_response_that_has_its_place() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bookmarks = "/api/v1/bookmarks";
    server.inject(Fault::patch_json("/0/content", 1).on("GET", bookmarks));
    assert_eq!(alice.get(bookmarks).await.ok(), json!([]));
    assert_eq!(server.pending_faults(), 1);
    let status = alice.post_text("one").await;
    let path = format!("{STATUSES}/{status}/bookmark");
    alice.post(&path, json!({})).await.ok();
    assert_eq!(alice.get(bookmarks).await.ok()[0]["content"], 1);
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn response_can_contain_bytes_that_are_not_valid_json() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = async |faults: &[Fault]| {
        for fault in faults {
            server.inject(fault.clone().on("GET", ACCOUNT));
        }
        let response = alice.get(ACCOUNT).await;
        assert_eq!(response.status, 200);
        let length = response.header("content-length").unwrap();
        assert_eq!(length.parse(), Ok(response.bytes.len()));
        response.bytes
    };
    let original = body(&[]).await;
    let contains = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|own| own == part);
    let changed = body(&[
        Fault::patch_json_raw("/display_name", *b"\"Jos\xe9\""),
        Fault::patch_json_raw("/followers_count", "1e999"),
    ])
    .await;
    assert!(contains(&changed, b"\"display_name\":\"Jos\xe9\","));
    assert!(contains(&changed, b"\"followers_count\":1e999,"));
    assert_eq!(body(&[Fault::patch_json_raw("", "")]).await, b"");
    assert_eq!(body(&[Fault::patch_json("", Value::Null)]).await, b"null");
    let marked = body(&[Fault::byte_order_mark()]).await;
    assert_eq!(marked.strip_prefix(b"\xef\xbb\xbf"), Some(&original[..]));
    let shortened = body(&[Fault::shortened_body()]).await;
    assert_eq!(shortened, original[..original.len() / 2]);
}

#[tokio::test]
async fn headers_of_a_real_response_can_be_changed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let original = alice.get(ACCOUNT).await.ok();
    server.inject(Fault::content_type("text/html"));
    server.inject(Fault::header("X-RateLimit-Reset", "soon"));
    let response = alice.get(ACCOUNT).await;
    assert_eq!(response.header("content-type"), Some("text/html"));
    assert_eq!(response.header("x-ratelimit-reset"), Some("soon"));
    assert_eq!(response.ok(), original);
}
