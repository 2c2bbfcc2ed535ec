//! Every event type, over both transports.

use mastodon_test_server::{StreamingBehavior, TestServer};
use serde_json::{Value, json};

use super::client::{SseClient, WsClient, event};
use crate::accounts::account_id;
use crate::client::{Client, id};

/// Two clients of the same stream, one per transport.
struct BothTransports {
    name: &'static str,
    sse: SseClient,
    ws: WsClient,
}

impl BothTransports {
    async fn open(server: &TestServer, name: &'static str, token: &str) -> Self {
        let path = format!("/{}", name.replace(':', "/"));
        let sse = SseClient::open(server, &path, token).await;
        let ws = WsClient::open(server, &format!("?stream={name}"), token).await;
        Self { name, sse, ws }
    }

    /// Returns the payload of the next event. Both transports must send it with this name.
    async fn next_payload(&mut self, name: &str) -> String {
        let (received, payload) = self.sse.next_event().await;
        assert_eq!(received, name, "{payload}");
        let expected = json!({ "stream": [self.name], "event": name, "payload": payload });
        assert_eq!(self.ws.next_json().await, expected);
        payload
    }

    /// Returns the payload of the next event as JSON.
    async fn next_json(&mut self, name: &str) -> Value {
        serde_json::from_str(&self.next_payload(name).await).unwrap()
    }
}

#[tokio::test]
async fn streamed_notification_matches_the_fetched_one() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("x").await;
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    let dave = Client::user(&server, "dave");
    let alice_id = account_id(&dave, "alice").await;
    bob.act_on_status(&status, "favourite").await;
    bob.act_on_status(&status, "reblog").await;
    bob.post_text("hello @alice").await;
    dave.post(&format!("/api/v1/accounts/{alice_id}/follow"), json!({}))
        .await
        .ok();
    let status = json!({ "status": "quoting", "quoted_status_id": status });
    bob.post_status(status).await;
    for kind in ["favourite", "reblog", "mention", "follow", "quote"] {
        let mut streamed = user.next_json("notification").await;
        assert_eq!(streamed["type"], kind);
        assert!(streamed["group_key"].is_string());
        assert_eq!(streamed.get("fallback"), None);
        let path = format!("/api/v1/notifications/{}", id(&streamed));
        let mut fetched = alice.get(&path).await.ok();
        // The counts of the fetched account and status include later interactions, so only IDs are compared.
        for notification in [&mut fetched, &mut streamed] {
            for name in ["account", "status"] {
                let entity_id = notification[name]["id"].clone();
                notification[name] = entity_id;
            }
        }
        assert_eq!(fetched, streamed);
    }
}

#[tokio::test]
async fn notification_stream_contains_no_statuses() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let token = server.token("bob", "read:notifications");
    let mut notifications = BothTransports::open(&server, "user:notification", &token).await;
    let status = bob.post_text("x").await;
    alice.act_on_status(&status, "favourite").await;
    assert_eq!(
        notifications.next_json("notification").await["type"],
        "favourite"
    );
}

#[tokio::test]
async fn user_stream_omits_notifications_without_their_scope() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let token = server.token("bob", "read:statuses");
    let mut user = BothTransports::open(&server, "user", &token).await;
    let status = bob.post_text("x").await;
    alice.act_on_status(&status, "favourite").await;
    alice.post_text("after").await;
    user.next_payload("update").await;
    assert!(user.next_payload("update").await.contains("after"));
}

#[tokio::test]
async fn filtered_notification_is_not_streamed_but_accepting_its_request_is() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let policy = json!({ "for_not_following": "filter" });
    alice
        .send_json("PATCH", "/api/v2/notifications/policy", &policy)
        .await
        .ok();
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    carol.post_text("hello @alice").await;
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    let path = format!("/api/v1/notifications/requests/{}/accept", id(&requests[0]));
    alice.post(&path, json!({})).await.ok();
    assert_eq!(user.next_payload("notifications_merged").await, "1");
}

#[tokio::test]
async fn dismissing_a_notification_request_sends_no_event() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let policy = json!({ "for_not_following": "filter" });
    alice
        .send_json("PATCH", "/api/v2/notifications/policy", &policy)
        .await
        .ok();
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    carol.post_text("hello @alice").await;
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    let path = "/api/v1/notifications/requests/dismiss";
    alice
        .post(path, json!({ "id": [id(&requests[0])] }))
        .await
        .ok();
    alice.post_text("after").await;
    user.next_payload("update").await;
}

