//! Moderation: reports and pending accounts.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, ids};
use crate::signup::app_client;
use crate::streaming::client::{Received, SseClient};

fn staff(server: &TestServer) -> Client<'_> {
    Client::with_token(server, server.token("dave", "admin:read admin:write"))
}

#[tokio::test]
async fn report_can_be_assigned_resolved_and_reopened() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, staff) = (
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
        staff(&server),
    );
    let reported = alice.post_text("You are all fools.").await;
    let (alice_status, bob_status) = (
        alice.post_status(json!({ "status": "x" })).await,
        bob.post_text("Innocent.").await,
    );
    let alice_id = id(&alice_status["account"]);
    let report =
        json!({ "account_id": alice_id, "status_ids": [reported, bob_status], "comment": "Rude." });
    let created = bob.post("/api/v1/reports", report).await.ok();
    assert_eq!(created["category"], "other");
    assert_eq!(
        created["status_ids"],
        json!([reported]),
        "statuses of other accounts are ignored"
    );
    let path = format!("/api/v1/admin/reports/{}", id(&created));
    assert_eq!(bob.get(&path).await.status, 403);

    let open = staff.get("/api/v1/admin/reports").await.ok();
    assert_eq!(ids(&open), [id(&created)]);
    assert_eq!(open[0]["statuses"][0]["id"], json!(reported));
    let report_action = async |action: &str| {
        staff
            .post(&format!("{path}/{action}"), json!({}))
            .await
            .ok()
    };
    assert_eq!(
        report_action("assign_to_self").await["assigned_account"]["username"],
        "dave"
    );
    assert!(report_action("unassign").await["assigned_account"].is_null());
    assert_eq!(
        report_action("resolve").await["action_taken_by_account"]["username"],
        "dave"
    );
    assert!(ids(&staff.get("/api/v1/admin/reports").await.ok()).is_empty());
    assert_eq!(
        ids(&staff.get("/api/v1/admin/reports?resolved=true").await.ok()),
        [id(&created)]
    );
    assert_eq!(report_action("reopen").await["action_taken"], false);
    assert_eq!(staff.get("/api/v1/admin/reports/77").await.status, 404);
}

#[tokio::test]
async fn pending_account_waits_for_approval_or_rejection() {
    let server = TestServer::start().await.unwrap();
    server.require_approval();
    let anonymous = Client::anonymous(&server);
    assert_eq!(
        anonymous.get("/api/v2/instance").await.ok()["registrations"]["approval_required"],
        true
    );
    let app_client = app_client(&server).await;
    let mut tokens = Vec::new();
    for name in ["frida", "gus"] {
        let fields = json!({
            "username": name, "email": format!("{name}@example.org"), "password": "correct horse", "agreement": true,
            "locale": "en", "reason": "I like birds.",
        });
        tokens.push(
            app_client.post("/api/v1/accounts", fields).await.ok()["access_token"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        assert!(server.confirm_email(name));
    }
    let frida = Client::with_token(&server, tokens[0].clone());
    assert!(
        frida
            .get("/api/v1/timelines/home")
            .await
            .error()
            .contains("pending approval")
    );

    let staff = staff(&server);
    let pending = staff
        .get("/api/v2/admin/accounts?status=pending")
        .await
        .ok();
    assert_eq!(pending[1]["invite_request"], "I like birds.");
    let account_action = async |index: usize, action: &str| {
        let path = format!("/api/v1/admin/accounts/{}/{action}", id(&pending[index]));
        staff.post(&path, json!({})).await
    };
    assert_eq!(account_action(1, "approve").await.ok()["approved"], true);
    assert_eq!(account_action(1, "approve").await.status, 403);
    let mut stream = SseClient::open(&server, "/user", &tokens[1]).await;
    assert_eq!(account_action(0, "reject").await.ok(), json!({}));
    assert_eq!(stream.next().await, Received::End);
    assert_eq!(frida.get("/api/v1/timelines/home").await.status, 200);
    assert_eq!(
        staff
            .get(&format!("/api/v1/admin/accounts/{}", id(&pending[0])))
            .await
            .status,
        404
    );
    assert!(
        ids(&staff
            .get("/api/v2/admin/accounts?status=pending")
            .await
            .ok())
        .is_empty()
    );
}
