//! Every event, over both transports.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::listener::{Sse, Ws, event};
use crate::accounts::account;
use crate::client::{Client, id};

/// Somebody who listens to the same stream in both ways.
struct Both {
    name: &'static str,
    sse: Sse,
    ws: Ws,
}

impl Both {
    async fn open(server: &TestServer, name: &'static str, token: &str) -> Self {
        let path = format!("/{}", name.replace(':', "/"));
        let sse = Sse::open(server, &path, token).await;
        let ws = Ws::open(server, &format!("?stream={name}"), token).await;
        server.streaming().subscribed(2).await;
        Self { name, sse, ws }
    }

    /// The payload of the next event, which has this name.
    async fn next(&mut self, name: &str) -> String {
        let (sent, payload) = self.sse.event().await;
        assert_eq!(sent, name, "{payload}");
        let expected = json!({ "stream": [self.name], "event": name, "payload": payload });
        assert_eq!(self.ws.frame().await, expected);
        payload
    }

    async fn json(&mut self, name: &str) -> Value {
        serde_json::from_str(&self.next(name).await).unwrap()
    }
}

#[tokio::test]
async fn a_notification_is_streamed_as_the_api_tells_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.says("x").await;
    let mut user = Both::open(&server, "user", &alice.token).await;
    let dave = Client::user(&server, "dave");
    let alices = account(&dave, "alice").await;
    bob.act(&status, "favourite").await;
    bob.act(&status, "reblog").await;
    bob.says("hello @alice").await;
    dave.post(&format!("/api/v1/accounts/{alices}/follow"), json!({}))
        .await
        .ok();
    let status = json!({ "status": "quoting", "quoted_status_id": status });
    bob.status(status).await;
    for kind in ["favourite", "reblog", "mention", "follow", "quote"] {
        let told = user.json("notification").await;
        assert_eq!(told["type"], kind);
        let path = format!("/api/v1/notifications/{}", id(&told));
        let mut fetched = alice.get(&path).await.ok();
        // What came afterwards is counted now.
        for value in [&mut fetched, &mut told.clone()] {
            value["status"] = Value::Null;
        }
        assert_eq!(fetched["account"]["acct"], told["account"]["acct"]);
        assert_eq!(fetched["created_at"], told["created_at"]);
    }
}

#[tokio::test]
async fn notifications_have_a_stream_of_their_own_without_statuses() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let token = server.token("bob", "read:notifications");
    let mut told = Both::open(&server, "user:notification", &token).await;
    let status = bob.says("x").await;
    alice.act(&status, "favourite").await;
    assert_eq!(told.json("notification").await["type"], "favourite");
}

#[tokio::test]
async fn the_user_stream_tells_of_notifications_only_to_those_who_may_read_them() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let token = server.token("bob", "read:statuses");
    let mut user = Both::open(&server, "user", &token).await;
    let status = bob.says("x").await;
    alice.act(&status, "favourite").await;
    alice.says("after").await;
    user.next("update").await;
    assert!(user.next("update").await.contains("after"));
}

#[tokio::test]
async fn what_is_held_back_is_not_streamed_and_accepting_it_is() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let policy = json!({ "for_not_following": "filter" });
    alice
        .call("PATCH", "/api/v2/notifications/policy", &policy)
        .await
        .ok();
    let mut user = Both::open(&server, "user", &alice.token).await;
    carol.says("hello @alice").await;
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    let path = format!("/api/v1/notifications/requests/{}/accept", id(&requests[0]));
    alice.post(&path, json!({})).await.ok();
    assert_eq!(user.next("notifications_merged").await, "1");
}

#[tokio::test]
async fn dismissing_what_is_held_back_is_no_event() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let policy = json!({ "for_not_following": "filter" });
    alice
        .call("PATCH", "/api/v2/notifications/policy", &policy)
        .await
        .ok();
    let mut user = Both::open(&server, "user", &alice.token).await;
    carol.says("hello @alice").await;
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    let path = "/api/v1/notifications/requests/dismiss";
    alice
        .post(path, json!({ "id": [id(&requests[0])] }))
        .await
        .ok();
    alice.says("after").await;
    user.next("update").await;
}

#[tokio::test]
async fn changed_filters_are_told_without_a_payload() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut user = Both::open(&server, "user", &alice.token).await;
    server.streaming().filters_changed("alice");
    assert_eq!(user.sse.next().await, event("filters_changed", "undefined"));
    let expected = json!({ "stream": ["user"], "event": "filters_changed" });
    assert_eq!(user.ws.frame().await, expected);
}

