//! Answers that are lost after the server has done what it was asked to do.

use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::{Fault, TestServer};

use crate::server::{Server, json};

async fn client(server: &TestServer, name: &str) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write follow"))
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_already_is_deleted() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice").await;
    let list = alice.list_create("Friends").await.unwrap();
    server.inject(Fault::lost_answer().on("DELETE", "/api/v1/lists/"));
    alice.list_delete(&list).await.unwrap();
    let error = alice.list_delete(&list).await.unwrap_err();
    assert!(
        error.is_not_found(),
        "a first attempt is told that there is no list: {error}"
    );

    let bob = client(&server, "bob").await;
    bob.status_post("Hello @alice").await.unwrap();
    let notification = alice.notifications().await.unwrap()[0].clone();
    server.inject(Fault::lost_answer().on("POST", "/api/v1/notifications/"));
    alice.notification_dismiss(&notification.id).await.unwrap();
    assert!(alice.notifications().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_done_twice_is_done() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice").await, client(&server, "bob").await);
    let posted = bob.status_post("Hello").await.unwrap();
    let status = posted.as_status().unwrap();
    let lose = || server.inject(Fault::lost_answer().on("POST", "/api/v1/"));
    lose();
    assert!(
        alice
            .account_follow(&status.account)
            .await
            .unwrap()
            .following
    );
    lose();
    assert!(
        !alice
            .account_unfollow(&status.account)
            .await
            .unwrap()
            .following
    );
    lose();
    let status = alice.status_favourite(status).await.unwrap();
    assert_eq!(
        (status.favourited, status.favourites_count),
        (Some(true), 1)
    );
    lose();
    let status = alice.status_unfavourite(&status).await.unwrap();
    assert_eq!(
        (status.favourited, status.favourites_count),
        (Some(false), 0)
    );
    let list = alice.list_create("Friends").await.unwrap();
    alice.account_follow(&status.account).await.unwrap();
    alice
        .list_accounts_add(&list, [&status.account])
        .await
        .unwrap();
    server.inject(Fault::lost_answer().on("DELETE", "/api/v1/lists/"));
    alice
        .list_accounts_delete(&list, [&status.account])
        .await
        .unwrap();
    assert!(alice.list_accounts(&list).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_text_that_went_with_its_status_is_told_to_be_lost() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice").await;
    let posted = alice.status_post("Once").await.unwrap();
    let status = posted.as_status().unwrap();
    server.inject(Fault::lost_answer().on("DELETE", "/api/v1/statuses/"));
    let error = alice.status_delete(status).await.unwrap_err();
    assert!(error.is_answer_lost() && !error.is_not_found() && !error.is_retryable());
    assert!(
        error
            .to_string()
            .starts_with("status_delete: it is done, but the answer was lost"),
        "{error}"
    );
    assert!(alice.status(status).await.unwrap_err().is_not_found());
    let error = alice.status_delete(status).await.unwrap_err();
    assert!(
        error.is_not_found(),
        "no answer was lost this time: {error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_is_posted_once_and_what_has_no_key_is_not_sent_again() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice").await;
    let before = alice.me().await.unwrap().statuses_count;
    server.inject(Fault::lost_answer().on("POST", "/api/v1/statuses"));
    alice.status_post("Once").await.unwrap();
    let after = alice.me().await.unwrap().statuses_count;
    assert_eq!(after, before + 1);
    server.inject(Fault::lost_answer().on("POST", "/api/v1/lists"));
    let error = alice.list_create("Friends").await.unwrap_err();
    assert!(error.is_network() && error.is_retryable(), "{error}");
    assert_eq!(alice.lists().await.unwrap().len(), 1, "it was made once");
    server.inject(Fault::cut().on("POST", "/api/v1/lists"));
    let error = alice.list_create("Others").await.unwrap_err();
    assert!(
        error.is_network(),
        "nobody knows that it was not carried out: {error}"
    );
}

const STATUS: &str = r#"{"id":"7","created_at":"2024-01-01T00:00:00.000Z","uri":"u","visibility":"public",
    "content":"","account":{"id":"1","username":"a","acct":"a","url":"u","created_at":"2024-01-01T00:00:00.000Z"},
    "favourited":FLAG,"pinned":FLAG}"#;

/// A server that loses its first answer, then answers so, then shows the status.
async fn after_a_loss(status: u16, message: &str, flag: &str) -> Server {
    Server::start(vec![
        String::new(),
        json(status, "", &format!(r#"{{"error":"{message}"}}"#)),
        json(200, "", &STATUS.replace("FLAG", flag)),
    ])
    .await
}

#[tokio::test(start_paused = true)]
async fn an_action_that_some_servers_refuse_twice_is_judged_by_what_it_did() {
    let server = after_a_loss(404, "Record not found", "true").await;
    let status = server.client().status_favourite("7").await.unwrap();
    assert_eq!(status.favourited, Some(true));
    assert!(server.seen()[2].starts_with("GET /api/v1/statuses/7 "));

    let server = after_a_loss(404, "Record not found", "false").await;
    let error = server.client().status_favourite("7").await.unwrap_err();
    assert!(error.is_not_found(), "it was not done: {error}");

    let server = after_a_loss(422, "Duplicate record", "true").await;
    assert_eq!(
        server.client().status_pin("7").await.unwrap().pinned,
        Some(true)
    );

    let server = after_a_loss(404, "Record not found", "false").await;
    let status = server.client().status_unfavourite("7").await.unwrap();
    assert_eq!(status.favourited, Some(false));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_only_looks_like_a_repetition_is_told() {
    let reaction = async |message| {
        let server = after_a_loss(422, message, "true").await;
        server.client().announcement_reaction_create("1", "x").await
    };
    reaction("Duplicate record").await.unwrap();
    let error = reaction("Name is not a recognized emoji")
        .await
        .unwrap_err();
    assert!(error.is_validation(), "{error}");
    // Without a loss before it a refusal is one.
    let server = Server::start(Vec::new()).await;
    assert!(
        server
            .client()
            .list_delete("1")
            .await
            .unwrap_err()
            .is_not_found()
    );
    // An answer of a proxy says nothing of what became of the request.
    let server = Server::start(vec![json(502, "", ""), json(410, "", "{}")]).await;
    server.client().list_delete("1").await.unwrap();
    let server = Server::start(vec![json(502, "", ""), json(403, "", "{}")]).await;
    let error: Error = server.client().list_delete("1").await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
}
