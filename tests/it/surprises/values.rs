//! Values: numbers in texts and texts in numbers, names that are no identifiers, values of tomorrow, and what
//! had another type in another version.

use mastodon_sdk::entities::{
    Filter, FilterAction, Instance, NotificationPolicy, NotificationType, Preferences, StatusQuote,
    V1Instance,
};
use mastodon_sdk::{Account, Notification, Status, VersionCheck, Visibility};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::samples::{account, status, with};
use crate::server::{Server, ok};

/// Written and read again.
fn kept<T: Serialize + DeserializeOwned>(value: &T) -> Value {
    let again: T = serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap();
    serde_json::to_value(again).unwrap()
}

#[tokio::test]
async fn ids_that_come_as_numbers_are_ids_like_the_others() {
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
    let server = Server::start(script.iter().map(ok).collect()).await;
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
async fn counts_that_come_as_texts_are_numbers() {
    let role = json!({ "id": "3", "name": "Owner", "color": "", "permissions": "65536", "highlighted": true });
    let script = [
        json!([{ "id": "1", "name": "rust", "url": "https://a.example", "statuses_count": "36", "last_status_at": "2022-08-29" }]),
        json!({ "name": "rust", "url": "https://a.example", "history": [{ "day": "1574553600", "uses": "200", "accounts": "31" }] }),
        json!([{ "week": "1574640000", "statuses": "37125", "logins": "14239", "registrations": "542" }]),
        json!([{ "key": "instance_media_attachments", "unit": "bytes", "total": "12", "data": [
            { "date": "2022-09-14T00:00:00Z", "value": "12" }, { "date": "2022-09-15T00:00:00Z", "value": "" },
        ] }]),
        with(account("23", "bob"), &json!({ "role": role, "source": {} })),
    ];
    let server = Server::start(script.iter().map(ok).collect()).await;
    let client = server.client();
    assert_eq!(client.featured_tags().await.unwrap()[0].statuses_count, 36);
    let day = client.tag("rust").await.unwrap().history.remove(0);
    assert_eq!((day.day, day.uses, day.accounts), (1_574_553_600, 200, 31));
    let week = client.instance_activity().await.unwrap().remove(0);
    assert_eq!(
        (week.week, week.statuses, week.logins, week.registrations),
        (1_574_640_000, 37125, 14239, 542)
    );
    let moment = jiff::Timestamp::UNIX_EPOCH;
    let measure = client
        .admin_measures(["instance_media_attachments"], moment, moment)
        .await
        .unwrap()
        .remove(0);
    let days: Vec<i64> = measure.data.iter().map(|day| day.value).collect();
    assert_eq!((measure.total, days), (12, vec![12, 0]));
    let me = client.account_verify_credentials().await.unwrap();
    assert_eq!(me.role.unwrap().permissions, 65536);
}

#[tokio::test]
async fn keys_with_colons_dots_and_signs_are_fields_or_keep_their_names() {
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
    let server = Server::start([&preferences, &push, &instance].map(ok).to_vec()).await;
    let client = server.client();
    let read: Preferences = client.preferences().await.unwrap();
    assert_eq!(read.posting_default_visibility, Visibility::Private);
    assert!(read.posting_default_sensitive && read.reading_autoplay_gifs);
    assert_eq!(
        with(kept(&read), &json!({ "posting:default:language": null })),
        preferences
    );
    let read = client.push_subscription().await.unwrap();
    assert!(read.alerts["admin.sign_up"] && !read.alerts["pleroma:chat_mention"]);
    let read: Instance = client.instance_v2().await.unwrap();
    let versions = read.thumbnail.unwrap().versions.unwrap();
    assert_eq!(versions.double.as_deref(), Some("https://a.example/2.png"));
    assert_eq!(
        serde_json::to_value(&versions).unwrap(),
        instance["thumbnail"]["versions"]
    );
}

#[tokio::test]
async fn values_of_tomorrow_are_read_and_written_as_they_came() {
    let post = status(&[
        ("visibility", json!("mutuals_only")),
        (
            "quote",
            json!({ "state": "considered", "quoted_status": null }),
        ),
        (
            "quote_approval",
            json!({ "automatic": ["friends"], "manual": ["public"], "current_user": "perhaps" }),
        ),
    ]);
    let filter = json!({ "id": "7", "title": "t", "context": ["home", "dreams"], "expires_at": null, "filter_action": "sing" });
    let notice = |kind: &str| json!({ "id": "1", "type": kind, "created_at": "2026-01-01T00:00:00Z", "account": account("2", "bob") });
    let notices = json!([notice("pleroma:emoji_reaction"), notice("annual_report")]);
    let server = Server::start([&post, &filter, &notices].map(ok).to_vec()).await;
    let client = server.client();

    let read: Status = client.status("5").await.unwrap();
    assert!(
        matches!(&read.visibility, Visibility::Other(value) if value.as_str() == "mutuals_only")
    );
    let Some(StatusQuote::Quote(quote)) = read.quote.as_deref() else {
        panic!("{:?}", read.quote);
    };
    assert_eq!(quote.state.as_str(), "considered");
    let again = kept(&read);
    assert_eq!(again["visibility"], "mutuals_only");
    assert_eq!(again["quote"]["state"], "considered");
    assert_eq!(again["quote_approval"], post["quote_approval"]);

    let read: Filter = client.filter_v2("7").await.unwrap();
    assert!(matches!(&read.filter_action, FilterAction::Other(_)));
    assert_eq!(
        (&kept(&read)["filter_action"], &kept(&read)["context"]),
        (&filter["filter_action"], &filter["context"])
    );

    let read = client.notifications().await.unwrap();
    assert!(matches!(
        &read[1],
        Notification {
            kind: NotificationType::AnnualReport,
            ..
        }
    ));
    assert_eq!(kept(&read[0])["type"], "pleroma:emoji_reaction");
}

#[tokio::test]
#[allow(deprecated, reason = "the first forms are what is tested")]
async fn the_first_and_the_second_form_of_an_endpoint_have_types_of_their_own() {
    let tag = json!({ "name": "rust", "url": "https://a.example/tags/rust", "history": [] });
    let summary = json!({ "pending_requests_count": 0, "pending_notifications_count": 0 });
    let registrations = json!({ "enabled": true, "approval_required": true, "message": null });
    let script = [
        with(
            json!({ "filter_not_following": true, "filter_not_followers": false, "filter_new_accounts": false,
            "filter_private_mentions": true }),
            &json!({ "summary": summary }),
        ),
        with(
            json!({ "for_not_following": "filter", "for_not_followers": "accept", "for_new_accounts": "drop",
            "for_private_mentions": "accept", "for_limited_accounts": "accept" }),
            &json!({ "summary": summary }),
        ),
        json!({ "accounts": [], "statuses": [], "hashtags": ["rust"] }),
        json!({ "accounts": [], "statuses": [], "hashtags": [tag] }),
        json!({ "uri": "a.example", "title": "A", "version": "4.6.5", "registrations": true }),
        json!({ "domain": "a.example", "title": "A", "version": "4.6.5", "configuration": {}, "registrations": registrations }),
    ];
    let server = Server::start(script.iter().map(ok).collect()).await;
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
async fn what_a_server_can_is_told_by_the_number_of_its_api_and_not_by_its_version() {
    let instance = |version: &str, apis: Value| {
        ok(
            &json!({ "domain": "a.example", "title": "A", "version": version, "api_versions": apis, "configuration": {},
            "registrations": {} }),
        )
    };
    for (version, apis, can) in [
        ("0.10.0", json!({ "mastodon": 7 }), true),
        ("4.5.0-beta.1+fork", json!({ "mastodon": 6 }), false),
        ("4.4.9", Value::Null, false),
    ] {
        let server = Server::start(vec![instance(version, apis), ok(&json!([]))]).await;
        let client = server
            .builder()
            .version_check(VersionCheck::Created)
            .build()
            .unwrap();
        let quotes = client.status_quotes("5").await;
        assert_eq!(quotes.is_ok(), can, "{version}: {quotes:?}");
    }
}

#[tokio::test]
async fn days_of_an_account_come_with_a_time_that_says_nothing_or_without_one() {
    let at = |last: Value| {
        with(
            account("23", "bob"),
            &json!({ "created_at": "2016-11-24T00:00:00.000Z", "last_status_at": last }),
        )
    };
    let script = [
        at(json!("2019-11-24")),
        at(json!("2019-11-24T15:49:42.251Z")),
        at(Value::Null),
    ];
    let server = Server::start(script.iter().map(ok).collect()).await;
    let read = async || -> Account { server.client().account("23").await.unwrap() };
    let day = "2019-11-24".parse().unwrap();
    let (today, old, none) = (read().await, read().await, read().await);
    assert_eq!(today.created_at.to_string(), "2016-11-24T00:00:00Z");
    assert_eq!(
        (
            today.last_status_at,
            old.last_status_at,
            none.last_status_at
        ),
        (Some(day), Some(day), None)
    );
}

#[tokio::test]
async fn an_account_for_moderators_is_read_in_each_form_that_it_had() {
    let form = |more: Value| {
        let plain = json!({
            "id": "23", "username": "admin", "created_at": "2022-05-08T18:18:53.221Z", "account": account("23", "admin"),
        });
        ok(&with(plain, &more))
    };
    let server = Server::start(vec![
        form(json!({ "ip": { "user_id": 1, "ip": "192.0.2.1", "used_at": "2022-09-08T16:10:38.621Z" }, "role": "admin" })),
        form(json!({ "ip": "192.0.2.1", "role": { "id": "3", "name": "Owner", "permissions": "1" } })),
        form(json!({ "ip": null, "email": null, "role": null, "locale": null })),
    ])
    .await;
    let client = server.client();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let account = client.admin_account("23").await.unwrap();
        seen.push((account.ip, account.role.map(|role| role.permissions)));
    }
    let ip = || Some("192.0.2.1".to_owned());
    assert_eq!(seen, [(ip(), None), (ip(), Some(1)), (None, None)]);
}
