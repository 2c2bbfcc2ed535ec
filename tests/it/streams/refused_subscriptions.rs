//! Subscriptions that the server refuses, with errors that name no stream.

use std::time::Duration;

use mastodon_sdk::streaming::StreamEvent;
use serde_json::json;
use tokio::time::Instant;

use super::server::{Connection, StreamServer};
use super::subscriptions::{SECOND, list, next_request, open, open_user, tag, update};
use super::{final_error, labels_until, next_event};

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn list_that_the_server_refuses_among_other_streams_ends_at_once_and_alone() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for error in [
        r#"{"error":"Not authorized to stream this list","status":401}"#,
        r#"{"error":"Error: Not authorized to stream this list"}"#,
    ] {
        let (mut user, mut connection) = open_user(&mut server, &client).await;
        let mut tags = Vec::new();
        for number in 0..10 {
            tags.push(open(tag(&client, &format!("tag{number}"))).await);
            next_request(&mut connection).await;
        }
        let mut refused = open(list(&client, "9")).await;
        next_request(&mut connection).await;
        let sent = Instant::now();
        connection.send(error).await;
        let error = final_error(&mut refused).await;
        assert!(
            error
                .to_string()
                .contains("Not authorized to stream this list"),
            "{error}"
        );
        assert!(sent.elapsed() < SECOND / 10, "{:?}", sent.elapsed());
        connection
            .send(r#"{"error":"Error unsubscribing from channel"}"#)
            .await;
        for (number, events) in tags.iter_mut().enumerate() {
            connection
                .send(&update(&json!(["hashtag", format!("tag{number}")]), 1))
                .await;
            assert_eq!(labels_until(events, "1").await, ["1"]);
        }
        connection.send(&update(&json!(["user"]), 2)).await;
        assert_eq!(labels_until(&mut user, "2").await, ["2"]);
        drop((user, tags));
        connection.wait_until_closed().await;
    }
}

/// Responds to requests for refused streams after a delay, until no request arrives for some time.
async fn refuse(connection: &mut Connection, refused: &[&str], error: &str, delay: Duration) {
    let quiet = delay + 30 * SECOND;
    while let Ok(request) = tokio::time::timeout(quiet, next_request(connection)).await {
        if refused.contains(&request.as_str()) {
            tokio::time::sleep(delay).await;
            connection.send(error).await;
        }
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_that_can_be_about_any_stream_ends_only_those_that_the_server_refuses() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for delay in [Duration::ZERO, SECOND / 5] {
        let (mut user, mut connection) = open_user(&mut server, &client).await;
        let mut tags = Vec::new();
        for number in 0..6 {
            tags.push(open(tag(&client, &format!("tag{number}"))).await);
            next_request(&mut connection).await;
        }
        let mut direct = open(client.stream_direct().backfill(false).into_future()).await;
        next_request(&mut connection).await;
        let denied = r#"{"error":"Access denied","status":403}"#;
        let started = Instant::now();
        connection.send(denied).await;
        connection.send(denied).await;
        let refused = ["subscribe hashtag tag3", "subscribe direct"];
        let (_, ended) = tokio::join!(refuse(&mut connection, &refused, denied, delay), async {
            let first = final_error(&mut direct).await;
            let second = final_error(&mut tags[3]).await;
            assert!(
                first.is_forbidden() && second.is_forbidden(),
                "{first} {second}"
            );
            started.elapsed()
        });
        assert!(ended < 8 * SECOND, "{ended:?}");
        for number in [0, 1, 2, 4, 5] {
            connection
                .send(&update(&json!(["hashtag", format!("tag{number}")]), 1))
                .await;
            assert_eq!(labels_until(&mut tags[number], "1").await, ["1"]);
        }
        connection.send(&update(&json!(["user"]), 2)).await;
        assert_eq!(labels_until(&mut user, "2").await, ["2"]);
        drop((user, tags, direct));
        connection.wait_until_closed().await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_about_a_closed_stream_does_not_end_another() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (_user, mut connection) = open_user(&mut server, &client).await;
    drop(open(list(&client, "9")).await);
    next_request(&mut connection).await;
    let mut kept = open(list(&client, "10")).await;
    next_request(&mut connection).await;
    connection
        .send(r#"{"error":"Not authorized to stream this list","status":401}"#)
        .await;
    // This list is requested again, to find out whether the server refuses it too.
    assert_eq!(next_request(&mut connection).await, "subscribe list 10");
    tokio::time::sleep(60 * SECOND).await;
    connection.send(&update(&json!(["list", "10"]), 1)).await;
    assert_eq!(labels_until(&mut kept, "1").await, ["1"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn subscription_that_fails_because_of_the_server_is_requested_again() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (_user, mut connection) = open_user(&mut server, &client).await;
    let mut events = open(list(&client, "9")).await;
    next_request(&mut connection).await;
    for _ in 0..3 {
        connection
            .send(r#"{"error":"An unexpected error occurred","status":500}"#)
            .await;
        while next_request(&mut connection).await != "subscribe list 9" {}
    }
    connection.send(&update(&json!(["list", "9"]), 1)).await;
    assert_eq!(labels_until(&mut events, "1").await, ["1"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn errors_of_frames_do_not_contain_the_access_token() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut connection) = open_user(&mut server, &client).await;
    let mut events = open(list(&client, "9")).await;
    next_request(&mut connection).await;
    connection
        .send(r#"{"error":"Access token hunter2 does not have the required scopes","status":401}"#)
        .await;
    let (_, error) = tokio::join!(
        refuse(
            &mut connection,
            &["subscribe list 9"],
            r#"{"error":"Access token hunter2 does not have the required scopes","status":401}"#,
            Duration::ZERO,
        ),
        final_error(&mut events)
    );
    assert!(
        error.is_unauthorized() && !format!("{error:?} {error}").contains("hunter2"),
        "{error:?}"
    );
    connection.close(1008, "hunter2 was revoked").await;
    let StreamEvent::Disconnected(disconnected) = next_event(&mut user).await else {
        panic!("the closed connection is reported");
    };
    let error = format!("{:?} {}", disconnected.error, disconnected.error);
    assert!(
        error.contains("1008") && !error.contains("hunter2"),
        "{error}"
    );
}
