//! Idempotency keys, and requests that the server is still working on when their connection ends.

use std::time::Duration;

use mastodon_test_server::{Fault, IdempotencyKeys, PostingBehavior, TestServer};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Client, Response, id, ids, send};
use crate::streaming::client::SseClient;

const STATUSES: &str = "/api/v1/statuses";

/// A server with these rules that works for this long on each POST request.
async fn start_server(keys: IdempotencyKeys, work: u64) -> TestServer {
    let server = TestServer::start().await.unwrap();
    server.set_idempotency_keys(keys);
    server.set_work_time(Duration::from_millis(work));
    server
}

/// Posts as alice with the idempotency key `key`.
async fn post(server: &TestServer, text: &str, scheduled_at: Option<&str>) -> Response {
    let body = json!({ "status": text, "scheduled_at": scheduled_at });
    post_as(server, "alice", body).await
}

/// Posts as a user, with a new token and the idempotency key `key`.
async fn post_as(server: &TestServer, username: &str, body: Value) -> Response {
    let token = Client::user(server, username).token;
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "key"),
    ];
    let body = body.to_string();
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
        (IdempotencyKeys::StoredUnlessScheduled, [200, 200]),
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
async fn later_request_with_the_same_key_is_answered_as_the_version_does() {
    const FUTURE: Option<&str> = Some("2100-01-01T00:00:00Z");
    // The rules, then the status of the response and the number of posts: published ones, then scheduled ones.
    for (keys, published, scheduled) in [
        (IdempotencyKeys::Locked, (200, 1), (200, 1)),
        (IdempotencyKeys::LockedAndFailing, (500, 1), (404, 1)),
        (IdempotencyKeys::StoredAfterPosting, (200, 1), (404, 1)),
        (IdempotencyKeys::StoredUnlessScheduled, (200, 1), (200, 2)),
        (IdempotencyKeys::Ignored, (200, 2), (200, 2)),
    ] {
        for (text, time, expected) in [("now", None, published), ("later", FUTURE, scheduled)] {
            let server = start_server(keys, 0).await;
            assert_eq!(post(&server, text, time).await.status, 200);
            let repeated = post(&server, text, time).await.status;
            let actual = (repeated, count(&server, text).await);
            assert_eq!(actual, expected, "{keys:?} {text}");
        }
    }
}

#[tokio::test]
async fn key_belongs_to_the_account_and_not_to_the_token_or_the_text() {
    let server = start_server(IdempotencyKeys::default(), 0).await;
    let first = post(&server, "first", None).await.ok();
    // Each call has a token of its own.
    let other_text = post(&server, "second", None).await.ok();
    assert_eq!(id(&other_text), id(&first));
    let bob = post_as(&server, "bob", json!({ "status": "by bob" })).await;
    assert_eq!(bob.ok()["content"], "<p>by bob</p>");
}

#[tokio::test]
async fn key_of_a_deleted_status_is_not_found_until_it_expires() {
    for keys in [
        IdempotencyKeys::Locked,
        IdempotencyKeys::LockedAndFailing,
        IdempotencyKeys::StoredAfterPosting,
    ] {
        let server = start_server(keys, 0).await;
        let status = id(&post(&server, "a", None).await.ok());
        let alice = Client::user(&server, "alice");
        alice.delete(&format!("{STATUSES}/{status}")).await.ok();
        let repeated = post(&server, "a", None).await;
        assert_eq!(
            (repeated.status, repeated.error()),
            (404, "Record not found")
        );
        server.clock().advance(Duration::from_secs(3600));
        assert_eq!(post(&server, "a", None).await.status, 200, "{keys:?}");
    }
}

#[tokio::test]
async fn failed_post_stores_no_key() {
    let server = start_server(IdempotencyKeys::default(), 0).await;
    assert_eq!(post(&server, "", None).await.status, 422);
    let unexpected = json!({ "status": "hi @bob", "allowed_mentions": [] });
    assert_eq!(post_as(&server, "alice", unexpected).await.status, 422);
    assert_eq!(post(&server, "a", None).await.status, 200);
}

#[tokio::test]
async fn missing_parent_is_reported_before_the_key_is_looked_up() {
    for keys in [
        IdempotencyKeys::Locked,
        IdempotencyKeys::LockedAndFailing,
        IdempotencyKeys::StoredAfterPosting,
    ] {
        let server = start_server(keys, 0).await;
        let bob = Client::user(&server, "bob");
        let parent = bob.post_text("parent").await;
        let reply = json!({ "status": "reply", "in_reply_to_id": parent });
        post_as(&server, "alice", reply.clone()).await.ok();
        bob.delete(&format!("{STATUSES}/{parent}")).await.ok();
        let repeated = post_as(&server, "alice", reply).await;
        let error = "The post you are trying to reply to does not appear to exist.";
        assert_eq!(
            (repeated.status, repeated.error()),
            (404, error),
            "{keys:?}"
        );
    }
}

