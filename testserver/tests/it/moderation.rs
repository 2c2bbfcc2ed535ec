//! Reports, those who wish to join, and what the staff does with both.

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, ids};
use crate::streaming::listener::{Got, Sse};

fn staff(server: &TestServer) -> Client<'_> {
    let mut staff = Client::visitor(server);
    staff.token = server.token("dave", "admin:read admin:write");
    staff
}

#[tokio::test]
async fn a_report_is_assigned_resolved_and_opened_again() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, staff) = (
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
        staff(&server),
    );
    let rude = alice.says("You are all fools.").await;
    let (of_alice, of_bob) = (
        alice.status(json!({ "status": "x" })).await,
        bob.says("Innocent.").await,
    );
    let alice_id = id(&of_alice["account"]);
    let report =
        json!({ "account_id": alice_id, "status_ids": [rude, of_bob], "comment": "Rude." });
    let filed = bob.post("/api/v1/reports", report).await.ok();
    assert_eq!(filed["category"], "other");
    assert_eq!(
        filed["status_ids"],
        json!([rude]),
        "only statuses of the account count"
    );
    let path = format!("/api/v1/admin/reports/{}", id(&filed));
    assert_eq!(bob.get(&path).await.status, 403);

    let open = staff.get("/api/v1/admin/reports").await.ok();
    assert_eq!(ids(&open), [id(&filed)]);
    assert_eq!(open[0]["statuses"][0]["id"], json!(rude));
    let act = async |action: &str| {
        staff
            .post(&format!("{path}/{action}"), json!({}))
            .await
            .ok()
    };
    assert_eq!(
        act("assign_to_self").await["assigned_account"]["username"],
        "dave"
    );
    assert!(act("unassign").await["assigned_account"].is_null());
    assert_eq!(
        act("resolve").await["action_taken_by_account"]["username"],
        "dave"
    );
    assert!(ids(&staff.get("/api/v1/admin/reports").await.ok()).is_empty());
    assert_eq!(
        ids(&staff.get("/api/v1/admin/reports?resolved=true").await.ok()),
        [id(&filed)]
    );
    assert_eq!(act("reopen").await["action_taken"], false);
    assert_eq!(staff.get("/api/v1/admin/reports/77").await.status, 404);
}

#[tokio::test]
async fn who_wishes_to_join_waits_until_the_staff_decides() {
    let server = TestServer::start().await.unwrap();
    server.require_approval();
    let visitor = Client::visitor(&server);
    assert_eq!(
        visitor.get("/api/v2/instance").await.ok()["registrations"]["approval_required"],
        true
    );
    let mut program = Client::visitor(&server);
    let app = json!({ "client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write" });
    let app = program.post("/api/v1/apps", app).await.ok();
    let grant = json!({
        "grant_type": "client_credentials", "scope": "read write",
        "client_id": app["client_id"], "client_secret": app["client_secret"],
    });
    program.token = program.post("/oauth/token", grant).await.ok()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut tokens = Vec::new();
    for name in ["frida", "gus"] {
        let fields = json!({
            "username": name, "email": format!("{name}@example.org"), "password": "correct horse", "agreement": true,
            "locale": "en", "reason": "I like birds.",
        });
        tokens.push(
            program.post("/api/v1/accounts", fields).await.ok()["access_token"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        assert!(server.confirm_email(name));
    }
    let mut frida = Client::visitor(&server);
    frida.token.clone_from(&tokens[0]);
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
    let act = async |index: usize, action: &str| {
        let path = format!("/api/v1/admin/accounts/{}/{action}", id(&pending[index]));
        staff.post(&path, json!({})).await
    };
    assert_eq!(act(1, "approve").await.ok()["approved"], true);
    assert_eq!(act(1, "approve").await.status, 403);
    let mut stream = Sse::open(&server, "/user", &tokens[1]).await;
    assert_eq!(act(0, "reject").await.ok(), json!({}));
    assert_eq!(stream.next().await, Got::End);
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
