//! Blocked and allowed domains, IP addresses and emails, and their effects.

use std::time::Duration;

use mastodon_test_server::{Audience, TestServer};
use serde_json::{Value, json};

use super::{account_id, owner, sign_up};
use crate::client::{Client, id, ids, send};
use crate::signup::app_client;

const BLOCKS: &str = "/api/v1/admin/domain_blocks";

#[tokio::test]
async fn domain_block_limits_or_suspends_the_accounts_of_the_domain_until_it_is_lifted() {
    let builder = TestServer::builder().show_domain_blocks(Audience::All);
    let server = builder.start().await.unwrap();
    let staff = owner(&server);
    let anonymous = Client::anonymous(&server);
    let erin_path = format!(
        "/api/v1/accounts/{}",
        account_id(&server, "erin@elsewhere.example").await
    );
    let erin = async || anonymous.get(&erin_path).await.ok();
    let created = staff
        .post(BLOCKS, json!({ "domain": "Elsewhere.example" }))
        .await
        .ok();
    assert_eq!(
        (&created["domain"], &created["severity"]),
        (&json!("elsewhere.example"), &json!("silence"))
    );
    assert_eq!(erin().await["limited"], true);
    let path = format!("{BLOCKS}/{}", id(&created));
    let changed = staff
        .put(
            &path,
            json!({ "severity": "suspend", "public_comment": "Spam" }),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["severity"], &changed["public_comment"]),
        (&json!("suspend"), &json!("Spam"))
    );
    let account = erin().await;
    assert_eq!(
        (&account["limited"], &account["suspended"]),
        (&Value::Null, &json!(true))
    );
    let public = anonymous.get("/api/v1/instance/domain_blocks").await.ok();
    let listed = public
        .as_array()
        .unwrap()
        .iter()
        .find(|block| block["domain"] == "elsewhere.example");
    assert_eq!(listed.unwrap()["severity"], "suspend");
    assert_eq!(staff.delete(&path).await.ok(), json!({}));
    assert_eq!(erin().await["suspended"], Value::Null);
    assert_eq!(staff.get(&path).await.status, 404);
}

#[tokio::test]
async fn suspended_domain_loses_its_follows_and_the_users_learn_of_it() {
    let server = TestServer::start().await.unwrap();
    let (staff, dave) = (owner(&server), Client::user(&server, "dave"));
    let dave_path = format!("/api/v1/accounts/{}", account_id(&server, "dave").await);
    assert_eq!(dave.get(&dave_path).await.ok()["followers_count"], 1);
    let block = json!({ "domain": "elsewhere.example", "severity": "suspend" });
    staff.post(BLOCKS, block).await.ok();
    assert_eq!(dave.get(&dave_path).await.ok()["followers_count"], 0);
    let notified = dave.get("/api/v1/notifications").await.ok();
    assert_eq!(notified[0]["type"], "severed_relationships");
    let event = &notified[0]["event"];
    assert_eq!(
        (&event["type"], &event["target_name"]),
        (&json!("domain_block"), &json!("elsewhere.example"))
    );
    assert_eq!(
        (&event["followers_count"], &event["following_count"]),
        (&json!(1), &json!(0))
    );
}

#[tokio::test]
async fn new_accounts_of_a_blocked_domain_and_its_subdomains_are_restricted() {
    let server = TestServer::start().await.unwrap();
    let anonymous = Client::anonymous(&server);
    let quiet = server.token("zoe@sub.loud.example", "read");
    let account = Client::with_token(&server, quiet)
        .get("/api/v1/accounts/verify_credentials")
        .await
        .ok();
    assert_eq!(account["limited"], true);
    server.token("max@nasty.example", "read");
    let max = anonymous
        .get("/api/v1/accounts/lookup?acct=max@nasty.example")
        .await
        .ok();
    assert_eq!(max["suspended"], true);
}

#[tokio::test]
async fn domain_that_is_blocked_as_strictly_already_is_refused() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let refused = staff
        .post(
            BLOCKS,
            json!({ "domain": "nasty.example", "severity": "silence" }),
        )
        .await;
    assert_eq!(
        (refused.status, refused.error()),
        (
            422,
            "You have already imposed stricter limits on nasty.example."
        )
    );
    assert_eq!(refused.json["existing_domain_block"]["severity"], "suspend");
    let subdomain = staff
        .post(
            BLOCKS,
            json!({ "domain": "sub.nasty.example", "severity": "noop" }),
        )
        .await;
    assert_eq!(subdomain.status, 422);
    let stricter = json!({ "domain": "sub.loud.example", "severity": "suspend" });
    assert_eq!(staff.post(BLOCKS, stricter).await.status, 200);
    for (body, error) in [
        (json!({}), "Validation failed: Domain can't be blank"),
        (
            json!({ "domain": "a b" }),
            "Validation failed: Domain is not a valid domain name",
        ),
        (
            json!({ "domain": "x.example", "severity": "nuke" }),
            "Validation failed: Severity is not included in the list",
        ),
    ] {
        let refused = staff.post(BLOCKS, body).await;
        assert_eq!((refused.status, refused.error()), (422, error));
    }
}