#[tokio::test]
async fn only_posts_that_succeed_count_and_a_repeated_one_does_not() {
    let server = start_server(IdempotencyKeys::default(), 0).await;
    let remaining = |response: &Response| {
        let remaining = response.header("x-ratelimit-remaining").unwrap();
        remaining.parse::<u32>().unwrap()
    };
    let first = remaining(&post(&server, "a", None).await);
    assert_eq!(first, 299);
    assert_eq!(remaining(&post(&server, "a", None).await), first);
    let alice = Client::user(&server, "alice");
    assert_eq!(
        alice.post(STATUSES, json!({ "status": "" })).await.status,
        422
    );
    let next = alice.post(STATUSES, json!({ "status": "b" })).await;
    assert_eq!(remaining(&next), first - 1);
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

#[tokio::test]
async fn text_and_spoiler_text_lose_outer_white_space() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let body = json!({ "status": " \n a b\t", "spoiler_text": " c\u{3000} " });
    let status = alice.post_status(body).await;
    // As in Ruby, white space of other scripts remains.
    assert_eq!(
        (&status["content"], &status["spoiler_text"]),
        (&json!("<p>a b</p>"), &json!("c\u{3000}"))
    );
    let blank = json!({ "status": "\u{3000}" });
    assert_eq!(alice.post(STATUSES, blank).await.status, 422);
}

#[tokio::test]
async fn public_status_of_a_limited_account_becomes_unlisted() {
    let server = TestServer::start().await.unwrap();
    server.limit_account("alice");
    let alice = Client::user(&server, "alice");
    for (asked, given) in [("public", "unlisted"), ("private", "private")] {
        let body = json!({ "status": "x", "visibility": asked });
        assert_eq!(alice.post_status(body).await["visibility"], given);
    }
}

#[tokio::test]
async fn quote_of_a_private_status_becomes_private() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let private = json!({ "status": "p", "visibility": "private" });
    let private = id(&alice.post_status(private).await);
    let quote = json!({ "status": "q", "quoted_status_id": private, "visibility": "public" });
    assert_eq!(alice.post_status(quote).await["visibility"], "private");
}

#[tokio::test]
async fn mentions_are_stored_in_their_canonical_form() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let host = server.url().strip_prefix("http://").unwrap();
    let text = format!("@BOB @carol@{host} @Erin@ELSEWHERE.example @nobody@Nowhere.example");
    let status = alice.post_text(&text).await;
    let source = alice.get(&format!("{STATUSES}/{status}/source")).await.ok();
    assert_eq!(
        source["text"],
        "@bob @carol @erin@elsewhere.example @nobody@Nowhere.example"
    );
    let mentions = alice.fetch_status(&status).await["mentions"].clone();
    let mentions = mentions.as_array().unwrap().iter();
    let mentions: Vec<_> = mentions.map(|mention| mention["acct"].clone()).collect();
    assert_eq!(mentions, ["bob", "carol", "erin@elsewhere.example"]);
}

#[tokio::test]
async fn blocked_and_unconfirmed_accounts_are_not_mentioned() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob = Client::user(&server, "bob");
    let bob_id = id(&alice.get("/api/v1/accounts/lookup?acct=bob").await.ok());
    let block = format!("/api/v1/accounts/{bob_id}/block");
    alice.post(&block, json!({})).await.ok();
    alice
        .post(
            "/api/v1/domain_blocks",
            json!({ "domain": "elsewhere.example" }),
        )
        .await
        .ok();
    let body = json!({ "status": "@bob @carol @erin@elsewhere.example" });
    let status = alice.post_status(body).await;
    assert_eq!(status["mentions"].as_array().unwrap().len(), 1);
    assert_eq!(status["mentions"][0]["acct"], "carol");
    let content = status["content"].as_str().unwrap();
    assert!(content.starts_with("<p>@bob <span"), "{content}");
    assert!(bob.notification_types().await.is_empty());
    // They must be in `allowed_mentions` nevertheless.
    let body = json!({ "status": "@bob", "allowed_mentions": [] });
    let rejected = alice.post(STATUSES, body).await;
    assert_eq!(rejected.json["unexpected_accounts"][0]["acct"], "bob");
}

#[tokio::test]
async fn length_is_counted_in_grapheme_clusters() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let family = "👩‍👩‍👧‍👦";
    assert_eq!(
        alice
            .post(STATUSES, json!({ "status": family.repeat(500) }))
            .await
            .status,
        200
    );
    let rejected = alice
        .post(STATUSES, json!({ "status": family.repeat(501) }))
        .await;
    assert_eq!(
        rejected.error(),
        "Validation failed: Text character limit of 500 exceeded"
    );
}

