//! Resources whose answers or parameters are unlike the others.

use std::time::Duration;

use mastodon_sdk::entities::{AnnualReport, Filter, StreamFrame};
use mastodon_sdk::methods::{FilterKeywordAttributes, NewFilterKeyword};
use mastodon_sdk::{Endpoint, Mastodon};

use crate::server::{Server, json};

fn client() -> Mastodon {
    Mastodon::builder("a.example").build().unwrap()
}

fn body(request: &http::Request<bytes::Bytes>) -> serde_json::Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn collection(id: u32) -> String {
    let time = "2026-10-09T19:14:32.508Z";
    format!(
        r#"{{"id":"{id}","account_id":"43","uri":"https://a.example/{id}","url":null,"name":"cats","description":null,
        "language":"en","local":true,"sensitive":false,"discoverable":true,"tag":null,"item_count":1,
        "created_at":"{time}","updated_at":"{time}","items":[{{"id":"5","state":"accepted","created_at":"{time}"}}]}}"#
    )
}

#[test]
fn an_emoji_in_the_path_is_encoded() {
    let request = client()
        .announcement_reaction_create("8", "🤔")
        .http_request()
        .unwrap();
    assert_eq!(
        request.uri().path(),
        "/api/v1/announcements/8/reactions/%F0%9F%A4%94"
    );
}

#[test]
fn the_words_of_a_filter_are_added_changed_and_removed_in_one_request() {
    let create = client()
        .create_filter_v2("test", ["home"])
        .keywords_attributes([NewFilterKeyword::new("foo").whole_word(true)])
        .expires_in(Duration::from_secs(60))
        .http_request()
        .unwrap();
    assert_eq!(
        body(&create),
        serde_json::json!({
            "title": "test", "context": ["home"], "expires_in": 60,
            "keywords_attributes": [{ "keyword": "foo", "whole_word": true }],
        })
    );
    let update = client()
        .update_filter_v2("7")
        .keywords_attributes([
            FilterKeywordAttributes::new().keyword("new"),
            FilterKeywordAttributes::new().id("1").destroy(true),
        ])
        .clear_expires_in()
        .http_request()
        .unwrap();
    assert_eq!(
        body(&update),
        serde_json::json!({
            "keywords_attributes": [{ "keyword": "new" }, { "id": "1", "_destroy": true }],
            "expires_in": null,
        })
    );
}

#[test]
#[allow(deprecated, reason = "the first form of filters is what is tested")]
fn the_first_form_of_a_filter_is_named_by_its_keyword() {
    let filter: Filter = serde_json::from_value(serde_json::json!({
        "id": "7", "title": "t", "context": ["home"], "expires_at": null, "filter_action": "warn",
        "keywords": [{ "id": "12", "keyword": "t", "whole_word": false }],
    }))
    .unwrap();
    let request = client()
        .filter_delete(&filter.keywords[0])
        .http_request()
        .unwrap();
    assert_eq!(request.uri().path(), "/api/v1/filters/12");
}

#[tokio::test]
async fn a_list_inside_an_object_is_paged_by_offset_until_no_link_comes() {
    let next = "link: <https://a.example/api/v1/accounts/43/collections?limit=1&offset=1>; rel=\"next\"\r\n";
    let page = |id| format!(r#"{{"collections":[{}]}}"#, collection(id));
    let server = Server::start(vec![json(200, next, &page(1)), json(200, "", &page(2))]).await;
    let first = server
        .client()
        .account_collections("43")
        .limit(1)
        .await
        .unwrap();
    assert_eq!(first[0].id.as_str(), "1");
    assert_eq!(first[0].items[0].account_id, None);
    let second = first.next().await.unwrap().unwrap();
    assert_eq!(second.body().collections[0].id.as_str(), "2");
    assert!(second.next().await.unwrap().is_none());
    assert!(
        server.seen()[1].starts_with("GET /api/v1/accounts/43/collections?limit=1&offset=1 "),
        "{:?}",
        server.seen()
    );
}

#[tokio::test]
async fn an_answer_without_a_body_is_no_error() {
    let script = vec![json(200, "", ""), json(202, "", ""), json(200, "", "{}")];
    let server = Server::start(script).await;
    let client = server.client();
    client.collection_item_revoke("1", "2").await.unwrap();
    let pending = client
        .annual_report_generate(2025)
        .response()
        .await
        .unwrap();
    assert_eq!(pending.status, 202);
    let there = client
        .annual_report_generate(2025)
        .response()
        .await
        .unwrap();
    assert_eq!(there.status, 200);
}

#[tokio::test]
async fn what_may_be_missing_is_optional() {
    let script = vec![
        json(204, "", ""),
        json(
            200,
            "",
            r#"{"id":"spring","amounts":{"monthly":{"EUR":[500,1000]}}}"#,
        ),
    ];
    let server = Server::start(script).await;
    let client = server.client();
    assert_eq!(client.donation_campaign().await.unwrap(), None);
    let campaign = client.donation_campaign().await.unwrap().unwrap();
    let monthly = campaign.amounts.unwrap().monthly;
    assert_eq!(monthly["EUR"], [500, 1000]);
}

#[test]
fn an_annual_report_is_read_in_both_of_its_forms() {
    let report = |data: serde_json::Value, version: u32| {
        serde_json::from_value::<AnnualReport>(
            serde_json::json!({ "year": 2024, "data": data, "schema_version": version }),
        )
        .unwrap()
    };
    let second = report(
        serde_json::json!({
            "archetype": "lurker", "time_series": [{ "month": 12, "statuses": 105, "followers": 0 }],
            "top_hashtags": [], "top_statuses": { "by_reblogs": null, "by_replies": null, "by_favourites": null },
        }),
        2,
    );
    assert!(second.data.percentiles.is_none() && second.data.most_used_apps.is_empty());
    let first = report(
        serde_json::json!({
            "archetype": "lurker", "percentiles": { "statuses": 21.5 }, "time_series": [], "top_hashtags": [],
            "top_statuses": { "by_reblogs": 23 }, "most_used_apps": [{ "name": "Web", "count": 1 }],
        }),
        1,
    );
    assert_eq!(first.data.percentiles.unwrap().statuses, Some(21.5));
    assert_eq!(first.data.top_statuses.by_reblogs.unwrap().as_str(), "23");
    assert_eq!(first.data.most_used_apps[0].name, "Web");
}

#[test]
fn a_frame_of_the_websocket_is_an_event_or_an_error() {
    let read = |text| serde_json::from_str::<StreamFrame>(text).unwrap();
    let event = read(r#"{"stream":["hashtag","rust"],"event":"delete","payload":"12"}"#);
    assert_eq!(
        event.as_stream_message().unwrap().stream,
        ["hashtag", "rust"]
    );
    let error = read(r#"{"error":"Unknown stream type","status":400}"#);
    assert_eq!(error.as_stream_error().unwrap().status, Some(400));
}

#[test]
fn streams_are_endpoints_that_no_plain_call_asks() {
    let user = Endpoint::all()
        .iter()
        .find(|endpoint| endpoint.name == "stream_user");
    assert_eq!(user.unwrap().path, "/api/v1/streaming/user");
}
