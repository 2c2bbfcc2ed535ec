//! Optional values that cannot be read are absent, and lists and objects that are empty may be sent as the other.

use mastodon_sdk::entities::{Markers, Preferences};
use serde_json::json;

use super::{ABSENT, Case, check_statuses, difference, full_status, with_json};
use crate::support::fixtures::{account, with_fields};
use crate::support::{ScriptedServer, json_response, ok_json};

#[tokio::test]
async fn unreadable_optional_value_of_a_status_is_absent() {
    let cases: &[Case] = &[
        ("/card", r#""none""#, ABSENT, 1),
        ("/card", "false", ABSENT, 1),
        ("/card", "[[]]", ABSENT, 1),
        ("/card", r#"{"title":"no URL"}"#, ABSENT, 1),
        ("/card", "null", ABSENT, 0),
        ("/poll", r#"{"id":null}"#, ABSENT, 1),
        ("/poll", "7", ABSENT, 1),
        ("/poll/options", "null", "[]", 1),
        ("/poll/options/1", "null", ABSENT, 1),
        ("/application", r#""Web""#, ABSENT, 1),
        ("/application/website", "{}", ABSENT, 1),
        ("/reblog", r#"{"id":"6"}"#, ABSENT, 1),
        ("/reblog", "true", ABSENT, 1),
        ("/quote", r#""5""#, ABSENT, 1),
        ("/filtered", r#"[{"filter":null}]"#, "[]", 1),
        ("/account/moved", r#""bob@b.example""#, ABSENT, 1),
        ("/account/moved", r#"{"acct":"bob"}"#, ABSENT, 1),
        ("/account/roles", "null", "[]", 1),
        ("/media_attachments/0/meta", r#""640x480""#, ABSENT, 1),
        ("/media_attachments/0/meta/original", "7", ABSENT, 1),
        (
            "/media_attachments/0/meta/focus",
            r#"[0.5, 0.5]"#,
            ABSENT,
            1,
        ),
        ("/card/authors/0/account", r#"{"id":"4"}"#, ABSENT, 1),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn empty_list_is_an_empty_or_absent_object_and_the_reverse() {
    let cases: &[Case] = &[
        ("/card", "[]", ABSENT, 1),
        ("/poll", "[]", ABSENT, 1),
        ("/account/moved", "[]", ABSENT, 1),
        ("/emojis", "{}", "[]", 1),
        ("/emojis", "null", "[]", 1),
        ("/mentions", "null", "[]", 1),
        ("/mentions", "{}", "[]", 1),
        ("/tags", "{}", "[]", 1),
        ("/media_attachments", "{}", "[]", 1),
        ("/media_attachments", "null", "[]", 1),
        ("/account/fields", "{}", "[]", 1),
        ("/account/emojis", "{}", "[]", 1),
        ("/poll/own_votes", "{}", "[]", 1),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn list_or_text_instead_of_an_object_without_required_fields_is_tolerated() {
    let server = ScriptedServer::start(vec![
        json_response(200, "", &with_json(full_status("1"), "/application", "[]")),
        json_response(
            200,
            "",
            &with_json(full_status("1"), "/media_attachments/0/meta", "[]"),
        ),
    ])
    .await;
    let client = server.client();
    let first = client.status("1").response().await.unwrap();
    assert!(
        first
            .value
            .application
            .as_ref()
            .is_none_or(|application| application.name.is_empty())
    );
    assert_eq!(first.problems().len(), 1);
    let second = client.status("1").response().await.unwrap();
    let meta = second.value.media_attachments[0].meta.as_ref();
    assert!(meta.is_none_or(|meta| meta.original.is_none()));
    assert_eq!(second.problems().len(), 1);
}

#[tokio::test]
async fn unreadable_optional_value_of_the_users_account_is_absent() {
    let me = || {
        with_fields(
            account("1", "alice"),
            &json!({ "source": { "note": "Hi", "fields": [] }, "role": { "id": "3", "name": "Owner", "permissions": "1" } }),
        )
    };
    let cases: &[Case] = &[
        ("/role", r#""admin""#, ABSENT, 1),
        ("/role", "null", ABSENT, 0),
        ("/role", "[]", ABSENT, 1),
        (
            "/role/permissions",
            r#""99999999999999999999""#,
            "9223372036854775807",
            1,
        ),
        ("/source", "null", ABSENT, 0),
        ("/source", r#""Hi""#, ABSENT, 1),
        ("/source/fields", "null", "[]", 1),
        ("/source/fields", "{}", "[]", 1),
        ("/source/privacy", "[]", ABSENT, 1),
        ("/source/language", "7", r#""7""#, 1),
        ("/moved", "false", ABSENT, 1),
    ];
    let body = |(pointer, json, ..): &Case| json_response(200, "", &with_json(me(), pointer, json));
    let server = ScriptedServer::start(cases.iter().map(body).collect()).await;
    let client = server.client();
    let mut differences = Vec::new();
    for case in cases {
        let response = client
            .account_verify_credentials()
            .response()
            .await
            .unwrap();
        differences.extend(difference(case, "", &response.value, response.problems()));
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test]
async fn unreadable_optional_value_of_the_instance_is_absent() {
    let instance = || {
        json!({ "domain": "a.example", "title": "A", "version": "4.6.5", "configuration": { "urls": {} },
            "contact": { "email": "a@a.example", "account": account("1", "alice") }, "rules": [],
            "registrations": { "enabled": true } })
    };
    let cases: &[Case] = &[
        ("/contact/account", "[]", ABSENT, 1),
        ("/contact/account", r#""alice""#, ABSENT, 1),
        ("/contact/account", "null", ABSENT, 0),
        ("/contact", r#""a@a.example""#, ABSENT, 1),
        ("/thumbnail", r#""https://a.example/1.png""#, ABSENT, 1),
        ("/languages", "null", "[]", 1),
        ("/rules", "{}", "[]", 1),
    ];
    let body =
        |(pointer, json, ..): &Case| json_response(200, "", &with_json(instance(), pointer, json));
    let server = ScriptedServer::start(cases.iter().map(body).collect()).await;
    let client = server.client();
    let mut differences = Vec::new();
    for case in cases {
        let response = client.instance_v2().response().await.unwrap();
        assert_eq!(response.value.title, "A");
        differences.extend(difference(case, "", &response.value, response.problems()));
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test]
async fn history_of_a_tag_may_be_an_empty_object_or_null() {
    let tag = |history| json!([{ "name": "rust", "url": "https://a.example/tags/rust", "history": history }]);
    let histories = [json!({}), json!(null), json!("none"), json!([null])];
    let script = histories
        .iter()
        .map(|history| ok_json(&tag(history)))
        .collect();
    let server = ScriptedServer::start(script).await;
    let client = server.client();
    for history in histories {
        let response = client.trending_tags().response().await.unwrap();
        assert_eq!(response.value[0].name, "rust", "{history}");
        assert!(response.value[0].history.is_empty());
        assert_eq!(response.problems().len(), 1, "{history}");
    }
}

#[tokio::test]
async fn whole_response_without_required_fields_may_be_an_empty_list() {
    let server = ScriptedServer::start(vec![
        ok_json(&json!([])),
        ok_json(&json!([])),
        ok_json(&json!({})),
        ok_json(&json!({})),
    ])
    .await;
    let client = server.client();
    for problems in [1, 0] {
        let markers = client.markers_get(["home"]).response().await.unwrap();
        let value: &Markers = &markers.value;
        assert!(value.home.is_none() && value.notifications.is_none());
        assert_eq!(markers.problems().len(), problems);
        let preferences = client.preferences().response().await.unwrap();
        let value: &Preferences = &preferences.value;
        assert!(!value.posting_default_sensitive);
        assert_eq!(preferences.problems().len(), problems);
    }
}
