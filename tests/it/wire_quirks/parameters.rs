//! Parameters with an unusual encoding or meaning.

use std::time::Duration;

use jiff::Timestamp;
use mastodon_sdk::entities::{AdminIpBlockSeverity, AdminMeasureKey, GrantType, ReportCategory};
use mastodon_sdk::methods::{AdminMetricTag, NewPoll};
use serde_json::json;

use super::ok_server;
use crate::support::{ScriptedServer, form_body, json_body, json_response, ok_json, request_body};

#[tokio::test]
async fn delete_requests_send_their_parameters_in_the_query_and_no_body() {
    // Servers and proxies may drop the body of a DELETE request.
    let (server, client) = ok_server().await;
    client.domain_unblock("b.example").await.unwrap();
    client.list_accounts_delete("3", ["1", "2"]).await.unwrap();
    client
        .status_delete("5")
        .delete_media(true)
        .raw()
        .await
        .unwrap();
    let lines = server.request_lines();
    assert_eq!(lines[0], "DELETE /api/v1/domain_blocks?domain=b.example");
    assert_eq!(
        lines[1],
        "DELETE /api/v1/lists/3/accounts?account_ids%5B%5D=1&account_ids%5B%5D=2"
    );
    assert_eq!(lines[2], "DELETE /api/v1/statuses/5?delete_media=true");
    let requests = server.requests();
    assert!(
        requests
            .iter()
            .all(|request| request_body(request).is_empty())
    );
}

#[tokio::test]
async fn account_filters_are_sent_as_true_or_omitted() {
    // The server treats even `suspended=false` as true.
    let server = ScriptedServer::start(vec![ok_json(&json!([]))]).await;
    let call = server
        .client()
        .admin_accounts_v1()
        .remote(true)
        .silenced(false)
        .suspended(true);
    call.by_domain("b.example").limit(5).await.unwrap();
    assert_eq!(
        server.request_lines()[0],
        "GET /api/v1/admin/accounts?remote=true&suspended=true&by_domain=b.example&limit=5"
    );
}

#[tokio::test]
async fn post_may_have_media_without_text_or_text_media_and_a_poll() {
    let (server, client) = ok_server().await;
    let poll = NewPoll::new(["yes", "no"], Duration::from_secs(600));
    client.status_post("").media_ids(["7"]).raw().await.unwrap();
    client
        .status_post("Hi")
        .media_ids(["7"])
        .poll(poll)
        .raw()
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({ "status": "", "media_ids": ["7"] })
    );
    assert_eq!(
        json_body(&requests[1]),
        json!({ "status": "Hi", "media_ids": ["7"], "poll": { "options": ["yes", "no"], "expires_in": 600 } })
    );
}

#[tokio::test]
async fn code_and_redirect_uri_are_sent_only_if_set() {
    let (server, client) = ok_server().await;
    let token = |grant| client.oauth_token(grant, "id", "secret");
    token(GrantType::ClientCredentials).raw().await.unwrap();
    let code = token(GrantType::AuthorizationCode).code("abc");
    code.redirect_uri("https://app.example/")
        .raw()
        .await
        .unwrap();
    let names = |request: &str| {
        let pairs = form_body(request).into_iter();
        pairs.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let requests = server.requests();
    assert_eq!(
        names(&requests[0]),
        ["grant_type", "client_id", "client_secret"]
    );
    assert_eq!(
        names(&requests[1]),
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
async fn ids_are_sent_as_strings_except_the_rule_ids_of_admin_report_update() {
    let (server, client) = ok_server().await;
    let update = client
        .admin_report_update("3")
        .category(ReportCategory::Violation);
    update.rule_ids(["1", "22"]).raw().await.unwrap();
    client
        .report("5")
        .rule_ids(["1", "22"])
        .raw()
        .await
        .unwrap();
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({ "category": "violation", "rule_ids": [1, 22] })
    );
    assert_eq!(
        json_body(&requests[1]),
        json!({ "account_id": "5", "rule_ids": ["1", "22"] })
    );
}

#[tokio::test]
async fn hashtag_measure_sends_the_hashtag_id() {
    let (server, client) = ok_server().await;
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    client
        .admin_measures(
            [AdminMeasureKey::ActiveUsers, AdminMeasureKey::TagUses],
            time("2026-01-01T00:00:00Z"),
            time("2026-01-07T00:00:00Z"),
        )
        .tag_uses(AdminMetricTag::new("802"))
        .raw()
        .await
        .unwrap();
    assert_eq!(
        json_body(&server.requests()[0]),
        json!({
            "keys": ["active_users", "tag_uses"],
            "start_at": "2026-01-01T00:00:00Z",
            "end_at": "2026-01-07T00:00:00Z",
            "tag_uses": { "id": "802" },
        })
    );
}

#[tokio::test]
async fn ip_block_always_sends_the_ip_range() {
    let (server, client) = ok_server().await;
    let block = client.admin_create_ip_block("192.0.2.0/24", AdminIpBlockSeverity::NoAccess);
    block.raw().await.unwrap();
    assert_eq!(
        json_body(&server.requests()[0]),
        json!({ "ip": "192.0.2.0/24", "severity": "no_access" })
    );
}

#[tokio::test]
async fn several_redirect_uris_are_sent_as_one_string() {
    let (server, client) = ok_server().await;
    // Software that implements the API before 4.3 rejects an array.
    let uris = "https://app.example/1\nhttps://app.example/2";
    client.app_create("Cat", uris).raw().await.unwrap();
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({ "client_name": "Cat", "redirect_uris": uris })
    );
}

#[tokio::test]
async fn post_requests_that_only_read_are_retried_and_moderation_is_not() {
    let cohorts = r#"[{"period":"2022-09-01T00:00:00+00:00","frequency":"month","data":[{"date":"2022-09-01T00:00:00+00:00","rate":1.0,"value":"2"}]}]"#;
    let unavailable = json_response(503, "", "{}");
    let success = json_response(200, "", cohorts);
    let server = ScriptedServer::start(vec![unavailable.clone(), success, unavailable]).await;
    let (client, time) = (server.client(), Timestamp::UNIX_EPOCH);
    let cohorts = client.admin_retention(time, time, "month").await.unwrap();
    assert_eq!(cohorts[0].data[0].value, 2);
    let moderation = client.admin_account_moderate("23", "suspend").await;
    assert!(moderation.unwrap_err().is_response_lost());
    assert_eq!(server.requests().len(), 3);
}
