//! Tokens, scopes, pages and polls in short.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client;

/// Sends a request: status, Link header, body.
async fn send(
    server: &TestServer,
    verb: &str,
    path: &str,
    token: &str,
    body: &str,
) -> (u16, Option<String>, Value) {
    let kind = [("content-type", "application/json")];
    let answer = client::send(server, verb, path, token, &kind, body.as_bytes()).await;
    let link = answer.header("link").map(str::to_owned);
    (answer.status, link, answer.json)
}

async fn get(server: &TestServer, path: &str, token: &str) -> (u16, Option<String>, Value) {
    send(server, "GET", path, token, "").await
}

async fn post(server: &TestServer, path: &str, token: &str, body: Value) -> (u16, Value) {
    let (status, _, answer) = send(server, "POST", path, token, &body.to_string()).await;
    (status, answer)
}

#[tokio::test]
async fn what_is_posted_appears_to_followers_and_what_is_direct_only_to_the_mentioned() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, carol) = (
        server.token("alice", "write"),
        server.token("bob", "read"),
        server.token("carol", "read"),
    );
    post(
        &server,
        "/api/v1/statuses",
        &alice,
        json!({ "status": "psst @bob", "visibility": "direct" }),
    )
    .await;
    let texts = |home: Value| {
        home.as_array()
            .unwrap()
            .iter()
            .map(|s| s["content"].clone())
            .collect::<Vec<_>>()
    };
    let (_, _, seen) = get(&server, "/api/v1/timelines/home", &bob).await;
    let bob_page = format!("{}/@bob", server.url());
    let psst = format!(
        "<p>psst <span class=\"h-card\" translate=\"no\"><a href=\"{bob_page}\" class=\"u-url mention\">@<span>bob</span></a></span></p>"
    );
    assert_eq!(texts(seen)[0], psst);
    let (_, _, seen) = get(&server, "/api/v1/timelines/home", &carol).await;
    assert!(!texts(seen).contains(&json!(psst)));
    let (_, _, news) = get(&server, "/api/v1/notifications", &bob).await;
    assert_eq!(news[0]["type"], "mention");
}

#[tokio::test]
async fn pages_are_linked() {
    let server = TestServer::start().await.unwrap();
    let token = server.token("alice", "read");
    let (_, link, first) = get(&server, "/api/v1/timelines/public?limit=2", &token).await;
    let link = link.unwrap();
    let next = link
        .split(['<', '>'])
        .nth(1)
        .unwrap()
        .strip_prefix(server.url())
        .unwrap()
        .to_owned();
    assert!(next.contains("limit=2&max_id="), "{next}");
    let (_, _, second) = get(&server, &next, &token).await;
    assert_eq!(
        (
            first.as_array().unwrap().len(),
            second.as_array().unwrap().len()
        ),
        (2, 1)
    );
}

#[tokio::test]
async fn tokens_scopes_and_values_are_checked_as_the_real_server_does() {
    let server = TestServer::start().await.unwrap();
    let reader = server.token("alice", "read");
    let refusal = |error: &str| json!({ "error": error });
    let (status, _, body) = get(&server, "/api/v1/timelines/home", "wrong").await;
    assert_eq!(
        (status, body),
        (401, refusal("The access token is invalid"))
    );
    let (status, body) = post(
        &server,
        "/api/v1/statuses",
        &reader,
        json!({ "status": "x" }),
    )
    .await;
    assert_eq!(
        (status, body),
        (403, refusal("This action is outside the authorized scopes"))
    );
    let writer = server.token("alice", "write:statuses");
    let (status, body) = post(
        &server,
        "/api/v1/statuses",
        &writer,
        json!({ "status": "x".repeat(501) }),
    )
    .await;
    assert_eq!(
        (status, body),
        (
            422,
            refusal("Validation failed: Text character limit of 500 exceeded")
        )
    );
    let (status, _, body) = get(&server, "/api/v1/statuses/1", &reader).await;
    assert_eq!((status, body), (404, refusal("Record not found")));
}

#[tokio::test]
async fn a_poll_counts_once_a_user_and_ends_by_the_clock() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.token("alice", "write"), server.token("bob", "write"));
    let poll = json!({ "options": ["yes", "no"], "expires_in": 600 });
    let (_, status) = post(
        &server,
        "/api/v1/statuses",
        &alice,
        json!({ "status": "?", "poll": poll }),
    )
    .await;
    let votes = format!(
        "/api/v1/polls/{}/votes",
        status["poll"]["id"].as_str().unwrap()
    );
    let (code, counted) = post(&server, &votes, &bob, json!({ "choices": ["1"] })).await;
    assert_eq!(
        (code, counted["options"][1]["votes_count"].clone()),
        (200, json!(1))
    );
    assert_eq!(
        post(&server, &votes, &bob, json!({ "choices": ["1"] }))
            .await
            .0,
        422
    );
    server.clock().advance(std::time::Duration::from_secs(601));
    let carol = server.token("carol", "write");
    let (code, late) = post(&server, &votes, &carol, json!({ "choices": ["0"] })).await;
    assert_eq!(
        (code, late["error"].clone()),
        (422, json!("Validation failed: The poll has already ended"))
    );
}
