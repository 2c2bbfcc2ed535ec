//! Conversations of direct statuses.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::accounts::account_id;
use crate::client::{Client, id, ids};

#[tokio::test]
async fn direct_statuses_of_one_thread_form_one_conversation() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&alice, "alice").await,
        account_id(&alice, "bob").await,
    );
    let first = alice.post_direct("@bob hi", None).await;
    let alice_list = alice.get("/api/v1/conversations").await.ok();
    assert_eq!(
        (&alice_list[0]["unread"], ids(&alice_list[0]["accounts"])),
        (&json!(false), vec![bob_id])
    );
    let bob_list = bob.get("/api/v1/conversations").await.ok();
    assert_eq!(
        (&bob_list[0]["unread"], ids(&bob_list[0]["accounts"])),
        (&json!(true), vec![alice_id])
    );
    assert_eq!(bob_list[0]["last_status"]["id"], first);

    let path = format!("/api/v1/conversations/{}", id(&bob_list[0]));
    let read = bob.post(&format!("{path}/read"), json!({})).await.ok();
    assert_eq!(
        (id(&read), &read["unread"]),
        (id(&bob_list[0]), &json!(false))
    );
    let unread = bob.post(&format!("{path}/unread"), json!({})).await.ok();
    assert_eq!(unread["unread"], true);
    // A reply marks the conversation as read.
    let reply = bob.post_direct("@alice hello", Some(&first)).await;
    let bob_list = bob.get("/api/v1/conversations").await.ok();
    assert_eq!(
        (ids(&bob_list).len(), &bob_list[0]["unread"]),
        (1, &json!(false))
    );
    assert_eq!(bob_list[0]["last_status"]["id"], reply);
    assert_eq!(
        alice.get("/api/v1/conversations").await.ok()[0]["unread"],
        true
    );
    // Public statuses create no conversation.
    alice.post_text("hello @bob").await;
    assert_eq!(ids(&bob.get("/api/v1/conversations").await.ok()).len(), 1);
}

#[tokio::test]
async fn conversations_are_paged_by_their_last_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = alice.post_direct("@bob one", None).await;
    let second = alice.post_direct("@bob two", None).await;
    let fetch_page = async |path: &str| {
        let page = bob.get(path).await;
        let (next, previous) = (page.link("next"), page.link("prev"));
        let last_status = page.ok()[0]["last_status"]["id"]
            .as_str()
            .map(str::to_owned);
        (last_status, next, previous)
    };
    let (last_status, next, previous) = fetch_page("/api/v1/conversations?limit=1").await;
    assert_eq!(last_status.as_ref(), Some(&second));
    assert!(previous.unwrap().ends_with(&format!("min_id={second}")));
    let next = next.unwrap();
    assert!(next.ends_with(&format!("max_id={second}")), "{next}");
    assert_eq!(fetch_page(&next).await.0, Some(first));
}

#[tokio::test]
async fn deleted_conversation_reappears_with_a_new_id_on_the_next_status() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let first = alice.post_direct("@bob one", None).await;
    let second = alice.post_direct("@bob two", Some(&first)).await;
    alice
        .delete(&format!("/api/v1/statuses/{second}"))
        .await
        .ok();
    let remaining = bob.get("/api/v1/conversations").await.ok();
    assert_eq!(remaining[0]["last_status"]["id"], first);
    let path = format!("/api/v1/conversations/{}", id(&remaining[0]));
    assert_eq!(bob.delete(&path).await.ok(), json!({}));
    assert_eq!(bob.delete(&path).await.error(), "Record not found");
    assert_eq!(
        bob.post(&format!("{path}/read"), json!({})).await.status,
        404
    );
    assert_eq!(bob.get("/api/v1/conversations").await.ok(), json!([]));
    alice.post_direct("@bob three", Some(&first)).await;
    let recreated = bob.get("/api/v1/conversations").await.ok();
    assert_ne!(id(&recreated[0]), id(&remaining[0]));
    alice
        .delete(&format!("/api/v1/statuses/{first}"))
        .await
        .ok();
    assert_eq!(ids(&bob.get("/api/v1/conversations").await.ok()).len(), 1);
}

#[tokio::test]
async fn conversations_exclude_blocked_senders_and_include_notes_to_self() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let (alice_id, bob_id) = (
        account_id(&alice, "alice").await,
        account_id(&alice, "bob").await,
    );
    bob.post_direct("@alice hi", None).await;
    alice
        .post(&format!("/api/v1/accounts/{bob_id}/block"), json!({}))
        .await
        .ok();
    bob.post_direct("@alice hi again", None).await;
    assert_eq!(alice.get("/api/v1/conversations").await.ok(), json!([]));
    alice.post_direct("to do: nothing", None).await;
    let alice_list = alice.get("/api/v1/conversations").await.ok();
    assert_eq!(ids(&alice_list[0]["accounts"]), [alice_id]);
}

#[tokio::test]
async fn another_participant_starts_another_conversation() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.post_direct("@bob hi", None).await;
    let second = alice.post_direct("@bob @carol hi", Some(&first)).await;
    let list = alice.get("/api/v1/conversations").await.ok();
    let last: Vec<_> = list.as_array().unwrap().iter().collect();
    let last: Vec<_> = last.iter().map(|one| &one["last_status"]["id"]).collect();
    assert_eq!(last, [&json!(second), &json!(first)]);
}

#[tokio::test]
async fn conversation_of_a_recipient_comes_with_the_notification() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let conversations = async |client: &Client<'_>| {
        let list = client.get("/api/v1/conversations").await.ok();
        list.as_array().unwrap().len()
    };
    // Alice does not follow Bob, so his private mention is filtered.
    let first = bob.post_direct("@alice hi", None).await;
    assert_eq!(
        (conversations(&bob).await, conversations(&alice).await),
        (1, 0)
    );
    // Bob follows Alice.
    alice.post_direct("@bob hi", None).await;
    assert_eq!(
        (conversations(&bob).await, conversations(&alice).await),
        (2, 1)
    );
    let requests = alice.get("/api/v1/notifications/requests").await.ok();
    let accept = format!(
        "/api/v1/notifications/requests/{}/accept",
        ids(&requests)[0]
    );
    alice.post(&accept, json!({})).await.ok();
    assert_eq!(conversations(&alice).await, 2);
    let list = alice.get("/api/v1/conversations").await.ok();
    assert_eq!(list[1]["last_status"]["id"], first);
    assert_eq!(list[1]["unread"], true);
}
