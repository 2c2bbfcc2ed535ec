//! Actions on statuses: boosts, favourites, bookmarks, mutes, pins and translations.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

#[tokio::test]
async fn boost_contains_the_status_and_reaches_the_boosters_followers() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (dora, carol) = (
        Client::user(&server, "dora"),
        Client::user(&server, "carol"),
    );
    let original = dora.post_text("look").await;
    let boost = alice.act_on_status(&original, "reblog").await;
    assert_eq!(id(&boost["reblog"]), original);
    assert_eq!(boost["content"], "");
    assert_eq!(boost["account"]["acct"], "alice");
    assert_eq!(boost["reblog"]["reblogged"], true);
    assert_eq!(boost["reblog"]["reblogs_count"], 1);
    assert_eq!(dora.notification_types().await, ["reblog"]);
    // Bob follows Alice.
    let home = bob.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_eq!(ids(&home), [id(&boost)]);
    // Boosting a boost boosts the original.
    let again = carol.act_on_status(&id(&boost), "reblog").await;
    assert_eq!(id(&again["reblog"]), original);
    assert_eq!(again["reblog"]["reblogs_count"], 2);
    // The home timeline omits a second boost of a recent status.
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert!(!ids(&home).contains(&id(&again)));
    // Boosting twice changes nothing.
    assert_eq!(
        id(&alice.act_on_status(&original, "reblog").await),
        id(&boost)
    );
}

#[tokio::test]
async fn undone_boost_is_deleted_with_its_notification() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.post_text("look").await;
    let boost = id(&bob.act_on_status(&original, "reblog").await);
    let status = bob.act_on_status(&original, "unreblog").await;
    assert_eq!(id(&status), original);
    assert_eq!(
        (&status["reblogged"], &status["reblogs_count"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(
        bob.get(&format!("/api/v1/statuses/{boost}")).await.status,
        404
    );
    assert!(alice.notification_types().await.is_empty());
}

#[tokio::test]
async fn private_statuses_can_be_boosted_only_by_their_author() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let private = id(&alice
        .post_status(json!({ "status": "p", "visibility": "private" }))
        .await);
    let path = format!("/api/v1/statuses/{private}/reblog");
    let rejected = bob.post(&path, json!({})).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (403, "This action is not allowed")
    );
    let boost = alice
        .post(&path, json!({ "visibility": "public" }))
        .await
        .ok();
    assert_eq!(boost["visibility"], "private");
    let public = format!("/api/v1/statuses/{}/reblog", alice.post_text("o").await);
    let unlisted = bob
        .post(&public, json!({ "visibility": "unlisted" }))
        .await
        .ok();
    assert_eq!(unlisted["visibility"], "unlisted");
    let carol = Client::user(&server, "carol");
    let rejected = carol.post(&public, json!({ "visibility": "direct" })).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: Visibility is reserved")
    );
}

#[tokio::test]
async fn favourites_are_counted_notified_and_can_be_undone() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("like it?").await;
    for _ in 0..2 {
        let favourited = bob.act_on_status(&status, "favourite").await;
        assert_eq!(
            (&favourited["favourited"], &favourited["favourites_count"]),
            (&json!(true), &json!(1))
        );
    }
    assert_eq!(alice.notification_types().await, ["favourite"]);
    let undone = bob.act_on_status(&status, "unfavourite").await;
    assert_eq!(
        (&undone["favourited"], &undone["favourites_count"]),
        (&json!(false), &json!(0))
    );
    assert!(alice.notification_types().await.is_empty());
}

