//! What stands in paths: names, emoji, dates, the ids of something else, and ids of any form.

use mastodon_sdk::entities::Filter;
use mastodon_sdk::{Account, Error};
use serde_json::json;

use super::yes;
use crate::samples::account;
use crate::server::{Server, line};

fn lines(server: &Server) -> Vec<String> {
    let seen = server.seen();
    seen.iter()
        .map(|request| line(request).to_owned())
        .collect()
}

#[tokio::test]
async fn an_emoji_is_encoded_and_a_shortcode_stays_as_it_is() {
    let (server, client) = yes().await;
    client
        .announcement_reaction_create("8", "🤔")
        .await
        .unwrap();
    client
        .announcement_reaction_delete("8", "blobcat_1")
        .await
        .unwrap();
    assert_eq!(
        lines(&server),
        [
            "PUT /api/v1/announcements/8/reactions/%F0%9F%A4%94",
            "DELETE /api/v1/announcements/8/reactions/blobcat_1",
        ]
    );
}

#[tokio::test]
async fn hashtags_group_keys_years_and_dates_name_things_that_have_no_id() {
    let (server, client) = yes().await;
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
        lines(&server),
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
async fn a_follow_request_and_a_suggestion_are_named_by_their_account() {
    let account: Account = serde_json::from_value(account("23", "bob")).unwrap();
    let (server, client) = yes().await;
    client
        .follow_request_authorize(&account)
        .raw()
        .await
        .unwrap();
    client.suggestion_delete(&account).await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "POST /api/v1/follow_requests/23/authorize",
            "DELETE /api/v1/suggestions/23"
        ]
    );
}

#[tokio::test]
#[allow(deprecated, reason = "the first form of filters is what is tested")]
async fn the_first_form_of_a_filter_is_named_by_its_keyword() {
    let filter: Filter = serde_json::from_value(json!({
        "id": "7", "title": "t", "context": ["home"], "expires_at": null, "filter_action": "warn",
        "keywords": [{ "id": "12", "keyword": "t", "whole_word": false }],
    }))
    .unwrap();
    let (server, client) = yes().await;
    let word = &filter.keywords[0];
    client.filter_delete(word).await.unwrap();
    client.filter_keyword_v2(word).raw().await.unwrap();
    client.filter_keywords_v2(&filter).raw().await.unwrap();
    assert_eq!(
        lines(&server),
        [
            "DELETE /api/v1/filters/12",
            "GET /api/v2/filters/keywords/12",
            "GET /api/v2/filters/7/keywords",
        ]
    );
}

#[tokio::test]
async fn an_id_may_hold_anything_but_a_step_to_another_path() {
    let (server, client) = yes().await;
    let id = "2026-11-23T19:24:20.830Z/mention/9f0c?#%";
    client.notification_dismiss(id).await.unwrap();
    for step in ["", ".", ".."] {
        let error = client.notification_dismiss(step).await.unwrap_err();
        assert!(matches!(error, Error::IllegalArgument { .. }), "{error:?}");
    }
    assert_eq!(
        lines(&server),
        [
            "POST /api/v1/notifications/2026-11-23T19%3A24%3A20.830Z%2Fmention%2F9f0c%3F%23%25/dismiss"
        ]
    );
}
