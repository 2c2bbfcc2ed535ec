//! Timestamps as list positions, and the creation time that Mastodon encodes in IDs.

use std::time::Duration;

use mastodon_sdk::{Cursor, StatusId, Timestamp};
use mastodon_test_server::TestServer;
use serde_json::Value;

use crate::support::{client_for, recordings_folder};

#[tokio::test]
async fn timestamp_can_be_used_as_a_timeline_position() {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    let mine = client
        .account_statuses(&client.me().await.unwrap().id)
        .await
        .unwrap();
    let newest: Timestamp = mine[0].created_at;
    let second = Duration::from_secs(1);
    let count = async |from: Cursor| client.timeline_home().min_id(from).await.unwrap().len();
    assert_eq!(count(Cursor::at(newest + second)).await, 0);
    assert!(count((newest - second).into()).await >= 1);
    assert_eq!(
        client
            .timeline_home()
            .max_id(Timestamp::UNIX_EPOCH)
            .await
            .unwrap()
            .len(),
        0
    );
}

/// Calls `visit` with the ID and creation time of each status in a JSON value, at any depth.
fn visit_statuses(value: &Value, visit: &mut impl FnMut(&str, Timestamp)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit_statuses(item, visit)),
        Value::Object(fields) => {
            if let (Some(id), Some(time), true) = (
                value["id"].as_str(),
                value["created_at"]
                    .as_str()
                    .and_then(|time| time.parse().ok()),
                fields.contains_key("spoiler_text"),
            ) {
                visit(id, time);
            }
            fields
                .values()
                .for_each(|field| visit_statuses(field, visit));
        }
        _ => {}
    }
}

#[test]
fn ids_of_real_statuses_encode_their_creation_time() {
    let Some(folder) = recordings_folder() else {
        return;
    };
    let file = folder.join("mastodon-social.har");
    let har: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut close, mut all) = (0, 0);
    for entry in har["log"]["entries"].as_array().unwrap() {
        let text = entry["response"]["content"]["text"]
            .as_str()
            .unwrap_or_default();
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        visit_statuses(&body, &mut |id, created_at| {
            let Some(id_time) = StatusId::from(id).time() else {
                return;
            };
            all += 1;
            let difference = id_time.duration_since(created_at).as_secs();
            assert!(
                difference >= -1,
                "the id {id} is older than its status of {created_at}"
            );
            close += u32::from(difference <= 2);
        });
    }
    println!("{close} of {all} ids are within two seconds of the creation time");
    assert!(all > 50 && close * 2 > all, "{close} of {all}");
}
