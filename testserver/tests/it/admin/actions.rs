//! Actions against accounts, and their effects.

use mastodon_test_server::TestServer;
use serde_json::{Value, json};

use super::{account_id, owner, sign_up, with_role};
use crate::client::{Client, id, ids};
use crate::streaming::client::{Received, SseClient};

/// Performs an action against an account.
async fn act(server: &TestServer, staff: &Client<'_>, acct: &str, body: Value) {
    let path = format!(
        "/api/v1/admin/accounts/{}/action",
        account_id(server, acct).await
    );
    assert_eq!(staff.post(&path, body).await.ok(), json!({}));
}

/// Takes an action back and returns the account.
async fn undo(server: &TestServer, staff: &Client<'_>, acct: &str, action: &str) -> Value {
    let path = format!(
        "/api/v1/admin/accounts/{}/{action}",
        account_id(server, acct).await
    );
    staff.post(&path, json!({})).await.ok()
}

#[tokio::test]
async fn warning_reaches_the_user_as_a_notification() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let mut stream = SseClient::open(&server, "/user/notification", &alice.token).await;
    act(
        &server,
        &staff,
        "alice",
        json!({ "type": "none", "text": "Be kind." }),
    )
    .await;
    let (event, payload) = stream.next_event().await;
    assert_eq!(event, "notification");
    let streamed: Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(streamed["type"], "moderation_warning");
    let listed = alice.get("/api/v1/notifications").await.ok();
    let warning = &listed[0]["moderation_warning"];
    assert_eq!(
        (&warning["action"], &warning["text"]),
        (&json!("none"), &json!("Be kind."))
    );
    assert_eq!(
        (&warning["status_ids"], &warning["appeal"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(warning["target_account"]["username"], "alice");
    assert_eq!(
        listed[0]["account"]["username"], "alice",
        "the moderator is not named"
    );
    let grouped = alice.get("/api/v2/notifications").await.ok();
    assert_eq!(
        &grouped["notification_groups"][0]["moderation_warning"],
        warning
    );

    let quiet = json!({ "type": "sensitive", "send_email_notification": false });
    act(&server, &staff, "alice", quiet).await;
    assert_eq!(ids(&alice.get("/api/v1/notifications").await.ok()).len(), 1);
}

#[tokio::test]
async fn suspended_account_is_hidden_and_has_no_access_until_the_suspension_ends() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice, bob) = (
        owner(&server),
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
    );
    let status = alice.post_text("Hello #birds").await;
    let status_path = format!("/api/v1/statuses/{status}");
    let alice_id = account_id(&server, "alice").await;
    let statuses_path = format!("/api/v1/accounts/{alice_id}/statuses");
    let mut stream = SseClient::open(&server, "/user", &alice.token).await;
    act(&server, &staff, "alice", json!({ "type": "suspend" })).await;
    assert_eq!(stream.next().await, Received::End);

    let refused = alice.get("/api/v1/timelines/home").await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "Your login is currently disabled")
    );
    assert_eq!(
        alice.get("/api/v2/instance").await.status,
        403,
        "not even public data"
    );
    let account = bob.get(&format!("/api/v1/accounts/{alice_id}")).await.ok();
    assert_eq!(
        (&account["suspended"], &account["display_name"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(bob.get(&status_path).await.status, 404);
    assert_eq!(bob.get(&statuses_path).await.ok(), json!([]));
    for path in [
        "/api/v1/timelines/public",
        "/api/v1/timelines/home",
        "/api/v1/timelines/tag/birds",
    ] {
        let listed = bob.get(path).await.ok();
        assert!(!ids(&listed).contains(&status), "{path}");
    }
    let found = bob.get("/api/v2/search?q=alice&type=accounts").await.ok();
    assert_eq!(found["accounts"], json!([]));

    assert_eq!(
        undo(&server, &staff, "alice", "unsuspend").await["suspended"],
        false
    );
    assert_eq!(alice.get("/api/v1/timelines/home").await.status, 200);
    assert_eq!(bob.get(&status_path).await.status, 200);
    let path = format!("/api/v1/admin/accounts/{alice_id}/unsuspend");
    assert_eq!(
        staff.post(&path, json!({})).await.status,
        403,
        "it is not suspended any more"
    );
}

#[tokio::test]
async fn email_address_of_a_suspended_account_cannot_sign_up() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    act(&server, &staff, "alice", json!({ "type": "suspend" })).await;
    let blocks = staff.get("/api/v1/admin/canonical_email_blocks").await.ok();
    assert_eq!(ids(&blocks).len(), 1);
    let refused = sign_up(&server, "frida", "al.ice+new@example.org").await;
    assert_eq!(
        refused.error(),
        "Validation failed: E-mail address has already been taken"
    );
    undo(&server, &staff, "alice", "unsuspend").await;
    sign_up(&server, "frida", "al.ice+new@example.org")
        .await
        .ok();
}

#[tokio::test]
async fn disabled_login_is_refused_until_enabled() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    act(&server, &staff, "alice", json!({ "type": "disable" })).await;
    let refused = alice.get("/api/v1/timelines/home").await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "Your login is currently disabled")
    );
    assert_eq!(
        alice.get("/api/v1/timelines/public").await.status,
        200,
        "no user is needed"
    );
    let bob = Client::user(&server, "bob");
    assert_eq!(
        bob.get("/api/v1/accounts/lookup?acct=alice").await.status,
        200
    );
    assert_eq!(
        undo(&server, &staff, "alice", "enable").await["disabled"],
        false
    );
    assert_eq!(alice.get("/api/v1/timelines/home").await.status, 200);
    let warned = alice.get("/api/v1/notifications").await.ok();
    assert_eq!(warned[0]["moderation_warning"]["action"], "disable");
    let app = json!({ "client_name": "App", "redirect_uris": "https://app.example/callback" });
    let app = bob.post("/api/v1/apps", app).await.ok();
    let authorize = |name: &str| {
        let client = app["client_id"].as_str().unwrap();
        let redirect = "https%3A%2F%2Fapp.example%2Fcallback";
        let query = format!("response_type=code&client_id={client}&redirect_uri={redirect}");
        server.authorize(&format!("{}/oauth/authorize?{query}", server.url()), name)
    };
    assert!(authorize("alice").is_some());
    server.disable_login("alice");
    assert_eq!(authorize("alice"), None);
    let remote = account_id(&server, "erin@elsewhere.example").await;
    let enabled = staff
        .post(
            &format!("/api/v1/admin/accounts/{remote}/enable"),
            json!({}),
        )
        .await;
    assert_eq!((enabled.status, enabled.error()), (403, "Forbidden"));
}

