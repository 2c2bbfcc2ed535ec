//! Sign-up and accounts by the rules of the real server.

use std::time::Duration;

use mastodon_test_server::TestServer;
use serde_json::json;

use crate::client::{Client, id, ids};
use crate::signup::{app_client, client_with, sign_up_errors, sign_up_fields};

const ACCOUNTS: &str = "/api/v1/accounts";
const PUBLIC: &str = "/api/v1/timelines/public";
const VERIFY: &str = "/api/v1/accounts/verify_credentials";

#[tokio::test]
async fn sign_up_needs_an_application_token_and_open_registrations() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let rejected = alice.post(ACCOUNTS, sign_up_fields()).await;
    let error = "This method requires an client credentials authentication";
    assert_eq!((rejected.status, rejected.error()), (403, error));
    let server = TestServer::builder()
        .closed_registrations()
        .start()
        .await
        .unwrap();
    // The registrations are closed before anything is validated.
    let rejected = app_client(&server).await.post(ACCOUNTS, json!({})).await;
    assert_eq!((rejected.status, rejected.error()), (403, "Forbidden"));
    let instance = alice.get("/api/v2/instance").await.ok();
    assert_eq!(instance["registrations"]["enabled"], true);
    let instance = Client::anonymous(&server)
        .get("/api/v2/instance")
        .await
        .ok();
    assert_eq!(instance["registrations"]["enabled"], false);
}

#[tokio::test]
async fn unknown_locale_is_ignored_and_agreement_must_be_true_or_one() {
    let server = TestServer::builder()
        .without_rate_limits()
        .start()
        .await
        .unwrap();
    let app = app_client(&server).await;
    for agreement in [json!(1), json!("yes"), json!(false), json!(null)] {
        let errors = sign_up_errors(&app, json!({ "agreement": agreement })).await;
        assert_eq!(
            errors,
            json!({ "agreement": ["ERR_ACCEPTED"] }),
            "{agreement}"
        );
    }
    for (name, agreement) in [
        ("a1", json!(true)),
        ("a2", json!("true")),
        ("a3", json!("1")),
    ] {
        let mut fields = sign_up_fields();
        fields["username"] = name.into();
        fields["email"] = format!("{name}@example.org").into();
        fields["agreement"] = agreement;
        fields["locale"] = "klingon".into();
        // Without a minimum age the date of birth is not looked at.
        fields["date_of_birth"] = "never".into();
        let token = app.post(ACCOUNTS, fields).await.ok();
        assert!(server.confirm_email(name));
        let user = client_with(&server, &token);
        let preferences = user.get("/api/v1/preferences").await.ok();
        assert_eq!(preferences["posting:default:language"], "en");
    }
}

#[tokio::test]
async fn date_of_birth_is_checked_where_a_minimum_age_is_set() {
    let start = "2026-06-15T12:00:00Z".parse().unwrap();
    let builder = TestServer::builder().minimum_age(16).start_time(start);
    let server = builder.without_rate_limits().start().await.unwrap();
    let app = app_client(&server).await;
    for (birthday, code) in [
        (json!(null), "ERR_BLANK"),
        (json!("never"), "ERR_BLANK"),
        (json!("2010-06-16"), "ERR_BELOW_LIMIT"),
    ] {
        let errors = sign_up_errors(&app, json!({ "date_of_birth": birthday })).await;
        assert_eq!(errors, json!({ "date_of_birth": [code] }), "{birthday}");
    }
    let mut fields = sign_up_fields();
    fields["date_of_birth"] = "2010-06-15".into();
    app.post(ACCOUNTS, fields).await.ok();
    let instance = app.get("/api/v2/instance").await.ok();
    assert_eq!(instance["registrations"]["min_age"], 16);
}

#[tokio::test]
async fn reason_is_required_only_if_the_staff_approves_and_asks_for_one() {
    let server = TestServer::builder()
        .sign_up_reason_required()
        .start()
        .await
        .unwrap();
    server.require_approval();
    let app = app_client(&server).await;
    let errors = sign_up_errors(&app, json!({ "reason": " " })).await;
    assert_eq!(errors, json!({ "reason": ["ERR_BLANK"] }));
    let mut fields = sign_up_fields();
    fields["reason"] = "Friends".into();
    app.post(ACCOUNTS, fields).await.ok();
    let server = TestServer::start().await.unwrap();
    server.require_approval();
    app_client(&server)
        .await
        .post(ACCOUNTS, sign_up_fields())
        .await
        .ok();
}