#[tokio::test]
async fn blocks_are_listed_newest_first_with_pages() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = "/api/v1/admin/ip_blocks";
    let mut created = Vec::new();
    for last in 1..=3 {
        let block = json!({ "ip": format!("192.0.2.{last}"), "severity": "sign_up_block" });
        created.push(id(&staff.post(path, block).await.ok()));
    }
    created.reverse();
    let first = staff.get(&format!("{path}?limit=2")).await;
    assert_eq!(ids(&first.json), created[..2]);
    let last = staff.get(&first.link("next").unwrap()).await;
    assert_eq!(ids(&last.json), created[2..]);
    assert_eq!(
        staff.get(&last.link("prev").unwrap()).await.json,
        first.json
    );
}

#[tokio::test]
async fn allowed_domain_is_created_once_and_can_be_removed() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = "/api/v1/admin/domain_allows";
    let created = staff
        .post(path, json!({ "domain": "friend.example" }))
        .await
        .ok();
    assert_eq!(
        staff
            .post(path, json!({ "domain": "friend.example" }))
            .await
            .ok(),
        created
    );
    assert_eq!(staff.get(path).await.ok(), json!([created]));
    let own = format!("{path}/{}", id(&created));
    assert_eq!(staff.get(&own).await.ok(), created);
    assert_eq!(staff.delete(&own).await.ok(), json!({}));
    assert_eq!(staff.get(path).await.ok(), json!([]));
    let refused = staff.post(path, json!({})).await;
    assert_eq!(refused.error(), "Validation failed: Domain can't be blank");
}

#[tokio::test]
async fn blocked_email_domain_refuses_sign_up_and_counts_the_attempts() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = "/api/v1/admin/email_domain_blocks";
    let created = staff
        .post(path, json!({ "domain": "throwaway.example" }))
        .await
        .ok();
    assert_eq!(created["allow_with_approval"], false);
    let refused = sign_up(&server, "frida", "frida@mail.throwaway.example").await;
    assert_eq!(
        refused.error(),
        "Validation failed: E-mail address uses a disallowed e-mail provider"
    );
    let own = format!("{path}/{}", id(&created));
    let history = &staff.get(&own).await.ok()["history"];
    assert_eq!(history.as_array().unwrap().len(), 7);
    assert_eq!(
        (&history[0]["uses"], &history[0]["accounts"]),
        (&json!("1"), &json!("1"))
    );
    let again = staff
        .post(path, json!({ "domain": "throwaway.example" }))
        .await;
    assert_eq!(
        again.error(),
        "Validation failed: Domain has already been taken"
    );
    assert_eq!(staff.delete(&own).await.ok(), json!({}));
    sign_up(&server, "frida", "frida@mail.throwaway.example")
        .await
        .ok();
}

#[tokio::test]
async fn email_domain_and_ip_block_can_require_approval() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let block = json!({ "domain": "odd.example", "allow_with_approval": true });
    staff
        .post("/api/v1/admin/email_domain_blocks", block)
        .await
        .ok();
    sign_up(&server, "frida", "frida@odd.example").await.ok();
    let block = json!({ "ip": "127.0.0.0/8", "severity": "sign_up_requires_approval" });
    staff.post("/api/v1/admin/ip_blocks", block).await.ok();
    sign_up(&server, "gus", "gus@example.org").await.ok();
    let pending = staff
        .get("/api/v2/admin/accounts?status=pending")
        .await
        .ok();
    assert_eq!(super::names(&pending), ["gus", "frida"]);
}

#[tokio::test]
async fn canonical_email_block_matches_all_spellings_of_the_mailbox() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = "/api/v1/admin/canonical_email_blocks";
    let created = staff
        .post(path, json!({ "email": "Fri.da+x@example.org" }))
        .await
        .ok();
    let test = async |email: &str| {
        staff
            .post(&format!("{path}/test"), json!({ "email": email }))
            .await
            .ok()
    };
    assert_eq!(test("frida@example.org").await, json!([created]));
    assert_eq!(test("gus@example.org").await, json!([]));
    let refused = sign_up(&server, "frida", "frida@example.org").await;
    assert_eq!(
        refused.error(),
        "Validation failed: E-mail address has already been taken"
    );
    let again = staff
        .post(
            path,
            json!({ "canonical_email_hash": created["canonical_email_hash"] }),
        )
        .await;
    assert_eq!(
        again.error(),
        "Validation failed: Canonical email hash has already been taken"
    );
    let missing = staff.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(
        (missing.status, missing.error()),
        (
            400,
            "param is missing or the value is empty or invalid: email"
        )
    );
    assert_eq!(staff.post(path, json!({})).await.status, 422);
    let own = format!("{path}/{}", id(&created));
    assert_eq!(staff.delete(&own).await.ok(), json!({}));
    assert_eq!(test("frida@example.org").await, json!([]));
}