#[tokio::test]
async fn limited_account_leaves_public_timelines() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let anonymous = Client::anonymous(&server);
    let status = alice.post_text("Hello").await;
    act(&server, &staff, "alice", json!({ "type": "silence" })).await;
    let account = anonymous
        .get("/api/v1/accounts/lookup?acct=alice")
        .await
        .ok();
    assert_eq!(account["limited"], true);
    let listed = async || ids(&anonymous.get("/api/v1/timelines/public").await.ok());
    assert!(!listed().await.contains(&status));
    let home = Client::user(&server, "bob")
        .get("/api/v1/timelines/home")
        .await
        .ok();
    assert!(ids(&home).contains(&status), "followers still see it");
    assert_eq!(
        undo(&server, &staff, "alice", "unsilence").await["silenced"],
        false
    );
    assert!(listed().await.contains(&status));
}

#[tokio::test]
async fn all_statuses_of_a_sensitive_account_are_sensitive() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let path = format!("/api/v1/statuses/{}", alice.post_text("Hello").await);
    act(&server, &staff, "alice", json!({ "type": "sensitive" })).await;
    assert_eq!(alice.get(&path).await.ok()["sensitive"], true);
    assert_eq!(
        undo(&server, &staff, "alice", "unsensitive").await["sensitized"],
        false
    );
    assert_eq!(alice.get(&path).await.ok()["sensitive"], false);
}

