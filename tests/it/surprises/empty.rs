//! Success that is not 200, or that says nothing.

use mastodon_sdk::Upload;
use serde_json::{Value, json};

use crate::server::{Server, answer, json as reply, line, ok};

#[tokio::test]
async fn what_is_taken_away_is_gone_whether_the_server_shows_it_or_not() {
    // The documentation promises an entity for each; old versions kept the promise, newer ones send `{}`.
    let shown =
        json!({ "id": "4", "domain": "b.example", "created_at": "2022-09-14T21:32:44.945Z" });
    let script = (0..8).flat_map(|_| [ok(&json!({})), ok(&shown)]).collect();
    let server = Server::start(script).await;
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
    let seen = server.seen();
    let lines: Vec<&str> = seen[..8].iter().map(|request| line(request)).collect();
    assert_eq!(
        lines,
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
async fn zero_bytes_are_an_answer_where_collections_are_changed() {
    // Without a type of content, as a server sends a bare head; and the `{}` of the documentation.
    let server = Server::start(vec![
        answer(200, "text/plain", "", ""),
        reply(200, "", ""),
        answer(200, "text/html", "", ""),
        ok(&json!({})),
    ])
    .await;
    let client = server.client();
    client.collection_delete("1").await.unwrap();
    client.collection_item_delete("1", "2").await.unwrap();
    client.collection_item_revoke("1", "2").await.unwrap();
    client.collection_delete("1").await.unwrap();
    let seen = server.seen();
    assert_eq!(line(&seen[1]), "DELETE /api/v1/collections/1/items/2");
    assert_eq!(line(&seen[2]), "POST /api/v1/collections/1/items/2/revoke");
}

#[tokio::test]
async fn a_report_that_has_to_be_made_first_is_told_by_the_status() {
    let header = "mastodon-async-refresh: id=\"a1\", retry=5\r\n";
    let server = Server::start(vec![reply(202, header, ""), ok(&json!({}))]).await;
    let client = server.client();
    let ask = async || {
        client
            .annual_report_generate(2025)
            .response()
            .await
            .unwrap()
    };
    let pending = ask().await;
    assert_eq!(pending.status, 202);
    assert_eq!(pending.pending_refresh().unwrap().id, "a1");
    assert_eq!(ask().await.status, 200);
}

#[tokio::test]
async fn no_campaign_is_no_value_and_no_error() {
    let campaign = json!({ "id": "spring", "amounts": { "monthly": { "EUR": [500, 1000] } } });
    let server = Server::start(vec![reply(204, "", ""), ok(&campaign)]).await;
    let client = server.client();
    assert_eq!(client.donation_campaign().await.unwrap(), None);
    let campaign = client.donation_campaign().await.unwrap().unwrap();
    assert_eq!(campaign.amounts.unwrap().monthly["EUR"], [500, 1000]);
}

#[tokio::test]
async fn media_has_no_address_until_it_is_processed() {
    let media = |url: Value| {
        json!({ "id": "7", "type": "video", "url": url, "preview_url": null, "meta": null })
            .to_string()
    };
    let address = "https://a.example/7.mp4";
    let server = Server::start(vec![
        reply(202, "", &media(Value::Null)),
        reply(206, "", &media(Value::Null)),
        reply(206, "", &media(Value::Null)),
        reply(200, "", &media(json!(address))),
    ])
    .await;
    let client = server.client();
    let file = Upload::bytes(&b"GIF89a"[..]).file_name("cat.gif");
    let posted = client.media_post_v2(file).response().await.unwrap();
    assert_eq!((posted.status.as_u16(), &posted.value.url), (202, &None));
    let changed = client.media_update("7").focus("0.0,0.5").response().await;
    assert_eq!(changed.unwrap().status, 206);
    let waiting = client.media(&posted.value).response().await.unwrap();
    assert_eq!((waiting.status.as_u16(), waiting.value.url), (206, None));
    let ready = client.media(&posted.value).response().await.unwrap();
    assert_eq!(
        (ready.status.as_u16(), ready.value.url.as_deref()),
        (200, Some(address))
    );
}

#[tokio::test]
async fn media_that_cannot_be_processed_is_a_refusal() {
    let words = r#"{"error":"Error processing thumbnail for uploaded media"}"#;
    let script = vec![reply(422, "", words), reply(500, "", words)];
    let server = Server::start(script).await;
    let client = server.client();
    assert!(client.media("7").await.unwrap_err().is_validation());
    assert!(client.media("7").await.unwrap_err().is_server_error());
}

/// The lists and objects that the server goes on with after it has answered.
#[tokio::test]
async fn what_goes_on_behind_an_answer_can_be_told() {
    let header = "mastodon-async-refresh: id=\"a1\", retry=3, result_count=2\r\n";
    let answer = |body: &str| reply(200, header, body);
    let server = Server::start(vec![
        answer(r#"{"ancestors":[],"descendants":[]}"#),
        reply(206, header, "[]"),
        answer(r#"{"accounts":[],"statuses":[],"hashtags":[]}"#),
        answer("[]"),
        answer(r#"{"state":"generating"}"#),
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
