//! Roles and what they permit.

use mastodon_test_server::TestServer;
use serde_json::json;

use super::{account_id, owner, with_admin_scopes, with_role};
use crate::client::Client;

#[tokio::test]
async fn scopes_alone_do_not_permit_administration() {
    let server = TestServer::start().await.unwrap();
    let alice = with_admin_scopes(&server, "alice");
    for path in [
        "/api/v1/admin/accounts",
        "/api/v2/admin/accounts",
        "/api/v1/admin/reports",
        "/api/v1/admin/domain_blocks",
        "/api/v1/admin/domain_allows",
        "/api/v1/admin/email_domain_blocks",
        "/api/v1/admin/canonical_email_blocks",
        "/api/v1/admin/ip_blocks",
    ] {
        let refused = alice.get(path).await;
        assert_eq!(
            (refused.status, refused.error()),
            (403, "This action is not allowed"),
            "{path}"
        );
        assert_eq!(
            Client::anonymous(&server).get(path).await.error(),
            "This action is not allowed"
        );
        let without_scope = Client::user(&server, "admin").get(path).await;
        assert_eq!(
            without_scope.error(),
            "This action is outside the authorized scopes"
        );
        assert_eq!(owner(&server).get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn missing_record_is_reported_before_the_missing_permission() {
    let server = TestServer::start().await.unwrap();
    let alice = with_admin_scopes(&server, "alice");
    for path in [
        "accounts/1",
        "reports/1",
        "domain_blocks/999",
        "ip_blocks/1",
    ] {
        let response = alice.get(&format!("/api/v1/admin/{path}")).await;
        assert_eq!(
            (response.status, response.error()),
            (404, "Record not found"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn moderator_manages_users_and_reports_but_no_blocks() {
    let server = TestServer::start().await.unwrap();
    let bob = with_role(&server, "bob", "Moderator");
    assert_eq!(bob.get("/api/v2/admin/accounts").await.status, 200);
    assert_eq!(bob.get("/api/v1/admin/reports").await.status, 200);
    assert_eq!(bob.get("/api/v1/admin/domain_blocks").await.status, 403);
    assert_eq!(bob.get("/api/v1/admin/ip_blocks").await.status, 403);
    assert!(server.set_role("bob", "Admin"));
    assert_eq!(bob.get("/api/v1/admin/domain_blocks").await.status, 200);
    assert!(server.set_role("bob", ""));
    assert_eq!(bob.get("/api/v1/admin/reports").await.status, 403);
    assert!(!server.set_role("bob", "Emperor"));
}

#[tokio::test]
async fn account_and_credentials_tell_the_role() {
    let server = TestServer::start().await.unwrap();
    let me =
        async |client: &Client<'_>| client.get("/api/v1/accounts/verify_credentials").await.ok();
    let alice = me(&Client::user(&server, "alice")).await;
    assert_eq!(
        alice["role"],
        json!({
            "id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false, "collection_limit": 10,
        })
    );
    assert_eq!(alice["roles"], json!([]));
    let bob = me(&with_role(&server, "bob", "Moderator")).await;
    assert_eq!(bob["role"]["name"], "Moderator");
    // View dashboard, audit log and feeds; manage users, reports and taxonomies; and invite users like everyone.
    assert_eq!(
        bob["role"]["permissions"],
        (4 + 8 + 16 + 256 + 1024 + 65536 + (1 << 20)).to_string()
    );
    assert_eq!(
        bob["roles"],
        json!([{ "id": "1", "name": "Moderator", "color": "" }])
    );
    let admin = me(&owner(&server)).await;
    assert_eq!(
        (&admin["role"]["id"], &admin["role"]["permissions"]),
        (&json!("3"), &json!("8388607"))
    );
}

#[tokio::test]
async fn role_with_chosen_permissions_permits_only_those() {
    let server = TestServer::start().await.unwrap();
    let id = server.add_role("Gardener", &["manage_blocks"], 5);
    let bob = with_role(&server, "bob", "Gardener");
    assert_eq!(bob.get("/api/v1/admin/ip_blocks").await.status, 200);
    assert_eq!(bob.get("/api/v1/admin/accounts").await.status, 403);
    let listed = owner(&server);
    let listed = listed
        .get(&format!("/api/v2/admin/accounts?role_ids[]={id}"))
        .await
        .ok();
    assert_eq!(super::names(&listed), ["bob"]);
}

#[tokio::test]
async fn roles_of_the_same_or_a_higher_position_cannot_be_acted_upon() {
    let server = TestServer::start().await.unwrap();
    let bob = with_role(&server, "bob", "Moderator");
    assert!(server.set_role("carol", "Moderator"));
    for (name, status) in [("alice", 200), ("carol", 403), ("admin", 403), ("bob", 403)] {
        let path = format!(
            "/api/v1/admin/accounts/{}/action",
            account_id(&server, name).await
        );
        for kind in ["silence", "sensitive", "disable", "suspend"] {
            let response = bob.post(&path, json!({ "type": kind })).await;
            assert_eq!(response.status, status, "{kind} {name}");
        }
        // A warning can go to anyone.
        assert_eq!(bob.post(&path, json!({ "type": "none" })).await.status, 200);
    }
}
