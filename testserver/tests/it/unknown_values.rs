//! Unknown values of parameters that have a fixed set of values.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use crate::client::{Client, id};

const INTERNAL: &str = "Internal Server Error";

#[tokio::test]
async fn unknown_values_are_refused_as_the_code_that_reads_them_refuses_them() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let status = bob.post_text("Boost me").await;
    let own = alice.post_text("Mine").await;
    let bob_id = alice.get("/api/v1/accounts/lookup?acct=bob").await.ok();
    let list = alice
        .post("/api/v1/lists", json!({ "title": "Few" }))
        .await
        .ok();
    let list = format!("/api/v1/lists/{}", id(&list));
    let visibility = "Validation failed: Visibility is not included in the list";
    let replies_policy = "Validation failed: Replies policy is not included in the list";
    let action = "Validation failed: Action is not included in the list";
    let context = "Validation failed: Context None or invalid context supplied";
    let (statuses, filters) = ("/api/v1/statuses", "/api/v2/filters");
    let (reports, policy) = ("/api/v1/reports", "/api/v2/notifications/policy");
    let credentials = "/api/v1/accounts/update_credentials";
    let filter = |action: Value, context: Value| json!({ "title": "x", "filter_action": action, "context": context });
    for (method, path, body, expected, message) in [
        (
            "POST",
            statuses,
            json!({ "status": "x", "visibility": "secret" }),
            422,
            visibility,
        ),
        (
            "POST",
            statuses,
            json!({ "status": "x", "quote_approval_policy": "all" }),
            422,
            "Record invalid",
        ),
        (
            "PUT",
            &format!("{statuses}/{own}"),
            json!({ "status": "y", "quote_approval_policy": "all" }),
            422,
            "Record invalid",
        ),
        (
            "PUT",
            &format!("{statuses}/{own}/interaction_policy"),
            json!({ "quote_approval_policy": "all" }),
            422,
            "Record invalid",
        ),
        (
            "POST",
            &format!("{statuses}/{status}/reblog"),
            json!({ "visibility": "secret" }),
            422,
            visibility,
        ),
        (
            "POST",
            "/api/v1/lists",
            json!({ "title": "x", "replies_policy": "some" }),
            422,
            replies_policy,
        ),
        (
            "PUT",
            &list,
            json!({ "replies_policy": "some" }),
            422,
            replies_policy,
        ),
        (
            "PUT",
            &list,
            json!({ "replies_policy": "" }),
            422,
            replies_policy,
        ),
        (
            "POST",
            filters,
            filter(json!("burn"), json!(["home"])),
            422,
            action,
        ),
        (
            "POST",
            filters,
            filter(json!("warn"), json!(["attic"])),
            422,
            context,
        ),
        (
            "POST",
            "/api/v1/filters",
            json!({ "phrase": "x", "context": ["attic"] }),
            422,
            context,
        ),
        (
            "POST",
            reports,
            json!({ "account_id": id(&bob_id), "category": "rude" }),
            500,
            INTERNAL,
        ),
        (
            "PATCH",
            policy,
            json!({ "for_bots": "maybe" }),
            500,
            INTERNAL,
        ),
        (
            "PATCH",
            policy,
            json!({ "for_not_following": "" }),
            500,
            INTERNAL,
        ),
        (
            "PATCH",
            credentials,
            json!({ "source": { "privacy": "secret" } }),
            500,
            INTERNAL,
        ),
        (
            "PATCH",
            credentials,
            json!({ "source": { "privacy": "direct" } }),
            500,
            INTERNAL,
        ),
        (
            "PATCH",
            credentials,
            json!({ "source": { "quote_policy": "all" } }),
            500,
            INTERNAL,
        ),
        (
            "GET",
            "/api/v1/directory?order=oldest",
            json!({}),
            500,
            INTERNAL,
        ),
        (
            "GET",
            "/api/v2/notifications?expand_accounts=some",
            json!({}),
            400,
            "Invalid value for 'expand_accounts': 'some', allowed values are 'full' and 'partial_avatars'",
        ),
    ] {
        let refused = alice.send_json(method, path, &body).await;
        assert_eq!(
            (refused.status, refused.error()),
            (expected, message),
            "{method} {path} {body}"
        );
    }
}

#[tokio::test]
async fn unknown_values_that_find_nothing_or_are_only_stored_are_accepted() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = json!({ "status": "x", "visibility": "", "quote_approval_policy": "" });
    assert_eq!(alice.post_status(status).await["visibility"], "public");
    assert_eq!(
        alice.get("/api/v1/markers?timeline[]=local").await.ok(),
        json!({})
    );
    assert_eq!(
        alice.get("/api/v1/notifications?types[]=poke").await.ok(),
        json!([])
    );
    let found = alice.get("/api/v2/search?q=alice&type=people").await.ok();
    let nothing = json!({ "accounts": [], "statuses": [], "hashtags": [], "collections": [] });
    assert_eq!(found, nothing);
    let bob = alice.get("/api/v1/accounts/lookup?acct=bob").await.ok();
    let broken_rule = json!({ "account_id": id(&bob), "category": "rude", "rule_ids": ["1"] });
    let report = alice.post("/api/v1/reports", broken_rule).await.ok();
    assert_eq!(report["category"], "violation");
}
