//! Checks of a status against the server's limits before it is sent.

use std::time::Duration;

use mastodon_sdk::methods::NewPoll;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Error, Mastodon};
use serde_json::{Value, json};

use crate::support::fixtures::status;
use crate::support::{ScriptedServer, error_response, ok_json};

/// An instance whose limits differ from the defaults.
fn instance(version: &str) -> Value {
    json!({
        "domain": "a.example", "title": "A", "version": version, "rules": [], "registrations": {},
        "configuration": {
            "statuses": { "max_characters": 1000, "max_media_attachments": 8, "characters_reserved_per_url": 30 },
            "polls": { "max_options": 6, "max_characters_per_option": 60, "min_expiration": 60, "max_expiration": 9_000_000 },
        },
    })
}

fn client(server: &ScriptedServer) -> Mastodon {
    let builder = server.builder().version_check(VersionCheck::Endpoints);
    builder.build().unwrap()
}

fn poll(options: usize, length: usize, seconds: u64) -> NewPoll {
    let options = (0..options).map(|number| format!("{number}{}", "x".repeat(length - 1)));
    NewPoll::new(options, Duration::from_secs(seconds))
}

#[tokio::test]
async fn status_above_a_limit_is_not_sent_and_the_error_names_limit_and_size() {
    let server = ScriptedServer::start(vec![ok_json(&instance("4.6.5"))]).await;
    let client = client(&server);
    let post = |text: &str| client.status_post(text);
    let long = |length| "x".repeat(length);
    let link = format!("https://example.com/{}", long(2000));
    for (call, message) in [
        (
            post(&long(1001)),
            "`status` has 1001 characters, the server allows at most 1000",
        ),
        (
            post(&long(600)).spoiler_text(long(401)),
            "`status` has 1001 characters",
        ),
        (
            post(&format!("{} {link}", long(970))),
            "`status` has 1001 characters",
        ),
        (
            post("Hi").media_ids(["1"; 9]),
            "`media_ids` has 9 media attachments, the server allows at most 8",
        ),
        (
            post("Hi").poll(poll(7, 2, 600)),
            "`poll[options]` has 7 options, the server allows at most 6",
        ),
        (
            post("Hi").poll(poll(2, 61, 600)),
            "`poll[options]` has 61 characters in an option, the server allows at most 60",
        ),
        (
            post("Hi").poll(poll(2, 2, 59)),
            "`poll[expires_in]` has 59 seconds, the server allows at least 60",
        ),
        (
            post("Hi").poll(poll(2, 2, 9_000_001)),
            "`poll[expires_in]` has 9000001 seconds, the server allows at most 9000000",
        ),
    ] {
        let error = call.await.unwrap_err();
        assert!(
            error.is_validation() && error.to_string().contains(message),
            "{error}"
        );
    }
    assert_eq!(
        server.requests().len(),
        1,
        "the limits are requested once, and no status is sent"
    );
    let error = client
        .status_update("1", long(1001))
        .replace_all(true)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Limit {
            endpoint,
            limit: 1000,
            actual: 1001,
            ..
        } if endpoint == "status_update"
    ));
}

#[tokio::test]
async fn limits_are_requested_only_for_a_status_above_the_default_limits() {
    let server = ScriptedServer::start(vec![
        ok_json(&status(&[])),
        ok_json(&instance("4.6.5")),
        ok_json(&status(&[])),
        ok_json(&status(&[])),
    ])
    .await;
    let client = client(&server);
    client.status_post("x".repeat(500)).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    client.status_post("x".repeat(1000)).await.unwrap();
    client
        .status_post("Hi")
        .poll(poll(6, 60, 60))
        .media_ids(["1"; 8])
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 4);
    assert_eq!(
        client.status_limits().await.unwrap().poll_min_seconds,
        Some(60)
    );
    assert_eq!(
        client
            .get_status_length("a https://a.de @b@c.example", "")
            .await,
        35
    );
    // Lower case has other character boundaries here.
    assert_eq!(client.get_status_length("https://a.İẞ", "").await, 12);
    assert_eq!(server.requests().len(), 4, "the limits are cached");
}

#[tokio::test]
async fn no_limit_is_checked_if_the_server_counts_differently_or_publishes_none() {
    let not_found = error_response(404, "Not Found");
    let scripts = [
        vec![
            ok_json(&instance("2.7.2 (compatible; Pleroma 2.6.0)")),
            ok_json(&status(&[])),
        ],
        vec![
            ok_json(&json!({ "version": "3.0.0", "domain": "x" })),
            ok_json(&status(&[])),
        ],
        vec![not_found.clone(), not_found, ok_json(&status(&[]))],
    ];
    for script in scripts {
        let length = script.len();
        let server = ScriptedServer::start(script).await;
        client(&server).status_post("x".repeat(1001)).await.unwrap();
        assert_eq!(server.requests().len(), length);
    }
}

#[tokio::test]
async fn limit_check_can_be_disabled() {
    for builder in [
        |server: &ScriptedServer| {
            server
                .builder()
                .version_check(VersionCheck::Endpoints)
                .check_limits(false)
        },
        // A client that does not request the version does not request the limits either.
        |server: &ScriptedServer| server.builder(),
    ] {
        let server = ScriptedServer::start(vec![ok_json(&status(&[]))]).await;
        let client = builder(&server).build().unwrap();
        client.status_post("x".repeat(1001)).await.unwrap();
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn limits_older_than_an_hour_are_requested_again_before_a_status_is_rejected() {
    let mut raised = instance("4.6.5");
    raised["configuration"]["statuses"]["max_characters"] = json!(2000);
    let server = ScriptedServer::start(vec![
        ok_json(&instance("4.6.5")),
        ok_json(&raised),
        ok_json(&status(&[])),
    ])
    .await;
    let client = client(&server);
    assert!(client.status_post("x".repeat(1001)).await.is_err());
    tokio::time::advance(Duration::from_secs(3601)).await;
    client.status_post("x".repeat(1001)).await.unwrap();
    assert_eq!(server.requests().len(), 3);
}
