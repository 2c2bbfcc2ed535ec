//! Nested parameters: what the documentation writes with brackets, in JSON, in forms and in multipart.

use std::time::Duration;

use mastodon_sdk::entities::QuotePolicy;
use mastodon_sdk::methods::{
    FieldAttributes, FilterKeywordAttributes, HomeMarker, MediaAttributes, NewFilterKeyword,
    NewPoll, NewPushSubscription, NotificationsMarker, PushAlerts, PushKeys, PushSubscriptionData,
    SourceAttributes,
};
use mastodon_sdk::{Upload, Visibility};
use serde_json::json;

use super::yes;
use crate::server::{body, text};

fn gif() -> Upload {
    Upload::bytes(&b"GIF89a"[..]).file_name("me.gif")
}

/// The parts of a multipart body, in their order: name and value.
fn parts(request: &str) -> Vec<(&str, &str)> {
    let body = text(request);
    let (boundary, _) = body.split_once("\r\n").unwrap();
    body.split(boundary)
        .filter_map(|part| {
            let (_, rest) = part.split_once("form-data; name=\"")?;
            let (name, rest) = rest.split_once('"')?;
            let (_, value) = rest.split_once("\r\n\r\n")?;
            Some((name, value.trim_end()))
        })
        .collect()
}

#[tokio::test]
async fn nested_values_are_nested_json_whatever_brackets_the_documentation_shows() {
    let (server, client) = yes().await;
    let keys = PushKeys::new("point", "secret");
    let alerts = PushAlerts::new().mention(true).admin_sign_up(false);
    let data = PushSubscriptionData::new()
        .alerts(alerts)
        .policy("followed");
    client
        .push_subscription_set(
            NewPushSubscription::new("https://push.example/1", keys).standard(true),
        )
        .data(data.clone())
        .raw()
        .await
        .unwrap();
    client.push_subscription_update(data).raw().await.unwrap();
    client
        .markers_set()
        .home(HomeMarker::new("5"))
        .notifications(NotificationsMarker::new("9"))
        .raw()
        .await
        .unwrap();
    client
        .accept_multiple_notification_requests(["1", "2"])
        .await
        .unwrap();
    let seen = server.seen();
    // The documentation has the policy of an update beside `data`; the server reads it inside, and the dot
    // in the name of an alert stands for itself.
    let data =
        json!({ "alerts": { "mention": true, "admin.sign_up": false }, "policy": "followed" });
    assert_eq!(
        body(&seen[0]),
        json!({
            "subscription": {
                "endpoint": "https://push.example/1", "keys": { "p256dh": "point", "auth": "secret" }, "standard": true,
            },
            "data": data,
        })
    );
    assert_eq!(body(&seen[1]), json!({ "data": data }));
    assert_eq!(
        body(&seen[2]),
        json!({ "home": { "last_read_id": "5" }, "notifications": { "last_read_id": "9" } })
    );
    assert_eq!(body(&seen[3]), json!({ "id": ["1", "2"] }));
}

#[tokio::test]
async fn the_words_of_a_filter_are_added_changed_and_removed_in_one_request() {
    let (server, client) = yes().await;
    client
        .create_filter_v2("test", ["home"])
        .keywords_attributes([NewFilterKeyword::new("foo").whole_word(true)])
        .expires_in(Duration::from_secs(60))
        .raw()
        .await
        .unwrap();
    client
        .update_filter_v2("7")
        .keywords_attributes([
            FilterKeywordAttributes::new().keyword("new"),
            FilterKeywordAttributes::new().id("1").destroy(true),
        ])
        .clear_expires_in()
        .raw()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({
            "title": "test", "context": ["home"], "expires_in": 60,
            "keywords_attributes": [{ "keyword": "foo", "whole_word": true }],
        })
    );
    assert_eq!(
        body(&seen[1]),
        json!({
            "keywords_attributes": [{ "keyword": "new" }, { "id": "1", "_destroy": true }],
            "expires_in": null,
        })
    );
}

