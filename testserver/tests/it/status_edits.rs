//! Edits of statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id};

fn path(status: &Value) -> String {
    format!("/api/v1/statuses/{}", id(status))
}

#[tokio::test]
async fn edit_replaces_the_status_and_keeps_the_history() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = json!({ "status": "one #a", "spoiler_text": "w", "language": "de" });
    let posted = alice.post_status(first).await;
    let history = async |path: String| alice.get(&format!("{path}/history")).await.ok();
    assert_eq!(history(path(&posted)).await.as_array().unwrap().len(), 1);
    server.clock().advance(Duration::from_secs(60));
    let edited = alice
        .put(&path(&posted), json!({ "status": "two #b" }))
        .await
        .ok();
    // Parameters that are not sent are cleared, except for the language.
    assert_eq!(edited["spoiler_text"], "");
    assert_eq!(edited["sensitive"], false);
    assert_eq!(edited["language"], "de");
    assert_eq!(edited["tags"][0]["name"], "b");
    assert_ne!(edited["edited_at"], Value::Null);
    assert_eq!(edited["created_at"], posted["created_at"]);
    let versions = history(path(&posted)).await;
    let versions = versions.as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert!(
        versions[0]["content"]
            .as_str()
            .unwrap()
            .starts_with("<p>one ")
    );
    assert_eq!(versions[0]["spoiler_text"], "w");
    assert_eq!(versions[0]["created_at"], posted["created_at"]);
    assert!(
        versions[1]["content"]
            .as_str()
            .unwrap()
            .starts_with("<p>two ")
    );
    assert_eq!(versions[1]["created_at"], edited["edited_at"]);
}

#[tokio::test]
async fn edit_without_changes_is_not_recorded() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.post_status(json!({ "status": "same" })).await;
    let edited = alice
        .put(&path(&posted), json!({ "status": "same" }))
        .await
        .ok();
    assert_eq!(edited["edited_at"], Value::Null);
}

#[tokio::test]
async fn edit_to_an_empty_status_or_by_another_user_is_rejected() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.post_status(json!({ "status": "mine" })).await;
    let rejected = alice.put(&path(&posted), json!({})).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Text can't be blank")
    );
    let bob = Client::user(&server, "bob");
    let rejected = bob.put(&path(&posted), json!({ "status": "yours" })).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (404, "Record not found")
    );
}

#[tokio::test]
async fn edit_notifies_boosters_and_newly_mentioned_accounts() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = Client::user(&server, "carol");
    let posted = alice.post_status(json!({ "status": "hi" })).await;
    bob.act_on_status(&id(&posted), "reblog").await;
    alice
        .put(&path(&posted), json!({ "status": "hi @carol" }))
        .await
        .ok();
    assert_eq!(bob.notification_types().await, ["update"]);
    assert_eq!(carol.notification_types().await, ["mention"]);
    alice
        .put(&path(&posted), json!({ "status": "ho @carol" }))
        .await
        .ok();
    assert_eq!(carol.notification_types().await, ["mention"]);
}

#[tokio::test]
async fn account_that_is_no_longer_mentioned_can_still_see_the_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let body = json!({ "status": "psst @dora", "visibility": "direct" });
    let posted = alice.post_status(body).await;
    let edited = alice
        .put(&path(&posted), json!({ "status": "psst" }))
        .await
        .ok();
    assert_eq!(edited["mentions"], json!([]));
    assert_eq!(dora.get(&path(&posted)).await.status, 200);
}

#[tokio::test]
async fn poll_keeps_its_votes_only_while_its_options_stay_the_same() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = |options: Value| json!({ "options": options, "expires_in": 600, "multiple": false });
    let body = json!({ "status": "?", "poll": poll(json!(["a", "b"])) });
    let posted = alice.post_status(body).await;
    let poll_id = id(&posted["poll"]);
    let votes = format!("/api/v1/polls/{poll_id}/votes");
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    server.clock().advance(Duration::from_secs(10));
    let same = json!({ "status": "??", "poll": poll(json!(["a", "b"])) });
    let edited = alice.put(&path(&posted), same).await.ok();
    assert_eq!(edited["poll"]["votes_count"], 1);
    assert_eq!(id(&edited["poll"]), poll_id);
    assert_ne!(edited["poll"]["expires_at"], posted["poll"]["expires_at"]);
    let other = json!({ "status": "??", "poll": poll(json!(["a", "c"])) });
    let edited = alice.put(&path(&posted), other).await.ok();
    assert_eq!(edited["poll"]["votes_count"], 0);
    let edited = alice
        .put(&path(&posted), json!({ "status": "??" }))
        .await
        .ok();
    assert_eq!(edited["poll"], Value::Null);
    assert_eq!(
        bob.get(&format!("/api/v1/polls/{poll_id}")).await.status,
        404
    );
    let history = alice.get(&format!("{}/history", path(&posted))).await.ok();
    let history = history.as_array().unwrap();
    assert_eq!(history[0]["poll"]["options"][1]["title"], "b");
    assert_eq!(history[2]["poll"]["options"][1]["title"], "c");
    assert_eq!(history[3].get("poll"), None);
}
