//! Who receives the events of posts, edits and deletions, and in which form.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::client::{SseClient, WsClient, event};
use crate::accounts::account_id;
use crate::client::{Client, id};

#[tokio::test]
async fn shared_streams_omit_the_fields_that_depend_on_the_user() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut public = SseClient::open(&server, "/public", &alice.token).await;
    let mut user = SseClient::open(&server, "/user", &alice.token).await;
    alice.post_text("na\u{ef}ve").await;
    let mut statuses = Vec::new();
    for stream in [&mut public, &mut user] {
        let (_, payload) = stream.next_event().await;
        // Characters are not escaped.
        assert!(payload.contains("na\u{ef}ve"), "{payload}");
        statuses.push(serde_json::from_str::<Value>(&payload).unwrap());
    }
    for field in ["favourited", "reblogged", "muted", "bookmarked", "pinned"] {
        assert_eq!(statuses[0].get(field), None, "{field}");
        assert_eq!(statuses[1].get(field), Some(&json!(false)), "{field}");
    }
    for status in statuses {
        assert_eq!(status["filtered"], json!([]));
    }
}

#[tokio::test]
async fn streamed_poll_has_no_votes_of_the_user() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut author = SseClient::open(&server, "/user", &alice.token).await;
    let mut follower = SseClient::open(&server, "/user", &bob.token).await;
    let poll = json!({ "options": ["a", "b"], "expires_in": 3600, "multiple": false });
    let status = alice
        .post_status(json!({ "status": "old", "poll": poll }))
        .await;
    let path = format!("/api/v1/polls/{}/votes", id(&status["poll"]));
    bob.post(&path, json!({ "choices": [1] })).await.ok();
    let path = format!("/api/v1/statuses/{}", id(&status));
    alice
        .put(&path, json!({ "status": "new", "poll": poll }))
        .await
        .ok();
    for (name, votes) in [("update", 0), ("status.update", 1)] {
        for (stream, voted) in [(&mut author, true), (&mut follower, false)] {
            let (received, payload) = stream.next_event().await;
            assert_eq!(received, name, "a vote sends no event");
            let streamed: Value = serde_json::from_str(&payload).unwrap();
            let poll = &streamed["poll"];
            assert_eq!(poll["voted"], voted, "{name}");
            assert_eq!(poll["own_votes"], json!([]), "{name}");
            assert_eq!(poll["votes_count"], votes, "{name}");
        }
    }
    assert_eq!(bob.get(&path).await.ok()["poll"]["own_votes"], json!([1]));
}

#[tokio::test]
async fn direct_status_reaches_followers_up_to_three_times_and_others_twice() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    // Bob follows Alice. Dave does not, and accepts her notifications.
    let policy = json!({ "for_private_mentions": "accept" });
    Client::user(&server, "dave")
        .send_json("PATCH", "/api/v2/notifications/policy", &policy)
        .await
        .ok();
    let mut streams = Vec::new();
    for name in ["alice", "bob", "dave"] {
        let mut ws = WsClient::open(&server, "", &server.token(name, "read")).await;
        for stream in ["user", "direct"] {
            let message = json!({ "type": "subscribe", "stream": stream });
            ws.send(&message).await;
        }
        streams.push(ws);
    }
    server.streaming().wait_for_subscriptions(6).await;
    alice.post_direct("@bob @dave psst", None).await;
    for (ws, mut expected) in streams.iter_mut().zip([
        vec!["user update", "direct conversation"],
        vec!["user update", "user notification", "direct conversation"],
        vec!["user notification", "direct conversation"],
    ]) {
        let mut received = ws.next_labels(expected.len()).await;
        received.sort_unstable();
        expected.sort_unstable();
        assert_eq!(received, expected);
    }
}

#[tokio::test]
async fn edit_reaches_boosters_as_a_notification_and_their_followers_not_at_all() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    // Bob follows Alice, who boosts a status of Dave.
    let body = json!({ "status": "old", "visibility": "public" });
    let status = id(&dave.post_status(body).await);
    alice.act_on_status(&status, "reblog").await;
    let mut follower = SseClient::open(&server, "/user", &server.token("bob", "read")).await;
    let mut booster = SseClient::open(&server, "/user", &alice.token).await;
    let path = format!("/api/v1/statuses/{status}");
    dave.put(&path, json!({ "status": "new" })).await.ok();
    let (name, payload) = booster.next_event().await;
    let notification: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(
        (&*name, &notification["type"]),
        ("notification", &json!("update"))
    );
    // Nor do favourites and changed profiles send an event to them.
    dave.act_on_status(&status, "favourite").await;
    let profile = json!({ "display_name": "Dave" });
    dave.send_json("PATCH", "/api/v1/accounts/update_credentials", &profile)
        .await
        .ok();
    alice.post_text("end").await;
    let (name, payload) = follower.next_event().await;
    assert_eq!(name, "update");
    assert!(payload.contains("<p>end</p>"), "{payload}");
}

#[tokio::test]
async fn deletion_reaches_home_before_the_boosts_and_public_streams_after_them() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = Client::user(&server, "carol");
    let path = format!(
        "/api/v1/accounts/{}/follow",
        account_id(&carol, "bob").await
    );
    carol.post(&path, json!({})).await.ok();
    let status = alice.post_text("x").await;
    let boost = id(&bob.act_on_status(&status, "reblog").await);
    let mut ws = WsClient::open(&server, "", &bob.token).await;
    let streams = [json!({ "stream": "user" }), json!({ "stream": "public" })];
    ws.subscribe(&server, &streams).await;
    alice
        .delete(&format!("/api/v1/statuses/{status}"))
        .await
        .ok();
    let mut received = Vec::new();
    for _ in 0..2 {
        let message = ws.next_json().await;
        let stream = message["stream"][0].as_str().unwrap().to_owned();
        received.push((stream, message["payload"].as_str().unwrap().to_owned()));
    }
    assert_eq!(received[0], ("user".to_owned(), status.clone()));
    let last = if received[1].1 == boost {
        let message = ws.next_json().await;
        assert_eq!(message["stream"], json!(["public"]));
        message["payload"].as_str().unwrap().to_owned()
    } else {
        received[1].1.clone()
    };
    assert_eq!(last, status);
}

#[tokio::test]
async fn undoing_a_boost_deletes_only_the_boost() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    let body = json!({ "status": "x", "visibility": "public" });
    let status = id(&dave.post_status(body).await);
    let boost = id(&alice.act_on_status(&status, "reblog").await);
    let mut user = SseClient::open(&server, "/user", &server.token("bob", "read")).await;
    let mut public = SseClient::open(&server, "/public", &alice.token).await;
    alice.act_on_status(&status, "unreblog").await;
    assert_eq!(user.next().await, event("delete", &boost));
    alice.post_text("end").await;
    assert_eq!(public.next_event().await.0, "update");
}

#[tokio::test]
async fn deleted_account_sends_deletions_of_its_recent_statuses_only_to_public_streams() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let staff = Client::with_token(&server, server.token("admin", "read admin:write"));
    alice.post_text("old").await;
    server.clock().advance(Duration::from_secs(15 * 86_400));
    let recent = alice.post_text("recent @carol").await;
    let path = format!("/api/v1/admin/accounts/{}", account_id(&bob, "alice").await);
    let action = format!("{path}/action");
    let suspend = json!({ "type": "suspend" });
    staff.post(&action, suspend).await.ok();
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    staff.delete(&path).await.ok();
    assert_eq!(public.next().await, event("delete", &recent));
    bob.post_text("end").await;
    assert_eq!(public.next_event().await.0, "update");
}
