//! A status is held against what the server allows before it is sent, and what the server said of
//! itself is remembered.

use std::time::Duration;

use mastodon_sdk::methods::NewPoll;
use mastodon_sdk::{Error, Mastodon, VersionCheck};
use serde_json::{Value, json};

use crate::server::{Server, json};

/// An instance of Mastodon with other limits than usual.
fn instance(version: &str) -> Value {
    json!({
        "domain": "a.example", "title": "A", "version": version, "rules": [], "registrations": {},
        "configuration": {
            "statuses": { "max_characters": 1000, "max_media_attachments": 8, "characters_reserved_per_url": 30 },
            "polls": { "max_options": 6, "max_characters_per_option": 60, "min_expiration": 60, "max_expiration": 9_000_000 },
        },
    })
}

fn ok(value: &Value) -> String {
    json(200, "", &value.to_string())
}

fn posted() -> String {
    let account =
        json!({ "id": "1", "username": "a", "acct": "a", "created_at": "2026-01-01T00:00:00Z" });
    ok(&json!({
        "id": "5", "created_at": "2026-01-01T00:00:00Z", "account": account, "content": "",
        "visibility": "public", "spoiler_text": "", "sensitive": false,
    }))
}

fn client(server: &Server) -> Mastodon {
    let builder = server.builder().version_check(VersionCheck::Created);
    builder.build().unwrap()
}

fn poll(options: usize, length: usize, seconds: u64) -> NewPoll {
    let options = (0..options).map(|number| format!("{number}{}", "x".repeat(length - 1)));
    NewPoll::new(options, Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_status_that_is_too_large_is_not_sent_and_the_error_names_limit_and_size() {
    let server = Server::start(vec![ok(&instance("4.6.5"))]).await;
    let client = client(&server);
    let post = |text: &str| client.status_post(text);
    let long = |length| "x".repeat(length);
    let link = format!("https://example.com/{}", long(2000));
    for (call, complaint) in [
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
            "`media_ids` has 9 media, the server allows at most 8",
        ),
        (
            post("Hi").poll(poll(7, 2, 600)),
            "`poll[options]` has 7 answers, the server allows at most 6",
        ),
        (
            post("Hi").poll(poll(2, 61, 600)),
            "`poll[options]` has 61 characters in an answer, the server allows at most 60",
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
            error.is_validation() && error.to_string().contains(complaint),
            "{error}"
        );
    }
    assert_eq!(
        server.seen().len(),
        1,
        "the limits were asked for once, and nothing else was sent"
    );
    let error = client
        .status_update("1", long(1001))
        .replace_all()
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Limit {
            endpoint: "status_update",
            limit: 1000,
            actual: 1001,
            ..
        }
    ));
}

#[tokio::test]
async fn a_status_within_the_limits_is_sent_and_an_ordinary_one_without_asking() {
    let server = Server::start(vec![posted(), ok(&instance("4.6.5")), posted(), posted()]).await;
    let client = client(&server);
    client.status_post("x".repeat(500)).await.unwrap();
    assert_eq!(server.seen().len(), 1);
    client.status_post("x".repeat(1000)).await.unwrap();
    client
        .status_post("Hi")
        .poll(poll(6, 60, 60))
        .media_ids(["1"; 8])
        .await
        .unwrap();
    assert_eq!(server.seen().len(), 4);
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
    assert_eq!(server.seen().len(), 4, "what the server said is remembered");
}

#[tokio::test]
async fn servers_that_count_otherwise_or_do_not_tell_judge_for_themselves() {
    let silent = json(404, "", r#"{"error":"Not Found"}"#);
    let scripts = [
        vec![ok(&instance("2.7.2 (compatible; Pleroma 2.6.0)")), posted()],
        vec![ok(&json!({ "version": "3.0.0", "domain": "x" })), posted()],
        vec![silent.clone(), silent, posted()],
    ];
    for script in scripts {
        let (server, length) = {
            let length = script.len();
            (Server::start(script).await, length)
        };
        client(&server).status_post("x".repeat(1001)).await.unwrap();
        assert_eq!(server.seen().len(), length);
    }
}

#[tokio::test]
async fn the_check_can_be_switched_off() {
    for builder in [
        |server: &Server| {
            server
                .builder()
                .version_check(VersionCheck::Created)
                .check_limits(false)
        },
        // A client that never asks for the version does not ask for limits either.
        |server: &Server| server.builder(),
    ] {
        let server = Server::start(vec![posted()]).await;
        let client = builder(&server).build().unwrap();
        client.status_post("x".repeat(1001)).await.unwrap();
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn limits_that_are_not_fresh_are_asked_for_anew_before_a_status_is_refused() {
    let mut raised = instance("4.6.5");
    raised["configuration"]["statuses"]["max_characters"] = json!(2000);
    let server = Server::start(vec![ok(&instance("4.6.5")), ok(&raised), posted()]).await;
    let client = client(&server);
    assert!(client.status_post("x".repeat(1001)).await.is_err());
    tokio::time::advance(Duration::from_secs(3601)).await;
    client.status_post("x".repeat(1001)).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn what_the_server_said_is_shared_by_clones_until_it_is_forgotten() {
    let other = ok(&instance("4.7.0"));
    let server = Server::start(vec![ok(&instance("4.6.5")), other.clone(), other]).await;
    let client = server.client();
    let clone = client.clone();
    assert_eq!(client.instance().await.unwrap().title, "A");
    let version = async |client: &Mastodon| client.retrieve_mastodon_version().await.unwrap().raw;
    assert_eq!(
        version(&clone).await,
        "4.6.5",
        "an answer that the program asked for is remembered, too"
    );
    assert_eq!(server.seen().len(), 1);
    client.clear_caches();
    assert_eq!(version(&clone).await, "4.7.0");
    assert_eq!(version(&client).await, "4.7.0");
    assert_eq!(server.seen().len(), 2);
    client.instance().await.unwrap();
    assert_eq!(server.seen().len(), 3, "the call itself asks each time");
}
