//! Follows, requests, blocks, mutes, notes.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account;
use crate::client::{Client, ids};

async fn act(client: &Client<'_>, id: &str, action: &str, body: Value) -> Value {
    let path = format!("/api/v1/accounts/{id}/{action}");
    client.post(&path, body).await.ok()
}

async fn stands(client: &Client<'_>, id: &str) -> Value {
    let path = format!("/api/v1/accounts/relationships?id[]={id}");
    client.get(&path).await.ok()[0].clone()
}

#[tokio::test]
async fn a_follow_keeps_its_terms_until_others_are_sent() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bobs = account(&alice, "bob").await;
    let strangers = stands(&Client::user(&server, "carol"), &bobs).await;
    let nothing = json!({
        "id": bobs, "following": false, "showing_reblogs": false, "notifying": false, "languages": null,
        "followed_by": false, "blocking": false, "blocked_by": false, "muting": false,
        "muting_notifications": false, "muting_expires_at": null, "requested": false, "requested_by": false,
        "domain_blocking": false, "endorsed": false, "note": "",
    });
    assert_eq!(strangers, nothing);
    let first = act(&alice, &bobs, "follow", json!({})).await;
    assert_eq!(
        (&first["following"], &first["followed_by"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (&first["showing_reblogs"], &first["languages"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(bob.notified().await, ["follow"]);
    let terms = json!({ "reblogs": false, "notify": true, "languages": ["en", "de"] });
    let second = act(&alice, &bobs, "follow", terms).await;
    assert_eq!(
        (&second["showing_reblogs"], &second["notifying"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(second["languages"], json!(["en", "de"]));
    let third = act(&alice, &bobs, "follow", json!({ "reblogs": true })).await;
    assert_eq!(
        (&third["showing_reblogs"], &third["notifying"]),
        (&json!(true), &json!(true))
    );
    // To follow again is nothing new.
    assert_eq!(bob.notified().await, ["follow"]);
    let ended = act(&alice, &bobs, "unfollow", json!({})).await;
    assert_eq!(
        (&ended["following"], &ended["notifying"]),
        (&json!(false), &json!(false))
    );
    assert!(bob.notified().await.is_empty());
}

#[tokio::test]
async fn the_home_timeline_keeps_to_the_terms_of_a_follow() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let alices = account(&bob, "alice").await;
    act(
        &bob,
        &alices,
        "follow",
        json!({ "reblogs": false, "notify": true, "languages": ["de"] }),
    )
    .await;
    let english = alice
        .status(json!({ "status": "hello", "language": "en" }))
        .await;
    let german = alice
        .status(json!({ "status": "hallo", "language": "de" }))
        .await;
    let carols = Client::user(&server, "carol")
        .status(json!({ "status": "ciao", "language": "de" }))
        .await;
    let boost = alice.act(carols["id"].as_str().unwrap(), "reblog").await;
    let home = ids(&bob.get("/api/v1/timelines/home").await.ok());
    let has = |status: &Value| home.contains(&status["id"].as_str().unwrap().to_owned());
    assert_eq!(
        (has(&english), has(&german), has(&boost)),
        (false, true, false)
    );
    assert_eq!(bob.notified().await, ["status"]);
}

#[tokio::test]
async fn who_approves_by_hand_is_asked_and_answers_once() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dave = Client::user(&server, "dave");
    let daves = account(&alice, "dave").await;
    let (alices, bobs) = (account(&dave, "alice").await, account(&dave, "bob").await);
    for asking in [&alice, &bob] {
        let asked = act(asking, &daves, "follow", json!({ "notify": true })).await;
        assert_eq!(
            (&asked["following"], &asked["requested"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(asked["notifying"], true);
    }
    assert_eq!(dave.notified().await, ["follow_request", "follow_request"]);
    assert_eq!(stands(&dave, &alices).await["requested_by"], true);
    let own = dave.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(own["source"]["follow_requests_count"], 2);
    let waiting = dave.get("/api/v1/follow_requests?limit=1").await;
    let (next, previous) = (waiting.link("next").unwrap(), waiting.link("prev").unwrap());
    assert_eq!(ids(&waiting.ok()), [bobs.as_str()]);
    assert!(previous.contains("since_id="), "{previous}");
    assert_eq!(ids(&dave.get(&next).await.ok()), [alices.as_str()]);

    let answer = |id: &str, how: &str| format!("/api/v1/follow_requests/{id}/{how}");
    let granted = dave
        .post(&answer(&alices, "authorize"), json!({}))
        .await
        .ok();
    assert_eq!(
        (&granted["followed_by"], &granted["requested_by"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(dave.notified().await, ["follow", "follow_request"]);
    assert_eq!(stands(&alice, &daves).await["notifying"], true);
    let refused = dave.post(&answer(&bobs, "reject"), json!({})).await.ok();
    assert_eq!(
        (&refused["followed_by"], &refused["requested_by"]),
        (&json!(false), &json!(false))
    );
    for (id, how) in [(&alices, "authorize"), (&bobs, "reject")] {
        let again = dave.post(&answer(id, how), json!({})).await;
        assert_eq!((again.status, again.error()), (404, "Record not found"));
    }
    // To unfollow also takes back what was only asked.
    act(&bob, &daves, "follow", json!({})).await;
    act(&bob, &daves, "unfollow", json!({})).await;
    assert_eq!(dave.get("/api/v1/follow_requests").await.ok(), json!([]));
}

#[tokio::test]
async fn who_no_longer_approves_by_hand_approves_of_all_who_wait() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    let daves = account(&alice, "dave").await;
    act(&alice, &daves, "follow", json!({})).await;
    let open = json!({ "locked": false });
    dave.call("PATCH", "/api/v1/accounts/update_credentials", &open)
        .await
        .ok();
    assert_eq!(stands(&alice, &daves).await["following"], true);
}

#[tokio::test]
async fn nobody_follows_themselves_or_nobody() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    for id in [account(&alice, "alice").await, "1".to_owned()] {
        let refused = alice
            .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
            .await;
        assert_eq!((refused.status, refused.error()), (404, "Record not found"));
    }
}

#[tokio::test]
async fn followers_are_paged_by_the_records_of_their_follows() {
    let server = TestServer::start().await.unwrap();
    let (bob, carol) = (Client::user(&server, "bob"), Client::user(&server, "carol"));
    let [alices, bobs, carols] = [
        account(&bob, "alice").await,
        account(&bob, "bob").await,
        account(&bob, "carol").await,
    ];
    // Bob's follow becomes the latest, though his id is the smaller one.
    act(&bob, &alices, "unfollow", json!({})).await;
    act(&bob, &alices, "follow", json!({})).await;
    let path = format!("/api/v1/accounts/{alices}/followers");
    let first = carol.get(&format!("{path}?limit=1")).await;
    let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
    assert_eq!(ids(&first.ok()), [bobs.as_str()]);
    let cursor = next.split("max_id=").nth(1).unwrap();
    assert_ne!(cursor, bobs);
    assert!(
        next.contains("limit=1") && previous.contains("since_id="),
        "{next} {previous}"
    );
    let second = carol.get(&next).await;
    let back = second.link("prev").unwrap();
    assert_eq!(ids(&second.ok()), [carols]);
    assert_eq!(ids(&carol.get(&back).await.ok()), [bobs.as_str()]);
    assert_eq!(carol.get(&previous).await.ok(), json!([]));
    // What the server does not read changes nothing.
    assert_eq!(
        ids(&carol.get(&format!("{path}?min_id={cursor}")).await.ok())[0],
        bobs
    );
    let following = format!("/api/v1/accounts/{bobs}/following");
    assert_eq!(ids(&carol.get(&following).await.ok()), [alices]);
}

#[tokio::test]
async fn who_hides_follows_shows_them_to_nobody_else() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let hide = json!({ "hide_collections": true });
    alice
        .call("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    let path = format!(
        "/api/v1/accounts/{}/followers",
        account(&bob, "alice").await
    );
    assert_eq!(bob.get(&path).await.ok(), json!([]));
    assert_eq!(Client::visitor(&server).get(&path).await.ok(), json!([]));
    assert_eq!(alice.get(&path).await.ok().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_follower_can_be_removed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bobs = account(&alice, "bob").await;
    let removed = act(&alice, &bobs, "remove_from_followers", json!({})).await;
    assert_eq!(removed["followed_by"], false);
}

#[tokio::test]
async fn a_block_ends_all_follows_and_forbids_new_ones() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alices, bobs) = (account(&bob, "alice").await, account(&alice, "bob").await);
    act(&alice, &bobs, "follow", json!({})).await;
    bob.says("hello @alice").await;
    let blocked = act(&alice, &bobs, "block", json!({})).await;
    assert_eq!(
        (&blocked["blocking"], &blocked["following"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(blocked["followed_by"], false);
    assert_eq!(stands(&bob, &alices).await["blocked_by"], true);
    assert!(alice.notified().await.is_empty());
    for (client, id) in [(&alice, &bobs), (&bob, &alices)] {
        let refused = client
            .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
            .await;
        assert_eq!(
            (refused.status, refused.error()),
            (403, "This action is not allowed")
        );
    }
    assert_eq!(
        ids(&alice.get("/api/v1/blocks").await.ok()),
        [bobs.as_str()]
    );
    // Who is blocked learns nothing of who follows.
    let followers = format!("/api/v1/accounts/{alices}/followers");
    assert_eq!(bob.get(&followers).await.ok(), json!([]));
    assert_eq!(
        act(&alice, &bobs, "unblock", json!({})).await["blocking"],
        false
    );
    assert_eq!(alice.get("/api/v1/blocks").await.ok(), json!([]));
}

#[tokio::test]
async fn a_mute_ends_when_it_was_meant_to() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bobs, carols) = (account(&alice, "bob").await, account(&alice, "carol").await);
    let muted = act(&alice, &bobs, "mute", json!({})).await;
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(muted["muting_expires_at"], json!(null));
    let for_a_while = json!({ "notifications": false, "duration": 60 });
    let muted = act(&alice, &carols, "mute", for_a_while).await;
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(false))
    );
    let listed = alice.get("/api/v1/mutes").await.ok();
    assert_eq!(ids(&listed), [carols.clone(), bobs.clone()]);
    assert_eq!(listed[0]["mute_expires_at"], muted["muting_expires_at"]);
    assert_eq!(listed[1]["mute_expires_at"], json!(null));
    server.clock().advance(Duration::from_secs(61));
    assert_eq!(stands(&alice, &carols).await["muting"], false);
    assert_eq!(ids(&alice.get("/api/v1/mutes").await.ok()), [bobs.as_str()]);
    assert_eq!(
        act(&alice, &bobs, "unmute", json!({})).await["muting"],
        false
    );
}

#[tokio::test]
async fn only_followed_accounts_are_featured_and_only_as_long_as_they_are() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alices, bobs) = (account(&bob, "alice").await, account(&bob, "bob").await);
    for action in ["endorse", "pin"] {
        let refused = alice
            .post(&format!("/api/v1/accounts/{bobs}/{action}"), json!({}))
            .await;
        let error =
            "Validation failed: You must be already following the person you want to endorse";
        assert_eq!((refused.status, refused.error()), (422, error));
    }
    assert_eq!(
        act(&bob, &alices, "endorse", json!({})).await["endorsed"],
        true
    );
    assert_eq!(act(&bob, &alices, "pin", json!({})).await["endorsed"], true);
    assert_eq!(
        ids(&bob.get("/api/v1/endorsements").await.ok()),
        [alices.as_str()]
    );
    let path = format!("/api/v1/accounts/{bobs}/endorsements");
    assert_eq!(
        ids(&Client::visitor(&server).get(&path).await.ok()),
        [alices.as_str()]
    );
    assert_eq!(
        act(&bob, &alices, "unendorse", json!({})).await["endorsed"],
        false
    );
    act(&bob, &alices, "pin", json!({})).await;
    act(&bob, &alices, "unfollow", json!({})).await;
    assert_eq!(bob.get("/api/v1/endorsements").await.ok(), json!([]));
}

#[tokio::test]
async fn a_note_is_seen_by_its_writer_alone() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alices, bobs) = (account(&bob, "alice").await, account(&bob, "bob").await);
    assert_eq!(
        act(&alice, &bobs, "note", json!({ "comment": "met in Ghent" })).await["note"],
        "met in Ghent"
    );
    assert_eq!(stands(&bob, &alices).await["note"], "");
    let long = json!({ "comment": "x".repeat(2001) });
    assert_eq!(
        alice
            .post(&format!("/api/v1/accounts/{bobs}/note"), long)
            .await
            .status,
        422
    );
    assert_eq!(act(&alice, &bobs, "note", json!({})).await["note"], "");
}

#[tokio::test]
async fn relationships_come_in_the_order_asked_for() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bobs, carols) = (account(&alice, "bob").await, account(&alice, "carol").await);
    let path = format!("/api/v1/accounts/relationships?id[]={carols}&id[]=1&id[]={bobs}");
    assert_eq!(ids(&alice.get(&path).await.ok()), [carols, bobs.clone()]);
    let single = alice
        .get(&format!("/api/v1/accounts/relationships?id={bobs}"))
        .await
        .ok();
    assert_eq!(ids(&single), [bobs]);
}