#[tokio::test]
async fn token_of_a_new_user_has_all_scopes_of_the_application_and_reads_what_is_public() {
    let server = TestServer::start().await.unwrap();
    let app = app_client(&server).await;
    let token = app.post(ACCOUNTS, sign_up_fields()).await.ok();
    assert_eq!(token["scope"], "read write");
    let frida = client_with(&server, &token);
    assert_eq!(frida.get(PUBLIC).await.status, 200);
    let early = frida.get(VERIFY).await;
    let error = "Your login is missing a confirmed e-mail address";
    assert_eq!((early.status, early.error()), (403, error));
    server.require_approval();
    let mut fields = sign_up_fields();
    fields["username"] = "gerd".into();
    fields["email"] = "gerd@example.org".into();
    let token = app.post(ACCOUNTS, fields).await.ok();
    assert!(server.confirm_email("gerd"));
    let pending = client_with(&server, &token).get(VERIFY).await;
    let error = "Your login is currently pending approval";
    assert_eq!((pending.status, pending.error()), (403, error));
    let hidden = frida.get("/api/v1/accounts/lookup?acct=gerd").await;
    assert_eq!(hidden.status, 404, "a pending account is not visible");
}

#[tokio::test]
async fn failed_sign_ups_count_and_all_errors_come_together() {
    let server = TestServer::start().await.unwrap();
    let app = app_client(&server).await;
    for _ in 0..5 {
        let rejected = app.post(ACCOUNTS, json!({ "locale": "en" })).await;
        let details = rejected.json["details"].as_object().unwrap();
        assert_eq!((rejected.status, details.len()), (422, 4));
    }
    let limited = app.post(ACCOUNTS, sign_up_fields()).await;
    assert_eq!(limited.status, 429);
}

#[tokio::test]
async fn user_who_never_confirms_the_email_address_is_removed_after_a_week() {
    let server = TestServer::start().await.unwrap();
    let app = app_client(&server).await;
    let token = app.post(ACCOUNTS, sign_up_fields()).await.ok();
    let frida = client_with(&server, &token);
    server.clock().advance(Duration::from_secs(6 * 86_400));
    assert_eq!(frida.get(VERIFY).await.status, 403);
    server.clock().advance(Duration::from_secs(2 * 86_400));
    let gone = frida.get(VERIFY).await;
    assert_eq!(
        (gone.status, gone.error()),
        (401, "The access token is invalid")
    );
    app.post(ACCOUNTS, sign_up_fields()).await.ok();
}

