//! Headers and formats that all responses of the real server share.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, send};

const PUBLIC: &str = "/api/v1/timelines/public";
const FOR_VISITORS: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=86400";
const FOR_ALL: &str = "max-age=300, public, stale-while-revalidate=30, stale-if-error=86400";
const NEVER: &str = "private, no-store";

#[tokio::test]
async fn visitors_may_cache_what_is_public_and_users_only_data_of_the_server() {
    let server = TestServer::start().await.unwrap();
    let (alice, anonymous) = (Client::user(&server, "alice"), Client::anonymous(&server));
    let unknown = Client::with_token(&server, "unknown".to_owned());
    for (client, path, control, vary) in [
        (&anonymous, PUBLIC, FOR_VISITORS, Some("Authorization")),
        (&alice, PUBLIC, NEVER, Some("Authorization")),
        (&unknown, PUBLIC, NEVER, Some("Authorization")),
        (&anonymous, "/api/v2/instance", FOR_ALL, None),
        (&alice, "/api/v1/custom_emojis", FOR_ALL, None),
        (
            &alice,
            "/api/v1/timelines/home",
            NEVER,
            Some("Authorization"),
        ),
        (
            &anonymous,
            "/api/v1/statuses/1",
            NEVER,
            Some("Authorization"),
        ),
    ] {
        let response = client.get(path).await;
        assert_eq!(response.header("cache-control"), Some(control), "{path}");
        let found = response.header("vary");
        let has_vary = found.is_some_and(|found| found.contains("Authorization"));
        assert_eq!(has_vary, vary.is_some(), "{path}: {found:?}");
    }
}

#[tokio::test]
async fn unchanged_response_is_not_sent_again() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let first = alice.get(PUBLIC).await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() == 36, "{tag}");
    let again = async || {
        let headers = [("if-none-match", &*tag)];
        send(&server, "GET", PUBLIC, &alice.token, &headers, b"").await
    };
    let unchanged = again().await;
    assert_eq!((unchanged.status, &*unchanged.bytes), (304, &b""[..]));
    assert_eq!(unchanged.header("etag"), Some(&*tag));
    alice.post_text("news").await;
    assert_eq!(again().await.status, 200);
}

#[tokio::test]
async fn every_response_has_a_request_id_and_repeats_that_of_the_client() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let mut seen = Vec::new();
    for path in [
        PUBLIC,
        "/nowhere",
        "/oauth/authorize",
        "/api/v1/timelines/home",
        PUBLIC,
    ] {
        let response = anonymous.get(path).await;
        let id = response.header("x-request-id").unwrap().to_owned();
        assert_eq!(id.len(), 36, "{id}");
        assert!(!seen.contains(&id), "{id}");
        seen.push(id);
    }
    let headers = [("x-request-id", "my-request@1 <x>")];
    let response = send(&server, "GET", PUBLIC, "", &headers, b"").await;
    assert_eq!(response.header("x-request-id"), Some("my-request@1x"));
}

#[tokio::test]
async fn json_is_utf8_and_empty_results_are_empty_objects() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let list = alice.post("/api/v1/lists", json!({ "title": "ü" })).await;
    let kind = "application/json; charset=utf-8";
    assert_eq!(list.header("content-type"), Some(kind));
    let deleted = alice
        .delete(&format!("/api/v1/lists/{}", id(&list.json)))
        .await;
    assert_eq!(deleted.ok(), json!({}));
    let body = b"";
    let ended = send(
        &server,
        "DELETE",
        "/api/web/push_subscriptions/x",
        "",
        &[],
        body,
    )
    .await;
    assert_eq!((ended.status, ended.header("content-type")), (200, None));
    assert!(ended.bytes.is_empty());
}

#[tokio::test]
async fn times_have_the_precision_of_their_kind() {
    let start = "2026-06-15T12:01:00.123456Z".parse().unwrap();
    let server = TestServer::builder()
        .start_time(start)
        .start()
        .await
        .unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_status(json!({ "status": "x" })).await;
    let created = status["created_at"].as_str().unwrap();
    assert!(
        created.starts_with("2026-06-15T12:0") && created.len() == 24,
        "{created}"
    );
    let account = &status["account"];
    assert_eq!(account["created_at"], "2026-06-15T00:00:00.000Z");
    assert_eq!(account["last_status_at"], "2026-06-15");
    let bob = alice.get("/api/v1/accounts/lookup?acct=bob").await.ok();
    let path = format!("/api/v1/accounts/{}/mute", id(&bob));
    let muted = alice.post(&path, json!({ "duration": 600 })).await.ok();
    let expires = muted["muting_expires_at"].as_str().unwrap();
    assert!(
        expires.starts_with("2026-06-15T12:11:0") && expires.len() == 20,
        "{expires}"
    );
}

#[tokio::test]
async fn deprecated_endpoint_tells_since_when() {
    let server = TestServer::start().await.unwrap();
    let response = Client::anonymous(&server).get("/api/v1/instance").await;
    assert_eq!(response.header("deprecation"), Some("@1668384000"));
}

#[tokio::test]
async fn format_suffix_is_unknown_and_a_form_can_override_the_method() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let status = alice.post_text("x").await;
    let path = format!("/api/v1/statuses/{status}");
    for path in ["/api/v1/timelines/public.json", &format!("{path}.json")] {
        assert_eq!(alice.get(path).await.status, 404, "{path}");
    }
    let overridden = alice.post(&path, json!({ "_method": "delete" })).await;
    assert_eq!(overridden.status, 404, "only a form has the parameter");
    alice.fetch_status(&status).await;
    alice.send_form("POST", &path, "_method=delete").await.ok();
    assert_eq!(alice.get(&path).await.status, 404);
}
