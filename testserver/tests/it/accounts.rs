//! Public account data.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, ids};

/// Looks up the ID of an account by its address.
pub(crate) async fn account_id(client: &Client<'_>, acct: &str) -> String {
    let path = format!("/api/v1/accounts/lookup?acct={acct}");
    id(&client.get(&path).await.ok())
}

#[tokio::test]
async fn account_has_every_field_that_mastodon_sends() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let account = anonymous
        .get("/api/v1/accounts/lookup?acct=alice")
        .await
        .ok();
    let fields = [
        "id",
        "username",
        "acct",
        "display_name",
        "locked",
        "bot",
        "discoverable",
        "indexable",
        "group",
        "created_at",
        "note",
        "url",
        "uri",
        "avatar",
        "avatar_static",
        "avatar_description",
        "header",
        "header_static",
        "header_description",
        "followers_count",
        "following_count",
        "statuses_count",
        "last_status_at",
        "hide_collections",
        "show_media",
        "show_media_replies",
        "show_featured",
        "noindex",
        "feature_approval",
        "emojis",
        "roles",
        "fields",
    ];
    for field in fields {
        assert!(account.get(field).is_some(), "{field}");
    }
    for absent in [
        "moved",
        "suspended",
        "limited",
        "memorial",
        "source",
        "role",
    ] {
        assert!(account.get(absent).is_none(), "{absent}");
    }
    assert_eq!(account["followers_count"], 2);
    assert_eq!(account["statuses_count"], 2);
    assert_eq!(account["last_status_at"].as_str().unwrap().len(), 10);
    assert!(
        account["created_at"]
            .as_str()
            .unwrap()
            .ends_with("T00:00:00.000Z")
    );
    let approval = json!({ "automatic": ["public"], "manual": [], "current_user": "denied" });
    assert_eq!(account["feature_approval"], approval);
}

#[tokio::test]
async fn remote_account_has_a_full_address() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let erin = account_id(&alice, "@erin@elsewhere.example").await;
    let account = alice.get(&format!("/api/v1/accounts/{erin}")).await.ok();
    assert_eq!(account["acct"], "erin@elsewhere.example");
    assert_eq!(account["url"], "https://elsewhere.example/@erin");
    assert!(account.get("roles").is_none() && account.get("noindex").is_none());
    assert_eq!(account["feature_approval"]["current_user"], "missing");
    // A name without a domain refers to a local account; none exists with this name.
    let unknown = alice.get("/api/v1/accounts/lookup?acct=erin").await;
    assert_eq!((unknown.status, unknown.error()), (404, "Record not found"));
    let domain = server.url().trim_start_matches("http://");
    assert_eq!(
        account_id(&alice, &format!("alice@{domain}")).await,
        account_id(&alice, "alice").await
    );
}

#[tokio::test]
async fn direct_statuses_are_not_counted() {
    let server = TestServer::start().await.unwrap();
    let carol = Client::user(&server, "carol");
    carol
        .post_status(json!({ "status": "psst", "visibility": "direct" }))
        .await;
    let account = carol.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(
        (&account["statuses_count"], &account["last_status_at"]),
        (&json!(0), &json!(null))
    );
    carol.post_text("hello").await;
    let account = carol.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(account["statuses_count"], 1);
}

#[tokio::test]
async fn several_accounts_can_be_fetched_without_the_unknown_ones() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let (alice, bob) = (
        account_id(&anonymous, "alice").await,
        account_id(&anonymous, "bob").await,
    );
    let path = format!("/api/v1/accounts?id[]={bob}&id[]=1&id[]={alice}");
    assert_eq!(ids(&anonymous.get(&path).await.ok()), [alice, bob]);
    assert_eq!(anonymous.get("/api/v1/accounts/1").await.status, 404);
    let many: Vec<String> = (0..41).map(|number| format!("id[]={number}")).collect();
    let path = format!("/api/v1/accounts?{}", many.join("&"));
    assert_eq!(anonymous.get(&path).await.status, 422);
}

#[tokio::test]
async fn suspended_account_shows_no_profile_content() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bob_id = account_id(&alice, "bob").await;
    bob.send_json(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        &json!({ "note": "hi" }),
    )
    .await
    .ok();
    server.suspend_account("bob");
    let account = alice.get(&format!("/api/v1/accounts/{bob_id}")).await.ok();
    assert_eq!(
        (&account["suspended"], &account["note"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(account["display_name"], "");
    let fetch = async |path: String| alice.get(&path).await.ok();
    let path = format!("/api/v1/accounts/relationships?id[]={bob_id}");
    assert_eq!(fetch(path.clone()).await, json!([]));
    assert_eq!(
        ids(&fetch(format!("{path}&with_suspended=true")).await),
        [bob_id.as_str()]
    );
    let followers = format!(
        "/api/v1/accounts/{}/followers",
        account_id(&alice, "alice").await
    );
    assert!(!ids(&fetch(followers).await).contains(&bob_id));
}

#[tokio::test]
async fn moved_account_names_its_new_account_and_cannot_be_followed() {
    let server = TestServer::start().await.unwrap();
    let carol = Client::user(&server, "carol");
    server.move_account("bob", "alice");
    server.limit_account("bob");
    let bob = account_id(&carol, "bob").await;
    let account = carol.get(&format!("/api/v1/accounts/{bob}")).await.ok();
    assert_eq!(
        (&account["moved"]["acct"], &account["limited"]),
        (&json!("alice"), &json!(true))
    );
    let rejected = carol
        .post(&format!("/api/v1/accounts/{bob}/follow"), json!({}))
        .await;
    assert_eq!(
        (rejected.status, rejected.error()),
        (403, "This action is not allowed")
    );
}

#[tokio::test]
async fn identity_proofs_are_always_empty() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob = account_id(&alice, "bob").await;
    let path = format!("/api/v1/accounts/{bob}/identity_proofs");
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    assert_eq!(
        alice.get("/api/v1/accounts/1/identity_proofs").await.status,
        404
    );
}
