//! Smoke tests: posting, paging, errors and polls.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, Response};

/// Returns a client for a user, with the given scopes.
fn client<'s>(server: &'s TestServer, name: &str, scopes: &str) -> Client<'s> {
    Client::with_token(server, server.token(name, scopes))
}

#[tokio::test]
async fn direct_status_reaches_only_the_mentioned_accounts() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, carol) = (
        client(&server, "alice", "write"),
        client(&server, "bob", "read"),
        client(&server, "carol", "read"),
    );
    alice.post_direct("psst @bob", None).await;
    let home_contents = async |client: &Client<'_>| {
        let home = client.get("/api/v1/timelines/home").await.ok();
        let statuses = home.as_array().unwrap().iter();
        statuses
            .map(|status| status["content"].clone())
            .collect::<Vec<_>>()
    };
    let bob_page = format!("{}/@bob", server.url());
    let expected = format!(
        "<p>psst <span class=\"h-card\" translate=\"no\"><a href=\"{bob_page}\" class=\"u-url mention\">@<span>bob</span></a></span></p>"
    );
    assert_eq!(home_contents(&bob).await[0], expected);
    assert!(!home_contents(&carol).await.contains(&json!(expected)));
    assert_eq!(bob.notification_types().await, ["mention"]);
}

#[tokio::test]
async fn link_header_contains_the_next_page() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", "read");
    let first = alice.get("/api/v1/timelines/public?limit=2").await;
    let next = first.link("next").unwrap();
    assert!(next.contains("limit=2&max_id="), "{next}");
    let second = alice.get(&next).await;
    let length = |page: Response| page.ok().as_array().unwrap().len();
    assert_eq!((length(first), length(second)), (2, 1));
}

#[tokio::test]
async fn invalid_tokens_scopes_and_values_return_mastodons_errors() {
    let server = TestServer::start().await.unwrap();
    let invalid = Client::with_token(&server, "wrong".to_owned());
    let reader = client(&server, "alice", "read");
    let writer = client(&server, "alice", "write:statuses");
    let post = async |client: &Client<'_>, text: &str| {
        let body = json!({ "status": text });
        client.post("/api/v1/statuses", body).await
    };
    for (response, status, error) in [
        (
            invalid.get("/api/v1/timelines/home").await,
            401,
            "The access token is invalid",
        ),
        (
            post(&reader, "x").await,
            403,
            "This action is outside the authorized scopes",
        ),
        (
            post(&writer, &"x".repeat(501)).await,
            422,
            "Validation failed: Text character limit of 500 exceeded",
        ),
        (
            reader.get("/api/v1/statuses/1").await,
            404,
            "Record not found",
        ),
    ] {
        assert_eq!(
            (response.status, response.json),
            (status, json!({ "error": error }))
        );
    }
}

#[tokio::test]
async fn poll_accepts_one_vote_per_user_until_it_expires() {
    let server = TestServer::start().await.unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| client(&server, name, "write"));
    let poll = json!({ "options": ["yes", "no"], "expires_in": 600 });
    let status = alice
        .post_status(json!({ "status": "?", "poll": poll }))
        .await;
    let votes = format!(
        "/api/v1/polls/{}/votes",
        status["poll"]["id"].as_str().unwrap()
    );
    let vote = async |client: &Client<'_>, choices: Value| {
        client.post(&votes, json!({ "choices": choices })).await
    };
    let counted = vote(&bob, json!(["1"])).await.ok();
    assert_eq!(counted["options"][1]["votes_count"], 1);
    assert_eq!(vote(&bob, json!(["1"])).await.status, 422);
    server.clock().advance(Duration::from_secs(601));
    let rejected = vote(&carol, json!(["0"])).await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (422, "Validation failed: The poll has already ended")
    );
}
