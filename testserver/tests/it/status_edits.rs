//! Edits of statuses.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, send};

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
    let builder = TestServer::builder().rate_limit("general", 1000);
    let server = builder.start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice.post_status(json!({ "status": "same" })).await;
    let edited = alice.put(&path(&posted), json!({ "status": "same" })).await;
    assert_eq!(edited.header("x-ratelimit-remaining"), Some("299"));
    assert_eq!(edited.ok()["edited_at"], Value::Null);
    // Only what is sent counts, not what it becomes.
    for change in [
        json!({ "status": "same", "sensitive": true }),
        json!({ "status": "same", "quote_approval_policy": "nobody" }),
        json!({ "status": "same " }),
    ] {
        let posted = alice.post_status(json!({ "status": "same" })).await;
        let edited = alice.put(&path(&posted), change.clone()).await.ok();
        assert_ne!(edited["edited_at"], Value::Null, "{change}");
        assert_eq!(edited["content"], "<p>same</p>");
    }
}

#[tokio::test]
async fn edit_keeps_what_cannot_be_changed_and_what_others_did() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let parent = bob.post_text("parent").await;
    let body = json!({
        "status": "one", "visibility": "unlisted", "in_reply_to_id": parent, "language": "de",
        "quote_approval_policy": "nobody",
    });
    let posted = alice.post_status(body).await;
    let status = id(&posted);
    for action in ["favourite", "reblog", "bookmark"] {
        bob.act_on_status(&status, action).await;
    }
    alice.act_on_status(&status, "pin").await;
    let reply = json!({ "status": "reply", "in_reply_to_id": status });
    bob.post_status(reply).await;
    let edit = json!({ "status": "two", "visibility": "public", "in_reply_to_id": null });
    let edited = alice.put(&path(&posted), edit).await.ok();
    for unchanged in ["visibility", "in_reply_to_id", "language", "quote_approval"] {
        assert_eq!(edited[unchanged], posted[unchanged], "{unchanged}");
    }
    assert_eq!(edited["pinned"], true);
    for count in ["favourites_count", "reblogs_count", "replies_count"] {
        assert_eq!(edited[count], 1, "{count}");
    }
    // The home timeline has the new text at once.
    let home = alice.get("/api/v1/timelines/home").await.ok();
    let home = home.as_array().unwrap().iter();
    let mut own = home.filter(|entry| id(entry) == status);
    assert_eq!(own.next().unwrap()["content"], "<p>two</p>");
}

#[tokio::test]
async fn spoiler_text_without_a_text_becomes_the_text_of_an_edited_status() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let posted = alice
        .post_status(json!({ "status": "one", "spoiler_text": "old" }))
        .await;
    let edit = json!({ "spoiler_text": "new" });
    let edited = alice.put(&path(&posted), edit).await.ok();
    assert_eq!(
        (
            &edited["content"],
            &edited["spoiler_text"],
            &edited["sensitive"]
        ),
        (&json!("<p>new</p>"), &json!("old"), &json!(false))
    );
    // Otherwise a spoiler text in the request makes the status sensitive.
    let edit = json!({ "status": "x", "spoiler_text": "new" });
    assert_eq!(
        alice.put(&path(&posted), edit).await.ok()["sensitive"],
        true
    );
}

#[tokio::test]
async fn edited_poll_without_multiple_loses_its_votes_and_needs_a_duration() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let poll = json!({ "options": ["a", "b"], "expires_in": 600 });
    let posted = alice
        .post_status(json!({ "status": "?", "poll": poll }))
        .await;
    let votes = format!("/api/v1/polls/{}/votes", id(&posted["poll"]));
    bob.post(&votes, json!({ "choices": [0] })).await.ok();
    let edit = json!({ "status": "?", "poll": poll });
    let edited = alice.put(&path(&posted), edit).await.ok();
    assert_eq!(edited["poll"]["votes_count"], 0);
    let edit = json!({ "status": "?", "poll": { "options": ["a", "b"], "multiple": false } });
    let rejected = alice.put(&path(&posted), edit).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Deadline can't be blank")
    );
}

#[tokio::test]
async fn later_edit_replaces_the_notification_about_the_earlier_one() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let carol = Client::user(&server, "carol");
    let posted = alice.post_status(json!({ "status": "0 @carol" })).await;
    bob.act_on_status(&id(&posted), "reblog").await;
    let quote = json!({ "status": "q", "quoted_status_id": posted["id"] });
    bob.post_status(quote).await;
    let notifications = async |client: &Client<'_>| {
        let list = client.get("/api/v1/notifications").await.ok();
        let list = list.as_array().unwrap().clone().into_iter();
        let list = list.map(|one| (one["type"].as_str().unwrap().to_owned(), id(&one)));
        list.collect::<Vec<_>>()
    };
    let edit = async |text: &str| {
        alice
            .put(&path(&posted), json!({ "status": text }))
            .await
            .ok();
    };
    edit("1 @carol").await;
    let (first, mention) = (notifications(&bob).await, notifications(&carol).await);
    let types: Vec<_> = first.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(types, ["quoted_update", "update"]);
    edit("2 @carol").await;
    let second = notifications(&bob).await;
    assert_eq!(second.len(), 2);
    assert!(second.iter().all(|one| !first.contains(one)));
    assert_eq!(notifications(&carol).await, mention);
    // Who has dismissed the notification is notified again.
    carol
        .post("/api/v1/notifications/clear", json!({}))
        .await
        .ok();
    edit("3 @carol").await;
    assert_eq!(notifications(&carol).await.len(), 1);
}

#[tokio::test]
async fn own_boost_can_be_edited_like_a_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = bob.post_text("original").await;
    let boost = alice.act_on_status(&original, "reblog").await;
    let edited = alice
        .put(&path(&boost), json!({ "status": "hm" }))
        .await
        .ok();
    assert_eq!(edited["content"], "<p>hm</p>");
    assert_eq!(id(&edited["reblog"]), original);
    assert_eq!(edited["reblog"]["content"], "<p>original</p>");
}

#[tokio::test]
async fn idempotency_key_of_an_edit_is_ignored() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = path(&alice.post_status(json!({ "status": "0" })).await);
    for text in ["1", "2"] {
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", "key"),
        ];
        let body = json!({ "status": text }).to_string();
        let edited = send(
            &server,
            "PUT",
            &path,
            &alice.token,
            &headers,
            body.as_bytes(),
        );
        assert_eq!(edited.await.ok()["content"], format!("<p>{text}</p>"));
    }
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
