//! What users do with statuses.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id, ids};

#[tokio::test]
async fn a_boost_holds_the_status_and_reaches_the_boosters_followers() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (dora, carol) = (
        Client::user(&server, "dora"),
        Client::user(&server, "carol"),
    );
    let original = dora.says("look").await;
    let boost = alice.act(&original, "reblog").await;
    assert_eq!(id(&boost["reblog"]), original);
    assert_eq!(boost["content"], "");
    assert_eq!(boost["account"]["acct"], "alice");
    assert_eq!(boost["reblog"]["reblogged"], true);
    assert_eq!(boost["reblog"]["reblogs_count"], 1);
    assert_eq!(dora.notified().await, ["reblog"]);
    // bob follows alice, and boosting the boost boosts the original.
    let home = bob.get("/api/v1/timelines/home?limit=1").await.ok();
    assert_eq!(ids(&home), [id(&boost)]);
    let again = carol.act(&id(&boost), "reblog").await;
    assert_eq!(id(&again["reblog"]), original);
    assert_eq!(again["reblog"]["reblogs_count"], 2);
    // The second boost of a status that was just there is not shown again.
    let home = bob.get("/api/v1/timelines/home").await.ok();
    assert!(!ids(&home).contains(&id(&again)));
    // Boosting twice changes nothing.
    assert_eq!(id(&alice.act(&original, "reblog").await), id(&boost));
}

#[tokio::test]
async fn a_boost_taken_back_leaves_nothing_behind() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let original = alice.says("look").await;
    let boost = id(&bob.act(&original, "reblog").await);
    let status = bob.act(&original, "unreblog").await;
    assert_eq!(id(&status), original);
    assert_eq!(
        (&status["reblogged"], &status["reblogs_count"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(
        bob.get(&format!("/api/v1/statuses/{boost}")).await.status,
        404
    );
    assert!(alice.notified().await.is_empty());
}

#[tokio::test]
async fn only_what_is_open_can_be_boosted_but_ones_own_private_statuses_too() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let private = id(&alice
        .status(json!({ "status": "p", "visibility": "private" }))
        .await);
    let path = format!("/api/v1/statuses/{private}/reblog");
    let refused = bob.post(&path, json!({})).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
    let own = alice
        .post(&path, json!({ "visibility": "public" }))
        .await
        .ok();
    assert_eq!(own["visibility"], "private");
    let open = format!("/api/v1/statuses/{}/reblog", alice.says("o").await);
    let unlisted = bob
        .post(&open, json!({ "visibility": "unlisted" }))
        .await
        .ok();
    assert_eq!(unlisted["visibility"], "unlisted");
    let carol = Client::user(&server, "carol");
    let refused = carol.post(&open, json!({ "visibility": "direct" })).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Validation failed: Visibility is reserved")
    );
}

#[tokio::test]
async fn favourites_are_counted_told_and_can_be_taken_back() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.says("like it?").await;
    for _ in 0..2 {
        let marked = bob.act(&status, "favourite").await;
        assert_eq!(
            (&marked["favourited"], &marked["favourites_count"]),
            (&json!(true), &json!(1))
        );
    }
    assert_eq!(alice.notified().await, ["favourite"]);
    let unmarked = bob.act(&status, "unfavourite").await;
    assert_eq!(
        (&unmarked["favourited"], &unmarked["favourites_count"]),
        (&json!(false), &json!(0))
    );
    assert!(alice.notified().await.is_empty());
}

#[tokio::test]
async fn favourites_and_bookmarks_come_the_last_marked_first_and_page_by_the_mark() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (old, new) = (alice.says("old").await, alice.says("new").await);
    for (action, list) in [("favourite", "favourites"), ("bookmark", "bookmarks")] {
        for status in [&new, &old] {
            bob.act(status, action).await;
        }
        let path = format!("/api/v1/{list}?limit=1");
        let first = bob.get(&path).await;
        let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
        assert_eq!(ids(&first.ok()), [old.as_str()], "{list}");
        assert!(previous.contains("min_id="), "{previous}");
        let second = bob.get(&next).await;
        let back = second.link("prev").unwrap();
        assert_eq!(ids(&second.ok()), [new.as_str()], "{list}");
        assert_eq!(ids(&bob.get(&back).await.ok()), [old.as_str()]);
        bob.act(&old, &format!("un{action}")).await;
        assert_eq!(ids(&bob.get(&path).await.ok()), [new.as_str()]);
    }
}

#[tokio::test]
async fn who_favourited_and_who_boosted_is_listed_the_latest_first() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.says("all of you").await;
    for name in ["carol", "bob"] {
        let client = Client::user(&server, name);
        client.act(&status, "favourite").await;
        client.act(&status, "reblog").await;
    }
    for list in ["favourited_by", "reblogged_by"] {
        let path = format!("/api/v1/statuses/{status}/{list}?limit=1");
        let first = Client::visitor(&server).get(&path).await;
        let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
        assert_eq!(first.ok()[0]["acct"], "bob", "{list}");
        assert!(previous.contains("since_id="), "{previous}");
        let second = alice.get(&next).await.ok();
        assert_eq!(second[0]["acct"], "carol");
    }
}