#[tokio::test]
async fn lists_of_accounts_and_statuses_leave_out_what_is_unknown() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let account = async |name: &str| {
        let path = format!("/api/v1/accounts/lookup?acct={name}");
        id(&alice.get(&path).await.ok())
    };
    let (carol_id, dave_id) = (account("carol").await, account("dave").await);
    let query = format!("id[]={dave_id}&id[]=7&id[]={carol_id}");
    let found = alice.get(&format!("{ACCOUNTS}?{query}")).await.ok();
    assert_eq!(
        ids(&found),
        [carol_id.clone(), dave_id.clone()],
        "in the order of the database"
    );
    let secret = bob.post_direct("psst", None).await;
    let public = bob.post_text("hello").await;
    let query = format!("id[]={secret}&id[]=7&id[]={public}");
    let found = alice.get(&format!("/api/v1/statuses?{query}")).await.ok();
    assert_eq!(ids(&found), [public]);
    let many = |count: usize| {
        let ids: Vec<String> = (1..=count).map(|number| format!("id[]={number}")).collect();
        ids.join("&")
    };
    for (path, most) in [("/api/v1/accounts", 40), ("/api/v1/statuses", 20)] {
        let status = async |count| alice.get(&format!("{path}?{}", many(count))).await.status;
        assert_eq!(
            (status(most).await, status(most + 1).await),
            (200, 422),
            "{path}"
        );
    }
    server.suspend_account("carol");
    let suspended = alice.get(&format!("{ACCOUNTS}/{carol_id}")).await.ok();
    assert_eq!(
        (&suspended["suspended"], &suspended["display_name"]),
        (&json!(true), &json!(""))
    );
    let path = format!(
        "{ACCOUNTS}/relationships?id[]={carol_id}&id[]={dave_id}&{}",
        many(50)
    );
    assert_eq!(ids(&alice.get(&path).await.ok()), [dave_id]);
    let all = alice.get(&format!("{path}&with_suspended=true")).await.ok();
    assert_eq!(all.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn follower_list_is_empty_for_those_from_whom_it_is_hidden() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (Client::user(&server, "alice"), Client::user(&server, "bob"));
    let account = alice.get(VERIFY).await.ok();
    let followers = format!("{ACCOUNTS}/{}/followers", id(&account));
    assert_eq!(ids(&bob.get(&followers).await.ok()).len(), 2);
    let bob_id = id(&bob.get(VERIFY).await.ok());
    let hide = json!({ "hide_collections": true });
    let path = format!("{ACCOUNTS}/update_credentials");
    alice.send_json("PATCH", &path, &hide).await.ok();
    let hidden = bob.get(&followers).await;
    assert_eq!(hidden.header("link"), None);
    assert_eq!(hidden.ok(), json!([]));
    assert_eq!(ids(&alice.get(&followers).await.ok()).len(), 2);
    let seen = bob.get(&format!("{ACCOUNTS}/{}", id(&account))).await.ok();
    assert_eq!(seen["followers_count"], 2);
    let show = json!({ "hide_collections": false });
    alice.send_json("PATCH", &path, &show).await.ok();
    alice
        .post(&format!("{ACCOUNTS}/{bob_id}/block"), json!({}))
        .await
        .ok();
    assert_eq!(bob.get(&followers).await.ok(), json!([]));
}

#[tokio::test]
async fn invalid_setting_fails_after_the_profile_was_saved() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("{ACCOUNTS}/update_credentials");
    let changes = json!({ "display_name": "Alice A.", "source": { "privacy": "dance" } });
    let failed = alice.send_json("PATCH", &path, &changes).await;
    assert_eq!(failed.status, 500);
    assert_eq!(alice.get(VERIFY).await.ok()["display_name"], "Alice A.");
    assert_eq!(alice.get(VERIFY).await.ok()["source"]["privacy"], "public");
}

#[tokio::test]
async fn profile_limits_are_those_of_the_release_and_are_published() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    let path = format!("{ACCOUNTS}/update_credentials");
    for (field, max) in [("display_name", 40), ("note", 500)] {
        for (length, status) in [(max, 200), (max + 1, 422)] {
            let changes = json!({ field: "x".repeat(length) });
            let response = alice.send_json("PATCH", &path, &changes).await;
            assert_eq!(response.status, status, "{field} {length}");
        }
    }
    let instance = alice.get("/api/v2/instance").await.ok();
    assert_eq!(
        instance["configuration"]["accounts"]["max_display_name_length"],
        40
    );
    let fields: Vec<_> = (0..5)
        .map(|_| json!({ "name": "a", "value": "b" }))
        .collect();
    let changes = json!({ "fields_attributes": fields });
    assert_eq!(alice.send_json("PATCH", &path, &changes).await.status, 422);
}

#[tokio::test]
async fn unlocking_an_account_accepts_all_requests_but_those_of_limited_accounts() {
    let server = TestServer::start().await.unwrap();
    let user = |name| Client::user(&server, name);
    let (alice, bob, dave) = (user("alice"), user("bob"), user("dave"));
    server.limit_account("bob");
    let dave_id = id(&dave.get(VERIFY).await.ok());
    for client in [&alice, &bob] {
        let path = format!("{ACCOUNTS}/{dave_id}/follow");
        client.post(&path, json!({})).await.ok();
    }
    let unlock = json!({ "locked": false });
    let path = format!("{ACCOUNTS}/update_credentials");
    dave.send_json("PATCH", &path, &unlock).await.ok();
    let relationships = format!("{ACCOUNTS}/relationships?id[]={dave_id}");
    assert_eq!(alice.get(&relationships).await.ok()[0]["following"], true);
    assert_eq!(bob.get(&relationships).await.ok()[0]["requested"], true);
}