#[tokio::test]
async fn unknown_visibility_and_unknown_quote_policy_are_rejected() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let boost = format!("{STATUSES}/{}/reblog", alice.post_text("x").await);
    let not_included = "Validation failed: Visibility is not included in the list";
    for (path, body, error) in [
        (
            STATUSES,
            json!({ "status": "x", "visibility": "hidden" }),
            not_included,
        ),
        (&boost, json!({ "visibility": "hidden" }), not_included),
        (
            &boost,
            json!({ "visibility": "direct" }),
            "Validation failed: Visibility is reserved",
        ),
        (
            STATUSES,
            json!({ "status": "x", "quote_approval_policy": "friends" }),
            "Record invalid",
        ),
    ] {
        let rejected = alice.post(path, body).await;
        assert_eq!((rejected.status, rejected.error()), (422, error), "{path}");
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn post_waits_for_each_unknown_account_that_it_mentions() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = server.behavior();
    behavior.posting.remote_lookup_time = Duration::from_secs(3);
    server.set_behavior(behavior);
    let alice = Client::user(&server, "alice");
    let start = Instant::now();
    alice
        .post_text("@bob @erin@elsewhere.example @nobody")
        .await;
    assert_eq!(start.elapsed().as_secs(), 0);
    let status = alice.post_text("@a@far.example @b@far.example").await;
    assert_eq!(start.elapsed().as_secs(), 6);
    let content = alice.fetch_status(&status).await["content"].clone();
    assert_eq!(content, "<p>@a@far.example @b@far.example</p>");
    let edit = json!({ "status": "@a@far.example" });
    alice.put(&format!("{STATUSES}/{status}"), edit).await.ok();
    assert_eq!(start.elapsed().as_secs(), 9);
    let later = json!({ "status": "@a@far.example", "scheduled_at": "2100-01-01T00:00:00Z" });
    alice.post_status(later).await;
    assert_eq!(start.elapsed().as_secs(), 9);
}

#[tokio::test]
async fn status_with_a_banned_text_is_dropped_silently() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = server.behavior();
    behavior.posting.banned_texts = vec!["spam.example".to_owned()];
    behavior.posting.banned_texts_of_new_accounts = vec!["cheap".to_owned()];
    server.set_behavior(behavior);
    let alice = Client::user(&server, "alice");
    let is_stored = async |text: &str| {
        let posted = alice.post_status(json!({ "status": text })).await;
        assert_eq!(posted["account"]["username"], "alice");
        let path = format!("{STATUSES}/{}", id(&posted));
        let status = alice.get(&path).await.status;
        assert_eq!(post(&server, text, None).await.status, 200);
        status == 200
    };
    assert!(!is_stored("see https://SPAM.example @dave").await);
    assert!(!is_stored("see spam.example").await);
    // Bob follows alice.
    assert!(is_stored("see spam.example @bob @dave").await);
    assert!(!is_stored("cheap").await);
    let scheduled = json!({ "status": "spam.example", "scheduled_at": "2100-01-01T00:00:00Z" });
    assert_eq!(alice.post_status(scheduled).await["id"], "");
    assert_eq!(
        alice.get("/api/v1/scheduled_statuses").await.ok(),
        json!([])
    );
    server.clock().advance(Duration::from_secs(8 * 24 * 3600));
    assert!(is_stored("cheap").await);
    assert!(!is_stored("spam.example").await);
}

#[tokio::test]
async fn new_status_is_in_the_authors_statuses_at_once() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let me = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    let status = alice.post_text("x").await;
    let path = format!("/api/v1/accounts/{}/statuses", id(&me));
    assert_eq!(id(&alice.get(&path).await.ok()[0]), status);
}

/// Changes the behavior of posts.
fn set_behavior(server: &TestServer, change: impl FnOnce(&mut PostingBehavior)) {
    let mut behavior = server.behavior();
    change(&mut behavior.posting);
    server.set_behavior(behavior);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn home_timelines_lag_behind_and_their_events_follow_the_status() {
    const DELAY: Duration = Duration::from_secs(3);
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.home_delay = DELAY);
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut stream = SseClient::open(&server, "/user", &bob.token).await;
    let start = Instant::now();
    let status = alice.post_text("x").await;
    for client in [&alice, &bob] {
        let home = client.get("/api/v1/timelines/home").await.ok();
        assert!(!ids(&home).contains(&status));
    }
    // Everything else has the status at once.
    let me = id(&alice.get("/api/v1/accounts/verify_credentials").await.ok());
    for path in ["timelines/public", &format!("accounts/{me}/statuses")] {
        let list = alice.get(&format!("/api/v1/{path}")).await.ok();
        assert_eq!(id(&list[0]), status, "{path}");
    }
    assert_eq!(stream.next_event().await.0, "update");
    assert_eq!(start.elapsed().as_secs(), DELAY.as_secs());
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert_eq!(id(&home[0]), status);
    // Without an event to wait for, the clock can be advanced.
    let next = alice.post_text("y").await;
    server.clock().advance(DELAY);
    let home = alice.get("/api/v1/timelines/home").await.ok();
    assert_eq!(id(&home[0]), next);
}

#[tokio::test]
async fn search_finds_a_new_status_after_the_delay() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| {
        behavior.search_delay = Duration::from_secs(60);
    });
    let alice = Client::user(&server, "alice");
    alice.post_text("needle").await;
    let found = async || {
        let results = alice
            .get("/api/v2/search?q=needle&type=statuses")
            .await
            .ok();
        results["statuses"].as_array().unwrap().len()
    };
    assert_eq!(found().await, 0);
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(found().await, 1);
}
