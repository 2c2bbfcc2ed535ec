//! Scheduled statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};
use crate::media::png;

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
    let near = seconds_from_now(&server, 299);
    let too_soon = "Validation failed: Scheduled at date must be in the future";
    for (at, error) in [(near, too_soon), ("soon".to_owned(), "Record invalid")] {
        let status = json!({ "status": "x", "scheduled_at": at });
        let response = alice.post("/api/v1/statuses", status).await;
        assert_eq!((response.status, response.error()), (422, error), "{at}");
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
    let rejected = alice.post("/api/v1/statuses", body).await;
    assert_eq!((rejected.status, rejected.error()), (422, "Record invalid"));
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
async fn status_that_can_no_longer_be_published_is_lost() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bob_id = id(&alice.get("/api/v1/accounts/lookup?acct=bob").await.ok());
    let upload = || async {
        id(&alice
            .send_multipart("POST", "/api/v2/media", &[("file@", &png(2, 2))])
            .await
            .ok())
    };
    let (parent, quoted) = (bob.post_text("parent").await, bob.post_text("quoted").await);
    let (taken, deleted) = (upload().await, upload().await);
    for body in [
        json!({ "in_reply_to_id": parent }),
        json!({ "quoted_status_id": quoted }),
        json!({ "media_ids": [taken] }),
        json!({ "media_ids": [deleted] }),
        // The mentions are resolved when the status is published.
        json!({ "status": "hi @bob and @carol", "allowed_mentions": [bob_id] }),
    ] {
        let mut body = body;
        body["scheduled_at"] = seconds_from_now(&server, 600).into();
        if body["status"].is_null() {
            body["status"] = "lost".into();
        }
        alice.post_status(body).await;
    }
    for status in [parent, quoted] {
        bob.delete(&format!("/api/v1/statuses/{status}")).await.ok();
    }
    alice.delete(&format!("/api/v1/media/{deleted}")).await.ok();
    // A new status can take the media of a scheduled one.
    let taking = json!({ "status": "taken", "media_ids": [taken] });
    let newest = id(&alice.post_status(taking).await);
    server.clock().advance(Duration::from_secs(601));
    assert_eq!(alice.get(LIST).await.ok(), json!([]));
    let home = alice.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_eq!(ids(&home), [newest]);
    assert!(bob.notification_types().await.is_empty());
}

#[tokio::test]
async fn published_status_has_a_new_id_and_the_media() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let image = png(2, 2);
    let parts = [("file@", &image[..])];
    let media = id(&alice
        .send_multipart("POST", "/api/v2/media", &parts)
        .await
        .ok());
    let body = json!({
        "status": "x", "media_ids": [media], "scheduled_at": seconds_from_now(&server, 600),
    });
    let entry = alice.post_status(body).await;
    assert_eq!(id(&entry["media_attachments"][0]), media);
    let path = format!("/api/v1/media/{media}");
    assert_eq!(alice.get(&path).await.status, 200);
    server.clock().advance(Duration::from_secs(601));
    let home = alice.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_ne!(id(&home[0]), id(&entry));
    assert_eq!(id(&home[0]["media_attachments"][0]), media);
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test]
async fn direct_quote_of_another_account_cannot_be_scheduled() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = bob.post_text("quoted").await;
    let mut body =
        json!({ "status": "hi @bob", "visibility": "direct", "quoted_status_id": quoted });
    alice.post_status(body.clone()).await;
    body["scheduled_at"] = seconds_from_now(&server, 600).into();
    let rejected = alice.post("/api/v1/statuses", body).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (
            422,
            "Validation failed: Cannot quote a non-mentioned user in a Private Mention post."
        )
    );
}

#[tokio::test]
async fn every_update_validates_the_time_and_the_limits() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut entry = String::new();
    for _ in 0..25 {
        let body = json!({ "status": "x", "scheduled_at": "2040-01-01T12:00:00Z" });
        entry = format!("{LIST}/{}", id(&alice.post_status(body).await));
    }
    let update = async |at: Option<&str>| {
        let rejected = alice.put(&entry, json!({ "scheduled_at": at })).await;
        (rejected.status, rejected.error().to_owned())
    };
    // The entry itself counts.
    let limit = "Validation failed: You have exceeded the limit of 25 scheduled posts for today";
    let full_day = (422, limit.to_owned());
    assert_eq!(update(Some("2040-01-01T13:00:00Z")).await, full_day);
    assert_eq!(update(Some("2040-01-02T12:00:00Z")).await.0, 200);
    let too_soon = "Validation failed: Scheduled at date must be in the future";
    let past = update(Some("2020-01-01T00:00:00Z")).await;
    assert_eq!(past, (422, too_soon.to_owned()));
    let near = seconds_from_now(&server, 310);
    assert_eq!(update(Some(&near)).await.0, 200);
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(update(None).await, (422, too_soon.to_owned()));
}

#[tokio::test]
async fn application_that_scheduled_a_status_is_that_of_the_published_one() {
    let builder = TestServer::builder().rate_limit("general", 1000);
    let server = builder.start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let (oob, scopes) = ("urn:ietf:wg:oauth:2.0:oob", "read write");
    let body = json!({ "client_name": "Scheduler", "scopes": scopes, "redirect_uris": oob });
    let app = anonymous.post("/api/v1/apps", body).await.ok();
    let page = format!(
        "{}/oauth/authorize?response_type=code&client_id={}&redirect_uri={oob}&scope=read+write",
        server.url(),
        app["client_id"].as_str().unwrap()
    );
    let code = server.authorize(&page, "alice").unwrap();
    let body = json!({
        "grant_type": "authorization_code", "client_id": app["client_id"],
        "client_secret": app["client_secret"], "redirect_uri": oob, "code": code,
    });
    let token = anonymous.post("/oauth/token", body).await.ok();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let scheduler = Client::with_token(&server, token);
    let body = json!({ "status": "x", "scheduled_at": seconds_from_now(&server, 600) });
    let response = scheduler.post("/api/v1/statuses", body).await;
    // Scheduling does not count against the rate limit of statuses, and neither does the publication.
    assert_eq!(response.header("x-ratelimit-remaining"), Some("300"));
    let app_id = id(&app).parse::<u64>().unwrap();
    assert_eq!(response.ok()["params"]["application_id"], app_id);
    server.clock().advance(Duration::from_secs(601));
    let alice = Client::user(&server, "alice");
    let home = alice.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_eq!(home[0]["application"]["name"], "Scheduler");
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
