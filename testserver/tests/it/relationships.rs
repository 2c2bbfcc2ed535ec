//! Follows, follow requests, blocks, mutes and notes.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account_id;
use crate::client::{Client, ids};

pub(crate) async fn account_action(
    client: &Client<'_>,
    id: &str,
    action: &str,
    body: Value,
) -> Value {
    let path = format!("/api/v1/accounts/{id}/{action}");
    client.post(&path, body).await.ok()
}

pub(crate) async fn relationship(client: &Client<'_>, id: &str) -> Value {
    let path = format!("/api/v1/accounts/relationships?id[]={id}");
    client.get(&path).await.ok()[0].clone()
}

#[tokio::test]
async fn follow_options_are_kept_until_changed() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bob_id = account_id(&alice, "bob").await;
    let initial = relationship(&Client::user(&server, "carol"), &bob_id).await;
    let expected = json!({
        "id": bob_id, "following": false, "showing_reblogs": false, "notifying": false, "languages": null,
        "followed_by": false, "blocking": false, "blocked_by": false, "muting": false,
        "muting_notifications": false, "muting_expires_at": null, "requested": false, "requested_by": false,
        "domain_blocking": false, "endorsed": false, "note": "",
    });
    assert_eq!(initial, expected);
    let first = account_action(&alice, &bob_id, "follow", json!({})).await;
    assert_eq!(
        (&first["following"], &first["followed_by"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        (&first["showing_reblogs"], &first["languages"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(bob.notification_types().await, ["follow"]);
    let options = json!({ "reblogs": false, "notify": true, "languages": ["en", "de"] });
    let second = account_action(&alice, &bob_id, "follow", options).await;
    assert_eq!(
        (&second["showing_reblogs"], &second["notifying"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(second["languages"], json!(["en", "de"]));
    let third = account_action(&alice, &bob_id, "follow", json!({ "reblogs": true })).await;
    assert_eq!(
        (&third["showing_reblogs"], &third["notifying"]),
        (&json!(true), &json!(true))
    );
    // Following again sends no notification.
    assert_eq!(bob.notification_types().await, ["follow"]);
    let ended = account_action(&alice, &bob_id, "unfollow", json!({})).await;
    assert_eq!(
        (&ended["following"], &ended["notifying"]),
        (&json!(false), &json!(false))
    );
    assert!(bob.notification_types().await.is_empty());
}

#[tokio::test]
async fn home_timeline_respects_the_follow_options() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let alice_id = account_id(&bob, "alice").await;
    account_action(
        &bob,
        &alice_id,
        "follow",
        json!({ "reblogs": false, "notify": true, "languages": ["de"] }),
    )
    .await;
    let english = alice
        .post_status(json!({ "status": "hello", "language": "en" }))
        .await;
    let german = alice
        .post_status(json!({ "status": "hallo", "language": "de" }))
        .await;
    let carol_status = Client::user(&server, "carol")
        .post_status(json!({ "status": "ciao", "language": "de" }))
        .await;
    let boost = alice
        .act_on_status(carol_status["id"].as_str().unwrap(), "reblog")
        .await;
    let home = ids(&bob.get("/api/v1/timelines/home").await.ok());
    let has = |status: &Value| home.contains(&status["id"].as_str().unwrap().to_owned());
    assert_eq!(
        (has(&english), has(&german), has(&boost)),
        (false, true, false)
    );
    assert_eq!(bob.notification_types().await, ["status"]);
}

#[tokio::test]
async fn locked_account_accepts_or_rejects_each_follow_request_once() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let dave = Client::user(&server, "dave");
    let dave_id = account_id(&alice, "dave").await;
    let (alice_id, bob_id) = (
        account_id(&dave, "alice").await,
        account_id(&dave, "bob").await,
    );
    for follower in [&alice, &bob] {
        let requested =
            account_action(follower, &dave_id, "follow", json!({ "notify": true })).await;
        assert_eq!(
            (&requested["following"], &requested["requested"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(requested["notifying"], true);
    }
    assert_eq!(
        dave.notification_types().await,
        ["follow_request", "follow_request"]
    );
    assert_eq!(relationship(&dave, &alice_id).await["requested_by"], true);
    let dave_account = dave.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(dave_account["source"]["follow_requests_count"], 2);
    let pending = dave.get("/api/v1/follow_requests?limit=1").await;
    let (next, previous) = (pending.link("next").unwrap(), pending.link("prev").unwrap());
    assert_eq!(ids(&pending.ok()), [bob_id.as_str()]);
    assert!(previous.contains("since_id="), "{previous}");
    assert_eq!(ids(&dave.get(&next).await.ok()), [alice_id.as_str()]);

    let path = |id: &str, action: &str| format!("/api/v1/follow_requests/{id}/{action}");
    let accepted = dave
        .post(&path(&alice_id, "authorize"), json!({}))
        .await
        .ok();
    assert_eq!(
        (&accepted["followed_by"], &accepted["requested_by"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        dave.notification_types().await,
        ["follow", "follow_request"]
    );
    assert_eq!(relationship(&alice, &dave_id).await["notifying"], true);
    let rejected = dave.post(&path(&bob_id, "reject"), json!({})).await.ok();
    assert_eq!(
        (&rejected["followed_by"], &rejected["requested_by"]),
        (&json!(false), &json!(false))
    );
    for (id, action) in [(&alice_id, "authorize"), (&bob_id, "reject")] {
        let again = dave.post(&path(id, action), json!({})).await;
        assert_eq!((again.status, again.error()), (404, "Record not found"));
    }
    // Unfollowing also cancels a pending request.
    account_action(&bob, &dave_id, "follow", json!({})).await;
    account_action(&bob, &dave_id, "unfollow", json!({})).await;
    assert_eq!(dave.get("/api/v1/follow_requests").await.ok(), json!([]));
}

#[tokio::test]
async fn unlocking_an_account_accepts_all_pending_follow_requests() {
    let server = TestServer::start().await.unwrap();
    let (alice, dave) = (
        Client::user(&server, "alice"),
        Client::user(&server, "dave"),
    );
    let dave_id = account_id(&alice, "dave").await;
    account_action(&alice, &dave_id, "follow", json!({})).await;
    let unlocked = json!({ "locked": false });
    dave.send_json("PATCH", "/api/v1/accounts/update_credentials", &unlocked)
        .await
        .ok();
    assert_eq!(relationship(&alice, &dave_id).await["following"], true);
}

#[tokio::test]
async fn accounts_cannot_follow_themselves_or_unknown_accounts() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let own = account_id(&alice, "alice").await;
    for (id, status, error) in [
        (
            own.as_str(),
            403,
            "Following your own account is not allowed",
        ),
        ("1", 404, "Record not found"),
    ] {
        let path = format!("/api/v1/accounts/{id}/follow");
        let rejected = alice.post(&path, json!({})).await;
        assert_eq!((rejected.status, rejected.error()), (status, error));
    }
}

#[tokio::test]
async fn followers_are_paged_by_follow_id() {
    let server = TestServer::start().await.unwrap();
    let (bob, carol) = (Client::user(&server, "bob"), Client::user(&server, "carol"));
    let [alice_id, bob_id, carol_id] = [
        account_id(&bob, "alice").await,
        account_id(&bob, "bob").await,
        account_id(&bob, "carol").await,
    ];
    // Bob's follow becomes the newest, although his account ID is the smaller one.
    account_action(&bob, &alice_id, "unfollow", json!({})).await;
    account_action(&bob, &alice_id, "follow", json!({})).await;
    let path = format!("/api/v1/accounts/{alice_id}/followers");
    let first = carol.get(&format!("{path}?limit=1")).await;
    let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
    assert_eq!(ids(&first.ok()), [bob_id.as_str()]);
    let cursor = next.split("max_id=").nth(1).unwrap();
    assert_ne!(cursor, bob_id);
    assert!(
        next.contains("limit=1") && previous.contains("since_id="),
        "{next} {previous}"
    );
    let second = carol.get(&next).await;
    let first_again = second.link("prev").unwrap();
    assert_eq!(ids(&second.ok()), [carol_id]);
    assert_eq!(ids(&carol.get(&first_again).await.ok()), [bob_id.as_str()]);
    assert_eq!(carol.get(&previous).await.ok(), json!([]));
    // The endpoint ignores min_id.
    assert_eq!(
        ids(&carol.get(&format!("{path}?min_id={cursor}")).await.ok())[0],
        bob_id
    );
    let following = format!("/api/v1/accounts/{bob_id}/following");
    assert_eq!(ids(&carol.get(&following).await.ok()), [alice_id]);
}

#[tokio::test]
async fn hide_collections_hides_followers_from_everyone_else() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let hide = json!({ "hide_collections": true });
    alice
        .send_json("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    let path = format!(
        "/api/v1/accounts/{}/followers",
        account_id(&bob, "alice").await
    );
    assert_eq!(bob.get(&path).await.ok(), json!([]));
    assert_eq!(Client::anonymous(&server).get(&path).await.ok(), json!([]));
    assert_eq!(alice.get(&path).await.ok().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn follower_can_be_removed() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob_id = account_id(&alice, "bob").await;
    let removed = account_action(&alice, &bob_id, "remove_from_followers", json!({})).await;
    assert_eq!(removed["followed_by"], false);
}

#[tokio::test]
async fn block_removes_follows_in_both_directions_and_prevents_new_ones() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&bob, "alice").await,
        account_id(&alice, "bob").await,
    );
    account_action(&alice, &bob_id, "follow", json!({})).await;
    bob.post_text("hello @alice").await;
    let blocked = account_action(&alice, &bob_id, "block", json!({})).await;
    assert_eq!(
        (&blocked["blocking"], &blocked["following"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(blocked["followed_by"], false);
    assert_eq!(relationship(&bob, &alice_id).await["blocked_by"], true);
    assert!(alice.notification_types().await.is_empty());
    for (client, id) in [(&alice, &bob_id), (&bob, &alice_id)] {
        let rejected = client
            .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
            .await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (403, "This action is not allowed")
        );
    }
    assert_eq!(
        ids(&alice.get("/api/v1/blocks").await.ok()),
        [bob_id.as_str()]
    );
    // A blocked account cannot see the followers.
    let followers = format!("/api/v1/accounts/{alice_id}/followers");
    assert_eq!(bob.get(&followers).await.ok(), json!([]));
    assert_eq!(
        account_action(&alice, &bob_id, "unblock", json!({})).await["blocking"],
        false
    );
    assert_eq!(alice.get("/api/v1/blocks").await.ok(), json!([]));
}

#[tokio::test]
async fn mute_expires_after_its_duration() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bob_id, carol_id) = (
        account_id(&alice, "bob").await,
        account_id(&alice, "carol").await,
    );
    let muted = account_action(&alice, &bob_id, "mute", json!({})).await;
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(muted["muting_expires_at"], json!(null));
    let temporary = json!({ "notifications": false, "duration": 60 });
    let muted = account_action(&alice, &carol_id, "mute", temporary).await;
    assert_eq!(
        (&muted["muting"], &muted["muting_notifications"]),
        (&json!(true), &json!(false))
    );
    let listed = alice.get("/api/v1/mutes").await.ok();
    assert_eq!(ids(&listed), [carol_id.clone(), bob_id.clone()]);
    // The relationship has the time without the fraction of the second.
    let end = |value: &Value| value.as_str().unwrap()[..19].to_owned();
    assert_eq!(
        end(&listed[0]["mute_expires_at"]),
        end(&muted["muting_expires_at"])
    );
    assert_eq!(listed[1]["mute_expires_at"], json!(null));
    server.clock().advance(Duration::from_secs(61));
    assert_eq!(relationship(&alice, &carol_id).await["muting"], false);
    assert_eq!(
        ids(&alice.get("/api/v1/mutes").await.ok()),
        [bob_id.as_str()]
    );
    assert_eq!(
        account_action(&alice, &bob_id, "unmute", json!({})).await["muting"],
        false
    );
}

#[tokio::test]
async fn only_followed_accounts_can_be_featured() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&bob, "alice").await,
        account_id(&bob, "bob").await,
    );
    for action in ["endorse", "pin"] {
        let rejected = alice
            .post(&format!("/api/v1/accounts/{bob_id}/{action}"), json!({}))
            .await;
        let error =
            "Validation failed: You must be already following the person you want to endorse";
        assert_eq!((rejected.status, rejected.error()), (422, error));
    }
    assert_eq!(
        account_action(&bob, &alice_id, "endorse", json!({})).await["endorsed"],
        true
    );
    assert_eq!(
        account_action(&bob, &alice_id, "pin", json!({})).await["endorsed"],
        true
    );
    assert_eq!(
        ids(&bob.get("/api/v1/endorsements").await.ok()),
        [alice_id.as_str()]
    );
    let path = format!("/api/v1/accounts/{bob_id}/endorsements");
    assert_eq!(
        ids(&Client::anonymous(&server).get(&path).await.ok()),
        [alice_id.as_str()]
    );
    assert_eq!(
        account_action(&bob, &alice_id, "unendorse", json!({})).await["endorsed"],
        false
    );
    account_action(&bob, &alice_id, "pin", json!({})).await;
    account_action(&bob, &alice_id, "unfollow", json!({})).await;
    assert_eq!(bob.get("/api/v1/endorsements").await.ok(), json!([]));
}

#[tokio::test]
async fn account_note_is_visible_only_to_its_author() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&bob, "alice").await,
        account_id(&bob, "bob").await,
    );
    assert_eq!(
        account_action(
            &alice,
            &bob_id,
            "note",
            json!({ "comment": "met in Ghent" })
        )
        .await["note"],
        "met in Ghent"
    );
    assert_eq!(relationship(&bob, &alice_id).await["note"], "");
    let long = json!({ "comment": "x".repeat(2001) });
    assert_eq!(
        alice
            .post(&format!("/api/v1/accounts/{bob_id}/note"), long)
            .await
            .status,
        422
    );
    assert_eq!(
        account_action(&alice, &bob_id, "note", json!({})).await["note"],
        ""
    );
}

