//! Lists, markers, conversations.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::accounts::account;
use crate::client::{Client, id, ids};

#[tokio::test]
async fn a_list_is_made_changed_and_deleted_by_its_owner_alone() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let made = alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok();
    let path = format!("/api/v1/lists/{}", id(&made));
    let plain = json!({ "id": id(&made), "title": "Friends", "replies_policy": "list", "exclusive": false });
    assert_eq!(made, plain);
    assert_eq!(alice.get("/api/v1/lists").await.ok(), json!([made]));
    let change = json!({ "title": "Friends", "replies_policy": "none", "exclusive": true });
    alice.put(&path, change).await.ok();
    // What an update leaves out stays.
    let renamed = alice.put(&path, json!({ "title": "Few" })).await.ok();
    assert_eq!(
        (&renamed["title"], &renamed["replies_policy"]),
        (&json!("Few"), &json!("none"))
    );
    assert_eq!(renamed["exclusive"], true);
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(bob.put(&path, json!({ "title": "x" })).await.status, 404);
    assert_eq!(bob.delete(&path).await.status, 404);
    for (wrong, error) in [
        (
            json!({ "title": "" }),
            "Validation failed: Title can't be blank",
        ),
        (
            json!({ "title": "x", "replies_policy": "some" }),
            "'some' is not a valid replies_policy",
        ),
    ] {
        let refused = alice.post("/api/v1/lists", wrong.clone()).await;
        assert_eq!((refused.status, refused.error()), (422, error));
        let refused = alice.put(&path, wrong).await;
        assert_eq!((refused.status, refused.error()), (422, error));
    }
    assert_eq!(alice.delete(&path).await.ok(), json!({}));
    assert_eq!(alice.get(&path).await.error(), "Record not found");
}

#[tokio::test]
async fn a_list_has_members_whom_its_owner_follows() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let (bobs, carols) = (account(&alice, "bob").await, account(&alice, "carol").await);
    let list = id(&alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok());
    let members = format!("/api/v1/lists/{list}/accounts");
    let add = async |ids: &[&str]| alice.post(&members, json!({ "account_ids": ids })).await;
    let stranger = add(&[&bobs]).await;
    assert_eq!(
        (stranger.status, stranger.error()),
        (404, "Record not found")
    );
    for id in [&bobs, &carols] {
        alice
            .post(&format!("/api/v1/accounts/{id}/follow"), json!({}))
            .await
            .ok();
    }
    // One who does not fit spoils all of it.
    assert_eq!(add(&[&bobs, "1"]).await.status, 404);
    assert_eq!(alice.get(&members).await.ok(), json!([]));
    assert_eq!(add(&[&carols, &bobs]).await.ok(), json!({}));
    let again = add(&[&bobs]).await;
    assert_eq!(
        (again.status, again.error()),
        (422, "Validation failed: Account has already been taken")
    );
    assert_eq!(
        ids(&alice
            .get(&format!("/api/v1/accounts/{bobs}/lists"))
            .await
            .ok()),
        [list.as_str()]
    );

    let first = alice.get(&format!("{members}?limit=1")).await;
    let (next, previous) = (first.link("next").unwrap(), first.link("prev").unwrap());
    assert_eq!(ids(&first.ok()), [bobs.as_str()]);
    assert!(previous.contains("since_id="), "{previous}");
    assert_eq!(ids(&alice.get(&next).await.ok()), [carols.as_str()]);
    let all = alice.get(&format!("{members}?limit=0")).await;
    assert_eq!(all.header("link"), None);
    assert_eq!(ids(&all.ok()), [bobs.clone(), carols.clone()]);

    let said = Client::user(&server, "bob").says("for the list").await;
    let timeline = format!("/api/v1/timelines/list/{list}");
    assert_eq!(ids(&alice.get(&timeline).await.ok())[0], said);

    alice
        .delete(&format!("{members}?account_ids[]={carols}"))
        .await
        .ok();
    assert_eq!(ids(&alice.get(&members).await.ok()), [bobs.as_str()]);
    // Who is not followed any more is on no list any more.
    alice
        .post(&format!("/api/v1/accounts/{bobs}/unfollow"), json!({}))
        .await
        .ok();
    assert_eq!(alice.get(&members).await.ok(), json!([]));
}

#[tokio::test]
async fn an_account_that_was_only_asked_can_be_on_a_list() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let daves = account(&alice, "dave").await;
    alice
        .post(&format!("/api/v1/accounts/{daves}/follow"), json!({}))
        .await
        .ok();
    let list = id(&alice
        .post("/api/v1/lists", json!({ "title": "x" }))
        .await
        .ok());
    let members = format!("/api/v1/lists/{list}/accounts");
    alice
        .post(&members, json!({ "account_ids": [daves] }))
        .await
        .ok();
    assert_eq!(ids(&alice.get(&members).await.ok()), [daves]);
}

