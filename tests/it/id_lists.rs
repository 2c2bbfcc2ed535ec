//! Lists of IDs that are longer than servers accept in one request.

use std::time::Duration;

use mastodon_sdk::{AccountId, Error, StatusId};
use mastodon_test_server::{Fault, TestServer};
use serde_json::{Value, json};

use crate::support::{ScriptedServer, client_for, error_response, ok_json};

fn relationships(ids: std::ops::Range<u32>) -> String {
    let items: Vec<Value> = ids.map(|id| json!({ "id": id.to_string() })).collect();
    ok_json(&items.into())
}

fn ids(ids: std::ops::Range<u32>) -> Vec<String> {
    ids.map(|id| id.to_string()).collect()
}

/// IDs in the query of a request.
fn sent_ids(request_line: &str) -> Vec<String> {
    let query = request_line.split_once('?').unwrap().1;
    let pairs = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("id%5B%5D="));
    pairs.map(str::to_owned).collect()
}

#[tokio::test]
async fn long_list_is_sent_in_several_requests_and_their_results_are_joined_in_order() {
    let script = vec![
        relationships(0..40),
        relationships(40..80),
        relationships(80..100),
    ];
    let server = ScriptedServer::start(script).await;
    let call = server.client().account_relationships(ids(0..100));
    let result = call.with_suspended(true).response().await.unwrap();
    let found: Vec<AccountId> = result.value.iter().map(|found| found.id.clone()).collect();
    assert_eq!(found, ids(0..100));
    let lines = server.request_lines();
    let sent: Vec<String> = lines.iter().flat_map(|line| sent_ids(line)).collect();
    assert_eq!((lines.len(), sent), (3, ids(0..100)));
    assert!(
        lines
            .iter()
            .all(|line| line.contains("with_suspended=true")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn list_that_fits_is_sent_in_one_request() {
    let server = ScriptedServer::start(vec![relationships(0..40)]).await;
    let found = server
        .client()
        .account_relationships(ids(0..40))
        .await
        .unwrap();
    assert_eq!((found.len(), server.requests().len()), (40, 1));
}

#[tokio::test]
async fn failure_of_one_request_is_the_error_of_the_call() {
    let script = vec![relationships(0..40), error_response(403, "Forbidden")];
    let server = ScriptedServer::start(script).await;
    let error = server
        .client()
        .account_relationships(ids(0..100))
        .await
        .unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn response_that_is_not_a_list_is_a_decoding_error() {
    let script = vec![relationships(0..40), ok_json(&json!("no list"))];
    let server = ScriptedServer::start(script).await;
    let error = server
        .client()
        .account_relationships(ids(0..100))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[tokio::test]
async fn empty_list_in_another_form_loses_no_items_of_the_others() {
    let script = vec![
        relationships(0..40),
        ok_json(&json!({})),
        relationships(80..100),
    ];
    let server = ScriptedServer::start(script).await;
    let found = server
        .client()
        .account_relationships(ids(0..100))
        .await
        .unwrap();
    assert_eq!(found.len(), 60);
}

#[tokio::test]
async fn long_list_of_a_deletion_is_sent_in_several_requests() {
    let server = ScriptedServer::start(vec![ok_json(&json!({})); 3]).await;
    let client = server.client();
    client.list_accounts_delete("7", ids(0..100)).await.unwrap();
    let lines = server.request_lines();
    let sent: Vec<String> = lines
        .iter()
        .flat_map(|line| line.split_once('?').unwrap().1.split('&'))
        .map(|pair| pair.replace("account_ids%5B%5D=", ""))
        .collect();
    assert_eq!((lines.len(), sent), (3, ids(0..100)));
}

#[tokio::test]
async fn server_that_refuses_long_lists_returns_all_accounts_and_statuses() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let alice = client_for(&server, "alice");
    let mut posted: Vec<StatusId> = Vec::new();
    for number in 0..45 {
        posted.push(
            alice
                .status_post(format!("Number {number}"))
                .await
                .unwrap()
                .id,
        );
    }
    let mut found: Vec<StatusId> = alice
        .statuses(&posted)
        .await
        .unwrap()
        .into_iter()
        .map(|status| status.id)
        .collect();
    found.sort();
    assert_eq!(found, posted);
    let me = alice.me().await.unwrap();
    let unknown = ids(1..60).into_iter().map(AccountId::from);
    let accounts = alice
        .accounts([me.id.clone()].into_iter().chain(unknown))
        .await
        .unwrap();
    assert!(accounts.iter().any(|account| account.id == me.id));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn deadline_is_that_of_all_requests() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    alice.retrieve_mastodon_version().await.unwrap();
    server.inject(
        Fault::latency(Duration::from_secs(2))
            .times(3)
            .on("GET", "/api/v1/accounts"),
    );
    let limit = Duration::from_secs(3);
    let error = alice
        .account_relationships(ids(0..100))
        .deadline(limit)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Timeout { limit: named, .. } if named == limit),
        "{error}"
    );
}
