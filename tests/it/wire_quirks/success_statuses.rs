//! Successful responses with a status other than 200, or with an empty body.

use serde_json::{Value, json};

use crate::support::fixtures::gif;
use crate::support::{ScriptedServer, error_response, json_response, ok_json, response};

#[tokio::test]
async fn deletions_succeed_with_an_entity_and_with_an_empty_object() {
    // The documentation lists an entity for each; old versions sent it, newer ones send `{}`.
    let entity =
        json!({ "id": "4", "domain": "b.example", "created_at": "2022-09-14T21:32:44.945Z" });
    let script = (0..8)
        .flat_map(|_| [ok_json(&json!({})), ok_json(&entity)])
        .collect();
    let server = ScriptedServer::start(script).await;
    let client = server.client();
    for _ in 0..2 {
        client.admin_account_delete("4").await.unwrap();
        client.admin_account_reject("4").await.unwrap();
        client
            .admin_delete_canonical_email_block("4")
            .await
            .unwrap();
        client.admin_delete_domain_allow("4").await.unwrap();
        client.admin_delete_domain_block("4").await.unwrap();
        client.admin_delete_email_domain_block("4").await.unwrap();
        client.admin_delete_ip_block("4").await.unwrap();
        client.delete_filter_status_v2("4").await.unwrap();
    }
    assert_eq!(
        server.request_lines()[..8],
        [
            "DELETE /api/v1/admin/accounts/4",
            "POST /api/v1/admin/accounts/4/reject",
            "DELETE /api/v1/admin/canonical_email_blocks/4",
            "DELETE /api/v1/admin/domain_allows/4",
            "DELETE /api/v1/admin/domain_blocks/4",
            "DELETE /api/v1/admin/email_domain_blocks/4",
            "DELETE /api/v1/admin/ip_blocks/4",
            "DELETE /api/v2/filters/statuses/4",
        ]
    );
}

#[tokio::test]
async fn changes_to_collections_succeed_with_an_empty_body() {
    // With any content type, as servers send without a body; and the `{}` of the documentation.
    let server = ScriptedServer::start(vec![
        response(200, "text/plain", "", ""),
        json_response(200, "", ""),
        response(200, "text/html", "", ""),
        ok_json(&json!({})),
    ])
    .await;
    let client = server.client();
    client.collection_delete("1").await.unwrap();
    client.collection_item_delete("1", "2").await.unwrap();
    client.collection_item_revoke("1", "2").await.unwrap();
    client.collection_delete("1").await.unwrap();
    let lines = server.request_lines();
    assert_eq!(lines[1], "DELETE /api/v1/collections/1/items/2");
    assert_eq!(lines[2], "POST /api/v1/collections/1/items/2/revoke");
}

#[tokio::test]
async fn report_that_is_still_generated_has_status_202() {
    let header = "mastodon-async-refresh: id=\"a1\", retry=5\r\n";
    let server =
        ScriptedServer::start(vec![json_response(202, header, ""), ok_json(&json!({}))]).await;
    let client = server.client();
    let generate = async || {
        client
            .annual_report_generate(2025)
            .response()
            .await
            .unwrap()
    };
    let pending = generate().await;
    assert_eq!(pending.status, 202);
    assert_eq!(pending.pending_refresh().unwrap().id, "a1");
    assert_eq!(generate().await.status, 200);
}

#[tokio::test]
async fn status_204_is_none_and_no_error() {
    let campaign = json!({ "id": "spring", "amounts": { "monthly": { "EUR": [500, 1000] } } });
    let server = ScriptedServer::start(vec![json_response(204, "", ""), ok_json(&campaign)]).await;
    let client = server.client();
    assert_eq!(client.donation_campaign().await.unwrap(), None);
    let campaign = client.donation_campaign().await.unwrap().unwrap();
    assert_eq!(campaign.amounts.unwrap().monthly["EUR"], [500, 1000]);
}

#[tokio::test]
async fn media_has_no_url_until_it_is_processed() {
    let media = |url: Value| {
        json!({ "id": "7", "type": "video", "url": url, "preview_url": null, "meta": null })
            .to_string()
    };
    let processed_url = "https://a.example/7.mp4";
    let server = ScriptedServer::start(vec![
        json_response(202, "", &media(Value::Null)),
        json_response(206, "", &media(Value::Null)),
        json_response(206, "", &media(Value::Null)),
        json_response(200, "", &media(json!(processed_url))),
    ])
    .await;
    let client = server.client();
    let posted = client.media_post_v2(gif()).response().await.unwrap();
    assert_eq!((posted.status.as_u16(), &posted.value.url), (202, &None));
    let updated = client.media_update("7").focus("0.0,0.5").response().await;
    assert_eq!(updated.unwrap().status, 206);
    let waiting = client.media(&posted.value).response().await.unwrap();
    assert_eq!((waiting.status.as_u16(), waiting.value.url), (206, None));
    let ready = client.media(&posted.value).response().await.unwrap();
    assert_eq!(
        (ready.status.as_u16(), ready.value.url.as_deref()),
        (200, Some(processed_url))
    );
}

#[tokio::test]
async fn media_that_cannot_be_processed_is_an_error() {
    let failure = |status| error_response(status, "Error processing thumbnail for uploaded media");
    let server = ScriptedServer::start(vec![failure(422), failure(500)]).await;
    let client = server.client();
    assert!(client.media("7").await.unwrap_err().is_validation());
    assert!(client.media("7").await.unwrap_err().is_server_error());
}

#[tokio::test]
async fn pending_refreshes_are_read_from_the_header_of_every_response_type() {
    let header = "mastodon-async-refresh: id=\"a1\", retry=3, result_count=2\r\n";
    let with_refresh = |body: &str| json_response(200, header, body);
    let server = ScriptedServer::start(vec![
        with_refresh(r#"{"ancestors":[],"descendants":[]}"#),
        json_response(206, header, "[]"),
        with_refresh(r#"{"accounts":[],"statuses":[],"hashtags":[]}"#),
        with_refresh("[]"),
        with_refresh(r#"{"state":"generating"}"#),
    ])
    .await;
    let client = server.client();
    let context = client.status_context("1").response().await.unwrap();
    let home = client.timeline_home().response().await.unwrap();
    let search = client.search_v2("cats").response().await.unwrap();
    let suggestions = client.suggestions_v2().response().await.unwrap();
    let report = client.annual_report_state(2025).response().await.unwrap();
    assert_eq!(home.status, 206, "the timeline is not complete yet");
    let pending = [
        context.pending_refresh(),
        home.pending_refresh(),
        search.pending_refresh(),
        suggestions.pending_refresh(),
        report.pending_refresh(),
    ];
    for pending in pending {
        let pending = pending.unwrap();
        assert_eq!((pending.id.as_str(), pending.retry.as_secs()), ("a1", 3));
        assert_eq!(pending.result_count, Some(2));
    }
}
