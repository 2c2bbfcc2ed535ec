//! Rate limits and their headers.

use std::io::ErrorKind;
use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, Response, send};

const STATUSES: &str = "/api/v1/statuses";
const RULES: &str = "/api/v1/instance/rules";

/// Returns the limit and the remaining requests from the headers.
pub(crate) fn rate_limit(response: &Response) -> (u32, u32) {
    let number = |name: &str| response.header(name).unwrap().parse().unwrap();
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"))
}

#[tokio::test]
async fn every_api_response_has_rate_limit_headers() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.get(RULES).await;
    assert_eq!(rate_limit(&first), (300, 299));
    let reset = first.header("x-ratelimit-reset").unwrap();
    let reset: jiff::Timestamp = reset.parse().unwrap();
    assert_eq!(
        reset.as_second() % 300,
        0,
        "windows start at multiples of their length"
    );
    assert!(reset > server.clock().now());
    let header = first.header("x-ratelimit-reset").unwrap();
    assert_eq!(
        header.len(),
        "2026-08-07T12:05:00.123456Z".len(),
        "{header}"
    );
    // Error responses count and have the headers too.
    let missing = alice.get("/api/v1/statuses/1").await;
    assert_eq!((missing.status, rate_limit(&missing)), (404, (300, 298)));
    assert_eq!(
        alice
            .get("/oauth/userinfo")
            .await
            .header("x-ratelimit-limit"),
        None
    );
}

#[tokio::test]
async fn exhausted_limit_is_restored_in_the_next_window() {
    let server = TestServer::builder()
        .rate_limit("general", 2)
        .start()
        .await
        .unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    for remaining in [1, 0] {
        assert_eq!(rate_limit(&alice.get(RULES).await), (2, remaining));
    }
    let rejected = alice.get(RULES).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (429, "Too many requests")
    );
    assert_eq!(rate_limit(&rejected), (2, 0));
    assert_eq!(rejected.header("retry-after"), None);
    // Other tokens and requests without a token have their own limits.
    assert_eq!(Client::user(&server, "alice").get(RULES).await.status, 200);
    assert_eq!(anonymous.get(RULES).await.status, 200);
    server.clock().advance(Duration::from_secs(300));
    assert_eq!(alice.get(RULES).await.status, 200);
}

#[tokio::test]
async fn user_limit_covers_all_tokens() {
    let server = TestServer::start().await.unwrap();
    let mut last = 0;
    for _ in 0..5 {
        let token = server.token("alice", "read");
        for _ in 0..300 {
            last = send(&server, "GET", RULES, &token, &[], b"").await.status;
        }
    }
    assert_eq!(last, 200);
    let one_more = send(
        &server,
        "GET",
        RULES,
        &server.token("alice", "read"),
        &[],
        b"",
    )
    .await;
    assert_eq!((one_more.status, rate_limit(&one_more)), (429, (1500, 0)));
}

#[tokio::test]
async fn each_bucket_has_its_own_limit_and_headers_report_the_tightest() {
    let server = TestServer::builder()
        .rate_limit("paging", 2)
        .rate_limit("deletions", 1)
        .rate_limit("apps", 1)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let page = "/api/v1/timelines/public?max_id=999999999999999999";
    assert_eq!(rate_limit(&alice.get(page).await), (2, 1));
    assert_eq!(
        rate_limit(&alice.get("/api/v1/timelines/public").await),
        (300, 298)
    );
    alice.get(page).await.ok();
    assert_eq!(alice.get(page).await.status, 429);
    let mut codes = Vec::new();
    for text in ["a", "b"] {
        let status = alice.post(STATUSES, json!({ "status": text })).await.ok();
        let path = format!("{STATUSES}/{}", status["id"].as_str().unwrap());
        codes.push(alice.delete(&path).await.status);
    }
    assert_eq!(codes, [200, 429]);
    let app = json!({ "client_name": "x", "redirect_uris": "https://a.example" });
    let anonymous = Client::anonymous(&server);
    anonymous.post("/api/v1/apps", app.clone()).await.ok();
    assert_eq!(anonymous.post("/api/v1/apps", app).await.status, 429);
}

#[tokio::test]
async fn only_published_statuses_count_against_the_status_limit() {
    let server = TestServer::builder()
        .rate_limit("statuses", 2)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    assert_eq!(
        alice.post(STATUSES, json!({ "status": "" })).await.status,
        422
    );
    let first = alice.post(STATUSES, json!({ "status": "a" })).await;
    assert_eq!(rate_limit(&first), (2, 1));
    let path = format!("{STATUSES}/{}", first.json["id"].as_str().unwrap());
    let edited = alice.put(&path, json!({ "status": "b" })).await;
    assert_eq!(
        (edited.status, rate_limit(&edited)),
        (200, (2, 0)),
        "an edit counts"
    );
    let boost = alice.post(&format!("{path}/reblog"), json!({})).await;
    assert_eq!(
        (boost.status, rate_limit(&boost)),
        (200, (2, 0)),
        "a boost has the headers but does not count"
    );
    let later = json!({ "status": "e", "scheduled_at": "2099-01-01T00:00:00Z" });
    assert_eq!(alice.post(STATUSES, later).await.status, 200);
    assert_eq!(
        alice.post(STATUSES, json!({ "status": "d" })).await.status,
        429
    );
    server.clock().advance(Duration::from_secs(10_800));
    alice.post(STATUSES, json!({ "status": "d" })).await.ok();
}

#[tokio::test]
async fn limits_can_be_disabled_and_unknown_bucket_names_are_rejected() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    for _ in 0..310 {
        alice.get(RULES).await.ok();
    }
    let unknown = TestServer::builder().rate_limit("dances", 1).start().await;
    assert_eq!(
        unknown.err().map(|error| error.kind()),
        Some(ErrorKind::InvalidInput)
    );
}
