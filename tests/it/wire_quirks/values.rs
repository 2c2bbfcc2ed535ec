//! Values: numbers as strings and strings as numbers, field names that are not identifiers, unknown values, and
//! fields whose type differs between versions.

use mastodon_sdk::entities::{
    Filter, FilterAction, Instance, NotificationPolicy, NotificationType, Preferences, StatusQuote,
    V1Instance,
};
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Account, Notification, Status, Visibility};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::fixtures::{account, status, with_fields};
use crate::support::{ScriptedServer, error_response, ok_json};

/// Serializes a value, decodes it and serializes it again.
fn roundtrip<T: Serialize + DeserializeOwned>(value: &T) -> Value {
    let decoded: T = serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap();
    serde_json::to_value(decoded).unwrap()
}

#[tokio::test]
async fn ids_sent_as_numbers_are_decoded() {
    let group = json!({ "group_key": "g", "notifications_count": 1, "type": "follow", "most_recent_notification_id": 196014 });
    let scheduled = json!({
        "id": "3221", "scheduled_at": "2030-01-01T00:00:00.000Z", "media_attachments": [],
        "params": { "text": "Hi", "in_reply_to_id": 103641, "application_id": 596551 },
    });
    let publisher = json!([{ "id": 5, "domain": "news.example", "requires_review": true }]);
    let script = [
        json!({ "accounts": [], "statuses": [], "notification_groups": [group] }),
        json!({ "id": 328183, "endpoint": "https://push.example", "alerts": {}, "server_key": "key" }),
        scheduled,
        publisher,
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let client = server.client();
    let groups = client.grouped_notifications().await.unwrap();
    assert_eq!(groups[0].most_recent_notification_id.as_str(), "196014");
    let push = client.push_subscription().await.unwrap();
    assert_eq!(push.id.as_str(), "328183");
    let params = client.scheduled_status("3221").await.unwrap().params;
    assert_eq!(params.in_reply_to_id.unwrap().as_str(), "103641");
    assert_eq!(params.application_id.unwrap().as_str(), "596551");
    let publishers = client.admin_trending_link_publishers().await.unwrap();
    assert_eq!(publishers[0].id.as_str(), "5");
}

#[tokio::test]
async fn counts_sent_as_strings_are_decoded_as_numbers() {
    let role = json!({ "id": "3", "name": "Owner", "color": "", "permissions": "65536", "highlighted": true });
    let script = [
        json!([{ "id": "1", "name": "rust", "url": "https://a.example", "statuses_count": "36", "last_status_at": "2022-08-29" }]),
        json!({ "name": "rust", "url": "https://a.example", "history": [{ "day": "1574553600", "uses": "200", "accounts": "31" }] }),
        json!([{ "week": "1574640000", "statuses": "37125", "logins": "14239", "registrations": "542" }]),
        json!([{ "key": "instance_media_attachments", "unit": "bytes", "total": "12", "data": [
            { "date": "2022-09-14T00:00:00Z", "value": "12" }, { "date": "2022-09-15T00:00:00Z", "value": "" },
        ] }]),
        with_fields(account("23", "bob"), &json!({ "role": role, "source": {} })),
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let client = server.client();
    assert_eq!(client.featured_tags().await.unwrap()[0].statuses_count, 36);
    let day = client.tag("rust").await.unwrap().history.remove(0);
    assert_eq!((day.day, day.uses, day.accounts), (1_574_553_600, 200, 31));
    let week = client.instance_activity().await.unwrap().remove(0);
    assert_eq!(
        (week.week, week.statuses, week.logins, week.registrations),
        (1_574_640_000, 37125, 14239, 542)
    );
    let time = jiff::Timestamp::UNIX_EPOCH;
    let measure = client
        .admin_measures(["instance_media_attachments"], time, time)
        .await
        .unwrap()
        .remove(0);
    let days: Vec<i64> = measure.data.iter().map(|day| day.value).collect();
    assert_eq!((measure.total, days), (12, vec![12, 0]));
    let me = client.account_verify_credentials().await.unwrap();
    assert_eq!(me.role.unwrap().permissions, 65536);
}

#[tokio::test]
async fn keys_with_colons_dots_and_at_signs_are_fields_or_map_keys() {
    let preferences = json!({
        "posting:default:visibility": "private", "posting:default:sensitive": true, "posting:default:language": null,
        "posting:default:quote_policy": "nobody", "reading:expand:media": "show_all",
        "reading:expand:spoilers": false, "reading:autoplay:gifs": true,
    });
    let push = json!({
        "id": "1", "endpoint": "https://push.example", "server_key": "key",
        "alerts": { "mention": true, "admin.sign_up": true, "pleroma:chat_mention": false },
    });
    let instance = json!({
        "domain": "a.example", "title": "A", "version": "4.6.5", "source_url": "", "description": "",
        "thumbnail": { "url": "https://a.example/1.png", "versions": { "@1x": "https://a.example/1.png", "@2x": "https://a.example/2.png" } },
        "languages": [], "configuration": {}, "registrations": { "enabled": true, "approval_required": false, "message": null },
        "contact": { "email": "", "account": null }, "rules": [],
    });
    let server =
        ScriptedServer::start([&preferences, &push, &instance].map(ok_json).to_vec()).await;
    let client = server.client();
    let decoded: Preferences = client.preferences().await.unwrap();
    assert_eq!(decoded.posting_default_visibility, Visibility::Private);
    assert!(decoded.posting_default_sensitive && decoded.reading_autoplay_gifs);
    assert_eq!(
        with_fields(
            roundtrip(&decoded),
            &json!({ "posting:default:language": null })
        ),
        preferences
    );
    let decoded = client.push_subscription().await.unwrap();
    assert!(decoded.alerts["admin.sign_up"] && !decoded.alerts["pleroma:chat_mention"]);
    let decoded: Instance = client.instance_v2().await.unwrap();
    let versions = decoded.thumbnail.unwrap().versions.unwrap();
    assert_eq!(versions.double.as_deref(), Some("https://a.example/2.png"));
    assert_eq!(
        serde_json::to_value(&versions).unwrap(),
        instance["thumbnail"]["versions"]
    );
}

#[tokio::test]
async fn unknown_enum_values_survive_a_roundtrip() {
    let post = status(&[
        ("visibility", json!("acquaintances")),
        (
            "quote",
            json!({ "state": "considered", "quoted_status": null }),
        ),
        (
            "quote_approval",
            json!({ "automatic": ["friends"], "manual": ["public"], "current_user": "perhaps" }),
        ),
    ]);
    let filter = json!({ "id": "7", "title": "t", "context": ["home", "unknown"], "expires_at": null, "filter_action": "unknown" });
    let notification = |kind: &str| json!({ "id": "1", "type": kind, "created_at": "2026-01-01T00:00:00Z", "account": account("2", "bob") });
    let notifications = json!([
        notification("pleroma:emoji_reaction"),
        notification("annual_report")
    ]);
    let server =
        ScriptedServer::start([&post, &filter, &notifications].map(ok_json).to_vec()).await;
    let client = server.client();

    let decoded: Status = client.status("5").await.unwrap();
    assert!(
        matches!(&decoded.visibility, Visibility::Other(value) if value.as_str() == "acquaintances")
    );
    let Some(StatusQuote::Quote(quote)) = decoded.quote.as_deref() else {
        panic!("{:?}", decoded.quote);
    };
    assert_eq!(quote.state.as_str(), "considered");
    let encoded = roundtrip(&decoded);
    assert_eq!(encoded["visibility"], "acquaintances");
    assert_eq!(encoded["quote"]["state"], "considered");
    assert_eq!(encoded["quote_approval"], post["quote_approval"]);

    let decoded: Filter = client.filter_v2("7").await.unwrap();
    assert!(matches!(&decoded.filter_action, FilterAction::Other(_)));
    assert_eq!(
        (
            &roundtrip(&decoded)["filter_action"],
            &roundtrip(&decoded)["context"]
        ),
        (&filter["filter_action"], &filter["context"])
    );

    let decoded = client.notifications().await.unwrap();
    assert!(matches!(
        &decoded[1],
        Notification {
            kind: NotificationType::AnnualReport,
            ..
        }
    ));
    assert_eq!(roundtrip(&decoded[0])["type"], "pleroma:emoji_reaction");
}

#[tokio::test]
#[allow(deprecated, reason = "tests the first versions of the endpoints")]
async fn first_and_second_versions_of_an_endpoint_have_their_own_types() {
    let tag = json!({ "name": "rust", "url": "https://a.example/tags/rust", "history": [] });
    let summary = json!({ "pending_requests_count": 0, "pending_notifications_count": 0 });
    let registrations = json!({ "enabled": true, "approval_required": true, "message": null });
    let script = [
        with_fields(
            json!({ "filter_not_following": true, "filter_not_followers": false, "filter_new_accounts": false,
            "filter_private_mentions": true }),
            &json!({ "summary": summary }),
        ),
        with_fields(
            json!({ "for_not_following": "filter", "for_not_followers": "accept", "for_new_accounts": "drop",
            "for_private_mentions": "accept", "for_limited_accounts": "accept" }),
            &json!({ "summary": summary }),
        ),
        json!({ "accounts": [], "statuses": [], "hashtags": ["rust"] }),
        json!({ "accounts": [], "statuses": [], "hashtags": [tag] }),
        json!({ "uri": "a.example", "title": "A", "version": "4.6.5", "registrations": true }),
        json!({ "domain": "a.example", "title": "A", "version": "4.6.5", "configuration": {}, "registrations": registrations }),
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let client = server.client();
    assert!(
        client
            .notifications_policy_v1()
            .await
            .unwrap()
            .filter_not_following
    );
    let policy: NotificationPolicy = client.notifications_policy().await.unwrap();
    assert_eq!(policy.for_not_following.as_str(), "filter");
    assert_eq!(client.search_v1("rust").await.unwrap().hashtags, ["rust"]);
    assert_eq!(
        client.search_v2("rust").await.unwrap().hashtags[0].name,
        "rust"
    );
    let first: V1Instance = client.instance_v1().await.unwrap();
    let second: Instance = client.instance_v2().await.unwrap();
    assert!(first.registrations && second.registrations.approval_required);
}

#[tokio::test]
async fn version_check_prefers_the_api_version_over_the_server_version() {
    let instance = |version: &str, apis: Value| {
        ok_json(
            &json!({ "domain": "a.example", "title": "A", "version": version, "api_versions": apis, "configuration": {},
            "registrations": {} }),
        )
    };
    for (version, apis, supported) in [
        ("0.10.0", json!({ "mastodon": 7 }), true),
        ("4.5.0-beta.1+fork", json!({ "mastodon": 6 }), false),
        ("4.4.9", Value::Null, false),
    ] {
        let mut script = vec![instance(version, apis)];
        if version.starts_with("0.") {
            // The version does not name the software, and the server has no NodeInfo.
            script.push(error_response(404, "Not found"));
        }
        script.push(ok_json(&json!([])));
        let server = ScriptedServer::start(script).await;
        let client = server
            .builder()
            .version_check(VersionCheck::Endpoints)
            .build()
            .unwrap();
        let quotes = client.status_quotes("5").await;
        assert_eq!(quotes.is_ok(), supported, "{version}: {quotes:?}");
    }
}

#[tokio::test]
async fn last_status_date_of_an_account_is_decoded_with_and_without_a_time() {
    let account_with = |last_status_at: Value| {
        with_fields(
            account("23", "bob"),
            &json!({ "created_at": "2016-11-24T00:00:00.000Z", "last_status_at": last_status_at }),
        )
    };
    let script = [
        account_with(json!("2019-11-24")),
        account_with(json!("2019-11-24T15:49:42.251Z")),
        account_with(Value::Null),
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let fetch = async || -> Account { server.client().account("23").await.unwrap() };
    let day = "2019-11-24".parse().unwrap();
    let (date, time, none) = (fetch().await, fetch().await, fetch().await);
    assert_eq!(date.created_at.to_string(), "2016-11-24T00:00:00Z");
    assert_eq!(
        (
            date.last_status_at,
            time.last_status_at,
            none.last_status_at
        ),
        (Some(day), Some(day), None)
    );
}

#[tokio::test]
async fn admin_account_is_decoded_in_the_format_of_every_version() {
    let account_with = |fields: Value| {
        let account = json!({
            "id": "23", "username": "admin", "created_at": "2022-05-08T18:18:53.221Z", "account": account("23", "admin"),
        });
        ok_json(&with_fields(account, &fields))
    };
    let server = ScriptedServer::start(vec![
        account_with(json!({ "ip": { "user_id": 1, "ip": "192.0.2.1", "used_at": "2022-09-08T16:10:38.621Z" }, "role": "admin" })),
        account_with(json!({ "ip": "192.0.2.1", "role": { "id": "3", "name": "Owner", "permissions": "1" } })),
        account_with(json!({ "ip": null, "email": null, "role": null, "locale": null })),
    ])
    .await;
    let client = server.client();
    let mut decoded = Vec::new();
    for _ in 0..3 {
        let account = client.admin_account("23").await.unwrap();
        decoded.push((account.ip, account.role.map(|role| role.permissions)));
    }
    let ip = || Some("192.0.2.1".to_owned());
    assert_eq!(decoded, [(ip(), None), (ip(), Some(1)), (None, None)]);
}
