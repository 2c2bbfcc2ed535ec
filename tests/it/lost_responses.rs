//! Responses that are lost after the server has processed the request.

use mastodon_sdk::Error;
use mastodon_test_server::{Fault, TestServer};
use serde_json::json;

use crate::support::fixtures;
use crate::support::{ScriptedServer, client_for, error_response, json_response, ok_json};

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn not_found_after_a_retried_deletion_counts_as_success() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    let list = alice.list_create("Friends").await.unwrap();
    server.inject(Fault::lost_response().on("DELETE", "/api/v1/lists/"));
    alice.list_delete(&list).await.unwrap();
    let error = alice.list_delete(&list).await.unwrap_err();
    assert!(
        error.is_not_found(),
        "a 404 to the first attempt is an error: {error}"
    );

    let bob = client_for(&server, "bob");
    bob.status_post("Hello @alice").await.unwrap();
    let notification = alice.notifications().await.unwrap()[0].clone();
    server.inject(Fault::lost_response().on("POST", "/api/v1/notifications/"));
    alice.notification_dismiss(&notification.id).await.unwrap();
    assert!(alice.notifications().await.unwrap().is_empty());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn action_that_was_already_applied_counts_as_success() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client_for(&server, "alice"), client_for(&server, "bob"));
    let status = &bob.status_post("Hello").await.unwrap();
    let lose_next_response = || server.inject(Fault::lost_response().on("POST", "/api/v1/"));
    lose_next_response();
    assert!(
        alice
            .account_follow(&status.account)
            .await
            .unwrap()
            .following
    );
    lose_next_response();
    assert!(
        !alice
            .account_unfollow(&status.account)
            .await
            .unwrap()
            .following
    );
    lose_next_response();
    let status = alice.status_favourite(status).await.unwrap();
    assert_eq!(
        (status.favourited, status.favourites_count),
        (Some(true), 1)
    );
    lose_next_response();
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
    server.inject(Fault::lost_response().on("DELETE", "/api/v1/lists/"));
    alice
        .list_accounts_delete(&list, [&status.account])
        .await
        .unwrap();
    assert!(alice.list_accounts(&list).await.unwrap().is_empty());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn lost_response_to_a_status_deletion_is_reported() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    let status = &alice.status_post("Once").await.unwrap();
    server.inject(Fault::lost_response().on("DELETE", "/api/v1/statuses/"));
    let error = alice.status_delete(status).await.unwrap_err();
    assert!(error.is_response_lost() && !error.is_not_found() && !error.is_retryable());
    assert!(
        error.to_string().starts_with(
            "status_delete: the server has carried out the call, but its response was lost"
        ),
        "{error}"
    );
    assert!(alice.status(status).await.unwrap_err().is_not_found());
    let error = alice.status_delete(status).await.unwrap_err();
    assert!(
        error.is_not_found(),
        "no response was lost this time: {error}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn status_and_list_whose_responses_were_lost_are_there_once() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    let before = alice.me().await.unwrap().statuses_count;
    server.inject(Fault::lost_response().on("POST", "/api/v1/statuses"));
    alice.status_post("Once").await.unwrap();
    let after = alice.me().await.unwrap().statuses_count;
    assert_eq!(after, before + 1);
    server.inject(Fault::lost_response().on("POST", "/api/v1/lists"));
    alice.list_create("Friends").await.unwrap();
    assert_eq!(alice.lists().await.unwrap().len(), 1);
    server.inject(Fault::disconnect().on("POST", "/api/v1/lists"));
    alice.list_create("Others").await.unwrap();
    assert_eq!(alice.lists().await.unwrap().len(), 2);
}

/// A server that closes the first connection without a response, rejects the retry with this error,
/// then returns a status with this value of `favourited` and `pinned`.
async fn after_a_lost_response(status: u16, message: &str, flag: bool) -> ScriptedServer {
    let flags = [("favourited", json!(flag)), ("pinned", json!(flag))];
    ScriptedServer::start(vec![
        String::new(),
        error_response(status, message),
        ok_json(&fixtures::status(&flags)),
    ])
    .await
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rejected_retry_is_verified_by_fetching_the_status() {
    let server = after_a_lost_response(404, "Record not found", true).await;
    let status = server.client().status_favourite("7").await.unwrap();
    assert_eq!(status.favourited, Some(true));
    assert!(server.requests()[2].starts_with("GET /api/v1/statuses/7 "));

    let server = after_a_lost_response(404, "Record not found", false).await;
    let error = server.client().status_favourite("7").await.unwrap_err();
    assert!(error.is_not_found(), "the action was not applied: {error}");

    let server = after_a_lost_response(422, "Duplicate record", true).await;
    assert_eq!(
        server.client().status_pin("7").await.unwrap().pinned,
        Some(true)
    );

    let server = after_a_lost_response(404, "Record not found", false).await;
    let status = server.client().status_unfavourite("7").await.unwrap();
    assert_eq!(status.favourited, Some(false));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn other_errors_to_a_retry_are_returned() {
    let reaction = async |message| {
        let server = after_a_lost_response(422, message, true).await;
        server.client().announcement_reaction_create("1", "x").await
    };
    reaction("Duplicate record").await.unwrap();
    let error = reaction("Name is not a recognized emoji")
        .await
        .unwrap_err();
    assert!(error.is_validation(), "{error}");
    // Without a lost response a 404 is an error.
    let server = ScriptedServer::start(Vec::new()).await;
    assert!(
        server
            .client()
            .list_delete("1")
            .await
            .unwrap_err()
            .is_not_found()
    );
    // After a proxy's error the request may have been processed.
    let server = ScriptedServer::start(vec![
        json_response(502, "", ""),
        json_response(410, "", "{}"),
    ])
    .await;
    server.client().list_delete("1").await.unwrap();
    let server = ScriptedServer::start(vec![
        json_response(502, "", ""),
        json_response(403, "", "{}"),
    ])
    .await;
    let error: Error = server.client().list_delete("1").await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
}
