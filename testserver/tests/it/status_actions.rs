//! Actions on statuses: boosts, favourites, bookmarks, mutes, pins and translations.

use std::time::Duration;

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
    // Boosting twice changes nothing, not even the visibility.
    let path = format!("/api/v1/statuses/{original}/reblog");
    let repeated = alice.post(&path, json!({ "visibility": "private" })).await;
    assert_eq!(repeated.ok()["visibility"], "public");
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
    // Unpinning again changes nothing, but pinning again is an error.
    alice.act_on_status(&pinned[0], "unpin").await;
    let duplicate = (422, "Duplicate record".to_owned());
    assert_eq!(pin_error(&alice, &pinned[1]).await, duplicate);
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

#[tokio::test]
async fn unreblog_by_the_id_of_a_boost_undoes_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.post_text("look").await;
    alice.act_on_status(&original, "favourite").await;
    let own = id(&alice.act_on_status(&original, "reblog").await);
    let other = id(&bob.act_on_status(&original, "reblog").await);
    for boost in [own, other] {
        let answer = alice.act_on_status(&boost, "unreblog").await;
        assert_eq!(id(&answer), boost);
        // Without a boost to undo, the response has no actions of the user.
        assert_eq!(answer["reblog"]["reblogged"], false);
        assert_eq!(answer["reblog"]["favourited"], false);
    }
    let status = alice.fetch_status(&original).await;
    assert_eq!(
        (&status["reblogged"], &status["favourited"]),
        (&json!(true), &json!(true))
    );
    let undone = alice.act_on_status(&original, "unreblog").await;
    assert_eq!(
        (&undone["reblogs_count"], &undone["favourited"]),
        (&json!(1), &json!(true))
    );
    // Undoing it again is no error.
    assert_eq!(
        alice.act_on_status(&original, "unreblog").await["favourited"],
        false
    );
}

#[tokio::test]
async fn undone_favourite_is_visible_until_the_delay_has_passed() {
    let server = TestServer::start().await.unwrap();
    let mut behavior = server.behavior();
    behavior.posting.unfavourite_delay = Duration::from_secs(5);
    server.set_behavior(behavior);
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.post_text("like it?").await;
    bob.act_on_status(&status, "favourite").await;
    let undone = bob.act_on_status(&status, "unfavourite").await;
    let shown = |status: &Value| {
        (
            status["favourited"].clone(),
            status["favourites_count"].clone(),
        )
    };
    assert_eq!(shown(&undone), (json!(false), json!(0)));
    assert_eq!(
        shown(&bob.fetch_status(&status).await),
        (json!(true), json!(1))
    );
    assert_eq!(alice.notification_types().await, ["favourite"]);
    // A bookmark is gone at once.
    bob.act_on_status(&status, "bookmark").await;
    bob.act_on_status(&status, "unbookmark").await;
    assert_eq!(bob.fetch_status(&status).await["bookmarked"], false);
    server.clock().advance(Duration::from_secs(5));
    assert_eq!(
        shown(&bob.fetch_status(&status).await),
        (json!(false), json!(0))
    );
    assert!(alice.notification_types().await.is_empty());
}

#[tokio::test]
async fn favourite_by_the_id_of_a_boost_counts_once_for_the_original() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.post_text("look").await;
    let boost = id(&bob.act_on_status(&original, "reblog").await);
    for (action, shown) in [("favourite", "favourited"), ("bookmark", "bookmarked")] {
        let answer = bob.act_on_status(&boost, action).await;
        assert_eq!(answer["reblog"][shown], true);
        let path = format!("/api/v1/statuses/{boost}/{action}");
        let repeated = bob.post(&path, json!({})).await;
        assert_eq!(
            (repeated.status, repeated.error()),
            (422, "Validation failed: Status has already been taken")
        );
        // The ID of the boost undoes nothing.
        bob.act_on_status(&boost, &format!("un{action}")).await;
        assert_eq!(bob.fetch_status(&original).await[shown], true);
    }
}

#[tokio::test]
async fn marks_can_be_removed_from_a_status_that_is_no_longer_visible() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let body = json!({ "status": "for followers", "visibility": "private" });
    let status = id(&alice.post_status(body).await);
    for action in ["favourite", "bookmark"] {
        bob.act_on_status(&status, action).await;
    }
    let alice_id = id(&bob.get("/api/v1/accounts/lookup?acct=alice").await.ok());
    let unfollow = format!("/api/v1/accounts/{alice_id}/unfollow");
    bob.post(&unfollow, json!({})).await.ok();
    let path = format!("/api/v1/statuses/{status}");
    assert_eq!(bob.get(&path).await.status, 404);
    for action in ["unfavourite", "unbookmark"] {
        let path = format!("{path}/{action}");
        assert_eq!(bob.post(&path, json!({})).await.status, 200);
        assert_eq!(bob.post(&path, json!({})).await.status, 404);
    }
}

#[tokio::test]
async fn pin_needs_the_scope_for_accounts() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}/pin", alice.post_text("x").await);
    for (scope, status) in [("write:statuses", 403), ("write:accounts", 200)] {
        let client = Client::with_token(&server, server.token("alice", scope));
        assert_eq!(
            client.post(&path, json!({})).await.status,
            status,
            "{scope}"
        );
    }
}

#[tokio::test]
async fn second_deletion_is_not_found_and_deletions_are_limited() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}", alice.post_text("x").await);
    alice
        .act_on_status(path.rsplit('/').next().unwrap(), "pin")
        .await;
    alice.delete(&path).await.ok();
    let me = id(&alice.get("/api/v1/accounts/verify_credentials").await.ok());
    let pinned = format!("/api/v1/accounts/{me}/statuses?pinned=true");
    assert_eq!(alice.get(&pinned).await.ok(), json!([]));
    for _ in 1..30 {
        let repeated = alice.delete(&path).await;
        assert_eq!(
            (repeated.status, repeated.error()),
            (404, "Record not found")
        );
    }
    assert_eq!(alice.delete(&path).await.status, 429);
}
