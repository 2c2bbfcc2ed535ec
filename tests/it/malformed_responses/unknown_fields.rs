//! Fields that the SDK does not know.

use mastodon_sdk::Status;
use mastodon_sdk::streaming::StreamEvent;
use mastodon_test_server::{Fault, TestServer};
use serde_json::json;

use super::full_status;
use crate::support::{ScriptedServer, client_builder, ok_json};

/// A status with fields that no version of the SDK knows.
fn extended_status() -> serde_json::Value {
    let mut status = full_status("1");
    status["mood"] = json!({ "name": "calm" });
    status["account"]["shoe_size"] = json!(43);
    status
}

#[tokio::test]
async fn unknown_fields_are_kept_only_on_request() {
    let server = ScriptedServer::start(vec![ok_json(&extended_status()); 2]).await;
    let status = server.client().status("1").await.unwrap();
    assert!(status.unknown_fields.is_empty() && status.account.unknown_fields.is_empty());

    let client = server.builder().keep_unknown_fields(true).build().unwrap();
    let response = client.status("1").response().await.unwrap();
    assert_eq!(response.problems(), []);
    let status = response.value;
    assert_eq!(status.unknown_fields.get("mood").unwrap()["name"], "calm");
    assert_eq!(status.unknown_fields.get("content"), None);
    assert_eq!(
        status.account.unknown_fields.get("shoe_size"),
        Some(&json!(43))
    );
    let names: Vec<_> = status.unknown_fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mood"]);
}

#[tokio::test]
async fn unknown_fields_are_stored_with_the_entity() {
    let server = ScriptedServer::start(vec![ok_json(&extended_status())]).await;
    let client = server.builder().keep_unknown_fields(true).build().unwrap();
    let status = client.status("1").await.unwrap();
    let stored = serde_json::to_value(&status).unwrap();
    assert_eq!(stored["mood"]["name"], "calm");
    assert_eq!(stored["account"]["shoe_size"], 43);
    let options = mastodon_sdk::json::DecodeOptions::default().keep_unknown_fields(true);
    let loaded = mastodon_sdk::json::decode_with::<Status>(&stored.to_string(), options).unwrap();
    assert_eq!(loaded.value, status);
}

#[tokio::test]
async fn events_of_streams_keep_unknown_fields_on_request() {
    let server = TestServer::start().await.unwrap();
    let client = client_builder(&server, "alice", "read write");
    let client = client.keep_unknown_fields(true).build().unwrap();
    let mut events = client.stream_user().await.unwrap();
    server.inject(Fault::patch_json("/mood", json!("calm")).on("GET", "/api/v1/streaming"));
    client.status_post("Hi").await.unwrap();
    let status = loop {
        if let Some(StreamEvent::Update(status)) = events.try_next().await.unwrap() {
            break status;
        }
    };
    assert_eq!(status.unknown_fields.get("mood"), Some(&json!("calm")));
}
