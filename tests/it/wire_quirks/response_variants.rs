//! Endpoints whose response has one of several types; the body determines which.

use jiff::Timestamp;
use mastodon_sdk::Status;
use mastodon_sdk::endpoint::Endpoint;
use mastodon_sdk::entities::{
    AdminTrendingLink, AdminTrendingStatus, AdminTrendingTag, StatusQuote, StreamFrame,
};
use serde_json::{Value, json};

use crate::support::fixtures::{status, with_fields};
use crate::support::{ScriptedServer, json_body, ok_json};

#[tokio::test]
async fn scheduled_post_returns_a_scheduled_status_or_a_status_if_published_at_once() {
    let time = "2030-01-01T00:00:00.000Z";
    let scheduled = json!({
        "id": "3221", "scheduled_at": time, "media_attachments": [],
        "params": { "text": "Hi", "poll": null, "media_ids": null, "visibility": null, "scheduled_at": null },
    });
    let server = ScriptedServer::start(vec![ok_json(&scheduled), ok_json(&status(&[]))]).await;
    let client = server.client();
    let post = || {
        client
            .status_post("Hi")
            .scheduled_at(time.parse::<Timestamp>().unwrap())
    };
    let later = post().await.unwrap();
    assert_eq!(later.as_scheduled_status().unwrap().params.text, "Hi");
    assert!(later.as_status().is_none());
    let now = post().await.unwrap();
    assert_eq!(now.as_status().unwrap().content, "<p>Hi</p>");
    assert_eq!(
        json_body(&server.requests()[0]),
        json!({ "status": "Hi", "scheduled_at": "2030-01-01T00:00:00Z" })
    );
}

#[tokio::test]
async fn deleted_status_has_its_source_text_and_no_content() {
    let mut deleted = status(&[
        ("text", json!("Hi @alice")),
        (
            "poll",
            json!({ "id": "4", "options": [{ "title": "yes" }] }),
        ),
    ]);
    deleted.as_object_mut().unwrap().remove("content");
    let server = ScriptedServer::start(vec![ok_json(&deleted)]).await;
    let deleted = server.client().status_delete("5").await.unwrap();
    assert_eq!(deleted.text, "Hi @alice");
    assert_eq!(deleted.poll.unwrap().options[0].title, "yes");
}

#[tokio::test]
async fn quote_contains_the_status_at_the_top_level_and_only_its_id_below() {
    let below = json!({ "state": "accepted", "quoted_status_id": "3" });
    let quoted = status(&[("id", json!("4")), ("quote", below)]);
    let quote = |state: &str, quoted: Value| {
        status(&[("quote", json!({ "state": state, "quoted_status": quoted }))])
    };
    let script = [quote("accepted", quoted), quote("deleted", Value::Null)];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let fetch = async || server.client().status("5").await.unwrap().quote.unwrap();

    let StatusQuote::Quote(top) = *fetch().await else {
        panic!("expected a quote with its status");
    };
    let quoted = top.quoted_status.unwrap();
    assert_eq!(quoted.id.as_str(), "4");
    let Some(StatusQuote::ShallowQuote(below)) = quoted.quote.as_deref() else {
        panic!("{:?}", quoted.quote);
    };
    assert_eq!(below.quoted_status_id.as_ref().unwrap().as_str(), "3");

    let StatusQuote::Quote(deleted) = *fetch().await else {
        panic!("expected a quote without its status");
    };
    assert_eq!(
        (deleted.state.as_str(), deleted.quoted_status),
        ("deleted", None)
    );
}

#[tokio::test]
async fn without_a_user_the_flags_of_a_status_are_none_and_not_false() {
    let with_flags = status(&[
        ("favourited", json!(false)),
        ("reblogged", json!(true)),
        ("muted", json!(false)),
        ("bookmarked", json!(false)),
        ("pinned", json!(false)),
        ("filtered", json!([])),
        ("application", json!(null)),
    ]);
    let server = ScriptedServer::start(vec![ok_json(&status(&[])), ok_json(&with_flags)]).await;
    let fetch = async || server.client().status("5").await.unwrap();
    let flags = |status: &Status| {
        [
            status.favourited,
            status.reblogged,
            status.muted,
            status.bookmarked,
            status.pinned,
        ]
    };
    let (public, own) = (fetch().await, fetch().await);
    assert_eq!(flags(&public), [None; 5]);
    assert_eq!(flags(&own), [false, true, false, false, false].map(Some));
    assert!(public.filtered.is_empty() && own.application.is_none());
}

