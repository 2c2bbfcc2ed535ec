//! Which notifications are dropped, filtered, replaced and merged.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, id};
use crate::feeds::set_feeds;
use crate::relationships::account_action;
use crate::streaming::client::WsClient;

const REQUESTS: &str = "/api/v1/notifications/requests";

pub(crate) async fn set_policy(client: &Client<'_>, policy: Value) {
    let path = "/api/v2/notifications/policy";
    client.send_json("PATCH", path, &policy).await.ok();
}

#[tokio::test]
async fn edit_replaces_the_notification_about_an_earlier_edit() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let post = alice.post_text("1").await;
    bob.act_on_status(&post, "reblog").await;
    let edit = async |text: &str| {
        let path = format!("/api/v1/statuses/{post}");
        alice.put(&path, json!({ "status": text })).await.ok();
        let list = bob.get("/api/v1/notifications").await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(list[0]["type"], "update");
        id(&list[0])
    };
    let first = edit("2").await;
    assert_ne!(edit("3").await, first);
}

#[tokio::test]
async fn mention_that_an_edit_repeats_is_notified_once() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let post = alice.post_text("@bob").await;
    for text in ["nobody", "@bob again"] {
        let path = format!("/api/v1/statuses/{post}");
        alice.put(&path, json!({ "status": text })).await.ok();
    }
    assert_eq!(bob.notification_types().await, ["mention"]);
}

#[tokio::test]
async fn mention_that_involves_a_blocked_account_is_dropped() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| Client::user(&server, name));
    let carol_id = account_id(&bob, "carol").await;
    let by_carol = carol.post_text("c").await;
    account_action(&bob, &carol_id, "block", json!({})).await;
    alice.post_text("@bob and @carol").await;
    let reply = json!({ "status": "@bob", "in_reply_to_id": by_carol });
    alice.post_status(reply).await;
    assert_eq!(bob.notification_types().await, [""; 0]);
    alice.post_text("@bob").await;
    assert_eq!(bob.notification_types().await, ["mention"]);
}

#[tokio::test]
async fn mention_by_the_staff_is_neither_dropped_nor_filtered() {
    let server = TestServer::start().await.unwrap();
    let (admin, bob) = (Client::user(&server, "admin"), Client::user(&server, "bob"));
    set_policy(&bob, json!({ "for_not_following": "drop" })).await;
    admin.post_text("@bob").await;
    assert_eq!(bob.notification_types().await, ["mention"]);
    let own = bob.post_text("own").await;
    admin.act_on_status(&own, "favourite").await;
    assert_eq!(bob.notification_types().await, ["mention"]);
}

#[tokio::test]
async fn filtered_notifications_are_listed_on_request_and_with_an_account() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    set_policy(&alice, json!({ "for_not_following": "filter" })).await;
    dora.post_text("@alice").await;
    let dora_id = account_id(&alice, "dora").await;
    let count = async |query: &str| {
        let path = format!("/api/v1/notifications?{query}");
        alice.get(&path).await.ok().as_array().unwrap().len()
    };
    assert_eq!(count("").await, 0);
    assert_eq!(count("include_filtered=true").await, 1);
    assert_eq!(count(&format!("account_id={dora_id}")).await, 1);
    // Those of suspended accounts are hidden.
    let list = alice
        .get("/api/v1/notifications?include_filtered=true")
        .await
        .ok();
    server.suspend_account("dora");
    assert_eq!(count("include_filtered=true").await, 0);
    let path = format!("/api/v1/notifications/{}", id(&list[0]));
    assert_eq!(alice.get(&path).await.status, 404);
}

#[tokio::test]
async fn requests_count_mentions_and_survive_the_clearing_of_notifications() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    set_policy(&alice, json!({ "for_not_following": "filter" })).await;
    let own = alice.post_text("own").await;
    dora.act_on_status(&own, "favourite").await;
    assert_eq!(alice.get(REQUESTS).await.ok(), json!([]));
    let mut posted = Vec::new();
    for text in ["@alice 1", "@alice 2"] {
        posted.push(dora.post_text(text).await);
    }
    let count = async || alice.get(REQUESTS).await.ok()[0]["notifications_count"].clone();
    assert_eq!(count().await, "2");
    dora.delete(&format!("/api/v1/statuses/{}", posted[0]))
        .await
        .ok();
    assert_eq!(count().await, "1");
    alice
        .post("/api/v1/notifications/clear", json!({}))
        .await
        .ok();
    let all = alice
        .get("/api/v1/notifications?include_filtered=true")
        .await;
    assert_eq!(all.ok(), json!([]));
    // The request keeps its old count.
    assert_eq!(count().await, "1");
}

#[tokio::test]
async fn request_without_notifications_is_deleted() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    set_policy(&alice, json!({ "for_not_following": "filter" })).await;
    dora.post_text("@alice").await;
    let list = alice
        .get("/api/v1/notifications?include_filtered=true")
        .await
        .ok();
    let dismiss = format!("/api/v1/notifications/{}/dismiss", id(&list[0]));
    alice.post(&dismiss, json!({})).await.ok();
    assert_eq!(alice.get(REQUESTS).await.ok(), json!([]));
    let again = alice.post(&dismiss, json!({})).await;
    assert_eq!((again.status, again.error()), (404, "Record not found"));
}

#[tokio::test]
async fn accepted_notifications_are_merged_later() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| feeds.merge_time = Duration::from_secs(60));
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    dora.post_direct("@alice psst", None).await;
    // The conversation comes with the notification.
    assert_eq!(alice.get("/api/v1/conversations").await.ok(), json!([]));
    let merged = async || alice.get(&format!("{REQUESTS}/merged")).await.ok()["merged"].clone();
    assert_eq!(merged().await, true);
    let request = id(&alice.get(REQUESTS).await.ok()[0]);
    let mut stream = WsClient::open(&server, "?stream=user", &alice.token).await;
    stream.synchronize().await;
    alice
        .post(&format!("{REQUESTS}/{request}/accept"), json!({}))
        .await
        .ok();
    assert_eq!(merged().await, false);
    assert_eq!(alice.notification_types().await, [""; 0]);
    server.clock().advance(Duration::from_secs(60));
    assert_eq!(merged().await, true);
    assert_eq!(stream.next_json().await["event"], "notifications_merged");
    assert_eq!(alice.notification_types().await, ["mention"]);
    assert_ne!(alice.get("/api/v1/conversations").await.ok(), json!([]));
    // Without requests, nothing is accepted.
    alice
        .post(&format!("{REQUESTS}/accept"), json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn merge_that_takes_too_long_counts_as_done() {
    let server = TestServer::start().await.unwrap();
    set_feeds(&server, |feeds| {
        feeds.merge_time = Duration::from_secs(3600);
    });
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    dora.post_direct("@alice psst", None).await;
    let request = id(&alice.get(REQUESTS).await.ok()[0]);
    alice
        .post(&format!("{REQUESTS}/{request}/accept"), json!({}))
        .await
        .ok();
    server.clock().advance(Duration::from_secs(1800));
    let merged = alice.get(&format!("{REQUESTS}/merged")).await.ok();
    assert_eq!(merged["merged"], true);
    assert_eq!(alice.notification_types().await, [""; 0]);
}

#[tokio::test]
async fn notification_disappears_with_its_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let post = alice.post_text("@bob").await;
    assert_eq!(bob.notification_types().await, ["mention"]);
    alice.delete(&format!("/api/v1/statuses/{post}")).await.ok();
    assert_eq!(bob.notification_types().await, [""; 0]);
}
