//! Where streams are found, and what happens when a connection fails.

use std::time::Duration;

use mastodon_sdk::{Error, StreamEvent};
use tokio::time::Instant;

use super::VIA;
use super::server::StreamServer;
use super::{next, until};
use crate::server::json;

fn instance(server: &StreamServer, description: &str) {
    *server.instance.lock().unwrap() = Some(description.to_owned());
}

#[tokio::test]
async fn the_host_of_streams_is_the_one_that_the_server_names() {
    let mut streams = StreamServer::start().await;
    let address = streams.url.replace("http", "ws");
    for description in [
        format!(r#"{{"configuration":{{"urls":{{"streaming":"{address}"}}}}}}"#),
        format!(r#"{{"configuration":{{"urls":{{"streaming":"{address}/api/v1/streaming"}}}}}}"#),
        format!(r#"{{"urls":{{"streaming_api":"{address}"}}}}"#),
    ] {
        let server = StreamServer::start().await;
        instance(&server, &description);
        let client = server.client();
        let call = client.stream_user().transport(VIA).catch_up(false);
        let (events, connection) = tokio::join!(call, streams.accept());
        drop(events.unwrap());
        assert!(
            connection
                .head
                .starts_with("get /api/v1/streaming/user http")
        );
        assert!(connection.head.contains("bearer hunter2"));
    }
}

#[tokio::test]
async fn a_server_that_names_no_host_is_asked_without_the_token_where_it_is() {
    let mut streams = StreamServer::start().await;
    let mut server = StreamServer::start().await;
    *server.instance.lock().unwrap() = None;
    let client = server.client();
    let target = format!("{}/api/v1/streaming", streams.url);
    let opening = async { client.stream_user().transport(VIA).catch_up(false).await };
    let playing = async {
        let mut probe = server.next().await;
        assert!(probe.head.starts_with("get /api/v1/streaming http"));
        assert!(!probe.head.contains("hunter2"));
        probe
            .send(&format!(
                "HTTP/1.1 301 X\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
        streams.accept().await
    };
    let (events, connection) = tokio::join!(opening, playing);
    drop(events.unwrap());
    assert!(connection.head.contains("bearer hunter2"));
    // The host is remembered.
    let call = client.stream_direct().transport(VIA).catch_up(false);
    let (events, _connection) = tokio::join!(call, streams.accept());
    drop(events.unwrap());
    assert!(server.is_left_alone());
    // Nothing there: it is the same host.
    let client = server.client();
    let opening = async { client.stream_user().transport(VIA).catch_up(false).await };
    let playing = async {
        server.next().await.refuse("404 X", "Not found").await;
        server.accept().await
    };
    let (events, connection) = tokio::join!(opening, playing);
    drop(events.unwrap());
    assert!(
        connection
            .head
            .starts_with("get /api/v1/streaming/user http")
    );
}

#[tokio::test]
async fn a_token_does_not_travel_unprotected_to_the_host_of_streams() {
    let server = StreamServer::start().await;
    for host in ["ws://streams.example", "http://streams.example"] {
        instance(
            &server,
            &format!(r#"{{"urls":{{"streaming_api":"{host}"}}}}"#),
        );
        let error = server
            .client()
            .stream_user()
            .transport(VIA)
            .catch_up(false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
        assert!(
            error
                .to_string()
                .contains("unencrypted to http://streams.example"),
            "{error}"
        );
    }
    instance(&server, r#"{"urls":{"streaming_api":"mailto:a"}}"#);
    let client = server.builder().max_retries(0).build().unwrap();
    let error = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`mailto:a`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_stream_with_its_error_and_is_not_tried_again() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (status, error) in [
        ("400 X", "Unknown channel requested"),
        ("401 X", "Invalid access token"),
        ("403 X", "Not authorized to stream this list"),
    ] {
        let opening = async { client.stream_list("1").transport(VIA).catch_up(false).await };
        let refusing = async { server.next().await.refuse(status, error).await };
        let refused = tokio::join!(opening, refusing).0.unwrap_err();
        assert_eq!(refused.api().unwrap().message, error);
        // The same after a reconnection.
        let opening = async { client.stream_list("1").transport(VIA).catch_up(false).await };
        let mut events = tokio::join!(opening, server.accept()).0.unwrap();
        assert!(matches!(next(&mut events).await, StreamEvent::Connected));
        assert!(matches!(
            next(&mut events).await,
            StreamEvent::Disconnected(_)
        ));
        let handle = events.handle();
        assert!(handle.is_alive() && !handle.is_receiving());
        server.next().await.refuse(status, error).await;
        let refused = events.try_next().await.unwrap_err();
        assert_eq!(refused.api().unwrap().message, error);
        assert!(events.try_next().await.unwrap().is_none() && !handle.is_alive());
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(server.is_left_alone());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again_with_growing_waits() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .max_attempts(40);
    let mut events = tokio::join!(call, server.accept()).0.unwrap();
    assert!(matches!(next(&mut events).await, StreamEvent::Connected));
    let mut waits = Vec::new();
    for attempt in 1..40 {
        let StreamEvent::Disconnected(lost) = next(&mut events).await else {
            panic!("a failure is told of");
        };
        assert_eq!(lost.failures, attempt);
        waits.push(lost.retry_in);
        let connection = server.next().await;
        match attempt % 4 {
            0 => connection.refuse("404 X", "Not found").await,
            1 => connection.refuse("503 X", "Busy").await,
            2 => connection.refuse("429 X", "Too many requests").await,
            _ => drop(connection),
        }
    }
    assert!(
        waits[..3]
            .iter()
            .all(|wait| *wait <= Duration::from_secs(4))
    );
    assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(60)));
    let later: Duration = waits[10..].iter().sum();
    assert!(later > Duration::from_secs(300), "{waits:?}");
    assert!(matches!(
        next(&mut events).await,
        StreamEvent::Disconnected(_)
    ));
    server.next().await.refuse("503 X", "Busy").await;
    assert!(events.try_next().await.unwrap_err().is_server_error());
}

#[tokio::test(start_paused = true)]
async fn a_success_lets_the_attempts_begin_anew() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .max_attempts(2);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    for id in 1..10 {
        connection.statuses([id]).await;
        drop(connection);
        assert_eq!(until(&mut events, "lost").await.len(), 3);
        server.next().await.refuse("502 X", "Busy").await;
        until(&mut events, "lost").await;
        connection = server.accept().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_connection_is_tried_as_often_as_a_call_is() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(2).build().unwrap();
    let opening = async { client.stream_user().transport(VIA).catch_up(false).await };
    let playing = async {
        for _ in 0..2 {
            server.next().await.refuse("503 X", "Busy").await;
        }
        server.accept().await
    };
    let (events, _connection) = tokio::join!(opening, playing);
    drop(events.unwrap());
    let opening = async { client.stream_user().transport(VIA).catch_up(false).await };
    let playing = async {
        for _ in 0..3 {
            server.next().await.refuse("503 X", "Busy").await;
        }
    };
    assert!(
        tokio::join!(opening, playing)
            .0
            .unwrap_err()
            .is_server_error()
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_falls_silent_is_given_up_and_heartbeats_keep_it() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(VIA)
        .catch_up(false)
        .silence_timeout(Duration::from_secs(40));
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(matches!(next(&mut events).await, StreamEvent::Connected));
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(30)).await;
        connection.send(":thump\n").await;
        let heartbeat = events.try_next().await.unwrap().unwrap();
        assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
    }
    let silent = Instant::now();
    let StreamEvent::Disconnected(lost) = next(&mut events).await else {
        panic!("the silence is noticed");
    };
    assert_eq!(silent.elapsed().as_secs(), 40);
    assert_eq!(
        lost.why.to_string(),
        "stream_user: neither an event nor a heartbeat within 40s; allow more with `silence_timeout`"
    );
    let _again = server.accept().await;
    assert!(matches!(next(&mut events).await, StreamEvent::Connected));
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_found_while_lists_are_asked_again_and_again() {
    let mut server = StreamServer::start().await;
    server.list("/notifications", [1]);
    let client = server.builder().max_retries(0).build().unwrap();
    let call = client
        .stream_user_notifications()
        .transport(VIA)
        .max_backoff(Duration::from_secs(1));
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let busy = || json(503, "", "{}");
    let failures = std::iter::repeat_with(busy).take(1000);
    server.failures.lock().unwrap().extend(failures);
    drop(connection);
    until(&mut events, "lost").await;
    let _silent = server.accept().await;
    until(&mut events, "caught up 0").await;
    let StreamEvent::Disconnected(lost) = next(&mut events).await else {
        panic!("the silence is noticed");
    };
    assert!(lost.why.is_timeout(), "{}", lost.why);
}

#[tokio::test(start_paused = true)]
async fn the_server_may_say_how_long_to_wait_and_where_it_was() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(VIA).catch_up(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(!connection.head.contains("last-event-id"));
    connection
        .send("retry: 10\nid: 77\nevent: delete\ndata: 1\n\n")
        .await;
    drop(connection);
    until(&mut events, "-1").await;
    let StreamEvent::Disconnected(lost) = next(&mut events).await else {
        panic!("the end is told of");
    };
    assert!(lost.retry_in <= Duration::from_millis(10));
    assert!(
        lost.why.to_string().contains("the stream broke off"),
        "{}",
        lost.why
    );
    assert!(server.accept().await.head.contains("last-event-id: 77"));
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_told_as_what_it_is() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let opening = async { client.stream_user().transport(VIA).catch_up(false).await };
    let playing = async {
        let mut connection = server.next().await;
        connection.answer("200 OK", "text/html", "<html>").await;
    };
    let error = tokio::join!(opening, playing).0.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }), "{error}");
    let empty = client.stream_hashtag("").transport(VIA).await.unwrap_err();
    assert_eq!(empty.to_string(), "stream_hashtag: `tag`: it is empty");
}

#[tokio::test]
async fn the_health_of_streaming_is_asked_at_its_host() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (status, healthy) in [("200 OK", true), ("503 X", false)] {
        let playing = async {
            let mut connection = server.next().await;
            assert!(
                connection
                    .head
                    .starts_with("get /api/v1/streaming/health http")
            );
            assert!(!connection.head.contains("hunter2"));
            connection.answer(status, "text/plain", "OK").await;
        };
        assert_eq!(
            tokio::join!(client.stream_healthy(), playing).0.unwrap(),
            healthy
        );
    }
}