#[tokio::test]
async fn action_resolves_the_open_reports_about_the_account() {
    let server = TestServer::start().await.unwrap();
    let (staff, bob) = (owner(&server), Client::user(&server, "bob"));
    let alice = Client::user(&server, "alice");
    let status = alice.post_text("You are all fools.").await;
    let alice_id = account_id(&server, "alice").await;
    let mut reports = Vec::new();
    for statuses in [json!([status]), json!([])] {
        let report = json!({ "account_id": alice_id, "status_ids": statuses });
        reports.push(id(&bob.post("/api/v1/reports", report).await.ok()));
    }
    let open = async || ids(&staff.get("/api/v1/admin/reports").await.ok());
    act(
        &server,
        &staff,
        "alice",
        json!({ "type": "none", "report_id": reports[0] }),
    )
    .await;
    assert_eq!(
        open().await,
        [reports[1].clone()],
        "a warning resolves only its report"
    );
    let warned = alice
        .get("/api/v1/notifications?types[]=moderation_warning")
        .await
        .ok();
    assert_eq!(
        warned[0]["moderation_warning"]["status_ids"],
        json!([status])
    );
    act(&server, &staff, "alice", json!({ "type": "silence" })).await;
    assert!(open().await.is_empty());
}

#[tokio::test]
async fn invalid_actions_are_refused() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = format!(
        "/api/v1/admin/accounts/{}/action",
        account_id(&server, "alice").await
    );
    for (body, status, error) in [
        (
            json!({}),
            422,
            "Validation failed: Type can't be blank, Type is not included in the list",
        ),
        (
            json!({ "type": "tickle" }),
            422,
            "Validation failed: Type is not included in the list",
        ),
        (
            json!({ "type": "none", "report_id": "77" }),
            404,
            "Record not found",
        ),
        (
            json!({ "type": "none", "warning_preset_id": "77" }),
            404,
            "Record not found",
        ),
    ] {
        let refused = staff.post(&path, body).await;
        assert_eq!((refused.status, refused.error()), (status, error));
    }
    let alice = with_role(&server, "alice", "");
    assert_eq!(
        alice.post(&path, json!({ "type": "tickle" })).await.status,
        403
    );
}

#[tokio::test]
async fn preset_text_precedes_the_text_of_a_warning() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice) = (owner(&server), Client::user(&server, "alice"));
    let preset = server.add_warning_preset("Please read the rules.");
    let warning = json!({ "type": "none", "warning_preset_id": preset, "text": "Thanks." });
    act(&server, &staff, "alice", warning).await;
    let warned = alice.get("/api/v1/notifications").await.ok();
    let text = &warned[0]["moderation_warning"]["text"];
    assert_eq!(text, "Please read the rules.\n\nThanks.");
}

#[tokio::test]
async fn only_a_suspended_account_can_be_deleted() {
    let server = TestServer::start().await.unwrap();
    let (staff, alice, bob) = (
        owner(&server),
        Client::user(&server, "alice"),
        Client::user(&server, "bob"),
    );
    let (alice_id, bob_id) = (
        account_id(&server, "alice").await,
        account_id(&server, "bob").await,
    );
    let status = bob.post_text("Hello").await;
    let favourite = format!("/api/v1/statuses/{status}/favourite");
    assert_eq!(alice.post(&favourite, json!({})).await.status, 200);
    let path = format!("/api/v1/admin/accounts/{alice_id}");
    let refused = staff.delete(&path).await;
    assert_eq!(
        (refused.status, refused.error()),
        (403, "This action is not allowed")
    );
    act(&server, &staff, "alice", json!({ "type": "suspend" })).await;
    assert_eq!(staff.delete(&path).await.ok(), json!({}));
    assert_eq!(
        staff.delete(&path).await.status,
        403,
        "the data are deleted already"
    );

    let account = bob.get(&format!("/api/v1/accounts/{alice_id}")).await.ok();
    assert_eq!(
        (&account["suspended"], &account["statuses_count"]),
        (&json!(true), &json!(0))
    );
    let status = bob.get(&format!("/api/v1/statuses/{status}")).await.ok();
    assert_eq!(status["favourites_count"], 0);
    let following = bob.get(&format!("/api/v1/accounts/{bob_id}")).await.ok();
    assert_eq!(following["following_count"], 0);
}