#[tokio::test]
async fn familiar_followers_are_those_whom_the_user_follows() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let (alices, bobs) = (account(&carol, "alice").await, account(&carol, "bob").await);
    act(&carol, &bobs, "follow", json!({})).await;
    let path = format!("/api/v1/accounts/familiar_followers?id[]={alices}&id[]={bobs}");
    let found = carol.get(&path).await.ok();
    assert_eq!(ids(&found), [alices, bobs.clone()]);
    assert_eq!(
        (ids(&found[0]["accounts"]), ids(&found[1]["accounts"])),
        (vec![bobs], vec![])
    );
    let hide = json!({ "hide_collections": true });
    alice
        .call("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    assert_eq!(carol.get(&path).await.ok()[0]["accounts"], json!([]));
}

#[tokio::test]
async fn to_block_a_server_ends_the_follows_with_all_of_it() {
    let server = TestServer::start().await.unwrap();
    let dave = Client::user(&server, "dave");
    let erin = account(&dave, "erin@elsewhere.example").await;
    act(&dave, &erin, "follow", json!({})).await;
    let preview = "/api/v1/domain_blocks/preview?domain=elsewhere.example";
    let counts = json!({ "following_count": 1, "followers_count": 1 });
    assert_eq!(dave.get(preview).await.ok(), counts);
    let block = json!({ "domain": "Elsewhere.Example" });
    assert_eq!(
        dave.post("/api/v1/domain_blocks", block).await.ok(),
        json!({})
    );
    dave.post("/api/v1/domain_blocks", json!({ "domain": "a.example" }))
        .await
        .ok();
    let listed = dave.get("/api/v1/domain_blocks?limit=1").await;
    let (next, previous) = (listed.link("next").unwrap(), listed.link("prev").unwrap());
    assert!(previous.contains("since_id="), "{previous}");
    assert_eq!(listed.ok(), json!(["a.example"]));
    assert_eq!(dave.get(&next).await.ok(), json!(["elsewhere.example"]));
    let now = stands(&dave, &erin).await;
    assert_eq!(
        (&now["domain_blocking"], &now["following"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(now["followed_by"], false);
    assert_eq!(
        dave.post(&format!("/api/v1/accounts/{erin}/follow"), json!({}))
            .await
            .status,
        403
    );
    for (domain, error) in [
        ("", "Domain can't be blank"),
        ("a b", "Domain is not a valid domain name"),
    ] {
        let refused = dave
            .post("/api/v1/domain_blocks", json!({ "domain": domain }))
            .await;
        assert_eq!(
            (refused.status, refused.error()),
            (422, format!("Validation failed: {error}").as_str())
        );
    }
    dave.delete("/api/v1/domain_blocks?domain=elsewhere.example")
        .await
        .ok();
    assert_eq!(stands(&dave, &erin).await["domain_blocking"], false);
}
