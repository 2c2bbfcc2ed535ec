//! Accounts as others see them.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, ids};

/// The id of an account by its address.
pub(crate) async fn account(client: &Client<'_>, acct: &str) -> String {
    let path = format!("/api/v1/accounts/lookup?acct={acct}");
    id(&client.get(&path).await.ok())
}

#[tokio::test]
async fn an_account_has_every_field_that_the_real_server_sends() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::visitor(&server);
    let shown = alice.get("/api/v1/accounts/lookup?acct=alice").await.ok();
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
        assert!(shown.get(field).is_some(), "{field}");
    }
    for absent in [
        "moved",
        "suspended",
        "limited",
        "memorial",
        "source",
        "role",
    ] {
        assert!(shown.get(absent).is_none(), "{absent}");
    }
    assert_eq!(shown["followers_count"], 2);
    assert_eq!(shown["statuses_count"], 2);
    assert_eq!(shown["last_status_at"].as_str().unwrap().len(), 10);
    assert!(
        shown["created_at"]
            .as_str()
            .unwrap()
            .ends_with("T00:00:00.000Z")
    );
    let approval = json!({ "automatic": ["public"], "manual": [], "current_user": "automatic" });
    assert_eq!(shown["feature_approval"], approval);
}

#[tokio::test]
async fn an_account_of_another_server_is_told_by_its_whole_address() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let erin = account(&alice, "@erin@elsewhere.example").await;
    let shown = alice.get(&format!("/api/v1/accounts/{erin}")).await.ok();
    assert_eq!(shown["acct"], "erin@elsewhere.example");
    assert_eq!(shown["url"], "https://elsewhere.example/@erin");
    assert!(shown.get("roles").is_none() && shown.get("noindex").is_none());
    assert_eq!(shown["feature_approval"]["current_user"], "missing");
    // Without its server the name means a local account, and there is none.
    let unknown = alice.get("/api/v1/accounts/lookup?acct=erin").await;
    assert_eq!((unknown.status, unknown.error()), (404, "Record not found"));
    let here = server.url().trim_start_matches("http://");
    assert_eq!(
        account(&alice, &format!("alice@{here}")).await,
        account(&alice, "alice").await
    );
}

#[tokio::test]
async fn direct_statuses_do_not_count() {
    let server = TestServer::start().await.unwrap();
    let carol = Client::user(&server, "carol");
    carol
        .status(json!({ "status": "psst", "visibility": "direct" }))
        .await;
    let own = carol.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(
        (&own["statuses_count"], &own["last_status_at"]),
        (&json!(0), &json!(null))
    );
    carol.says("hello").await;
    let own = carol.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(own["statuses_count"], 1);
}

#[tokio::test]
async fn several_accounts_are_had_at_once_and_unknown_ones_are_left_out() {
    let server = TestServer::start().await.unwrap();
    let visitor = Client::visitor(&server);
    let (alice, bob) = (
        account(&visitor, "alice").await,
        account(&visitor, "bob").await,
    );
    let path = format!("/api/v1/accounts?id[]={bob}&id[]=1&id[]={alice}");
    assert_eq!(ids(&visitor.get(&path).await.ok()), [alice, bob]);
    assert_eq!(visitor.get("/api/v1/accounts/1").await.status, 404);
}

#[tokio::test]
async fn what_its_owner_wrote_is_gone_from_a_suspended_account() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let bobs = account(&alice, "bob").await;
    bob.call(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        &json!({ "note": "hi" }),
    )
    .await
    .ok();
    server.suspend("bob");
    let shown = alice.get(&format!("/api/v1/accounts/{bobs}")).await.ok();
    assert_eq!(
        (&shown["suspended"], &shown["note"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(shown["display_name"], "");
    let stands = async |path: String| alice.get(&path).await.ok();
    let path = format!("/api/v1/accounts/relationships?id[]={bobs}");
    assert_eq!(stands(path.clone()).await, json!([]));
    assert_eq!(
        ids(&stands(format!("{path}&with_suspended=true")).await),
        [bobs.as_str()]
    );
    let followers = format!(
        "/api/v1/accounts/{}/followers",
        account(&alice, "alice").await
    );
    assert!(!ids(&stands(followers).await).contains(&bobs));
}

#[tokio::test]
async fn an_account_tells_where_it_moved_and_cannot_be_followed_any_more() {
    let server = TestServer::start().await.unwrap();
    let carol = Client::user(&server, "carol");
    server.move_account("bob", "alice");
    server.limit("bob");
    let bob = account(&carol, "bob").await;
    let shown = carol.get(&format!("/api/v1/accounts/{bob}")).await.ok();
    assert_eq!(
        (&shown["moved"]["acct"], &shown["limited"]),
        (&json!("alice"), &json!(true))
    );
    let refused = carol
        .post(&format!("/api/v1/accounts/{bob}/follow"), json!({}))
        .await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
}

#[tokio::test]
async fn identity_proofs_are_no_more() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let bob = account(&alice, "bob").await;
    let path = format!("/api/v1/accounts/{bob}/identity_proofs");
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    assert_eq!(
        alice.get("/api/v1/accounts/1/identity_proofs").await.status,
        404
    );
}
