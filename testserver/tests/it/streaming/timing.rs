//! Delays of subscriptions, events and lists. Time is virtual, so that every delay is exact.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio::time::Instant;

use super::client::{Received, SseClient, WsClient, event, set_behavior};
use crate::accounts::account_id;
use crate::client::{Client, id, ids};

const SECOND: Duration = Duration::from_secs(1);

fn subscribe(stream: &str) -> serde_json::Value {
    json!({ "type": "subscribe", "stream": stream })
}

fn unsubscribe(stream: &str) -> serde_json::Value {
    json!({ "type": "unsubscribe", "stream": stream })
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn subscription_that_overtakes_the_removal_of_the_same_one_is_lost() {
    let server = TestServer::start().await.unwrap();
    let mut ws = WsClient::open(&server, "?stream=public", &server.token("alice", "read")).await;
    server.streaming().wait_for_subscriptions(1).await;
    set_behavior(&server, |behavior| behavior.query_delay = SECOND..=SECOND);
    ws.send(&unsubscribe("public")).await;
    ws.synchronize().await;
    set_behavior(&server, |behavior| {
        behavior.query_delay = Duration::ZERO..=Duration::ZERO;
    });
    // The subscription still exists, so this request is ignored.
    ws.send(&subscribe("public")).await;
    ws.synchronize().await;
    assert_eq!(server.streaming().connections()[0].streams.len(), 1);
    let sent = Instant::now();
    server.streaming().wait_for_subscriptions(0).await;
    assert_eq!(sent.elapsed().as_secs(), 1);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn only_subscriptions_of_shared_streams_and_lists_wait_for_a_query() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let list = json!({ "title": "x" });
    let list = id(&alice.post("/api/v1/lists", list).await.ok());
    set_behavior(&server, |behavior| behavior.query_delay = SECOND..=SECOND);
    let mut ws = WsClient::open(&server, "?stream=public:local", &alice.token).await;
    let opened = Instant::now();
    for message in [
        json!({ "type": "subscribe", "stream": "list", "list": list }),
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "rust" }),
        json!({ "type": "subscribe", "stream": "list", "list": "99" }),
        subscribe("direct"),
        subscribe("user:notification"),
        subscribe("user"),
    ] {
        ws.send(&message).await;
    }
    server.streaming().wait_for_subscriptions(3).await;
    assert_eq!(opened.elapsed(), Duration::ZERO);
    let error = ws.next_json().await;
    assert_eq!(error["error"], "Not authorized to stream this list");
    assert_eq!(opened.elapsed().as_secs(), 1);
    let streams = server.streaming().connections().remove(0).streams;
    let names: Vec<&str> = streams.iter().map(|stream| &*stream[0]).collect();
    let slow = ["public:local", "list", "hashtag"];
    assert_eq!(names[..3], ["direct", "user:notification", "user"]);
    assert_eq!(names[3..], slow);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn shared_stream_over_server_sent_events_opens_after_its_query() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    set_behavior(&server, |behavior| behavior.query_delay = SECOND..=SECOND);
    let started = Instant::now();
    let _user = SseClient::open(&server, "/user", &token).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
    let _public = SseClient::open(&server, "/public", &token).await;
    assert_eq!(started.elapsed().as_secs(), 1);
}