#[tokio::test]
async fn a_marker_counts_its_changes() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = "/api/v1/markers?timeline[]=home&timeline[]=notifications";
    assert_eq!(alice.get(path).await.ok(), json!({}));
    let set = async |body: Value| alice.post("/api/v1/markers", body).await.ok();
    let first = set(json!({ "home": { "last_read_id": "12" } })).await;
    assert_eq!(
        (&first["home"]["last_read_id"], &first["home"]["version"]),
        (&json!("12"), &json!(0))
    );
    assert!(first.get("notifications").is_none());
    server.clock().advance(Duration::from_secs(5));
    assert_eq!(
        set(json!({ "home": { "last_read_id": "12" } })).await,
        first
    );
    let both =
        json!({ "home": { "last_read_id": "13" }, "notifications": { "last_read_id": "7" } });
    let second = set(both).await;
    assert_eq!(
        (
            &second["home"]["version"],
            &second["notifications"]["version"]
        ),
        (&json!(1), &json!(0))
    );
    assert_ne!(second["home"]["updated_at"], first["home"]["updated_at"]);
    assert_eq!(alice.get(path).await.ok(), second);
    let one = alice
        .get("/api/v1/markers?timeline[]=notifications")
        .await
        .ok();
    assert_eq!(one, json!({ "notifications": second["notifications"] }));
    let form = alice
        .form("POST", "/api/v1/markers", "home[last_read_id]=20")
        .await
        .ok();
    assert_eq!(form["home"]["version"], 2);
}

async fn whisper(client: &Client<'_>, text: &str, reply_to: Option<&str>) -> String {
    let body = json!({ "status": text, "visibility": "direct", "in_reply_to_id": reply_to });
    id(&client.status(body).await)
}

#[tokio::test]
async fn direct_statuses_of_one_thread_make_one_conversation() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alices, bobs) = (account(&alice, "alice").await, account(&alice, "bob").await);
    let first = whisper(&alice, "@bob hi", None).await;
    let own = alice.get("/api/v1/conversations").await.ok();
    assert_eq!(
        (&own[0]["unread"], ids(&own[0]["accounts"])),
        (&json!(false), vec![bobs])
    );
    let his = bob.get("/api/v1/conversations").await.ok();
    assert_eq!(
        (&his[0]["unread"], ids(&his[0]["accounts"])),
        (&json!(true), vec![alices])
    );
    assert_eq!(his[0]["last_status"]["id"], first);

    let path = format!("/api/v1/conversations/{}", id(&his[0]));
    let read = bob.post(&format!("{path}/read"), json!({})).await.ok();
    assert_eq!((id(&read), &read["unread"]), (id(&his[0]), &json!(false)));
    let unread = bob.post(&format!("{path}/unread"), json!({})).await.ok();
    assert_eq!(unread["unread"], true);
    // Who answers has read it.
    let answer = whisper(&bob, "@alice hello", Some(&first)).await;
    let his = bob.get("/api/v1/conversations").await.ok();
    assert_eq!((ids(&his).len(), &his[0]["unread"]), (1, &json!(false)));
    assert_eq!(his[0]["last_status"]["id"], answer);
    assert_eq!(
        alice.get("/api/v1/conversations").await.ok()[0]["unread"],
        true
    );
    // What is said in public is no conversation.
    alice.says("hello @bob").await;
    assert_eq!(ids(&bob.get("/api/v1/conversations").await.ok()).len(), 1);
}

#[tokio::test]
async fn conversations_are_paged_by_their_last_statuses() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = whisper(&alice, "@bob one", None).await;
    let second = whisper(&alice, "@bob two", None).await;
    let last = async |path: &str| {
        let page = bob.get(path).await;
        let (next, previous) = (page.link("next"), page.link("prev"));
        let found = page.ok()[0]["last_status"]["id"]
            .as_str()
            .map(str::to_owned);
        (found, next, previous)
    };
    let (found, next, previous) = last("/api/v1/conversations?limit=1").await;
    assert_eq!(found.as_ref(), Some(&second));
    assert!(previous.unwrap().ends_with(&format!("min_id={second}")));
    let next = next.unwrap();
    assert!(next.ends_with(&format!("max_id={second}")), "{next}");
    assert_eq!(last(&next).await.0, Some(first));
}

#[tokio::test]
async fn a_conversation_without_statuses_is_gone_and_a_deleted_one_begins_anew() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = whisper(&alice, "@bob one", None).await;
    let second = whisper(&alice, "@bob two", Some(&first)).await;
    alice
        .delete(&format!("/api/v1/statuses/{second}"))
        .await
        .ok();
    let left = bob.get("/api/v1/conversations").await.ok();
    assert_eq!(left[0]["last_status"]["id"], first);
    let path = format!("/api/v1/conversations/{}", id(&left[0]));
    assert_eq!(bob.delete(&path).await.ok(), json!({}));
    assert_eq!(bob.delete(&path).await.error(), "Record not found");
    assert_eq!(
        bob.post(&format!("{path}/read"), json!({})).await.status,
        404
    );
    assert_eq!(bob.get("/api/v1/conversations").await.ok(), json!([]));
    whisper(&alice, "@bob three", Some(&first)).await;
    let anew = bob.get("/api/v1/conversations").await.ok();
    assert_ne!(id(&anew[0]), id(&left[0]));
    alice
        .delete(&format!("/api/v1/statuses/{first}"))
        .await
        .ok();
    assert_eq!(ids(&bob.get("/api/v1/conversations").await.ok()).len(), 1);
}

#[tokio::test]
async fn who_is_blocked_begins_no_conversation_and_who_writes_to_nobody_has_one_with_themselves() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alices, bobs) = (account(&alice, "alice").await, account(&alice, "bob").await);
    whisper(&bob, "@alice hi", None).await;
    alice
        .post(&format!("/api/v1/accounts/{bobs}/block"), json!({}))
        .await
        .ok();
    whisper(&bob, "@alice hi again", None).await;
    assert_eq!(alice.get("/api/v1/conversations").await.ok(), json!([]));
    whisper(&alice, "to do: nothing", None).await;
    let own = alice.get("/api/v1/conversations").await.ok();
    assert_eq!(ids(&own[0]["accounts"]), [alices]);
}
