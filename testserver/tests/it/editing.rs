//! Editing statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id};

fn path(status: &Value) -> String {
    format!("/api/v1/statuses/{}", id(status))
}

#[tokio::test]
async fn an_edit_replaces_the_status_and_keeps_its_versions() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = json!({ "status": "one #a", "spoiler_text": "w", "language": "de" });
    let posted = alice.status(first).await;
    let history = async |path: String| alice.get(&format!("{path}/history")).await.ok();
    assert_eq!(history(path(&posted)).await.as_array().unwrap().len(), 1);
    server.clock().advance(Duration::from_secs(60));
    let edited = alice
        .put(&path(&posted), json!({ "status": "two #b" }))
        .await
        .ok();
    // What was not given again is gone, but the language stays.
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
async fn an_edit_that_changes_nothing_leaves_no_trace() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.status(json!({ "status": "same" })).await;
    let edited = alice
        .put(&path(&posted), json!({ "status": "same" }))
        .await
        .ok();
    assert_eq!(edited["edited_at"], Value::Null);
}

#[tokio::test]
async fn nothing_may_not_be_left_and_others_may_not_edit() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.status(json!({ "status": "mine" })).await;
    let refused = alice.put(&path(&posted), json!({})).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Validation failed: Text can't be blank")
    );
    let bob = Client::user(&server, "bob");
    let refused = bob.put(&path(&posted), json!({ "status": "yours" })).await;
    assert_eq!((refused.status, refused.error()), (404, "Record not found"));
}

#[tokio::test]
async fn those_who_boosted_and_the_newly_mentioned_are_told_of_an_edit() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = Client::user(&server, "carol");
    let posted = alice.status(json!({ "status": "hi" })).await;
    bob.act(&id(&posted), "reblog").await;
    alice
        .put(&path(&posted), json!({ "status": "hi @carol" }))
        .await
        .ok();
    assert_eq!(bob.notified().await, ["update"]);
    assert_eq!(carol.notified().await, ["mention"]);
    alice
        .put(&path(&posted), json!({ "status": "ho @carol" }))
        .await
        .ok();
    assert_eq!(carol.notified().await, ["mention"]);
}

#[tokio::test]
async fn who_is_no_longer_mentioned_still_sees_the_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, dora) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dora"),
    );
    let body = json!({ "status": "psst @dora", "visibility": "direct" });
    let posted = alice.status(body).await;
    let edited = alice
        .put(&path(&posted), json!({ "status": "psst" }))
        .await
        .ok();
    assert_eq!(edited["mentions"], json!([]));
    assert_eq!(dora.get(&path(&posted)).await.status, 200);
}

#[tokio::test]
async fn a_poll_keeps_its_votes_only_while_its_answers_stay() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = |options: Value| json!({ "options": options, "expires_in": 600 });
    let body = json!({ "status": "?", "poll": poll(json!(["a", "b"])) });
    let posted = alice.status(body).await;
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
