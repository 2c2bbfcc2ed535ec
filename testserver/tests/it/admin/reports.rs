//! Reports, as moderators handle them.

use mastodon_test_server::TestServer;
use serde_json::json;

use super::{account_id, owner, with_role};
use crate::client::{Client, id, ids};

#[tokio::test]
async fn report_can_be_assigned_resolved_and_reopened() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob, staff) = (
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
        owner(&server),
    );
    let reported = alice.post_text("You are all fools.").await;
    let alice_status = alice.post_status(json!({ "status": "x" })).await;
    let bob_status = bob.post_text("Innocent.").await;
    let alice_id = id(&alice_status["account"]);
    let other = json!({ "account_id": alice_id, "status_ids": [reported, bob_status] });
    let refused = bob.post("/api/v1/reports", other).await;
    assert_eq!(refused.status, 404, "a status is of another account");
    let report = json!({ "account_id": alice_id, "status_ids": [reported], "comment": "Rude." });
    let created = bob.post("/api/v1/reports", report).await.ok();
    assert_eq!(created["category"], "other");
    assert_eq!(created["status_ids"], json!([reported]));
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
        "admin"
    );
    assert!(report_action("unassign").await["assigned_account"].is_null());
    assert_eq!(
        report_action("resolve").await["action_taken_by_account"]["username"],
        "admin"
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
async fn reports_are_filtered_by_state_reporter_and_target() {
    let server = TestServer::start().await.unwrap();
    let (staff, bob, carol) = (
        owner(&server),
        Client::user(&server, "bob"),
        Client::user(&server, "carol"),
    );
    let (alice_id, bob_id) = (
        account_id(&server, "alice").await,
        account_id(&server, "bob").await,
    );
    let report = async |by: &Client<'_>, about: &str| {
        id(&by
            .post("/api/v1/reports", json!({ "account_id": about }))
            .await
            .ok())
    };
    let (first, second) = (report(&bob, &alice_id).await, report(&carol, &bob_id).await);
    staff
        .post(&format!("/api/v1/admin/reports/{first}/resolve"), json!({}))
        .await
        .ok();
    let list = async |query: &str| {
        ids(&staff
            .get(&format!("/api/v1/admin/reports?{query}"))
            .await
            .ok())
    };
    assert_eq!(list("").await, vec![second.clone()]);
    assert_eq!(list("resolved=true").await, vec![first.clone()]);
    assert_eq!(
        list("resolved=true&unresolved=true").await,
        [second.clone(), first.clone()]
    );
    let by_bob = format!("resolved=true&unresolved=true&account_id={bob_id}");
    assert_eq!(list(&by_bob).await, [first]);
    let about_bob = format!("target_account_id={bob_id}");
    assert_eq!(list(&about_bob).await, [second]);
}

#[tokio::test]
async fn only_a_violation_has_rules() {
    let server = TestServer::start().await.unwrap();
    let (staff, bob) = (owner(&server), Client::user(&server, "bob"));
    let report = json!({ "account_id": account_id(&server, "alice").await, "category": "spam" });
    let report = bob.post("/api/v1/reports", report).await.ok();
    let path = format!("/api/v1/admin/reports/{}", id(&report));
    let update = async |body| staff.put(&path, body).await;
    let changed = update(json!({ "category": "violation", "rule_ids": ["2"] }))
        .await
        .ok();
    assert_eq!(
        (&changed["category"], &changed["rules"][0]["id"]),
        (&json!("violation"), &json!("2"))
    );
    let refused = update(json!({ "category": "spam" })).await;
    assert_eq!(
        (refused.status, refused.error()),
        (422, "Validation failed: Rule ids must be blank")
    );
    let refused = update(json!({ "rule_ids": ["77"] })).await;
    assert_eq!(
        refused.error(),
        "Validation failed: Rule ids does not reference valid rules"
    );
    // Mastodon fails for an unknown category.
    assert_eq!(update(json!({ "category": "boring" })).await.status, 500);
}

#[tokio::test]
async fn staff_is_notified_about_the_first_open_report_about_an_account() {
    let server = TestServer::start().await.unwrap();
    let moderator = with_role(&server, "carol", "Moderator");
    let (bob, alice_id) = (
        Client::user(&server, "bob"),
        account_id(&server, "alice").await,
    );
    for comment in ["Rude.", "Still rude."] {
        let report = json!({ "account_id": alice_id, "comment": comment });
        bob.post("/api/v1/reports", report).await.ok();
    }
    let notified = moderator
        .get("/api/v1/notifications?types[]=admin.report")
        .await
        .ok();
    assert_eq!(ids(&notified).len(), 1);
    assert_eq!(notified[0]["report"]["comment"], "Rude.");
    assert_eq!(notified[0]["report"]["target_account"]["username"], "alice");
    assert_eq!(notified[0]["account"]["username"], "bob");
}

#[tokio::test]
async fn invalid_reports_are_refused() {
    let server = TestServer::start().await.unwrap();
    let bob = Client::user(&server, "bob");
    let alice_id = account_id(&server, "alice").await;
    let report = async |name: &str, value: serde_json::Value| {
        let mut report = json!({ "account_id": alice_id });
        report[name] = value;
        bob.post("/api/v1/reports", report).await
    };
    assert_eq!(report("account_id", json!("1")).await.status, 404);
    assert_eq!(report("collection_ids", json!(["1"])).await.status, 404);
    let refused = report("comment", json!("x".repeat(1001))).await;
    let error = "Validation failed: Comment is too long (maximum is 1000 characters)";
    assert_eq!((refused.status, refused.error()), (422, error));
    let refused = report("rule_ids", json!(["77"])).await;
    let error = "Validation failed: Rule ids does not reference valid rules";
    assert_eq!((refused.status, refused.error()), (422, error));
    // Mastodon fails for an unknown category.
    assert_eq!(report("category", json!("boring")).await.status, 500);
    server.suspend_account("alice");
    assert_eq!(report("comment", json!("x")).await.status, 404);
}