/// Posts two statuses of which the first is delayed for longer. Returns the texts in the order of their events.
async fn texts_of_two_posts(server: &TestServer) -> Vec<String> {
    let alice = Client::user(server, "alice");
    let mut user = SseClient::open(server, "/user", &alice.token).await;
    for (text, delay) in [("first", 10 * SECOND), ("second", SECOND)] {
        set_behavior(server, |behavior| behavior.fan_out_delay = delay..=delay);
        alice.post_text(text).await;
    }
    let mut texts = Vec::new();
    for _ in 0..2 {
        let (_, status) = user.next_event().await;
        let is_first = status.contains("first");
        texts.push(if is_first { "first" } else { "second" }.to_owned());
    }
    texts
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn events_are_sent_after_their_delay_and_in_order_unless_they_are_shuffled() {
    for (shuffle, order, seconds) in [
        (false, ["first", "second"], 10),
        (true, ["second", "first"], 10),
    ] {
        let server = TestServer::start().await.unwrap();
        set_behavior(&server, |behavior| behavior.shuffle = shuffle);
        let started = Instant::now();
        assert_eq!(texts_of_two_posts(&server).await, order);
        assert_eq!(started.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn events_of_the_first_moments_of_a_subscription_can_be_lost() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    set_behavior(&server, |behavior| {
        behavior.subscription_delay = SECOND..=SECOND;
    });
    let mut sse = SseClient::open(&server, "/user", &alice.token).await;
    let mut ws = WsClient::open(&server, "?stream=user", &alice.token).await;
    alice.post_text("lost").await;
    tokio::time::sleep(SECOND).await;
    alice.post_text("received").await;
    assert!(sse.next_event().await.1.contains("received"));
    let message = ws.next_json().await.to_string();
    assert!(message.contains("received"), "{message}");
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn deletion_overtakes_a_status_that_is_being_filtered() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    set_behavior(&server, |behavior| behavior.filter_delay = SECOND..=SECOND);
    let mut public = SseClient::open(&server, "/public", &alice.token).await;
    let mut user = SseClient::open(&server, "/user", &alice.token).await;
    let posted = Instant::now();
    let status = alice.post_text("x").await;
    let path = format!("/api/v1/statuses/{status}");
    alice.delete(&path).await.ok();
    assert_eq!(user.next_event().await.0, "update");
    assert_eq!(public.next().await, event("delete", &status));
    assert_eq!(posted.elapsed(), Duration::ZERO);
    let (name, late) = public.next_event().await;
    assert_eq!(name, "update");
    assert!(late.contains(&status), "{late}");
    assert_eq!(posted.elapsed(), SECOND);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn two_statuses_of_a_public_stream_can_be_filtered_in_reverse_order() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut public = SseClient::open(&server, "/public", &alice.token).await;
    for (text, delay) in [("first", 10 * SECOND), ("second", SECOND)] {
        set_behavior(&server, |behavior| behavior.filter_delay = delay..=delay);
        alice.post_text(text).await;
    }
    for text in ["second", "first"] {
        assert!(public.next_event().await.1.contains(text), "{text}");
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn edit_can_arrive_before_its_status_which_then_has_the_new_text() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut user = SseClient::open(&server, "/user", &alice.token).await;
    set_behavior(&server, |behavior| behavior.shuffle = true);
    let slow = 10 * SECOND;
    set_behavior(&server, |behavior| behavior.fan_out_delay = slow..=slow);
    let status = alice.post_text("old").await;
    set_behavior(&server, |behavior| behavior.fan_out_delay = SECOND..=SECOND);
    let path = format!("/api/v1/statuses/{status}");
    alice.put(&path, json!({ "status": "new" })).await.ok();
    for name in ["status.update", "update"] {
        let (received, payload) = user.next_event().await;
        assert_eq!(received, name);
        // A status is rendered when it is sent, not when it was posted.
        assert!(payload.contains("<p>new</p>"), "{payload}");
    }
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn status_that_is_deleted_before_its_event_is_sent_is_only_deleted() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| behavior.fan_out_delay = SECOND..=SECOND);
    let alice = Client::user(&server, "alice");
    let mut user = SseClient::open(&server, "/user", &alice.token).await;
    let status = alice.post_text("x").await;
    let path = format!("/api/v1/statuses/{status}");
    alice.delete(&path).await.ok();
    assert_eq!(user.next().await, event("delete", &status));
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn lists_show_new_items_after_the_lag_and_streams_at_once() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let list = json!({ "title": "x" });
    let list = id(&bob.post("/api/v1/lists", list).await.ok());
    let members = json!({ "account_ids": [account_id(&bob, "alice").await] });
    let path = format!("/api/v1/lists/{list}/accounts");
    bob.post(&path, members).await.ok();
    let earlier = alice.post_direct("@bob earlier", None).await;
    set_behavior(&server, |behavior| behavior.list_lag = 3 * SECOND);
    tokio::time::sleep(3 * SECOND).await;
    let mut user = SseClient::open(&server, "/user", &bob.token).await;
    let direct = alice.post_direct("@bob later", Some(&earlier)).await;
    let public = alice.post_text("hello @bob #lag").await;
    for expected in ["update", "notification", "update", "notification"] {
        assert_eq!(user.next_event().await.0, expected);
    }
    let list = format!("/api/v1/timelines/list/{list}");
    for (path, new) in [
        ("/api/v1/timelines/home", &public),
        ("/api/v1/timelines/public", &public),
        ("/api/v1/timelines/tag/lag", &public),
        (&list, &public),
    ] {
        let shown = ids(&bob.get(path).await.ok());
        assert!(!shown.contains(new), "{path}");
    }
    let last_status = async || {
        let conversations = bob.get("/api/v1/conversations").await.ok();
        id(&conversations[0]["last_status"])
    };
    assert_eq!(last_status().await, earlier);
    assert_eq!(bob.notification_types().await, ["mention"]);
    // The status itself is there at once.
    assert_eq!(id(&bob.fetch_status(&public).await), public);

    tokio::time::sleep(3 * SECOND).await;
    for path in [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/lag",
        &list,
    ] {
        let shown = ids(&bob.get(path).await.ok());
        assert_eq!(shown[0], public, "{path}");
    }
    assert_eq!(last_status().await, direct);
    let notifications = bob.notification_types().await;
    assert_eq!(notifications, ["mention", "mention", "mention"]);
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn skewed_ids_are_older_than_the_arrival_of_their_statuses() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.post_text("first").await;
    set_behavior(&server, |behavior| {
        behavior.id_skew = 60 * SECOND..=60 * SECOND;
        behavior.list_lag = SECOND;
    });
    let second = alice
        .post_status(json!({ "status": "second", "visibility": "public" }))
        .await;
    let number = |id: &str| id.parse::<u64>().unwrap();
    assert!(number(&id(&second)) < number(&first));
    let created: Timestamp = second["created_at"].as_str().unwrap().parse().unwrap();
    let age = server.clock().now().duration_since(created);
    assert!(age >= SignedDuration::from_secs(60) && age < SignedDuration::from_secs(61));
    // The lag counts from the arrival, which the ID does not show.
    let home = async || ids(&alice.get("/api/v1/timelines/home").await.ok());
    assert!(!home().await.contains(&id(&second)));
    tokio::time::sleep(SECOND).await;
    assert!(home().await.contains(&id(&second)));
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn skewed_notifications_arrive_out_of_order() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    set_behavior(&server, |behavior| {
        behavior.id_skew = Duration::ZERO..=SECOND;
    });
    let mut stream = SseClient::open(&server, "/user/notification", &alice.token).await;
    let mut arrived = Vec::new();
    for _ in 0..10 {
        bob.post_text("hello @alice").await;
        let (_, notification) = stream.next_event().await;
        let notification: serde_json::Value = serde_json::from_str(&notification).unwrap();
        arrived.push(id(&notification).parse::<u64>().unwrap());
    }
    let mut sorted = arrived.clone();
    sorted.sort_unstable();
    assert_ne!(arrived, sorted);
    sorted.dedup();
    assert_eq!(sorted.len(), 10, "every ID is unique");
}

#[tokio::test(crate = "crate::paused_time", start_paused = true)]
async fn heartbeats_continue_while_events_are_delayed() {
    let server = TestServer::start().await.unwrap();
    set_behavior(&server, |behavior| {
        behavior.fan_out_delay = 20 * SECOND..=20 * SECOND;
    });
    let alice = Client::user(&server, "alice");
    let mut user = SseClient::open(&server, "/user", &alice.token).await;
    alice.post_text("x").await;
    assert_eq!(user.next().await, Received::Comment("thump".to_owned()));
    assert!(matches!(user.next().await, Received::Event(..)));
}