#[tokio::test]
async fn blocked_ip_address_has_no_access_until_the_block_expires() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let block = json!({ "ip": "203.0.113.0/24", "severity": "no_access", "comment": "Crawler", "expires_in": 3600 });
    let created = staff.post("/api/v1/admin/ip_blocks", block).await.ok();
    assert_eq!(
        (&created["ip"], &created["comment"]),
        (&json!("203.0.113.0/24"), &json!("Crawler"))
    );
    let from = async |address: &str| {
        let headers = [("x-forwarded-for", address)];
        send(&server, "GET", "/api/v2/instance", "", &headers, b"").await
    };
    let refused = from("203.0.113.9").await;
    assert_eq!(
        (refused.status, refused.bytes.as_slice()),
        (403, &b"Forbidden\n"[..])
    );
    assert_eq!(refused.header("content-type"), Some("text/plain"));
    assert_eq!(from("203.0.114.9").await.status, 200);
    let own = format!("/api/v1/admin/ip_blocks/{}", id(&created));
    let changed = staff.put(&own, json!({ "ip": "198.51.100.1" })).await.ok();
    assert_eq!(
        (&changed["ip"], &changed["severity"]),
        (&json!("198.51.100.1/32"), &json!("no_access"))
    );
    assert_eq!(from("203.0.113.9").await.status, 200);
    assert_eq!(from("198.51.100.1").await.status, 403);
    server.clock().advance(Duration::from_secs(3601));
    assert_eq!(from("198.51.100.1").await.status, 200);
    assert_eq!(staff.get(&own).await.status, 404);
}

#[tokio::test]
async fn blocked_ip_address_cannot_sign_up() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let block = json!({ "ip": "127.0.0.1", "severity": "sign_up_block" });
    staff.post("/api/v1/admin/ip_blocks", block).await.ok();
    let fields = json!({
        "username": "frida", "email": "frida@example.org", "password": "correct horse", "agreement": true, "locale": "en",
    });
    let refused = app_client(&server)
        .await
        .post("/api/v1/accounts", fields)
        .await;
    assert_eq!((refused.status, refused.error()), (403, "Forbidden"));
}

#[tokio::test]
async fn invalid_ip_blocks_are_refused() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let path = "/api/v1/admin/ip_blocks";
    let valid = json!({ "ip": "192.0.2.1", "severity": "sign_up_block" });
    staff.post(path, valid.clone()).await.ok();
    for (body, error) in [
        (valid, "Ip has already been taken"),
        (
            json!({ "ip": "192.0.2.2" }),
            "Severity is not included in the list, Severity can't be blank",
        ),
        (
            json!({ "ip": "192.0.2.2", "severity": "harsh" }),
            "Severity is not included in the list",
        ),
        (
            json!({ "ip": "x", "severity": "no_access" }),
            "Ip can't be blank",
        ),
    ] {
        let refused = staff.post(path, body).await;
        assert_eq!(
            (refused.status, refused.error()),
            (422, format!("Validation failed: {error}").as_str())
        );
    }
}

#[tokio::test]
async fn limited_federation_answers_only_users_and_forgets_domains_that_are_no_longer_allowed() {
    let server = TestServer::start().await.unwrap();
    let staff = owner(&server);
    let erin = account_id(&server, "erin@elsewhere.example").await;
    let allow = json!({ "domain": "elsewhere.example" });
    let allow = staff.post("/api/v1/admin/domain_allows", allow).await.ok();
    let mut behavior = server.behavior();
    behavior.limited_federation = true;
    server.set_behavior(behavior);
    let anonymous = Client::anonymous(&server);
    let refused = anonymous.get("/api/v1/timelines/public").await;
    assert_eq!(
        (refused.status, refused.error()),
        (401, "This method requires an authenticated user")
    );
    let instance = anonymous.get("/api/v2/instance").await.ok();
    assert_eq!(instance["configuration"]["limited_federation"], true);
    assert_eq!(staff.get("/api/v1/instance/peers").await.status, 404);
    assert_eq!(staff.get("/api/v1/timelines/public").await.status, 200);
    let path = format!("/api/v1/accounts/{erin}");
    assert_eq!(staff.get(&path).await.status, 200);
    let allow = format!("/api/v1/admin/domain_allows/{}", id(&allow));
    assert_eq!(staff.delete(&allow).await.ok(), json!({}));
    assert_eq!(staff.get(&path).await.status, 404);
}
