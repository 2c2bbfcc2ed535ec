//! What follows, mutes and blocks change beside the relationship itself.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::Client;
use crate::notification_rules::set_policy;
use crate::relationships::{account_action, relationship};

const ERIN: &str = "erin@elsewhere.example";

#[tokio::test]
async fn accounts_that_cannot_be_followed_are_refused() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let follow = async |name: &str| {
        let path = format!("/api/v1/accounts/{}/follow", account_id(&alice, name).await);
        alice.post(&path, json!({})).await.status
    };
    server.move_account("bob", "carol");
    assert_eq!(follow("bob").await, 403);
    let block = json!({ "domain": "elsewhere.example" });
    alice.post("/api/v1/domain_blocks", block).await.ok();
    assert_eq!(follow(ERIN).await, 403);
    let dave = Client::user(&server, "dave");
    let alice_id = account_id(&dave, "alice").await;
    account_action(&dave, &alice_id, "block", json!({})).await;
    assert_eq!(follow("dave").await, 403);
    server.suspend_account("carol");
    assert_eq!(follow("carol").await, 404);
}

/// Lets carol favourite a status of alice and write to her, publicly and privately. Returns the client of alice.
async fn involve_carol(server: &TestServer) -> Client<'_> {
    let (alice, carol) = (Client::user(server, "alice"), Client::user(server, "carol"));
    let carol_id = account_id(&alice, "carol").await;
    account_action(&alice, &carol_id, "follow", json!({})).await;
    let own = alice.post_text("own").await;
    carol.act_on_status(&own, "favourite").await;
    carol.post_direct("@alice psst", None).await;
    account_action(&alice, &carol_id, "unfollow", json!({})).await;
    set_policy(&alice, json!({ "for_not_following": "filter" })).await;
    carol.post_text("@alice").await;
    alice
}

const LISTS: [&str; 3] = [
    "/api/v1/notifications?include_filtered=true",
    "/api/v1/notifications/requests",
    "/api/v1/conversations",
];

#[tokio::test]
async fn mute_of_notifications_and_block_delete_notifications_requests_and_conversations() {
    for (action, body, deletes) in [
        ("mute", json!({}), true),
        ("mute", json!({ "notifications": false }), false),
        ("block", json!({}), true),
    ] {
        let server = TestServer::start().await.unwrap();
        let alice = involve_carol(&server).await;
        for list in LISTS {
            assert_ne!(alice.get(list).await.ok(), json!([]), "{list}");
        }
        let carol_id = account_id(&alice, "carol").await;
        account_action(&alice, &carol_id, action, body).await;
        for list in LISTS {
            let is_empty = alice.get(list).await.ok() == json!([]);
            assert_eq!(is_empty, deletes, "{action}: {list}");
        }
        account_action(&alice, &carol_id, &format!("un{action}"), json!({})).await;
        for list in LISTS {
            let is_empty = alice.get(list).await.ok() == json!([]);
            assert_eq!(is_empty, deletes, "un{action}: {list}");
        }
    }
}

#[tokio::test]
async fn mute_of_a_muted_account_replaces_its_terms() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob_id = account_id(&alice, "bob").await;
    let mute = async |body: Value| account_action(&alice, &bob_id, "mute", body).await;
    mute(json!({ "duration": 60, "notifications": false })).await;
    server.clock().advance(Duration::from_secs(50));
    mute(json!({ "duration": 60 })).await;
    server.clock().advance(Duration::from_secs(50));
    let muted = relationship(&alice, &bob_id).await;
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(true))
    );
    let endless = mute(json!({})).await;
    assert_eq!(endless["muting_expires_at"], json!(null));
    server.clock().advance(Duration::from_secs(50));
    assert_eq!(relationship(&alice, &bob_id).await["muting"], true);
}

#[tokio::test]
async fn actions_without_a_cause_change_nothing() {
    let server = TestServer::start().await.unwrap();
    let dora = Client::user(&server, "dora");
    let (own, bob_id) = (
        account_id(&dora, "dora").await,
        account_id(&dora, "bob").await,
    );
    let before = relationship(&dora, &bob_id).await;
    for action in ["remove_from_followers", "unfollow", "unmute", "unblock"] {
        assert_eq!(
            account_action(&dora, &bob_id, action, json!({})).await,
            before
        );
    }
    let before = relationship(&dora, &own).await;
    for action in ["mute", "block"] {
        assert_eq!(account_action(&dora, &own, action, json!({})).await, before);
    }
}

#[tokio::test]
async fn domain_block_notifies_about_severed_relationships() {
    let server = TestServer::start().await.unwrap();
    let dave = Client::user(&server, "dave");
    let erin = account_id(&dave, ERIN).await;
    account_action(&dave, &erin, "follow", json!({})).await;
    server.accept_follow("dave", ERIN);
    Client::user(&server, ERIN).post_text("@dave").await;
    assert_eq!(dave.notification_types().await, ["mention"]);
    let block = json!({ "domain": "elsewhere.example" });
    dave.post("/api/v1/domain_blocks", block).await.ok();
    let list = dave.get("/api/v1/notifications").await.ok();
    assert_eq!(dave.notification_types().await, ["severed_relationships"]);
    let (notification, event) = (&list[0], &list[0]["event"]);
    assert_eq!(notification["account"]["acct"], "dave");
    assert_eq!(event["type"], "user_domain_block");
    assert_eq!(event["target_name"], "elsewhere.example");
    assert_eq!(
        (&event["followers_count"], &event["following_count"]),
        (&json!(1), &json!(1))
    );
    let group = dave.get("/api/v2/notifications").await.ok();
    assert_eq!(group["notification_groups"][0]["event"], *event);
    // Without relationships there is nothing to tell.
    let block = json!({ "domain": "nobody.example" });
    dave.post("/api/v1/domain_blocks", block).await.ok();
    assert_eq!(dave.notification_types().await.len(), 1);
}