#[tokio::test]
async fn every_filter_change_sends_an_event_without_a_payload_if_that_is_set() {
    let server = TestServer::start().await.unwrap();
    server.streaming().set_behavior(StreamingBehavior {
        sends_filters_changed: true,
        ..StreamingBehavior::default()
    });
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = bob.post_text("x").await;
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    let body = json!({ "title": "x", "context": ["home"] });
    // Changes to the filters of other users send no event.
    bob.post("/api/v2/filters", body.clone()).await.ok();
    let path = "/api/v2/filters".to_owned();
    let filter_id = id(&alice.post(&path, body).await.ok());
    let filter = format!("{path}/{filter_id}");
    let (keywords, statuses) = (format!("{filter}/keywords"), format!("{filter}/statuses"));
    let keyword = id(&alice.post(&keywords, json!({ "keyword": "a" })).await.ok());
    let keyword = format!("{path}/keywords/{keyword}");
    let entry = id(&alice
        .post(&statuses, json!({ "status_id": status }))
        .await
        .ok());
    alice.put(&filter, json!({ "title": "y" })).await.ok();
    alice.put(&keyword, json!({ "keyword": "b" })).await.ok();
    alice.delete(&keyword).await.ok();
    alice.delete(&format!("{path}/statuses/{entry}")).await.ok();
    alice.delete(&filter).await.ok();
    let v1_filter = json!({ "phrase": "a", "context": ["home"] });
    let filter_id = id(&alice.post("/api/v1/filters", v1_filter.clone()).await.ok());
    let v1_path = format!("/api/v1/filters/{filter_id}");
    alice.put(&v1_path, v1_filter).await.ok();
    alice.delete(&v1_path).await.ok();
    for _ in 0..11 {
        assert_eq!(user.sse.next().await, event("filters_changed", "undefined"));
        let expected = json!({ "stream": ["user"], "event": "filters_changed" });
        assert_eq!(user.ws.next_json().await, expected);
    }
}

#[tokio::test]
async fn filter_changes_are_not_streamed_by_default() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    let body = json!({ "title": "x", "context": ["home"] });
    alice.post("/api/v2/filters", body).await.ok();
    alice.post_text("after").await;
    user.next_payload("update").await;
}

#[tokio::test]
async fn public_streams_omit_the_filter_action_blur() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let keywords = json!([{ "keyword": "cats" }]);
    let filter = json!({
        "title": "pets", "context": ["public"], "filter_action": "blur",
        "keywords_attributes": keywords,
    });
    alice.post("/api/v2/filters", filter).await.ok();
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    let mut public = BothTransports::open(&server, "public", &alice.token).await;
    alice.post_text("cats").await;
    let filter = |status: Value| status["filtered"][0]["filter"].clone();
    let personal = filter(user.next_json("update").await);
    assert_eq!(personal["filter_action"], "blur");
    let shared = filter(public.next_json("update").await);
    assert_eq!(shared["title"], "pets");
    assert_eq!(shared.get("filter_action"), None);
}

#[tokio::test]
async fn streamed_status_includes_matching_filters_on_public_streams_too() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut unfiltered = BothTransports::open(&server, "public", &alice.token).await;
    let keywords = json!([{ "keyword": "cats" }]);
    let filter = json!({ "title": "pets", "context": ["public"], "keywords_attributes": keywords });
    bob.post("/api/v2/filters", filter).await.ok();
    let mut user = BothTransports::open(&server, "user", &bob.token).await;
    let mut public = SseClient::open(&server, "/public", &bob.token).await;
    alice.post_text("I love Cats").await;
    let personal = user.next_json("update").await;
    assert_eq!(personal["filtered"][0]["keyword_matches"], json!(["Cats"]));
    let (_, payload) = public.next_event().await;
    let payload: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(payload["filtered"], personal["filtered"]);
    let unfiltered = unfiltered.next_json("update").await;
    assert_eq!(unfiltered["filtered"], json!([]));
}

