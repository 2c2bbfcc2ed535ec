//! Smoke tests: posting, paging, errors and polls.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client;

/// Sends JSON and returns the status code, the Link header and the body.
async fn send(
    server: &TestServer,
    method: &str,
    path: &str,
    token: &str,
    body: &str,
) -> (u16, Option<String>, Value) {
    let headers = [("content-type", "application/json")];
    let response = client::send(server, method, path, token, &headers, body.as_bytes()).await;
    let link = response.header("link").map(str::to_owned);
    (response.status, link, response.json)
}

async fn get(server: &TestServer, path: &str, token: &str) -> (u16, Option<String>, Value) {
    send(server, "GET", path, token, "").await
}

async fn post(server: &TestServer, path: &str, token: &str, body: Value) -> (u16, Value) {
    let (status, _, response) = send(server, "POST", path, token, &body.to_string()).await;
    (status, response)
}

#[tokio::test]
async fn direct_status_reaches_only_the_mentioned_accounts() {
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
    let contents = |home: Value| {
        home.as_array()
            .unwrap()
            .iter()
            .map(|status| status["content"].clone())
            .collect::<Vec<_>>()
    };
    let (_, _, home) = get(&server, "/api/v1/timelines/home", &bob).await;
    let bob_page = format!("{}/@bob", server.url());
    let expected = format!(
        "<p>psst <span class=\"h-card\" translate=\"no\"><a href=\"{bob_page}\" class=\"u-url mention\">@<span>bob</span></a></span></p>"
    );
    assert_eq!(contents(home)[0], expected);
    let (_, _, home) = get(&server, "/api/v1/timelines/home", &carol).await;
    assert!(!contents(home).contains(&json!(expected)));
    let (_, _, notifications) = get(&server, "/api/v1/notifications", &bob).await;
    assert_eq!(notifications[0]["type"], "mention");
}

#[tokio::test]
async fn link_header_leads_to_the_next_page() {
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
async fn invalid_tokens_scopes_and_values_return_mastodons_errors() {
    let server = TestServer::start().await.unwrap();
    let reader = server.token("alice", "read");
    let error_body = |error: &str| json!({ "error": error });
    let (status, _, body) = get(&server, "/api/v1/timelines/home", "wrong").await;
    assert_eq!(
        (status, body),
        (401, error_body("The access token is invalid"))
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
        (
            403,
            error_body("This action is outside the authorized scopes")
        )
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
            error_body("Validation failed: Text character limit of 500 exceeded")
        )
    );
    let (status, _, body) = get(&server, "/api/v1/statuses/1", &reader).await;
    assert_eq!((status, body), (404, error_body("Record not found")));
}

#[tokio::test]
async fn poll_accepts_one_vote_per_user_until_it_expires() {
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
    let (code, rejected) = post(&server, &votes, &carol, json!({ "choices": ["0"] })).await;
    assert_eq!(
        (code, rejected["error"].clone()),
        (422, json!("Validation failed: The poll has already ended"))
    );
}
