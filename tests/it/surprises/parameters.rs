//! Parameters that are not what they seem.

use std::time::Duration;

use jiff::Timestamp;
use mastodon_sdk::entities::{AdminIpBlockSeverity, AdminMeasureKey, GrantType, ReportCategory};
use mastodon_sdk::methods::{AdminMetricTag, NewPoll};
use serde_json::json;

use super::yes;
use crate::server::{Server, body, json as reply, line, ok, text};

#[tokio::test]
async fn what_is_deleted_is_named_in_the_query_because_the_body_of_a_delete_may_get_lost() {
    let (server, client) = yes().await;
    client.domain_unblock("b.example").await.unwrap();
    client.list_accounts_delete("3", ["1", "2"]).await.unwrap();
    client
        .status_delete("5")
        .delete_media(true)
        .raw()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(
        line(&seen[0]),
        "DELETE /api/v1/domain_blocks?domain=b.example"
    );
    assert_eq!(
        line(&seen[1]),
        "DELETE /api/v1/lists/3/accounts?account_ids%5B%5D=1&account_ids%5B%5D=2"
    );
    assert_eq!(
        line(&seen[2]),
        "DELETE /api/v1/statuses/5?delete_media=true"
    );
    assert!(seen.iter().all(|request| text(request).is_empty()));
}

#[tokio::test]
async fn a_filter_of_accounts_is_given_as_true_or_not_at_all() {
    // The server takes even `suspended=false` for a yes.
    let server = Server::start(vec![ok(&json!([]))]).await;
    let call = server.client().admin_accounts_v1().remote().suspended();
    call.by_domain("b.example").limit(5).await.unwrap();
    assert_eq!(
        line(&server.seen()[0]),
        "GET /api/v1/admin/accounts?remote=true&suspended=true&by_domain=b.example&limit=5"
    );
}

#[tokio::test]
async fn a_post_needs_a_text_or_media_or_a_poll_and_may_have_all() {
    let (server, client) = yes().await;
    let poll = NewPoll::new(["yes", "no"], Duration::from_secs(600));
    client.status_post("").media_ids(["7"]).raw().await.unwrap();
    client
        .status_post("Hi")
        .media_ids(["7"])
        .poll(poll)
        .raw()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(body(&seen[0]), json!({ "status": "", "media_ids": ["7"] }));
    assert_eq!(
        body(&seen[1]),
        json!({ "status": "Hi", "media_ids": ["7"], "poll": { "options": ["yes", "no"], "expires_in": 600 } })
    );
}

#[tokio::test]
async fn a_code_and_its_address_belong_to_one_grant_alone() {
    let (server, client) = yes().await;
    let token = |grant| client.oauth_token(grant, "id", "secret");
    token(GrantType::ClientCredentials).raw().await.unwrap();
    let code = token(GrantType::AuthorizationCode).code("abc");
    code.redirect_uri("https://app.example/")
        .raw()
        .await
        .unwrap();
    let sent = |request: &str| {
        let pairs = url::form_urlencoded::parse(text(request).as_bytes());
        pairs.map(|(name, _)| name.into_owned()).collect::<Vec<_>>()
    };
    let seen = server.seen();
    assert_eq!(sent(&seen[0]), ["grant_type", "client_id", "client_secret"]);
    assert_eq!(
        sent(&seen[1]),
        [
            "grant_type",
            "client_id",
            "client_secret",
            "code",
            "redirect_uri"
        ]
    );
}

#[tokio::test]
async fn ids_are_texts_but_for_the_rules_of_a_report_that_a_moderator_changes() {
    let (server, client) = yes().await;
    let change = client
        .admin_report_update("3")
        .category(ReportCategory::Violation);
    change.rule_ids(["1", "22"]).raw().await.unwrap();
    client
        .report("5")
        .rule_ids(["1", "22"])
        .raw()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({ "category": "violation", "rule_ids": [1, 22] })
    );
    assert_eq!(
        body(&seen[1]),
        json!({ "account_id": "5", "rule_ids": ["1", "22"] })
    );
}

#[tokio::test]
async fn a_measure_names_the_hashtag_that_it_is_of() {
    let (server, client) = yes().await;
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    client
        .admin_measures(
            [AdminMeasureKey::ActiveUsers, AdminMeasureKey::TagUses],
            day("2026-01-01T00:00:00Z"),
            day("2026-01-07T00:00:00Z"),
        )
        .tag_uses(AdminMetricTag::new("802"))
        .raw()
        .await
        .unwrap();
    assert_eq!(
        body(&server.seen()[0]),
        json!({
            "keys": ["active_users", "tag_uses"],
            "start_at": "2026-01-01T00:00:00Z",
            "end_at": "2026-01-07T00:00:00Z",
            "tag_uses": { "id": "802" },
        })
    );
}

#[tokio::test]
async fn a_block_of_addresses_cannot_do_without_the_addresses() {
    let (server, client) = yes().await;
    let block = client.admin_create_ip_block("192.0.2.0/24", AdminIpBlockSeverity::NoAccess);
    block.raw().await.unwrap();
    assert_eq!(
        body(&server.seen()[0]),
        json!({ "ip": "192.0.2.0/24", "severity": "no_access" })
    );
}

#[tokio::test]
async fn several_addresses_of_a_program_are_one_text() {
    let (server, client) = yes().await;
    // A list is refused by software that speaks the API as it was before 4.3.
    let uris = "https://app.example/1\nhttps://app.example/2";
    client.app_create("Cat", uris).raw().await.unwrap();
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({ "client_name": "Cat", "redirect_uris": uris })
    );
}

#[tokio::test]
async fn counting_is_asked_for_again_and_moderating_is_not() {
    let cohorts = r#"[{"period":"2022-09-01T00:00:00+00:00","frequency":"month","data":[{"date":"2022-09-01T00:00:00+00:00","rate":1.0,"value":"2"}]}]"#;
    let broken = reply(503, "", "{}");
    let counted = reply(200, "", cohorts);
    let server = Server::start(vec![broken.clone(), counted, broken]).await;
    let (client, moment) = (server.client(), Timestamp::UNIX_EPOCH);
    let found = client
        .admin_retention(moment, moment, "month")
        .await
        .unwrap();
    assert_eq!(found[0].data[0].value, 2);
    let refused = client.admin_account_moderate("23", "suspend").await;
    assert!(refused.unwrap_err().is_server_error());
    assert_eq!(server.seen().len(), 3);
}
