//! Announcements and reactions to them.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, ids};

const ALL: &str = "/api/v1/announcements";

#[tokio::test]
async fn announcements_are_listed_until_they_are_withdrawn_and_remember_who_read_them() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    assert_eq!(alice.get(ALL).await.ok(), json!([]));
    let (first, second) = (server.announce("Hello @bob #news"), server.announce("Bye"));
    let listed = alice.get(ALL).await.ok();
    assert_eq!(ids(&listed), [first.clone(), second.clone()]);
    let names: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
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
    assert_eq!(names, expected);
    assert_eq!(listed[0]["mentions"][0]["username"], "bob");
    assert_eq!(listed[0]["tags"][0]["name"], "news");
    alice
        .post(&format!("{ALL}/{first}/dismiss"), json!({}))
        .await
        .ok();
    let read = |listed: Value| [listed[0]["read"].clone(), listed[1]["read"].clone()];
    assert_eq!(read(alice.get(ALL).await.ok()), [json!(true), json!(false)]);
    assert_eq!(read(bob.get(ALL).await.ok()), [json!(false), json!(false)]);
    assert!(server.withdraw_announcement(&first));
    assert!(!server.change_announcement(&first, "x"));
    assert_eq!(ids(&alice.get(ALL).await.ok()), [second]);
    assert_eq!(
        alice
            .post(&format!("{ALL}/{first}/dismiss"), json!({}))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_reaction_is_an_emoji_counts_once_a_user_and_can_be_taken_back() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let id = server.announce("x");
    let path = |name: &str| format!("{ALL}/{id}/reactions/{name}");
    let heart = path("%E2%9D%A4%EF%B8%8F");
    for who in [&alice, &alice, &bob] {
        who.put(&heart, json!({})).await.ok();
    }
    bob.put(&path("crab"), json!({})).await.ok();
    let crab = |style: &str| format!("{}/custom_emojis/{style}/crab.png", server.url());
    let expected = json!([
        { "name": "\u{2764}\u{fe0f}", "count": 2, "me": true },
        { "name": "crab", "count": 1, "me": false, "url": crab("original"), "static_url": crab("static") },
    ]);
    assert_eq!(alice.get(ALL).await.ok()[0]["reactions"], expected);
    for wrong in ["lobster", "a1", "%C3%BC"] {
        let refused = alice.put(&path(wrong), json!({})).await;
        let error = "Validation failed: Name is not a recognized emoji";
        assert_eq!((refused.status, refused.error()), (422, error), "{wrong}");
    }
    alice.delete(&heart).await.ok();
    assert_eq!(alice.delete(&heart).await.status, 404);
    assert_eq!(alice.get(ALL).await.ok()[0]["reactions"][0]["count"], 1);
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
    let nowhere = format!("{ALL}/99/reactions/crab");
    assert_eq!(alice.put(&nowhere, json!({})).await.status, 404);
    assert_eq!(alice.delete(&nowhere).await.status, 404);
}
