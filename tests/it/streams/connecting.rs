//! Streaming host, connection failures and reconnection.

use std::time::Duration;

use mastodon_sdk::Error;
use mastodon_sdk::server::ServerVersion;
use mastodon_sdk::streaming::{StreamEvent, StreamTransport};
use tokio::time::Instant;

use super::TRANSPORT;
use super::server::StreamServer;
use super::{labels_until, next_event};
use crate::support::{ScriptedServer, json_response};

fn set_instance(server: &StreamServer, json: &str) {
    *server.instance.lock().unwrap() = Some(json.to_owned());
}

#[tokio::test]
async fn streaming_host_is_read_from_the_instance_data() {
    let mut streaming = StreamServer::start().await;
    let url = streaming.url.replace("http", "ws");
    for instance in [
        format!(r#"{{"configuration":{{"urls":{{"streaming":"{url}"}}}}}}"#),
        format!(r#"{{"configuration":{{"urls":{{"streaming":"{url}/api/v1/streaming"}}}}}}"#),
        format!(r#"{{"urls":{{"streaming_api":"{url}"}}}}"#),
        format!(r#"{{"configuration":{{"urls":{{"streaming_api":"{url}"}}}}}}"#),
        format!(r#"{{"configuration":{{"urls":{{"streaming":"","streaming_api":"{url}"}}}}}}"#),
        format!(
            r#"{{"configuration":{{"urls":{{"streaming":"wss:"}}}},"urls":{{"streaming_api":"{url}"}}}}"#
        ),
    ] {
        let server = StreamServer::start().await;
        set_instance(&server, &instance);
        let client = server.client();
        let call = client.stream_user().transport(TRANSPORT).backfill(false);
        let (events, connection) = tokio::join!(call, streaming.accept());
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
async fn clients_of_a_server_look_up_the_streaming_host_once() {
    let mut streaming = StreamServer::start().await;
    let server = StreamServer::start().await;
    let url = streaming.url.replace("http", "ws");
    set_instance(
        &server,
        &format!(r#"{{"urls":{{"streaming_api":"{url}"}}}}"#),
    );
    let first = server.client();
    for client in [first.with_token("token2"), first.with_token("token3")] {
        let call = client.stream_user().transport(TRANSPORT).backfill(false);
        let (events, _connection) = tokio::join!(call, streaming.accept());
        drop(events.unwrap());
        // Without the instance data, another lookup would find no streaming host.
        *server.instance.lock().unwrap() = None;
    }
}

#[tokio::test]
async fn redirect_to_the_streaming_host_is_found_without_sending_the_token() {
    let mut streaming = StreamServer::start().await;
    let mut server = StreamServer::start().await;
    *server.instance.lock().unwrap() = None;
    let client = server.client();
    let target = format!("{}/api/v1/streaming", streaming.url);
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        let mut probe = server.next_request().await;
        assert!(probe.head.starts_with("get /api/v1/streaming http"));
        assert!(!probe.head.contains("hunter2"));
        probe
            .send(&format!(
                "HTTP/1.1 301 X\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n"
            ))
            .await;
        streaming.accept().await
    };
    let (events, connection) = tokio::join!(opening, serving);
    drop(events.unwrap());
    assert!(connection.head.contains("bearer hunter2"));
    // The host is cached.
    let call = client.stream_direct().transport(TRANSPORT).backfill(false);
    let (events, _connection) = tokio::join!(call, streaming.accept());
    drop(events.unwrap());
    assert!(server.has_no_stream_request());
    // Without a redirect, the server itself is the streaming host.
    let client = server.client();
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        server
            .next_request()
            .await
            .reject("404 X", "Not found")
            .await;
        server.accept().await
    };
    let (events, connection) = tokio::join!(opening, serving);
    drop(events.unwrap());
    assert!(
        connection
            .head
            .starts_with("get /api/v1/streaming/user http")
    );
}

#[tokio::test]
async fn access_token_is_not_sent_unencrypted_to_the_streaming_host() {
    let server = StreamServer::start().await;
    for host in ["ws://streams.example", "http://streams.example"] {
        set_instance(
            &server,
            &format!(r#"{{"urls":{{"streaming_api":"{host}"}}}}"#),
        );
        let error = server
            .client()
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Configuration { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains("unencrypted to http://streams.example"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn server_itself_is_the_streaming_host_if_the_instance_data_names_no_valid_one() {
    for instance in [
        r#"{"urls":{"streaming_api":"mailto:a"},"configuration":{"urls":{"streaming":"/stream"}}}"#,
        r#"{"urls":{},"configuration":{"urls":{}}}"#,
        r#"{"urls":null,"configuration":{"urls":{"streaming":null,"streaming_api":7}}}"#,
        r#"{"configuration":[]}"#,
    ] {
        let mut server = StreamServer::start().await;
        set_instance(&server, instance);
        let client = server.client();
        let opening = async {
            client
                .stream_user()
                .transport(TRANSPORT)
                .backfill(false)
                .await
        };
        let serving = async {
            let probe = server.next_request().await;
            assert!(!probe.head.contains("hunter2"));
            probe.reject("404 X", "Not found").await;
            server.accept().await
        };
        let (events, connection) = tokio::join!(opening, serving);
        drop(events.unwrap());
        assert!(connection.head.contains("bearer hunter2"));
    }
}

#[tokio::test]
async fn server_without_streams_is_an_error_that_says_so() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    set_instance(&server, r#"{"configuration":{"urls":{}}}"#);
    for (status, content_type) in [
        ("200 X", "text/html; charset=utf-8"),
        ("501 X", "application/json"),
    ] {
        let opening = async {
            client
                .stream_user()
                .transport(TRANSPORT)
                .backfill(false)
                .await
        };
        let serving = async {
            let mut probe = server.next_request().await;
            probe.respond(status, content_type, "<!doctype html>").await;
        };
        let error = tokio::join!(opening, serving).0.unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("the server does not provide streaming"),
            "{error}"
        );
    }
    // Only the server can know that it has no streams: a 404 of the probe is not enough.
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        for _ in 0..2 {
            server
                .next_request()
                .await
                .reject("404 X", "Not found")
                .await;
        }
    };
    let error = tokio::join!(opening, serving).0.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the server does not support streaming"),
        "{error}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rejection_ends_the_stream_without_a_retry() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (status, message) in [
        ("400 X", "Unknown channel requested"),
        ("401 X", "Invalid access token"),
        ("403 X", "Not authorized to stream this list"),
    ] {
        let opening = async {
            client
                .stream_list("1")
                .transport(TRANSPORT)
                .backfill(false)
                .await
        };
        let rejecting = async { server.next_request().await.reject(status, message).await };
        let error = tokio::join!(opening, rejecting).0.unwrap_err();
        assert_eq!(error.api().unwrap().message, message);
        // A rejected reconnection does the same.
        let opening = async {
            client
                .stream_list("1")
                .transport(TRANSPORT)
                .backfill(false)
                .await
        };
        let mut events = tokio::join!(opening, server.accept()).0.unwrap();
        assert!(matches!(
            next_event(&mut events).await,
            StreamEvent::Connected
        ));
        assert!(matches!(
            next_event(&mut events).await,
            StreamEvent::Disconnected(_)
        ));
        let handle = events.handle();
        assert!(handle.is_alive() && !handle.is_receiving());
        server.next_request().await.reject(status, message).await;
        let error = events.try_next().await.unwrap_err();
        assert_eq!(error.api().unwrap().message, message);
        assert!(events.try_next().await.unwrap().is_none() && !handle.is_alive());
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(server.has_no_stream_request());
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn temporary_failure_is_retried_with_growing_delays() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(TRANSPORT)
        .backfill(false)
        .max_attempts(40);
    let mut events = tokio::join!(call, server.accept()).0.unwrap();
    assert!(matches!(
        next_event(&mut events).await,
        StreamEvent::Connected
    ));
    let mut delays = Vec::new();
    for attempt in 1..40 {
        let StreamEvent::Disconnected(disconnected) = next_event(&mut events).await else {
            panic!("each failure is reported");
        };
        assert_eq!(disconnected.failures, attempt);
        delays.push(disconnected.retry_in);
        let connection = server.next_request().await;
        match attempt % 4 {
            0 => connection.reject("404 X", "Not found").await,
            1 => connection.reject("503 X", "Busy").await,
            2 => connection.reject("429 X", "Too many requests").await,
            _ => drop(connection),
        }
    }
    assert!(
        delays[..3]
            .iter()
            .all(|delay| *delay <= Duration::from_secs(4))
    );
    // At least half of each delay is fixed, so that no attempt follows at once.
    assert!(
        delays
            .iter()
            .all(|delay| *delay >= Duration::from_millis(500))
    );
    let later = Duration::from_millis(7500)..=Duration::from_secs(15);
    assert!(
        delays[5..].iter().all(|delay| later.contains(delay)),
        "{delays:?}"
    );
    assert!(matches!(
        next_event(&mut events).await,
        StreamEvent::Disconnected(_)
    ));
    server.next_request().await.reject("503 X", "Busy").await;
    assert!(events.try_next().await.unwrap_err().is_server_error());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn received_event_resets_the_attempt_count() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(TRANSPORT)
        .backfill(false)
        .max_attempts(2);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    for id in 1..10 {
        connection.send_statuses([id]).await;
        drop(connection);
        assert_eq!(labels_until(&mut events, "disconnected").await.len(), 3);
        server.next_request().await.reject("502 X", "Busy").await;
        labels_until(&mut events, "disconnected").await;
        connection = server.accept().await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn first_connection_is_retried_up_to_max_retries() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(2).build().unwrap();
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        for _ in 0..2 {
            server.next_request().await.reject("503 X", "Busy").await;
        }
        server.accept().await
    };
    let (events, _connection) = tokio::join!(opening, serving);
    drop(events.unwrap());
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        for _ in 0..3 {
            server.next_request().await.reject("503 X", "Busy").await;
        }
    };
    assert!(
        tokio::join!(opening, serving)
            .0
            .unwrap_err()
            .is_server_error()
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn idle_connection_is_closed_unless_heartbeats_arrive() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_user()
        .transport(TRANSPORT)
        .backfill(false)
        .idle_timeout(Duration::from_secs(40));
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(matches!(
        next_event(&mut events).await,
        StreamEvent::Connected
    ));
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(30)).await;
        connection.send(":thump\n").await;
        let heartbeat = events.try_next().await.unwrap().unwrap();
        assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
    }
    let idle_since = Instant::now();
    let StreamEvent::Disconnected(disconnected) = next_event(&mut events).await else {
        panic!("the idle timeout closes the connection");
    };
    assert_eq!(idle_since.elapsed().as_secs(), 40);
    assert_eq!(
        disconnected.error.to_string(),
        "stream_user: neither an event nor a heartbeat within 40s; raise the limit with `idle_timeout`"
    );
    let _reopened = server.accept().await;
    assert!(matches!(
        next_event(&mut events).await,
        StreamEvent::Connected
    ));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn idle_connection_is_closed_while_failed_lists_are_retried() {
    let mut server = StreamServer::start().await;
    server.add_to_list("/notifications", [1]);
    let client = server.builder().max_retries(0).build().unwrap();
    let call = client
        .stream_user_notifications()
        .transport(TRANSPORT)
        .max_backoff(Duration::from_secs(1));
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let unavailable = || json_response(503, "", "{}");
    let failures = std::iter::repeat_with(unavailable).take(1000);
    server.failures.lock().unwrap().extend(failures);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _idle = server.accept().await;
    labels_until(&mut events, "backfilled 0").await;
    let StreamEvent::Disconnected(disconnected) = next_event(&mut events).await else {
        panic!("the idle timeout closes the connection");
    };
    assert!(disconnected.error.is_timeout(), "{}", disconnected.error);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retry_delay_and_last_event_id_of_the_server_are_used() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(TRANSPORT).backfill(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(!connection.head.contains("last-event-id"));
    connection
        .send("retry: 5000\nid: 77\nevent: delete\ndata: 1\n\n")
        .await;
    drop(connection);
    labels_until(&mut events, "-1").await;
    let StreamEvent::Disconnected(disconnected) = next_event(&mut events).await else {
        panic!("the closed connection is reported");
    };
    let expected = Duration::from_millis(2500)..=Duration::from_secs(5);
    assert!(expected.contains(&disconnected.retry_in));
    assert!(
        disconnected
            .error
            .to_string()
            .contains("the stream was interrupted"),
        "{}",
        disconnected.error
    );
    assert!(server.accept().await.head.contains("last-event-id: 77"));
}

#[tokio::test]
async fn response_that_is_not_an_event_stream_is_an_error() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let opening = async {
        client
            .stream_user()
            .transport(TRANSPORT)
            .backfill(false)
            .await
    };
    let serving = async {
        let mut connection = server.next_request().await;
        connection.respond("200 OK", "text/html", "<html>").await;
    };
    let error = tokio::join!(opening, serving).0.unwrap_err();
    assert!(matches!(error, Error::NotMastodon { .. }), "{error}");
    let empty = client
        .stream_hashtag("")
        .transport(TRANSPORT)
        .await
        .unwrap_err();
    assert_eq!(
        empty.to_string(),
        "stream_hashtag: `tag`: it must not be empty"
    );
}

#[tokio::test]
async fn health_is_requested_from_the_streaming_host() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (status, healthy) in [("200 OK", true), ("503 X", false)] {
        let serving = async {
            let mut connection = server.next_request().await;
            assert!(
                connection
                    .head
                    .starts_with("get /api/v1/streaming/health http")
            );
            assert!(!connection.head.contains("hunter2"));
            connection.respond(status, "text/plain", "OK").await;
        };
        assert_eq!(
            tokio::join!(client.stream_healthy(), serving).0.unwrap(),
            healthy
        );
    }
}

#[tokio::test]
async fn stream_that_only_websockets_offer_is_not_requested_over_server_sent_events() {
    let server = ScriptedServer::start(vec![]).await;
    let version = ServerVersion::parse("2.7.2 (compatible; Pleroma 2.7.0)", None);
    let client = server.builder().server_version(version).build().unwrap();
    let call = client.stream_user_pleroma_chat();
    let call = call.transport(StreamTransport::ServerSentEvents);
    let error = call.await.unwrap_err();
    assert!(
        error.to_string().contains("only available over WebSockets"),
        "{error}"
    );
    assert_eq!(server.request_lines(), [""; 0]);
}
