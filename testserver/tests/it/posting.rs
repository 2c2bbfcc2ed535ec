//! Idempotency keys, and requests that the server is still working on when their connection ends.

use std::time::Duration;

use mastodon_test_server::{Fault, IdempotencyKeys, TestServer};
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Client, Response, id, send};

const STATUSES: &str = "/api/v1/statuses";

/// A server with these rules that works for this long on each POST request.
async fn start_server(keys: IdempotencyKeys, work: u64) -> TestServer {
    let server = TestServer::start().await.unwrap();
    server.set_idempotency_keys(keys);
    server.set_work_time(Duration::from_millis(work));
    server
}

/// Posts with the idempotency key `key`.
async fn post(server: &TestServer, text: &str, scheduled_at: Option<&str>) -> Response {
    let token = Client::user(server, "alice").token;
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "key"),
    ];
    let body = json!({ "status": text, "scheduled_at": scheduled_at }).to_string();
    send(server, "POST", STATUSES, &token, &headers, body.as_bytes()).await
}

/// Number of alice's statuses and scheduled statuses with the text.
async fn count(server: &TestServer, text: &str) -> usize {
    let alice = Client::user(server, "alice");
    let me = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    let statuses = format!("/api/v1/accounts/{}/statuses", id(&me));
    let statuses = alice.get(&statuses).await.ok();
    let scheduled = alice.get("/api/v1/scheduled_statuses").await.ok();
    let content = format!("<p>{text}</p>");
    let published = statuses.as_array().unwrap().iter();
    let published = published.filter(|status| status["content"] == content.as_str());
    let scheduled = scheduled.as_array().unwrap().iter();
    let scheduled = scheduled.filter(|status| status["params"]["text"] == text);
    published.count() + scheduled.count()
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn overlapping_requests_post_twice_unless_the_key_is_locked() {
    for (keys, statuses) in [
        (IdempotencyKeys::Locked, [200, 200]),
        (IdempotencyKeys::LockedAndFailing, [200, 500]),
        (IdempotencyKeys::StoredAfterPosting, [200, 200]),
        (IdempotencyKeys::Ignored, [200, 200]),
    ] {
        let server = start_server(keys, 1000).await;
        let (first, second) = tokio::join!(post(&server, "a", None), post(&server, "a", None));
        let mut actual = [first.status, second.status];
        actual.sort_unstable();
        assert_eq!(actual, statuses, "{keys:?}");
        let is_locked = matches!(
            keys,
            IdempotencyKeys::Locked | IdempotencyKeys::LockedAndFailing
        );
        let expected = if is_locked { 1 } else { 2 };
        assert_eq!(count(&server, "a").await, expected, "{keys:?}");
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn later_request_with_the_same_key_posts_only_if_keys_are_ignored() {
    const FUTURE: Option<&str> = Some("2100-01-01T00:00:00Z");
    for (keys, published, scheduled) in [
        (IdempotencyKeys::Locked, 200, 200),
        (IdempotencyKeys::LockedAndFailing, 500, 404),
        (IdempotencyKeys::StoredAfterPosting, 200, 404),
        (IdempotencyKeys::Ignored, 200, 200),
    ] {
        for (text, time, status) in [("now", None, published), ("later", FUTURE, scheduled)] {
            let server = start_server(keys, 0).await;
            assert_eq!(post(&server, text, time).await.status, 200);
            assert_eq!(post(&server, text, time).await.status, status, "{keys:?}");
            let expected = if keys == IdempotencyKeys::Ignored {
                2
            } else {
                1
            };
            assert_eq!(count(&server, text).await, expected, "{keys:?} {text}");
        }
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn request_waits_ten_seconds_for_a_locked_key() {
    let server = start_server(IdempotencyKeys::Locked, 30_000).await;
    let start = Instant::now();
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let response = post(&server, "a", None).await;
        (response.status, start.elapsed().as_secs())
    };
    let (first, second) = tokio::join!(post(&server, "a", None), second);
    assert_eq!((first.status, second), (200, (503, 11)));
    assert_eq!(count(&server, "a").await, 1);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn server_finishes_a_request_whose_connection_has_ended() {
    let server = start_server(IdempotencyKeys::StoredAfterPosting, 1000).await;
    let time = Duration::from_millis(20);
    server.inject(Fault::status_after(time, 504).on("POST", STATUSES));
    let start = Instant::now();
    let response = post(&server, "a", None).await;
    assert_eq!(
        (response.status, response.error()),
        (504, "Gateway Timeout")
    );
    assert_eq!(start.elapsed().as_millis(), 20);
    assert_eq!(count(&server, "a").await, 0, "the server is still working");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(count(&server, "a").await, 1);

    server.inject(Fault::status_after(2 * Duration::from_secs(1), 504).on("POST", STATUSES));
    server.set_idempotency_keys(IdempotencyKeys::Ignored);
    let response = post(&server, "b", None).await;
    assert_eq!(response.status, 200, "the server was faster");
    assert_eq!(server.pending_faults(), 0);
}
