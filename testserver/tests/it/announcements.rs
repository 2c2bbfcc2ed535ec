//! Announcements and their reactions.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, ids};

const ANNOUNCEMENTS: &str = "/api/v1/announcements";

#[tokio::test]
async fn announcements_are_listed_until_deleted_and_marked_read_per_user() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    assert_eq!(alice.get(ANNOUNCEMENTS).await.ok(), json!([]));
    let (first, second) = (
        server.publish_announcement("Hello @bob #news"),
        server.publish_announcement("Bye"),
    );
    let listed = alice.get(ANNOUNCEMENTS).await.ok();
    assert_eq!(ids(&listed), [first.clone(), second.clone()]);
    let fields: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
    let expected = [
        "all_day",
        "content",
        "emojis",
        "ends_at",
        "id",
        "mentions",
        "published_at",
        "reactions",
        "read",
        "starts_at",
        "statuses",
        "tags",
        "updated_at",
    ];
    assert_eq!(fields, expected);
    assert_eq!(listed[0]["mentions"][0]["username"], "bob");
    assert_eq!(listed[0]["tags"][0]["name"], "news");
    alice
        .post(&format!("{ANNOUNCEMENTS}/{first}/dismiss"), json!({}))
        .await
        .ok();
    let read = |listed: Value| [listed[0]["read"].clone(), listed[1]["read"].clone()];
    assert_eq!(
        read(alice.get(ANNOUNCEMENTS).await.ok()),
        [json!(true), json!(false)]
    );
    assert_eq!(
        read(bob.get(ANNOUNCEMENTS).await.ok()),
        [json!(false), json!(false)]
    );
    assert!(server.delete_announcement(&first));
    assert!(!server.update_announcement(&first, "x"));
    assert_eq!(ids(&alice.get(ANNOUNCEMENTS).await.ok()), [second]);
    assert_eq!(
        alice
            .post(&format!("{ANNOUNCEMENTS}/{first}/dismiss"), json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn announcement_contains_the_public_statuses_that_it_links_to() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let post = async |visibility: &str| {
        let body = json!({ "status": "Hello", "visibility": visibility });
        alice.post("/api/v1/statuses", body).await.ok()
    };
    let (public, private) = (post("public").await, post("private").await);
    let url = |status: &Value| status["url"].as_str().unwrap().to_owned();
    let (url, hidden) = (url(&public), url(&private));
    server.publish_announcement(&format!("See {url} and {url}, not {hidden} or {url}0"));
    let listed = alice.get(ANNOUNCEMENTS).await.ok();
    let statuses = listed[0]["statuses"].as_array().unwrap();
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0]["id"], public["id"]);
    assert_eq!(statuses[0]["account"]["username"], "alice");
}

#[tokio::test]
async fn reactions_are_emoji_counted_once_per_user_and_can_be_removed() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let id = server.publish_announcement("x");
    let path = |name: &str| format!("{ANNOUNCEMENTS}/{id}/reactions/{name}");
    let heart = path("%E2%9D%A4%EF%B8%8F");
    for client in [&alice, &bob] {
        client.put(&heart, json!({})).await.ok();
    }
    let repeated = alice.put(&heart, json!({})).await;
    assert_eq!(
        (repeated.status, repeated.error()),
        (422, "Duplicate record")
    );
    bob.put(&path("crab"), json!({})).await.ok();
    let crab = |style: &str| format!("{}/custom_emojis/{style}/crab.png", server.url());
    let expected = json!([
        { "name": "\u{2764}\u{fe0f}", "count": 2, "me": true },
        { "name": "crab", "count": 1, "me": false, "url": crab("original"), "static_url": crab("static") },
    ]);
    assert_eq!(
        alice.get(ANNOUNCEMENTS).await.ok()[0]["reactions"],
        expected
    );
    for invalid in ["lobster", "a1", "%C3%BC"] {
        let rejected = alice.put(&path(invalid), json!({})).await;
        let error = "Validation failed: Name is not a recognized emoji";
        assert_eq!(
            (rejected.status, rejected.error()),
            (422, error),
            "{invalid}"
        );
    }
    alice.delete(&heart).await.ok();
    assert_eq!(alice.delete(&heart).await.status, 404);
    assert_eq!(
        alice.get(ANNOUNCEMENTS).await.ok()[0]["reactions"][0]["count"],
        1
    );
    for last in 0x81..=0x86 {
        alice
            .put(&path(&format!("%F0%9F%98%{last:X}")), json!({}))
            .await
            .ok();
    }
    let ninth = alice.put(&path("%F0%9F%98%87"), json!({})).await;
    assert_eq!(
        ninth.error(),
        "Validation failed: Limit of different reactions reached"
    );
    let unknown = format!("{ANNOUNCEMENTS}/99/reactions/crab");
    assert_eq!(alice.put(&unknown, json!({})).await.status, 404);
    assert_eq!(alice.delete(&unknown).await.status, 404);
}

#[tokio::test]
async fn announcements_need_a_user() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::anonymous(&server).get(ANNOUNCEMENTS).await;
    let error = "This method requires an authenticated user";
    assert_eq!((visitor.status, visitor.error()), (422, error));
}
