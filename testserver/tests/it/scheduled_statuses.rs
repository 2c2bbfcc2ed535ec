//! Scheduled statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

const LIST: &str = "/api/v1/scheduled_statuses";

/// Returns the server's time plus the given number of seconds.
fn seconds_from_now(server: &TestServer, seconds: u64) -> String {
    (server.clock().now() + Duration::from_secs(seconds)).to_string()
}

#[tokio::test]
async fn scheduled_status_is_listed_and_then_published_on_time() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let root = bob.post_text("when?").await;
    let body = json!({
        "status": "now @bob", "scheduled_at": seconds_from_now(&server, 600), "in_reply_to_id": root, "visibility": "unlisted",
        "poll": { "options": ["a", "b"], "expires_in": 300 },
    });
    let entry = alice.post_status(body).await;
    let params = &entry["params"];
    assert_eq!(params["text"], "now @bob");
    assert_eq!(params["visibility"], "unlisted");
    assert_eq!(params["in_reply_to_id"], root.parse::<u64>().unwrap());
    assert_eq!(params["poll"]["options"], json!(["a", "b"]));
    assert_eq!(params["scheduled_at"], Value::Null);
    assert_eq!(params["with_rate_limit"], false);
    assert_eq!(
        alice.get(&format!("{LIST}/{}", id(&entry))).await.ok(),
        entry
    );
    assert_eq!(bob.get(&format!("{LIST}/{}", id(&entry))).await.status, 404);
    assert!(bob.notification_types().await.is_empty());
    server.clock().advance(Duration::from_secs(601));
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
    assert_eq!(bob.notification_types().await, ["mention"]);
    let context = bob
        .get(&format!("/api/v1/statuses/{root}/context"))
        .await
        .ok();
    let published = &context["descendants"][0];
    assert_eq!(published["created_at"], entry["scheduled_at"]);
    assert_eq!(published["visibility"], "unlisted");
    assert_eq!(published["poll"]["options"][0]["title"], "a");
}

#[tokio::test]
async fn past_scheduled_time_publishes_immediately_and_a_near_one_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let past = json!({ "status": "x", "scheduled_at": "2020-01-01T00:00:00Z" });
    assert_eq!(alice.post_status(past).await["content"], "<p>x</p>");
    for at in [seconds_from_now(&server, 299), "soon".to_owned()] {
        let status = json!({ "status": "x", "scheduled_at": at });
        let response = alice.post("/api/v1/statuses", status).await;
        assert_eq!(response.status, 422, "{at}");
    }
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
    let later = json!({ "status": "x", "scheduled_at": seconds_from_now(&server, 301) });
    assert_eq!(alice.post_status(later).await["params"]["text"], "x");
}

#[tokio::test]
async fn invalid_status_is_not_scheduled() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = json!({ "status": "x".repeat(501), "scheduled_at": seconds_from_now(&server, 600) });
    assert_eq!(alice.post("/api/v1/statuses", body).await.status, 422);
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
}

#[tokio::test]
async fn scheduled_status_can_be_rescheduled_or_cancelled() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let schedule = async |text: &str| {
        let body = json!({ "status": text, "scheduled_at": seconds_from_now(&server, 600) });
        id(&alice.post_status(body).await)
    };
    let (moved, cancelled) = (schedule("moved").await, schedule("cancelled").await);
    let path = format!("{LIST}/{moved}");
    let body = json!({ "scheduled_at": seconds_from_now(&server, 1200) });
    let entry = alice.put(&path, body).await.ok();
    assert_eq!(entry["params"]["text"], "moved");
    let too_early = json!({ "scheduled_at": seconds_from_now(&server, 60) });
    assert_eq!(alice.put(&path, too_early).await.status, 422);
    assert_eq!(
        alice.delete(&format!("{LIST}/{cancelled}")).await.ok(),
        json!({})
    );
    let newest_content = async || {
        let home = alice.get("/api/v1/timelines/home?limit=1").await.ok();
        home[0]["content"].clone()
    };
    let before = newest_content().await;
    server.clock().advance(Duration::from_secs(601));
    assert_eq!(
        newest_content().await,
        before,
        "neither status is published at the original time"
    );
    assert_eq!(ids(&alice.get(LIST).await.ok()), [moved]);
    server.clock().advance(Duration::from_secs(600));
    assert_eq!(newest_content().await, "<p>moved</p>");
}

#[tokio::test]
async fn scheduled_statuses_are_paged_newest_first() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for number in 0..3 {
        let body =
            json!({ "status": number.to_string(), "scheduled_at": seconds_from_now(&server, 600) });
        alice.post_status(body).await;
    }
    let first = alice.get(&format!("{LIST}?limit=2")).await;
    let next = first.link("next").unwrap();
    let texts = |page: Value| {
        let entries = page.as_array().unwrap().clone();
        let texts = entries
            .into_iter()
            .map(|entry| entry["params"]["text"].clone());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(texts(first.ok()), ["2", "1"]);
    assert_eq!(texts(alice.get(&next).await.ok()), ["0"]);
}

#[tokio::test]
async fn at_most_25_statuses_can_be_scheduled_for_one_day() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = || json!({ "status": "x", "scheduled_at": "2040-01-01T12:00:00Z" });
    for _ in 0..25 {
        alice.post_status(body()).await;
    }
    let rejected = alice.post("/api/v1/statuses", body()).await;
    assert_eq!(
        rejected.error(),
        "Validation failed: You have exceeded the limit of 25 scheduled posts for today"
    );
}
