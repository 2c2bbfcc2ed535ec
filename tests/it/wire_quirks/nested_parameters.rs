//! Nested parameters (with brackets in the documentation) in JSON, form and multipart bodies.

use std::time::Duration;

use mastodon_sdk::Visibility;
use mastodon_sdk::entities::QuotePolicy;
use mastodon_sdk::methods::{
    FieldAttributes, FilterKeywordAttributes, HomeMarker, MediaAttributes, NewFilterKeyword,
    NewPoll, NewPushSubscription, NotificationsMarker, PushAlerts, PushKeys, PushSubscriptionData,
    SourceAttributes,
};
use serde_json::json;

use super::ok_server;
use crate::support::fixtures::gif;
use crate::support::{form_body, json_body, multipart_body};

/// Names and values of the parts of a multipart body.
fn parts(request: &str) -> Vec<(&str, &str)> {
    let parts = multipart_body(request).into_iter();
    parts.map(|part| (part.name, part.value)).collect()
}

#[tokio::test]
async fn nested_parameters_are_sent_as_nested_json() {
    let (server, client) = ok_server().await;
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
    let requests = server.requests();
    // The documentation lists the policy of an update next to `data`, but the server reads it inside
    // `data`. The dot in the name of an alert does not nest.
    let data =
        json!({ "alerts": { "mention": true, "admin.sign_up": false }, "policy": "followed" });
    assert_eq!(
        json_body(&requests[0]),
        json!({
            "subscription": {
                "endpoint": "https://push.example/1", "keys": { "p256dh": "point", "auth": "secret" }, "standard": true,
            },
            "data": data,
        })
    );
    assert_eq!(json_body(&requests[1]), json!({ "data": data }));
    assert_eq!(
        json_body(&requests[2]),
        json!({ "home": { "last_read_id": "5" }, "notifications": { "last_read_id": "9" } })
    );
    assert_eq!(json_body(&requests[3]), json!({ "id": ["1", "2"] }));
}

#[tokio::test]
async fn filter_keywords_are_added_and_removed_in_one_request() {
    let (server, client) = ok_server().await;
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
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({
            "title": "test", "context": ["home"], "expires_in": 60,
            "keywords_attributes": [{ "keyword": "foo", "whole_word": true }],
        })
    );
    assert_eq!(
        json_body(&requests[1]),
        json!({
            "keywords_attributes": [{ "keyword": "new" }, { "id": "1", "_destroy": true }],
            "expires_in": null,
        })
    );
}

#[tokio::test]
async fn edit_with_a_thumbnail_sends_the_attributes_of_each_file_together() {
    let (server, client) = ok_server().await;
    let poll = || NewPoll::new(["yes", "no"], Duration::from_secs(600)).multiple(true);
    // The server starts a new file at each repeated key, so `id` must come first in any order of calls.
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
            .replace_all(true)
    };
    let [cat, dog] = files();
    edit()
        .media_attributes([cat.thumbnail(gif()), dog])
        .raw()
        .await
        .unwrap();
    edit().media_attributes(files()).raw().await.unwrap();
    let requests = server.requests();
    assert_eq!(
        parts(&requests[0]),
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
        json_body(&requests[1]),
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

/// Profile fields as form parameters.
const PROFILE_FIELDS: [(&str, &str); 4] = [
    ("fields_attributes[0][name]", "Site"),
    ("fields_attributes[0][value]", "https://a.example"),
    ("fields_attributes[1][name]", "Pets"),
    ("fields_attributes[1][value]", "A & B"),
];

fn profile_fields() -> [FieldAttributes; 2] {
    [
        FieldAttributes::new("Site", "https://a.example"),
        FieldAttributes::new("Pets", "A & B"),
    ]
}

#[tokio::test]
async fn update_credentials_sends_a_form_or_with_an_image_multipart() {
    let (server, client) = ok_server().await;
    let source = SourceAttributes::new()
        .privacy(Visibility::Private)
        .quote_policy(QuotePolicy::Nobody);
    let update = || {
        client
            .account_update_credentials()
            .fields_attributes(profile_fields())
            .source(source.clone())
            .attribution_domains(["b.example", "c.example"])
            .bot(false)
    };
    update().raw().await.unwrap();
    update().avatar(gif()).raw().await.unwrap();
    let mut expected = PROFILE_FIELDS.to_vec();
    expected.extend([
        ("source[privacy]", "private"),
        ("source[quote_policy]", "nobody"),
        ("attribution_domains[]", "b.example"),
        ("attribution_domains[]", "c.example"),
        ("bot", "false"),
    ]);
    let requests = server.requests();
    assert!(
        requests[0].starts_with("PATCH /api/v1/accounts/update_credentials "),
        "{}",
        requests[0]
    );
    let form = form_body(&requests[0]);
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(form, expected);
    expected.push(("avatar", "GIF89a"));
    assert_eq!(parts(&requests[1]), expected);
}

#[tokio::test]
async fn profile_update_sends_json_or_with_an_image_multipart() {
    let (server, client) = ok_server().await;
    let update = || client.profile_update().fields_attributes(profile_fields());
    update().show_media(true).raw().await.unwrap();
    update().header(gif()).raw().await.unwrap();
    let requests = server.requests();
    assert_eq!(
        json_body(&requests[0]),
        json!({
            "fields_attributes": [
                { "name": "Site", "value": "https://a.example" }, { "name": "Pets", "value": "A & B" },
            ],
            "show_media": true,
        })
    );
    let mut expected = PROFILE_FIELDS.to_vec();
    expected.push(("header", "GIF89a"));
    assert_eq!(parts(&requests[1]), expected);
}

#[tokio::test]
async fn media_update_sends_json_or_with_a_thumbnail_multipart() {
    let (server, client) = ok_server().await;
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
    let requests = server.requests();
    assert_eq!(json_body(&requests[0]), json!({ "description": "A cat" }));
    assert_eq!(
        parts(&requests[1]),
        [("description", "A cat"), ("thumbnail", "GIF89a")]
    );
    assert_eq!(
        parts(&requests[2]),
        [("file", "GIF89a"), ("focus", "0.0,0.5")]
    );
}
