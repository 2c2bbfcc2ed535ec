//! Arguments of several types: times, and optional values.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mastodon_sdk::methods::{NewFilterKeyword, StatusPostCall, TimelineHomeCall};
use mastodon_sdk::{Error, Mastodon, MastodonBuilder, Timestamp, Visibility, jiff};
use serde_json::{Value, json};

use crate::support::ScriptedServer;

fn client() -> Mastodon {
    Mastodon::builder("a.example").build().unwrap()
}

fn body(call: &StatusPostCall<impl mastodon_sdk::call::CallOutput>) -> Value {
    serde_json::from_slice(call.http_request().unwrap().body()).unwrap()
}

#[test]
fn times_of_several_types_are_sent_alike() {
    let time: Timestamp = "2030-01-31T12:00:00Z".parse().unwrap();
    let seconds = u64::try_from(time.as_second()).unwrap();
    let system_time = UNIX_EPOCH + Duration::from_secs(seconds);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(5));
    let zoned = time.to_zoned_datetime(zone);
    let post = || client().status_post("Later");
    for call in [
        post().scheduled_at(time),
        post().scheduled_at(system_time),
        post().scheduled_at(&zoned),
        post().scheduled_at(zoned),
    ] {
        assert_eq!(body(&call)["scheduled_at"], "2030-01-31T12:00:00Z");
    }
}

#[tokio::test]
async fn optional_time_decides_between_publishing_and_scheduling() {
    let server = mastodon_test_server::TestServer::start().await.unwrap();
    let alice = crate::support::client_for(&server, "alice");
    let in_an_hour = SystemTime::now() + Duration::from_secs(3600);
    let post = |time: Option<SystemTime>| alice.status_post("Hi").maybe_scheduled_at(time);
    assert!(post(None).await.unwrap().as_status().is_some());
    let scheduled = post(Some(in_an_hour)).await.unwrap();
    assert!(scheduled.as_scheduled_status().is_some());
}

#[tokio::test]
async fn time_that_cannot_be_sent_is_an_error_that_names_the_argument() {
    let server = ScriptedServer::start(Vec::new()).await;
    let far = SystemTime::now() + Duration::from_secs(400_000_000_000);
    let call = server.client().status_post("Later").scheduled_at(far);
    let error = call.http_request().unwrap_err();
    assert!(
        matches!(&error, Error::IllegalArgument { argument, .. } if argument == "scheduled_at"),
        "{error}"
    );
    let message = error.to_string();
    assert!(
        message.contains("between the years -9999 and 9999"),
        "{message}"
    );
    let error = call.await.unwrap_err();
    assert_eq!(error.to_string(), message);
    assert!(server.requests().is_empty());
}

#[test]
fn optional_values_are_set_without_breaking_the_chain() {
    let with = |visibility: Option<Visibility>, language: Option<&str>| {
        client()
            .status_post("Hi")
            .maybe(visibility, StatusPostCall::visibility)
            .maybe(language, StatusPostCall::language)
            .maybe(Some(true), StatusPostCall::sensitive)
    };
    assert_eq!(
        body(&with(Some(Visibility::Direct), None)),
        json!({ "status": "Hi", "visibility": "direct", "sensitive": true })
    );
    assert_eq!(
        body(&with(None, Some("de"))),
        json!({ "status": "Hi", "language": "de", "sensitive": true })
    );
}

#[test]
fn optional_values_of_parameter_groups_and_lists_are_set_too() {
    let page = client()
        .timeline_home()
        .maybe(Some(7), TimelineHomeCall::limit);
    let uri = page.http_request().unwrap().uri().to_string();
    assert!(uri.ends_with("/api/v1/timelines/home?limit=7"), "{uri}");
    let keyword = NewFilterKeyword::new("rust").maybe(None, NewFilterKeyword::whole_word);
    let call = client()
        .create_filter_v2("Rust", ["home"])
        .keywords_attributes([keyword]);
    let request = call.http_request().unwrap();
    let sent: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(sent["keywords_attributes"], json!([{ "keyword": "rust" }]));
}

#[test]
fn optional_values_of_the_builder_are_set_too() {
    let with = |language: Option<&str>| {
        let builder = Mastodon::builder("a.example").maybe(language, MastodonBuilder::language);
        let call = builder.build().unwrap().timeline_home();
        call.http_request().unwrap().uri().to_string()
    };
    assert!(with(Some("de")).ends_with("?lang=de"));
    assert!(with(None).ends_with("/api/v1/timelines/home"));
}
