//! Dates, numbers and booleans: out of range, or in another notation.

use mastodon_sdk::Status;
use mastodon_sdk::streaming::StreamEvent;
use mastodon_test_server::{Fault, TestServer};
use serde_json::json;

use super::{ABSENT, Case, check_statuses, full_status, with_json};
use crate::support::fixtures::account;
use crate::support::{ScriptedServer, client_for, json_response, ok_json};

const LAST: &str = r#""9999-12-30T22:00:00.999999999Z""#;
const FIRST: &str = r#""-009999-01-02T01:59:59Z""#;
const EPOCH: &str = r#""1970-01-01T00:00:00Z""#;
const LEAP_DAY: &str = r#""2024-02-29T23:59:58Z""#;

#[tokio::test]
async fn optional_date_that_the_calendar_does_not_have_is_absent() {
    let cases: &[Case] = &[
        (
            "/card/published_at",
            r#""57171-08-04T06:31:30.000Z""#,
            ABSENT,
            1,
        ),
        (
            "/card/published_at",
            r#""10000-01-01T00:00:00.000Z""#,
            ABSENT,
            1,
        ),
        (
            "/card/published_at",
            r#""+10000-01-01T00:00:00Z""#,
            ABSENT,
            1,
        ),
        (
            "/card/published_at",
            r#""-20000-01-01T00:00:00Z""#,
            ABSENT,
            1,
        ),
        ("/card/published_at", r#""0000-00-00""#, ABSENT, 1),
        (
            "/card/published_at",
            r#""0000-00-00T00:00:00.000Z""#,
            ABSENT,
            1,
        ),
        (
            "/card/published_at",
            r#""2023-02-29T00:00:00.000Z""#,
            ABSENT,
            1,
        ),
        (
            "/card/published_at",
            r#""2024-01-01T25:00:00.000Z""#,
            ABSENT,
            1,
        ),
        ("/card/published_at", r#""yesterday""#, ABSENT, 1),
        ("/card/published_at", "true", ABSENT, 1),
        ("/card/published_at", "[]", ABSENT, 1),
        ("/card/published_at", "{}", ABSENT, 1),
        ("/card/published_at", "1e300", ABSENT, 1),
        ("/card/published_at", "null", ABSENT, 0),
        ("/card/published_at", r#""""#, ABSENT, 0),
        (
            "/card/published_at",
            r#""0001-01-01T00:00:00.000Z""#,
            r#""0001-01-01T00:00:00Z""#,
            0,
        ),
        (
            "/poll/expires_at",
            r#""+292278994-08-17T07:12:55.807Z""#,
            ABSENT,
            1,
        ),
        ("/poll/expires_at", "999999999999999999", ABSENT, 1),
        ("/edited_at", r#""57171-08-04T06:31:30.000Z""#, ABSENT, 1),
        ("/account/last_status_at", r#""57171-08-04""#, ABSENT, 1),
        ("/account/last_status_at", r#""0000-00-00""#, ABSENT, 1),
        (
            "/account/last_status_at",
            r#""2024-02-29T23:59:58.000Z""#,
            r#""2024-02-29""#,
            0,
        ),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn date_that_an_entity_always_has_is_the_nearest_one_in_the_calendar() {
    let cases: &[Case] = &[
        ("/created_at", r#""57171-08-04T06:31:30.000Z""#, LAST, 1),
        ("/created_at", r#""10000-01-01T00:00:00.000Z""#, LAST, 1),
        ("/created_at", r#""-20000-01-01T00:00:00Z""#, FIRST, 1),
        ("/created_at", "1e300", LAST, 1),
        ("/created_at", r#""0000-00-00""#, EPOCH, 1),
        ("/created_at", r#""2023-02-29T00:00:00.000Z""#, EPOCH, 1),
        ("/created_at", r#""yesterday""#, EPOCH, 1),
        ("/created_at", r#""""#, EPOCH, 1),
        ("/created_at", "null", EPOCH, 1),
        ("/created_at", "[]", EPOCH, 1),
        ("/account/created_at", "null", EPOCH, 1),
        (
            "/account/created_at",
            r#""57171-08-04T06:31:30.000Z""#,
            LAST,
            1,
        ),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn dates_are_read_from_every_notation() {
    let cases: &[Case] = &[
        ("/created_at", r#""2024-02-29T23:59:58Z""#, LEAP_DAY, 0),
        (
            "/created_at",
            r#""2024-02-29T23:59:58.000000+00:00""#,
            LEAP_DAY,
            0,
        ),
        ("/created_at", r#""2024-03-01T00:59:58+01:00""#, LEAP_DAY, 0),
        ("/created_at", r#""2024-02-29T23:59:58""#, LEAP_DAY, 0),
        ("/created_at", r#""2024-02-29 23:59:58 UTC""#, LEAP_DAY, 0),
        (
            "/created_at",
            r#""Thu, 29 Feb 2024 23:59:58 +0000""#,
            LEAP_DAY,
            0,
        ),
        (
            "/created_at",
            r#""Thu, 29 Feb 2024 23:59:58 GMT""#,
            LEAP_DAY,
            0,
        ),
        (
            "/created_at",
            r#""2024-02-29""#,
            r#""2024-02-29T00:00:00Z""#,
            0,
        ),
        ("/created_at", "1709251198", LEAP_DAY, 1),
        ("/created_at", "1709251198000", LEAP_DAY, 1),
        ("/card/published_at", r#""1709251198""#, LEAP_DAY, 0),
        (
            "/card/published_at",
            r#""Thu, 29 Feb 2024 23:59:58 GMT""#,
            LEAP_DAY,
            0,
        ),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn number_out_of_range_is_the_nearest_and_other_notations_are_converted() {
    const MAX: &str = "9223372036854775807";
    const MIN: &str = "-9223372036854775808";
    let cases: &[Case] = &[
        ("/replies_count", "99999999999999999999", MAX, 1),
        ("/replies_count", "-99999999999999999999", MIN, 1),
        ("/replies_count", "1e300", MAX, 1),
        ("/replies_count", "1e999", MAX, 1),
        ("/replies_count", "-1", "-1", 0),
        ("/replies_count", "12.0", "12", 0),
        ("/replies_count", "1.2e1", "12", 0),
        ("/replies_count", "12.7", "12", 1),
        ("/replies_count", r#""12""#, "12", 1),
        ("/replies_count", r#""12.7""#, "12", 1),
        ("/replies_count", r#""twelve""#, "0", 1),
        ("/replies_count", r#""""#, "0", 1),
        ("/replies_count", "null", "0", 1),
        ("/replies_count", "true", "0", 1),
        ("/replies_count", "[]", "0", 1),
        (
            "/media_attachments/0/meta/original/width",
            "1e300",
            ABSENT,
            1,
        ),
        (
            "/media_attachments/0/meta/original/width",
            r#""640""#,
            "640",
            1,
        ),
        (
            "/media_attachments/0/meta/original/aspect",
            "1e999",
            ABSENT,
            1,
        ),
        (
            "/media_attachments/0/meta/original/aspect",
            r#""1.5""#,
            "1.5",
            1,
        ),
        (
            "/media_attachments/0/meta/original/aspect",
            r#""NaN""#,
            ABSENT,
            1,
        ),
        ("/media_attachments/0/meta/focus/x", "null", ABSENT, 0),
        ("/poll/votes_count", r#""3""#, "3", 1),
        ("/poll/options/0/votes_count", "1e300", ABSENT, 1),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn booleans_and_texts_are_converted_from_other_json_types() {
    let cases: &[Case] = &[
        ("/sensitive", r#""true""#, "true", 1),
        ("/sensitive", r#""1""#, "true", 1),
        ("/sensitive", "1", "true", 1),
        ("/sensitive", r#""false""#, "false", 1),
        ("/sensitive", "0", "false", 1),
        ("/sensitive", r#""""#, "false", 1),
        ("/sensitive", r#""maybe""#, "false", 1),
        ("/sensitive", "7", "false", 1),
        ("/sensitive", "null", "false", 1),
        ("/sensitive", "[]", "false", 1),
        ("/id", "109876543210987654", r#""109876543210987654""#, 1),
        ("/in_reply_to_id", "5", r#""5""#, 1),
        ("/in_reply_to_id", "[5]", ABSENT, 1),
        ("/visibility", "7", r#""7""#, 1),
        ("/visibility", "[]", r#""""#, 1),
        ("/content", "7", r#""7""#, 1),
        ("/content", "true", r#""true""#, 1),
        ("/content", "{}", r#""""#, 1),
        ("/language", "false", r#""false""#, 1),
        ("/language", "{}", ABSENT, 1),
        ("/content", r#""a\ud83d""#, "\"a\u{fffd}\"", 1),
        ("/content", r#""\ud83d\ude00""#, "\"\u{1f600}\"", 0),
        ("/account/display_name", r#""\x41""#, r#""x41""#, 1),
    ];
    check_statuses(cases).await;
}

#[tokio::test]
async fn notification_is_kept_if_a_date_in_it_is_out_of_range() {
    let notification = |id: &str| {
        json!({ "id": id, "type": "mention", "created_at": "2026-01-01T00:00:00Z", "account": account("2", "bob"),
            "status": full_status("9") })
    };
    let malformed = with_json(
        notification("2"),
        "/status/card/published_at",
        r#""57171-08-04T06:31:30.000Z""#,
    );
    let body = format!("[{},{malformed},{}]", notification("1"), notification("3"));
    let server = ScriptedServer::start(vec![json_response(200, "", &body)]).await;
    let response = server.client().notifications().response().await.unwrap();
    let ids: Vec<_> = response.value.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let card = response.value[1].status.as_ref().unwrap().card.as_ref();
    assert_eq!(card.unwrap().published_at, None);
    let problems: Vec<_> = response
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        problems,
        [
            r#"[1].status.card.published_at: expected a date with time, found "57171-08-04T06:31:30.000Z""#
        ]
    );
}

#[tokio::test]
async fn date_out_of_range_in_the_response_to_a_post_is_not_an_error() {
    let malformed = with_json(
        full_status("2"),
        "/card/published_at",
        r#""57171-08-04T06:31:30.000Z""#,
    );
    let server = ScriptedServer::start(vec![json_response(200, "", &malformed)]).await;
    let response = server.client().status_post("Hi").response().await.unwrap();
    assert_eq!(response.value.id, "2");
    assert_eq!(response.value.card.as_ref().unwrap().published_at, None);
    assert_eq!(response.problems().len(), 1);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn stream_event_is_delivered_if_a_date_in_it_is_out_of_range() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    let mut events = client.stream_user().await.unwrap();
    let card = json!({ "url": "https://a.example", "published_at": "57171-08-04T06:31:30.000Z" });
    server.inject(Fault::patch_json("/card", card).on("GET", "/api/v1/streaming"));
    server.inject(Fault::patch_json("/created_at", "0000-00-00").on("GET", "/api/v1/streaming"));
    let posted = client.status_post("Hi").await.unwrap();
    let received: Status = loop {
        if let StreamEvent::Update(status) = events.try_next().await.unwrap().unwrap() {
            break *status;
        }
    };
    assert_eq!(received.id, posted.id);
    assert_eq!(received.card.unwrap().published_at, None);
    assert_eq!(received.created_at, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn creation_time_of_a_token_is_read_from_a_date() {
    let times = [
        json!(1_709_251_198),
        json!("1709251198"),
        json!("2024-02-29T23:59:58.000Z"),
        json!(null),
    ];
    let token = |time: &serde_json::Value| {
        ok_json(
            &json!({ "access_token": "t", "token_type": "Bearer", "scope": "read", "created_at": time }),
        )
    };
    let server = ScriptedServer::start(times.iter().map(token).collect()).await;
    let client = server.client();
    let mut read = Vec::new();
    for _ in &times {
        let created = client
            .account_create("bob", "b@a.example", "long enough", true, "en")
            .await;
        read.push(created.unwrap().created_at);
    }
    assert_eq!(read, [1_709_251_198, 1_709_251_198, 1_709_251_198, 0]);
}