#[tokio::test]
async fn an_edit_with_a_picture_keeps_the_keys_of_each_file_together() {
    let (server, client) = yes().await;
    let poll = || NewPoll::new(["yes", "no"], Duration::from_secs(600)).multiple(true);
    // However the caller orders them: a form begins another file where a key comes again.
    let files = || {
        [
            MediaAttributes::new("7")
                .focus("0.0,0.5")
                .description("A cat"),
            MediaAttributes::new("8").description("A dog"),
        ]
    };
    let edit = || {
        client
            .status_update("5", "Better")
            .media_ids(["7", "8"])
            .poll(poll())
            .replace_all()
    };
    let [cat, dog] = files();
    edit()
        .media_attributes([cat.thumbnail(gif()), dog])
        .raw()
        .await
        .unwrap();
    edit().media_attributes(files()).raw().await.unwrap();
    let seen = server.seen();
    assert_eq!(
        parts(&seen[0]),
        [
            ("status", "Better"),
            ("media_ids[]", "7"),
            ("media_ids[]", "8"),
            ("poll[options][]", "yes"),
            ("poll[options][]", "no"),
            ("poll[expires_in]", "600"),
            ("poll[multiple]", "true"),
            ("media_attributes[][id]", "7"),
            ("media_attributes[][focus]", "0.0,0.5"),
            ("media_attributes[][description]", "A cat"),
            ("media_attributes[][thumbnail]", "GIF89a"),
            ("media_attributes[][id]", "8"),
            ("media_attributes[][description]", "A dog"),
        ]
    );
    assert_eq!(
        body(&seen[1]),
        json!({
            "status": "Better", "media_ids": ["7", "8"],
            "poll": { "options": ["yes", "no"], "expires_in": 600, "multiple": true },
            "media_attributes": [
                { "id": "7", "focus": "0.0,0.5", "description": "A cat" },
                { "id": "8", "description": "A dog" },
            ],
        })
    );
}

/// The rows of a profile, in a form and in multipart.
const ROWS: [(&str, &str); 4] = [
    ("fields_attributes[0][name]", "Site"),
    ("fields_attributes[0][value]", "https://a.example"),
    ("fields_attributes[1][name]", "Pets"),
    ("fields_attributes[1][value]", "A & B"),
];

fn rows() -> [FieldAttributes; 2] {
    [
        FieldAttributes::new("Site", "https://a.example"),
        FieldAttributes::new("Pets", "A & B"),
    ]
}

#[tokio::test]
async fn the_credentials_travel_as_a_form_and_with_a_picture_as_multipart() {
    let (server, client) = yes().await;
    let source = SourceAttributes::new()
        .privacy(Visibility::Private)
        .quote_policy(QuotePolicy::Nobody);
    let update = || {
        client
            .account_update_credentials()
            .fields_attributes(rows())
            .source(source.clone())
            .attribution_domains(["b.example", "c.example"])
            .bot(false)
    };
    update().raw().await.unwrap();
    update().avatar(gif()).raw().await.unwrap();
    let mut expected = ROWS.to_vec();
    expected.extend([
        ("source[privacy]", "private"),
        ("source[quote_policy]", "nobody"),
        ("attribution_domains[]", "b.example"),
        ("attribution_domains[]", "c.example"),
        ("bot", "false"),
    ]);
    let seen = server.seen();
    assert!(
        seen[0].starts_with("PATCH /api/v1/accounts/update_credentials "),
        "{}",
        seen[0]
    );
    let form: Vec<_> = url::form_urlencoded::parse(text(&seen[0]).as_bytes()).collect();
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(form, expected);
    expected.push(("avatar", "GIF89a"));
    assert_eq!(parts(&seen[1]), expected);
}

#[tokio::test]
async fn the_profile_travels_as_a_list_in_json_and_with_a_picture_as_multipart() {
    let (server, client) = yes().await;
    let update = || client.profile_update().fields_attributes(rows());
    update().show_media(true).raw().await.unwrap();
    update().header(gif()).raw().await.unwrap();
    let seen = server.seen();
    assert_eq!(
        body(&seen[0]),
        json!({
            "fields_attributes": [
                { "name": "Site", "value": "https://a.example" }, { "name": "Pets", "value": "A & B" },
            ],
            "show_media": true,
        })
    );
    let mut expected = ROWS.to_vec();
    expected.push(("header", "GIF89a"));
    assert_eq!(parts(&seen[1]), expected);
}

#[tokio::test]
async fn media_is_described_in_json_and_gets_a_picture_by_multipart() {
    let (server, client) = yes().await;
    client
        .media_update("7")
        .description("A cat")
        .raw()
        .await
        .unwrap();
    client
        .media_update("7")
        .description("A cat")
        .thumbnail(gif())
        .raw()
        .await
        .unwrap();
    client
        .media_post_v2(gif())
        .focus("0.0,0.5")
        .raw()
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(body(&seen[0]), json!({ "description": "A cat" }));
    assert_eq!(
        parts(&seen[1]),
        [("description", "A cat"), ("thumbnail", "GIF89a")]
    );
    assert_eq!(parts(&seen[2]), [("file", "GIF89a"), ("focus", "0.0,0.5")]);
}