#[tokio::test]
async fn every_conversation_change_is_streamed_to_each_participant() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    // Private mentions by strangers are filtered.
    let bob_id = account_id(&alice, "bob").await;
    let follow = format!("/api/v1/accounts/{bob_id}/follow");
    alice.post(&follow, json!({})).await.ok();
    let mut alice_stream = BothTransports::open(&server, "direct", &alice.token).await;
    let mut bob_stream = SseClient::open(&server, "/direct", &bob.token).await;
    let direct = |text: &str| json!({ "status": text, "visibility": "direct" });
    let first = id(&bob.post_status(direct("psst @alice")).await);
    let conversation = alice_stream.next_json("conversation").await;
    assert_eq!(
        (&conversation["unread"], &conversation["last_status"]["id"]),
        (&json!(true), &json!(first))
    );
    let (name, own) = bob_stream.next_event().await;
    let own: Value = serde_json::from_str(&own).unwrap();
    assert_eq!(
        (name.as_str(), &own["unread"]),
        ("conversation", &json!(false))
    );

    for action in ["read", "unread", "read"] {
        let path = format!("/api/v1/conversations/{}/{action}", id(&conversation));
        let changed = alice.post(&path, json!({})).await.ok();
        assert_eq!(alice_stream.next_json("conversation").await, changed);
    }

    let mut second = direct("more @alice");
    second["in_reply_to_id"] = first.clone().into();
    let second = id(&bob.post_status(second).await);
    assert_eq!(
        alice_stream.next_json("conversation").await["last_status"]["id"],
        second
    );
    bob.delete(&format!("/api/v1/statuses/{second}")).await.ok();
    assert_eq!(
        alice_stream.next_json("conversation").await["last_status"]["id"],
        first
    );
    // Deleting the last status removes the conversation without an event.
    bob.delete(&format!("/api/v1/statuses/{first}")).await.ok();
    let last = id(&bob.post_status(direct("last @alice")).await);
    let conversation = alice_stream.next_json("conversation").await;
    assert_eq!(conversation["last_status"]["id"], last);
    // Removing a conversation sends no event.
    let path = format!("/api/v1/conversations/{}", id(&conversation));
    alice.delete(&path).await.ok();
    let after = id(&bob.post_status(direct("after @alice")).await);
    let next = alice_stream.next_json("conversation").await;
    assert_eq!(next["last_status"]["id"], after);
}

#[tokio::test]
async fn announcements_and_their_reactions_are_streamed_to_all_users() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let mut user = BothTransports::open(&server, "user", &alice.token).await;
    let first = server.publish_announcement("Down on *Friday*, says @bob. #news");
    let streamed = user.next_json("announcement").await;
    assert_eq!(
        (&streamed["id"], &streamed["mentions"][0]["acct"]),
        (&json!(first), &json!("bob"))
    );
    assert_eq!(streamed.get("read"), None);
    assert!(server.update_announcement(&first, "Down on Monday"));
    assert_eq!(
        user.next_json("announcement").await["content"],
        "<p>Down on Monday</p>"
    );

    let reaction = format!("/api/v1/announcements/{first}/reactions/%F0%9F%91%8D");
    let reaction_event =
        |count: u32| json!({ "name": "\u{1f44d}", "count": count, "announcement_id": first });
    bob.put(&reaction, json!({})).await.ok();
    assert_eq!(
        user.next_json("announcement.reaction").await,
        reaction_event(1)
    );
    alice.put(&reaction, json!({})).await.ok();
    assert_eq!(
        user.next_json("announcement.reaction").await,
        reaction_event(2)
    );
    bob.delete(&reaction).await.ok();
    assert_eq!(
        user.next_json("announcement.reaction").await,
        reaction_event(1)
    );

    let listed = alice.get("/api/v1/announcements").await.ok();
    let expected = json!([{ "name": "\u{1f44d}", "count": 1, "me": true }]);
    assert_eq!(listed[0]["reactions"], expected);
    alice.delete(&reaction).await.ok();
    let last = user.next_json("announcement.reaction").await;
    assert_eq!(last, reaction_event(0));
    assert!(server.delete_announcement(&first));
    assert_eq!(user.next_payload("announcement.delete").await, first);
    assert!(!server.delete_announcement(&first));
}

#[tokio::test]
async fn revoked_quote_and_changed_quote_policy_are_streamed_as_status_updates() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let quoted = alice.post_text("x").await;
    let quoting = json!({ "status": "quoting", "quoted_status_id": quoted });
    let quoting = id(&bob.post_status(quoting).await);
    let mut user = BothTransports::open(&server, "user", &bob.token).await;
    let path = format!("/api/v1/statuses/{quoted}/quotes/{quoting}/revoke");
    alice.post(&path, json!({})).await.ok();
    assert_eq!(
        user.next_json("status.update").await["quote"]["state"],
        "revoked"
    );
    let path = format!("/api/v1/statuses/{quoting}/interaction_policy");
    let policy = json!({ "quote_approval_policy": "nobody" });
    bob.put(&path, policy.clone()).await.ok();
    let edited = user.next_json("status.update").await;
    assert_eq!(edited["quote_approval"]["automatic"], json!([]));
    // An unchanged policy sends no event.
    bob.put(&path, policy).await.ok();
    bob.post_text("after").await;
    user.next_payload("update").await;
}