#[tokio::test]
async fn a_conversation_is_streamed_to_each_who_takes_part_whenever_it_changes() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut alices = Both::open(&server, "direct", &alice.token).await;
    let mut bobs = Sse::open(&server, "/direct", &bob.token).await;
    let direct = |text: &str| json!({ "status": text, "visibility": "direct" });
    let first = id(&bob.status(direct("psst @alice")).await);
    let told = alices.json("conversation").await;
    assert_eq!(
        (&told["unread"], &told["last_status"]["id"]),
        (&json!(true), &json!(first))
    );
    let (name, own) = bobs.event().await;
    let own: Value = serde_json::from_str(&own).unwrap();
    assert_eq!(
        (name.as_str(), &own["unread"]),
        ("conversation", &json!(false))
    );

    let read = format!("/api/v1/conversations/{}/read", id(&told));
    let read = alice.post(&read, json!({})).await.ok();
    assert_eq!(alices.json("conversation").await, read);

    let mut second = direct("more @alice");
    second["in_reply_to_id"] = first.clone().into();
    let second = id(&bob.status(second).await);
    assert_eq!(
        alices.json("conversation").await["last_status"]["id"],
        second
    );
    bob.delete(&format!("/api/v1/statuses/{second}")).await.ok();
    assert_eq!(
        alices.json("conversation").await["last_status"]["id"],
        first
    );
    // With its last status a conversation is gone, and nobody is told.
    bob.delete(&format!("/api/v1/statuses/{first}")).await.ok();
    let last = id(&bob.status(direct("last @alice")).await);
    assert_eq!(alices.json("conversation").await["last_status"]["id"], last);
}

#[tokio::test]
async fn announcements_and_reactions_to_them_are_streamed_to_all() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut user = Both::open(&server, "user", &alice.token).await;
    let first = server.announce("Down on *Friday*, says @bob. #news");
    let told = user.json("announcement").await;
    assert_eq!(
        (&told["id"], &told["mentions"][0]["acct"]),
        (&json!(first), &json!("bob"))
    );
    assert_eq!(told.get("read"), None);
    assert!(server.change_announcement(&first, "Down on Monday"));
    assert_eq!(
        user.json("announcement").await["content"],
        "<p>Down on Monday</p>"
    );

    let reaction = format!("/api/v1/announcements/{first}/reactions/%F0%9F%91%8D");
    let reacted =
        |count: u32| json!({ "name": "\u{1f44d}", "count": count, "announcement_id": first });
    bob.put(&reaction, json!({})).await.ok();
    assert_eq!(user.json("announcement.reaction").await, reacted(1));
    alice.put(&reaction, json!({})).await.ok();
    assert_eq!(user.json("announcement.reaction").await, reacted(2));
    bob.delete(&reaction).await.ok();
    assert_eq!(user.json("announcement.reaction").await, reacted(1));

    let listed = alice.get("/api/v1/announcements").await.ok();
    let expected = json!([{ "name": "\u{1f44d}", "count": 1, "me": true }]);
    assert_eq!(listed[0]["reactions"], expected);
    assert!(server.withdraw_announcement(&first));
    assert_eq!(user.next("announcement.delete").await, first);
    assert!(!server.withdraw_announcement(&first));
}

#[tokio::test]
async fn a_revoked_quote_and_a_changed_policy_are_edits() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.says("x").await;
    let quoting = json!({ "status": "quoting", "quoted_status_id": quoted });
    let quoting = id(&bob.status(quoting).await);
    let mut user = Both::open(&server, "user", &bob.token).await;
    let path = format!("/api/v1/statuses/{quoted}/quotes/{quoting}/revoke");
    alice.post(&path, json!({})).await.ok();
    assert_eq!(
        user.json("status.update").await["quote"]["state"],
        "revoked"
    );
    let path = format!("/api/v1/statuses/{quoting}/interaction_policy");
    let policy = json!({ "quote_approval_policy": "nobody" });
    bob.put(&path, policy.clone()).await.ok();
    let edited = user.json("status.update").await;
    assert_eq!(edited["quote_approval"]["automatic"], json!([]));
    // What changes nothing is no event.
    bob.put(&path, policy).await.ok();
    bob.says("after").await;
    user.next("update").await;
}
