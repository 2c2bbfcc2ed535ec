//! Requests without a parameter that the documentation calls required.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id};

/// Sends requests without parameters: method, path, expected status, expected body.
async fn check(client: &Client<'_>, cases: &[(&str, String, u16, Value)]) {
    for (method, path, status, body) in cases {
        let response = match *method {
            "GET" => client.get(path).await,
            "POST" => client.post(path, json!({})).await,
            "PUT" => client.put(path, json!({})).await,
            _ => client.delete(path).await,
        };
        assert_eq!((response.status, &response.json), (*status, body), "{path}");
    }
}

fn case(
    method: &'static str,
    path: &str,
    status: u16,
    body: Value,
) -> (&'static str, String, u16, Value) {
    (method, path.to_owned(), status, body)
}

#[tokio::test]
async fn parameters_that_only_the_documentation_requires_can_be_omitted() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let list = alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok();
    let members = format!("/api/v1/lists/{}/accounts", id(&list));
    let cases = [
        case(
            "POST",
            "/api/v1/notifications/requests/accept",
            200,
            json!({}),
        ),
        case(
            "POST",
            "/api/v1/notifications/requests/dismiss",
            200,
            json!({}),
        ),
        case("GET", "/api/v1/statuses", 200, json!([])),
        case("GET", "/api/v1/accounts/search", 200, json!([])),
        case("DELETE", "/api/v1/domain_blocks", 200, json!({})),
        case("POST", &members, 200, json!({})),
        case("DELETE", &members, 200, json!({})),
    ];
    check(&alice, &cases).await;
}

#[tokio::test]
async fn update_keeps_required_parameters_that_are_not_sent() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let list = alice
        .post("/api/v1/lists", json!({ "title": "Friends" }))
        .await
        .ok();
    let path = format!("/api/v1/lists/{}", id(&list));
    assert_eq!(alice.put(&path, json!({})).await.ok(), list);

    let filter = json!({ "phrase": "spoiler", "context": ["home"] });
    let filter = alice.post("/api/v1/filters", filter).await.ok();
    let path = format!("/api/v1/filters/{}", id(&filter));
    assert_eq!(alice.put(&path, json!({})).await.ok(), filter);
}

#[tokio::test]
async fn missing_required_parameter_has_the_status_of_the_endpoint() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let poll = json!({ "status": "?", "poll": { "options": ["a", "b"], "expires_in": 3600 } });
    let status = Client::user(&server, "bob")
        .post("/api/v1/statuses", poll)
        .await
        .ok();
    let votes = format!(
        "/api/v1/polls/{}/votes",
        status["poll"]["id"].as_str().unwrap()
    );
    let missing = |name: &str| json!({ "error": format!("param is missing or the value is empty or invalid: {name}") });
    let not_found = json!({ "error": "Record not found" });
    let blank =
        |name: &str| json!({ "error": format!("Validation failed: {name} can't be blank") });
    let cases = [
        case("POST", &votes, 400, missing("choices")),
        case("POST", "/api/v1/featured_tags", 400, missing("name")),
        case(
            "POST",
            "/api/v1/push/subscription",
            400,
            missing("subscription"),
        ),
        case("GET", "/api/v2/search", 400, missing("q")),
        case("GET", "/api/v1/accounts/lookup", 404, not_found.clone()),
        case("POST", "/api/v1/reports", 404, not_found.clone()),
        case("GET", "/api/v1/timelines/link", 404, not_found),
        case("POST", "/api/v1/lists", 422, blank("Title")),
        case("POST", "/api/v1/domain_blocks", 422, blank("Domain")),
    ];
    check(&alice, &cases).await;
}