#[tokio::test]
async fn relationships_keep_the_requested_order() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bob_id, carol_id) = (
        account_id(&alice, "bob").await,
        account_id(&alice, "carol").await,
    );
    let path = format!("/api/v1/accounts/relationships?id[]={carol_id}&id[]=1&id[]={bob_id}");
    assert_eq!(
        ids(&alice.get(&path).await.ok()),
        [carol_id, bob_id.clone()]
    );
    let single = alice
        .get(&format!("/api/v1/accounts/relationships?id={bob_id}"))
        .await
        .ok();
    assert_eq!(ids(&single), [bob_id]);
}

#[tokio::test]
async fn familiar_followers_are_accounts_that_the_user_follows() {
    let server = TestServer::start().await.unwrap();
    let (alice, carol) = (
        Client::user(&server, "alice"),
        Client::user(&server, "carol"),
    );
    let (alice_id, bob_id) = (
        account_id(&carol, "alice").await,
        account_id(&carol, "bob").await,
    );
    account_action(&carol, &bob_id, "follow", json!({})).await;
    let path = format!("/api/v1/accounts/familiar_followers?id[]={alice_id}&id[]={bob_id}");
    let familiar = carol.get(&path).await.ok();
    assert_eq!(ids(&familiar), [alice_id, bob_id.clone()]);
    assert_eq!(
        (ids(&familiar[0]["accounts"]), ids(&familiar[1]["accounts"])),
        (vec![bob_id], vec![])
    );
    let hide = json!({ "hide_collections": true });
    alice
        .send_json("PATCH", "/api/v1/accounts/update_credentials", &hide)
        .await
        .ok();
    assert_eq!(carol.get(&path).await.ok()[0]["accounts"], json!([]));
}

#[tokio::test]
async fn domain_block_removes_follows_in_both_directions() {
    let server = TestServer::start().await.unwrap();
    let dave = Client::user(&server, "dave");
    let erin = account_id(&dave, "erin@elsewhere.example").await;
    account_action(&dave, &erin, "follow", json!({})).await;
    assert!(server.accept_follow("dave", "erin@elsewhere.example"));
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
    let blocked = relationship(&dave, &erin).await;
    assert_eq!(
        (&blocked["domain_blocking"], &blocked["following"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(blocked["followed_by"], false);
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
        let rejected = dave
            .post("/api/v1/domain_blocks", json!({ "domain": domain }))
            .await;
        assert_eq!(
            (rejected.status, rejected.error()),
            (422, format!("Validation failed: {error}").as_str())
        );
    }
    dave.delete("/api/v1/domain_blocks?domain=elsewhere.example")
        .await
        .ok();
    assert_eq!(relationship(&dave, &erin).await["domain_blocking"], false);
}