#[tokio::test]
async fn a_private_boost_names_nobody() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.says("hush").await;
    let path = format!("/api/v1/statuses/{status}/reblog");
    bob.post(&path, json!({ "visibility": "private" }))
        .await
        .ok();
    let path = format!("/api/v1/statuses/{status}/reblogged_by");
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    assert_eq!(alice.sees(&status).await["reblogs_count"], 1);
}

#[tokio::test]
async fn a_bookmark_is_nobody_elses_business() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = alice.says("later").await;
    assert_eq!(bob.act(&status, "bookmark").await["bookmarked"], true);
    assert_eq!(alice.sees(&status).await["bookmarked"], false);
    assert!(alice.notified().await.is_empty());
    assert_eq!(bob.act(&status, "unbookmark").await["bookmarked"], false);
}

#[tokio::test]
async fn of_a_muted_conversation_one_hears_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let root = alice.says("noisy").await;
    let say = async || {
        let body = json!({ "status": "@alice hey", "in_reply_to_id": root });
        id(&bob.status(body).await)
    };
    let answer = say().await;
    assert_eq!(alice.act(&answer, "mute").await["muted"], true);
    assert_eq!(alice.sees(&root).await["muted"], true);
    say().await;
    bob.act(&root, "favourite").await;
    assert_eq!(alice.notified().await, ["mention"]);
    assert_eq!(alice.act(&root, "unmute").await["muted"], false);
    say().await;
    assert_eq!(alice.notified().await, ["mention", "mention"]);
}

#[tokio::test]
async fn five_of_ones_own_statuses_can_be_pinned() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let alice_id = id(&alice.get("/api/v1/accounts/verify_credentials").await.ok());
    let refusal = async |who: &Client<'_>, status: &str| {
        let refused = who
            .post(&format!("/api/v1/statuses/{status}/pin"), json!({}))
            .await;
        (refused.status, refused.error().to_owned())
    };
    let mut pinned = Vec::new();
    for number in 0..5 {
        let status = alice.says(&number.to_string()).await;
        assert_eq!(alice.act(&status, "pin").await["pinned"], true);
        pinned.insert(0, status);
    }
    let (sixth, direct) = (
        alice.says("6").await,
        id(&alice
            .status(json!({ "status": "d", "visibility": "direct" }))
            .await),
    );
    let limit = "You have already pinned the maximum number of posts";
    let failed = |what: &str| (422, format!("Validation failed: {what}"));
    assert_eq!(refusal(&alice, &sixth).await, failed(limit));
    assert_eq!(
        refusal(&bob, &sixth).await,
        failed("Someone else's post cannot be pinned")
    );
    let path = format!("/api/v1/accounts/{alice_id}/statuses?pinned=true");
    assert_eq!(ids(&bob.get(&path).await.ok()), pinned);
    assert_eq!(alice.act(&pinned[0], "unpin").await["pinned"], false);
    assert_eq!(ids(&bob.get(&path).await.ok()), pinned[1..]);
    assert_eq!(
        refusal(&alice, &direct).await,
        failed("Posts that are only visible to mentioned users cannot be pinned")
    );
    let boost = id(&alice.act(&bob.says("b").await, "reblog").await);
    assert_eq!(
        refusal(&alice, &boost).await,
        failed("A boost cannot be pinned")
    );
    assert_eq!(alice.sees(&direct).await.get("pinned"), None);
}

#[tokio::test]
async fn what_one_cannot_see_one_cannot_mark() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let secret = id(&alice
        .status(json!({ "status": "s", "visibility": "direct" }))
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
        let path = format!("/api/v1/statuses/{secret}/{action}");
        let refused = bob.post(&path, json!({})).await;
        assert_eq!(
            (refused.status, refused.error()),
            (404, "Record not found"),
            "{action}"
        );
    }
}

#[tokio::test]
async fn a_server_without_translation_refuses_it() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("/api/v1/statuses/{}/translate", alice.says("Hi").await);
    let refused = alice.post(&path, json!({ "lang": "de" })).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
}

#[tokio::test]
async fn a_translation_is_the_same_every_time_and_says_from_where_it_comes() {
    let server = TestServer::start().await.unwrap();
    server.offer_translation();
    let alice = Client::user(&server, "alice");
    let poll = json!({ "options": ["yes", "no"], "expires_in": 300 });
    let body =
        json!({ "status": "Hello #world", "spoiler_text": "Hm", "language": "en", "poll": poll });
    let status = id(&alice.status(body).await);
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
    let private = json!({ "status": "p", "visibility": "private", "language": "en" });
    let path = format!(
        "/api/v1/statuses/{}/translate",
        id(&alice.status(private).await)
    );
    assert_eq!(alice.post(&path, json!({ "lang": "de" })).await.status, 403);
    let instance = alice.get("/api/v2/instance").await.ok();
    assert_eq!(
        instance["configuration"]["translation"]["enabled"],
        Value::Bool(true)
    );
}
