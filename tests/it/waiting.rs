//! Calls that repeat a request until the server reports a state.

use std::time::Duration;

use mastodon_sdk::error::TimeoutSetting;
use mastodon_sdk::jiff::SignedDuration;
use mastodon_sdk::{Error, Timestamp};
use mastodon_test_server::TestServer;
use serde_json::json;
use tokio::time::Instant;

use crate::support::{ScriptedServer, client_for, error_response, ok_json};

fn relationship(following: bool, requested: bool) -> String {
    ok_json(&json!([{ "id": "7", "following": following, "requested": requested }]))
}

fn poll(expired: bool, expires_at: Option<Timestamp>) -> String {
    ok_json(&json!({
        "id": "7", "expires_at": expires_at, "expired": expired, "multiple": false, "votes_count": 3,
        "options": [{ "title": "Yes", "votes_count": 3 }],
    }))
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn follow_request_is_polled_until_it_is_accepted_at_increasing_intervals() {
    let (pending, accepted) = (relationship(false, true), relationship(true, false));
    let script = vec![pending.clone(), pending.clone(), pending, accepted];
    let server = ScriptedServer::start(script).await;
    let start = Instant::now();
    let relationship = server.client().wait_for_follow("7").await.unwrap();
    assert!(relationship.following);
    assert_eq!(start.elapsed().as_secs(), 2 + 4 + 8);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rejected_follow_request_ends_the_waiting() {
    let script = vec![relationship(false, true), relationship(false, false)];
    let server = ScriptedServer::start(script).await;
    let relationship = server.client().wait_for_follow("7").await.unwrap();
    assert!(!relationship.following && !relationship.requested);
    let server = ScriptedServer::start(vec![ok_json(&json!([]))]).await;
    let error = server.client().wait_for_follow("7").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn waiting_ends_with_its_deadline() {
    let server = ScriptedServer::start(vec![relationship(false, true); 30]).await;
    let client = server.client();
    let (start, limit) = (Instant::now(), Duration::from_secs(20));
    let interval = Duration::from_secs(3);
    let call = client
        .wait_for_follow("7")
        .interval(interval)
        .max_interval(interval);
    let error = call.deadline(limit).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                setting: TimeoutSetting::Condition,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("state was not reached within 20s; raise the limit with `deadline`"),
        "{error}"
    );
    assert_eq!(
        (start.elapsed().as_secs(), server.requests().len()),
        (20, 7)
    );
    let server = ScriptedServer::start(vec![relationship(false, true); 30]).await;
    let start = Instant::now();
    server.client().wait_for_follow("7").await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 600, "the default deadline");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn waiting_continues_after_failures_that_pass() {
    let script = vec![
        relationship(false, true),
        error_response(503, "Maintenance"),
        relationship(true, false),
    ];
    let server = ScriptedServer::start(script).await;
    let client = server.builder().max_retries(0).build().unwrap();
    assert!(client.wait_for_follow("7").await.unwrap().following);
    let script = vec![relationship(false, true), error_response(403, "Forbidden")];
    let server = ScriptedServer::start(script).await;
    let error = server.client().wait_for_follow("7").await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn poll_is_requested_when_it_ends() {
    let end = Timestamp::now() + SignedDuration::from_mins(40);
    let script = vec![poll(false, Some(end)), poll(true, Some(end))];
    let server = ScriptedServer::start(script).await;
    let start = Instant::now();
    let ended = server.client().wait_for_poll("7").await.unwrap();
    assert!(ended.expired && ended.votes_count == 3);
    let waited = start.elapsed();
    assert!(waited > Duration::from_secs(39 * 60) && waited < Duration::from_secs(41 * 60));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn poll_that_does_not_end_needs_a_deadline() {
    let server = ScriptedServer::start(vec![poll(false, None); 9]).await;
    let error = server.client().wait_for_poll("7").await.unwrap_err();
    assert!(matches!(error, Error::NotProvided { .. }), "{error}");
    let call = server
        .client()
        .wait_for_poll("7")
        .deadline(Duration::from_secs(10));
    assert!(call.await.unwrap_err().is_timeout());
    let past = Timestamp::now() - SignedDuration::from_mins(11);
    let server = ScriptedServer::start(vec![poll(false, Some(past))]).await;
    assert!(
        server
            .client()
            .wait_for_poll("7")
            .await
            .unwrap_err()
            .is_timeout()
    );
}

#[tokio::test]
async fn any_call_can_be_repeated_until_its_result_satisfies_a_condition() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client_for(&server, "alice"), client_for(&server, "bob"));
    let status = alice.status_post("Boost me").await.unwrap();
    bob.status_reblog(&status).await.unwrap();
    let id = status.id.clone();
    let popular = alice
        .wait_until(
            move |mastodon| mastodon.status(&id),
            |status| status.reblogs_count > 0,
        )
        .await
        .unwrap();
    assert_eq!(popular.id, status.id);
}