#[tokio::test]
async fn favourites_and_bookmarks_are_listed_newest_first_and_paged_by_their_own_ids() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (old, new) = (alice.post_text("old").await, alice.post_text("new").await);
    for (action, list) in [("favourite", "favourites"), ("bookmark", "bookmarks")] {
        for status in [&new, &old] {
            bob.act_on_status(status, action).await;
        }
        let path = format!("/api/v1/{list}?limit=1");
        let first = bob.get(&path).await;
        let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
        assert_eq!(ids(&first.ok()), [old.as_str()], "{list}");
        assert!(previous.contains("min_id="), "{previous}");
        let second = bob.get(&next).await;
        let first_again = second.link("prev").unwrap();
        assert_eq!(ids(&second.ok()), [new.as_str()], "{list}");
        assert_eq!(ids(&bob.get(&first_again).await.ok()), [old.as_str()]);
        bob.act_on_status(&old, &format!("un{action}")).await;
        assert_eq!(ids(&bob.get(&path).await.ok()), [new.as_str()]);
    }
}

#[tokio::test]
async fn favouriting_and_boosting_accounts_are_listed_newest_first() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_text("all of you").await;
    for name in ["carol", "bob"] {
        let client = Client::user(&server, name);
        client.act_on_status(&status, "favourite").await;
        client.act_on_status(&status, "reblog").await;
    }
    for list in ["favourited_by", "reblogged_by"] {
        let path = format!("/api/v1/statuses/{status}/{list}?limit=1");
        let first = Client::anonymous(&server).get(&path).await;
        let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
        assert_eq!(first.ok()[0]["acct"], "bob", "{list}");
        assert!(previous.contains("since_id="), "{previous}");
        let second = alice.get(&next).await.ok();
        assert_eq!(second[0]["acct"], "carol");
    }
}

#[tokio::test]
async fn private_boost_is_not_listed_in_reblogged_by() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("hush").await;
    let path = format!("/api/v1/statuses/{status}/reblog");
    bob.post(&path, json!({ "visibility": "private" }))
        .await
        .ok();
    let path = format!("/api/v1/statuses/{status}/reblogged_by");
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    assert_eq!(alice.fetch_status(&status).await["reblogs_count"], 1);
}

#[tokio::test]
async fn bookmark_is_visible_only_to_its_owner() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("later").await;
    assert_eq!(
        bob.act_on_status(&status, "bookmark").await["bookmarked"],
        true
    );
    assert_eq!(alice.fetch_status(&status).await["bookmarked"], false);
    assert!(alice.notification_types().await.is_empty());
    assert_eq!(
        bob.act_on_status(&status, "unbookmark").await["bookmarked"],
        false
    );
}

#[tokio::test]
async fn muted_conversation_creates_no_notifications() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let root = alice.post_text("noisy").await;
    let reply = async || {
        let body = json!({ "status": "@alice hey", "in_reply_to_id": root });
        id(&bob.post_status(body).await)
    };
    let first_reply = reply().await;
    assert_eq!(
        alice.act_on_status(&first_reply, "mute").await["muted"],
        true
    );
    assert_eq!(alice.fetch_status(&root).await["muted"], true);
    reply().await;
    bob.act_on_status(&root, "favourite").await;
    assert_eq!(alice.notification_types().await, ["mention"]);
    assert_eq!(alice.act_on_status(&root, "unmute").await["muted"], false);
    reply().await;
    assert_eq!(alice.notification_types().await, ["mention", "mention"]);
}

