//! Rate limits that a test chooses.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{call, client, get, post, seed_error, seeded};
use crate::client::Client;

const HOME: &str = "/api/v1/timelines/home";

#[tokio::test]
async fn rate_limits_are_changed_and_switched_off() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let changes = json!({ "buckets": { "general": { "requests": 1 } } });
    let limits = call(&server, "PATCH", "/limits", &changes).await.ok();
    assert_eq!(
        (
            &limits["enabled"],
            &limits["buckets"]["general"][0]["requests"]
        ),
        (&json!(true), &json!(1))
    );
    assert_eq!(alice.get(HOME).await.status, 200);
    assert_eq!(alice.get(HOME).await.status, 429);
    assert_eq!(get(&server, "/limits").await["rejected_requests"], 1);
    call(&server, "DELETE", "/limits/counts", &Value::Null)
        .await
        .ok();
    assert_eq!(alice.get(HOME).await.status, 200);
    call(&server, "PATCH", "/limits", &json!({ "enabled": false }))
        .await
        .ok();
    assert_eq!(alice.get(HOME).await.status, 200);
    post(&server, "/reset", json!({})).await;
    let limits = get(&server, "/limits").await;
    assert_eq!(
        (
            &limits["enabled"],
            &limits["buckets"]["general"][0]["requests"]
        ),
        (&json!(true), &json!(300))
    );
    let unknown = json!({ "buckets": { "posts": null } });
    let rejected = call(&server, "PATCH", "/limits", &unknown).await;
    assert!(
        rejected
            .error()
            .starts_with("buckets.posts: unknown bucket; the buckets are general,"),
        "{}",
        rejected.error()
    );
}

#[tokio::test]
async fn seed_defines_rate_limits() {
    let server = seeded("{ users: [{ username: a, tokens: [{ token: t }] }], limits: { buckets: { general: { requests: 1 } } } }").await;
    let user = client(&server, "t");
    assert_eq!(user.get(HOME).await.status, 200);
    assert_eq!(user.get(HOME).await.status, 429);
    let error = seed_error("limits: { buckets: { general: { seconds: 0 } } }").await;
    assert_eq!(
        error,
        "seed: limits.buckets.general.seconds: must be at least 1"
    );
    assert!(server.set_rate_limit("general", 100, 60));
    assert!(!server.set_rate_limit("posts", 100, 60));
    assert_eq!(user.get(HOME).await.status, 200);
    server.enable_rate_limits(false);
}