#[tokio::test]
async fn admin_trends_return_the_admin_or_the_public_entity() {
    let tag =
        json!({ "id": "802", "name": "rust", "url": "https://a.example/tags/rust", "history": [] });
    let link =
        json!({ "url": "https://a.example/1", "title": "One", "type": "link", "history": [] });
    let post = status(&[]);
    let script = [
        json!([
            with_fields(
                tag.clone(),
                &json!({ "trendable": true, "usable": true, "requires_review": false })
            ),
            tag
        ]),
        json!([
            with_fields(link.clone(), &json!({ "id": 9, "requires_review": true })),
            link
        ]),
        json!([
            with_fields(post.clone(), &json!({ "requires_review": true })),
            post
        ]),
    ];
    let server = ScriptedServer::start(script.iter().map(ok_json).collect()).await;
    let client = server.client();

    let tags = client.admin_trending_tags().await.unwrap();
    assert!(matches!(&tags[0], AdminTrendingTag::AdminTag(tag) if tag.trendable));
    assert_eq!(tags[1].as_tag().unwrap().name, "rust");
    let links = client.admin_trending_links().await.unwrap();
    assert!(
        matches!(&links[0], AdminTrendingLink::AdminTrendsLink(link) if link.id.as_str() == "9")
    );
    assert_eq!(links[1].as_trends_link().unwrap().title, "One");
    let posts = client.admin_trending_statuses().await.unwrap();
    assert!(
        matches!(&posts[0], AdminTrendingStatus::AdminTrendsStatus(status) if status.requires_review)
    );
    assert_eq!(posts[1].as_status().unwrap().content, "<p>Hi</p>");
}

#[tokio::test]
async fn both_schema_versions_of_an_annual_report_are_decoded() {
    let report = |data: Value, version: u32| {
        ok_json(&json!({
            "annual_reports": [{ "year": 2024, "data": data, "schema_version": version }],
            "accounts": [], "statuses": [],
        }))
    };
    let second = report(
        json!({
            "archetype": "lurker", "time_series": [{ "month": 12, "statuses": 105, "followers": 0 }],
            "top_hashtags": [], "top_statuses": { "by_reblogs": null, "by_replies": null, "by_favourites": null },
        }),
        2,
    );
    let first = report(
        json!({
            "archetype": "lurker", "percentiles": { "statuses": 21.5 }, "time_series": [], "top_hashtags": [],
            "top_statuses": { "by_reblogs": 23 }, "most_used_apps": [{ "name": "Web", "count": 1 }],
        }),
        1,
    );
    let server = ScriptedServer::start(vec![second, first]).await;
    let fetch = async || {
        let mut reports = server.client().annual_report(2024).await.unwrap();
        reports.annual_reports.remove(0).data
    };
    let second = fetch().await;
    assert!(second.percentiles.is_none() && second.most_used_apps.is_empty());
    assert_eq!(second.time_series[0].statuses, 105);
    let first = fetch().await;
    assert_eq!(first.percentiles.unwrap().statuses, Some(21.5));
    assert_eq!(first.top_statuses.by_reblogs.unwrap().as_str(), "23");
    assert_eq!(first.most_used_apps[0].name, "Web");
}

#[test]
fn websocket_frame_is_an_event_or_an_error() {
    let decode = |text| serde_json::from_str::<StreamFrame>(text).unwrap();
    let event = decode(r#"{"stream":["hashtag","rust"],"event":"delete","payload":"12"}"#);
    assert_eq!(
        event.as_stream_message().unwrap().stream,
        ["hashtag", "rust"]
    );
    let bare = decode(r#"{"stream":["user"],"event":"filters_changed"}"#);
    assert_eq!(bare.as_stream_message().unwrap().payload, None);
    let error = decode(r#"{"error":"Unknown stream type","status":400}"#);
    assert_eq!(error.as_stream_error().unwrap().status, Some(400));
}

#[test]
fn streams_are_listed_as_endpoints() {
    let user = Endpoint::all()
        .iter()
        .find(|endpoint| endpoint.name == "stream_user");
    assert_eq!(user.unwrap().path, "/api/v1/streaming/user");
}