#[tokio::test]
async fn at_most_five_own_statuses_can_be_pinned() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let alice_id = id(&alice.get("/api/v1/accounts/verify_credentials").await.ok());
    let pin_error = async |client: &Client<'_>, status: &str| {
        let rejected = client
            .post(&format!("/api/v1/statuses/{status}/pin"), json!({}))
            .await;
        (rejected.status, rejected.error().to_owned())
    };
    let mut pinned = Vec::new();
    for number in 0..5 {
        let status = alice.post_text(&number.to_string()).await;
        assert_eq!(alice.act_on_status(&status, "pin").await["pinned"], true);
        pinned.insert(0, status);
    }
    let (sixth, direct) = (
        alice.post_text("6").await,
        id(&alice
            .post_status(json!({ "status": "d", "visibility": "direct" }))
            .await),
    );
    let limit = "You have already pinned the maximum number of posts";
    let validation_error = |message: &str| (422, format!("Validation failed: {message}"));
    assert_eq!(pin_error(&alice, &sixth).await, validation_error(limit));
    assert_eq!(
        pin_error(&bob, &sixth).await,
        validation_error("Someone else's post cannot be pinned")
    );
    let path = format!("/api/v1/accounts/{alice_id}/statuses?pinned=true");
    assert_eq!(ids(&bob.get(&path).await.ok()), pinned);
    assert_eq!(
        alice.act_on_status(&pinned[0], "unpin").await["pinned"],
        false
    );
    assert_eq!(ids(&bob.get(&path).await.ok()), pinned[1..]);
    assert_eq!(
        pin_error(&alice, &direct).await,
        validation_error("Posts that are only visible to mentioned users cannot be pinned")
    );
    let boost = id(&alice
        .act_on_status(&bob.post_text("b").await, "reblog")
        .await);
    assert_eq!(
        pin_error(&alice, &boost).await,
        validation_error("A boost cannot be pinned")
    );
    assert_eq!(alice.fetch_status(&direct).await.get("pinned"), None);
}

#[tokio::test]
async fn actions_on_an_invisible_status_return_not_found() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let invisible = id(&alice
        .post_status(json!({ "status": "s", "visibility": "direct" }))
        .await);
    for action in [
        "favourite",
        "bookmark",
        "reblog",
        "mute",
        "pin",
        "unfavourite",
        "unbookmark",
    ] {
        let path = format!("/api/v1/statuses/{invisible}/{action}");
        let rejected = bob.post(&path, json!({})).await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (404, "Record not found"),
            "{action}"
        );
    }
}

#[tokio::test]
async fn translation_does_not_exist_unless_it_is_enabled() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}/translate", alice.post_text("Hi").await);
    let rejected = alice.post(&path, json!({ "lang": "de" })).await;
    assert_eq!((rejected.status, rejected.error()), (404, "Not Found"));
}

#[tokio::test]
async fn translation_is_deterministic_and_names_the_source_language() {
    let server = TestServer::start().await.unwrap();
    server.enable_translation();
    let alice = Client::user(&server, "alice");
    let poll = json!({ "options": ["yes", "no"], "expires_in": 300 });
    let body =
        json!({ "status": "Hello #world", "spoiler_text": "Hm", "language": "en", "poll": poll });
    let status = id(&alice.post_status(body).await);
    let path = format!("/api/v1/statuses/{status}/translate");
    let translated = alice.post(&path, json!({ "lang": "de" })).await.ok();
    assert!(
        translated["content"]
            .as_str()
            .unwrap()
            .starts_with("<p>[de] Hello <a ")
    );
    assert_eq!(translated["spoiler_text"], "[de] Hm");
    assert_eq!(translated["language"], "de");
    assert_eq!(translated["detected_source_language"], "en");
    assert_eq!(translated["poll"]["options"][1]["title"], "[de] no");
    for (language, expected) in [("fr-CA", "fr"), ("es", "es")] {
        let translated = alice.post(&path, json!({ "lang": language })).await.ok();
        assert_eq!(translated["language"], expected);
    }
    // Without a known language, the text is translated into the language of the user, which is its own here.
    for body in [json!({}), json!({ "lang": "tlh" }), json!({ "lang": "ja" })] {
        assert_eq!(alice.post(&path, body.clone()).await.status, 403, "{body}");
    }
    let private = json!({ "status": "p", "visibility": "private", "language": "en" });
    let path = format!(
        "/api/v1/statuses/{}/translate",
        id(&alice.post_status(private).await)
    );
    assert_eq!(alice.post(&path, json!({ "lang": "de" })).await.status, 403);
    let instance = alice.get("/api/v2/instance").await.ok();
    assert_eq!(
        instance["configuration"]["translation"]["enabled"],
        Value::Bool(true)
    );
}
