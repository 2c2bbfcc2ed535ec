//! Path parameters: names, emoji, dates, IDs of related entities, and IDs in any format.

use mastodon_sdk::entities::Filter;
use mastodon_sdk::{Account, Error};
use serde_json::json;

use super::ok_server;
use crate::support::fixtures::account;

#[tokio::test]
async fn emoji_is_percent_encoded_and_a_shortcode_is_not() {
    let (server, client) = ok_server().await;
    client
        .announcement_reaction_create("8", "🤔")
        .await
        .unwrap();
    client
        .announcement_reaction_delete("8", "blobcat_1")
        .await
        .unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "PUT /api/v1/announcements/8/reactions/%F0%9F%A4%94",
            "DELETE /api/v1/announcements/8/reactions/blobcat_1",
        ]
    );
}

#[tokio::test]
async fn hashtags_group_keys_years_and_dates_identify_resources_without_an_id() {
    let (server, client) = ok_server().await;
    client.tag("日本/é").raw().await.unwrap();
    client
        .grouped_notification("favourite-113010503322889311-479000")
        .raw()
        .await
        .unwrap();
    client
        .dismiss_grouped_notification("ungrouped-3")
        .await
        .unwrap();
    client.annual_report_read(2025).await.unwrap();
    let date = "2025-05-22".parse().unwrap();
    client
        .instance_terms_of_service_at(date)
        .raw()
        .await
        .unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "GET /api/v1/tags/%E6%97%A5%E6%9C%AC%2F%C3%A9",
            "GET /api/v2/notifications/favourite-113010503322889311-479000",
            "POST /api/v2/notifications/ungrouped-3/dismiss",
            "POST /api/v1/annual_reports/2025/read",
            "GET /api/v1/instance/terms_of_service/2025-05-22",
        ]
    );
}

#[tokio::test]
async fn follow_requests_and_suggestions_are_identified_by_the_account() {
    let account: Account = serde_json::from_value(account("23", "bob")).unwrap();
    let (server, client) = ok_server().await;
    client
        .follow_request_authorize(&account)
        .raw()
        .await
        .unwrap();
    client.suggestion_delete(&account).await.unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "POST /api/v1/follow_requests/23/authorize",
            "DELETE /api/v1/suggestions/23"
        ]
    );
}

#[tokio::test]
#[allow(deprecated, reason = "tests version 1 of the filters")]
async fn v1_filter_is_identified_by_its_keyword() {
    let filter: Filter = serde_json::from_value(json!({
        "id": "7", "title": "t", "context": ["home"], "expires_at": null, "filter_action": "warn",
        "keywords": [{ "id": "12", "keyword": "t", "whole_word": false }],
    }))
    .unwrap();
    let (server, client) = ok_server().await;
    let keyword = &filter.keywords[0];
    client.filter_delete(keyword).await.unwrap();
    client.filter_keyword_v2(keyword).raw().await.unwrap();
    client.filter_keywords_v2(&filter).raw().await.unwrap();
    assert_eq!(
        server.request_lines(),
        [
            "DELETE /api/v1/filters/12",
            "GET /api/v2/filters/keywords/12",
            "GET /api/v2/filters/7/keywords",
        ]
    );
}

#[tokio::test]
async fn id_may_contain_any_character_but_not_be_empty_or_a_dot_segment() {
    let (server, client) = ok_server().await;
    let id = "2026-11-23T19:24:20.830Z/mention/9f0c?#%";
    client.notification_dismiss(id).await.unwrap();
    for invalid in ["", ".", ".."] {
        let error = client.notification_dismiss(invalid).await.unwrap_err();
        assert!(matches!(error, Error::IllegalArgument { .. }), "{error:?}");
    }
    assert_eq!(
        server.request_lines(),
        [
            "POST /api/v1/notifications/2026-11-23T19%3A24%3A20.830Z%2Fmention%2F9f0c%3F%23%25/dismiss"
        ]
    );
}
