//! Opening connections behind proxies: refusals, redirects, hosts that move or cannot be looked up.

use std::time::Duration;

use futures_util::SinkExt;
use mastodon_sdk::endpoint::Endpoint;
use mastodon_sdk::streaming::{Disconnected, EventStream, StreamEvent, StreamTransport};
use mastodon_sdk::{Error, Mastodon};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::TRANSPORT;
use super::server::{Connection, Socket, StreamServer};
use super::{final_error, labels_until, next_event};
use crate::support::CapturedLog;

/// Opens a stream of the user while the server handles its requests.
pub(super) async fn open<T>(
    client: &Mastodon,
    transport: Option<StreamTransport>,
    serving: impl Future<Output = T>,
) -> (Result<EventStream, Error>, T) {
    let call = client.stream_user().backfill(false);
    let call = match transport {
        Some(transport) => call.transport(transport),
        None => call,
    };
    tokio::join!(call, serving)
}

/// Opens a stream, and cuts its first connection.
async fn open_and_cut(
    server: &mut StreamServer,
    client: &Mastodon,
    transport: StreamTransport,
) -> EventStream {
    let (events, connection) = open(client, Some(transport), server.accept()).await;
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    drop(connection);
    next_disconnected(&mut events).await;
    events
}

async fn next_disconnected(events: &mut EventStream) -> Disconnected {
    match next_event(events).await {
        StreamEvent::Disconnected(disconnected) => disconnected,
        other => panic!("{other:?}"),
    }
}

/// Responds to a request with a raw head and a body.
pub(super) async fn respond_raw(connection: &mut Connection, head: &str, body: &str) {
    let length = body.len();
    let response =
        format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    connection.send(&response).await;
}

pub(super) fn redirect(status: u16, location: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
    )
}

over_both_transports! {
    page_or_empty_response_of_a_proxy_does_not_end_the_stream,
    message_in_the_header_of_a_refusal_is_shown_and_final,
    refusal_of_a_list_says_that_the_list_is_not_there,
    token_that_a_refusal_repeats_is_not_shown,
    redirect_within_the_origin_is_followed,
    redirect_to_another_origin_does_not_receive_the_token,
    known_host_is_used_while_its_lookup_hangs_or_fails,
    published_address_keeps_its_path,
}

async fn page_or_empty_response_of_a_proxy_does_not_end_the_stream(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let mut events = open_and_cut(&mut server, &client, transport).await;
    for status in [400, 401, 403, 410, 422] {
        for (content_type, body) in [
            ("text/html", "<html><title>Attention required</title>"),
            ("text/plain", ""),
            ("application/json", r#"{"message":"blocked"}"#),
        ] {
            let mut connection = server.next_request().await;
            let head = format!("{status} X\r\ncontent-type: {content_type}");
            respond_raw(&mut connection, &head, body).await;
            let disconnected = next_disconnected(&mut events).await;
            assert_eq!(disconnected.error.api().unwrap().status, status);
        }
    }
    let _connection = server.accept().await;
    labels_until(&mut events, "connected").await;
}

async fn message_in_the_header_of_a_refusal_is_shown_and_final(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let mut events = open_and_cut(&mut server, &client, transport).await;
    let mut connection = server.next_request().await;
    let head = "401 Unauthorized\r\nx-error-message: Invalid access token";
    respond_raw(&mut connection, head, "").await;
    let error = events.try_next().await.unwrap_err();
    assert!(error.is_unauthorized());
    assert!(
        error.to_string().contains("Invalid access token"),
        "{error}"
    );
}

async fn refusal_of_a_list_says_that_the_list_is_not_there(transport: StreamTransport) {
    for message in [
        "Not authorized to stream this list",
        "Error: Not authorized to stream this list",
    ] {
        let mut server = StreamServer::start().await;
        let client = server.client();
        let serving = async {
            let connection = server.next_request().await;
            connection.reject("401 Unauthorized", message).await;
        };
        let error = open(&client, Some(transport), serving).await.0.unwrap_err();
        assert!(error.is_not_found() && !error.is_unauthorized(), "{error}");
        let shown = error.to_string();
        assert!(
            shown.ends_with(
                "(401 Unauthorized): Not authorized to stream this list; the list does not exist, or belongs to another user"
            ),
            "{shown}"
        );
    }
}

async fn token_that_a_refusal_repeats_is_not_shown(transport: StreamTransport) {
    let (log, _guard) = CapturedLog::start();
    let mut server = StreamServer::start().await;
    let token = "zq7-unseen-zq7";
    let client = server.builder().access_token(token).build().unwrap();
    let mut events = open_and_cut(&mut server, &client, transport).await;
    let mut shown = String::new();
    for (head, body) in [
        ("502 X", format!("bad token {token}")),
        (
            "503 X",
            format!(r#"{{"error":"bad token {token}","seen":"{token}"}}"#),
        ),
        ("500 X", format!("<html><title>{token}</title>")),
    ] {
        let mut connection = server.next_request().await;
        respond_raw(&mut connection, head, &body).await;
        let disconnected = next_disconnected(&mut events).await;
        shown += &format!("{disconnected:?} {}", disconnected.error);
    }
    let mut connection = server.next_request().await;
    let head = format!("401 X\r\nx-error-message: bad token {token}");
    respond_raw(&mut connection, &head, "").await;
    let error = events.try_next().await.unwrap_err();
    assert!(
        error.to_string().contains("bad token [redacted]"),
        "{error}"
    );
    shown += &format!("{error:?}");
    assert!(!shown.contains("zq7"), "{shown}");
    assert!(!log.text().contains("zq7"), "{}", log.text());
}

async fn redirect_within_the_origin_is_followed(transport: StreamTransport) {
    for status in [301, 302, 307, 308] {
        let mut server = StreamServer::start().await;
        let client = server.client();
        let serving = async {
            let mut connection = server.next_request().await;
            let location = redirect(status, "/api/v1/streaming/elsewhere?stream=user");
            connection.send(&location).await;
            server.accept().await
        };
        let (events, connection) = open(&client, Some(transport), serving).await;
        drop(events.unwrap());
        let expected = "get /api/v1/streaming/elsewhere?stream=user http";
        assert!(connection.head.starts_with(expected), "{}", connection.head);
        assert!(connection.head.contains("bearer hunter2"));
    }
    // A loop ends.
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let serving = async {
        for _ in 0..6 {
            let mut connection = server.next_request().await;
            connection.send(&redirect(301, "/api/v1/streaming")).await;
        }
    };
    let error = open(&client, Some(transport), serving).await.0.unwrap_err();
    assert!(matches!(error, Error::Redirect { .. }), "{error}");
}

async fn redirect_to_another_origin_does_not_receive_the_token(transport: StreamTransport) {
    let mut other = StreamServer::start().await;
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let serving = async {
        let mut connection = server.next_request().await;
        let target = format!("{}/api/v1/streaming", other.url);
        connection.send(&redirect(301, &target)).await;
    };
    let error = open(&client, Some(transport), serving).await.0.unwrap_err();
    assert!(matches!(error, Error::Redirect { .. }), "{error}");
    assert!(other.has_no_stream_request());
}

async fn known_host_is_used_while_its_lookup_hangs_or_fails(transport: StreamTransport) {
    let mut streaming = StreamServer::start().await;
    let mut server = StreamServer::start().await;
    let address = streaming.url.replace("http", "ws");
    let instance = format!(r#"{{"configuration":{{"urls":{{"streaming":"{address}"}}}}}}"#);
    *server.instance.lock().unwrap() = Some(instance);
    let client = server.client();
    let mut events = open_and_cut(&mut streaming, &client, transport).await;
    // From now on the instance is missing, and the server does not respond to the request that would be redirected.
    *server.instance.lock().unwrap() = None;
    streaming.next_request().await.reject("503 X", "Busy").await;
    next_disconnected(&mut events).await;
    let mut connection = streaming.next_request().await;
    let _hanging = server.next_request().await;
    respond_raw(&mut connection, "503 X", "").await;
    next_disconnected(&mut events).await;
    // Now it responds that it has no streams.
    let failing = async {
        let mut probe = server.next_request().await;
        probe.respond("501 X", "text/plain", "none").await;
    };
    let (_connection, ()) = tokio::join!(streaming.accept(), failing);
    labels_until(&mut events, "connected").await;
}

async fn published_address_keeps_its_path(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    for address in ["WS://{host}/live", "Http://{host}/live/api/v1/streaming"] {
        let host = server.url.trim_start_matches("http://");
        let address = address.replace("{host}", host);
        let instance = format!(r#"{{"configuration":{{"urls":{{"streaming":"{address}"}}}}}}"#);
        *server.instance.lock().unwrap() = Some(instance);
        let client = server.client();
        let (events, connection) = open(&client, Some(transport), server.accept()).await;
        drop(events.unwrap());
        assert!(
            connection.head.starts_with("get /live/api/v1/streaming"),
            "{}",
            connection.head
        );
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retry_of_zero_does_not_mean_attempts_without_a_pause() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (events, mut connection) = open(&client, Some(TRANSPORT), server.accept()).await;
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    connection.send("retry: 0\n\n").await;
    drop(connection);
    for _ in 0..20 {
        let disconnected = next_disconnected(&mut events).await;
        assert!(disconnected.retry_in >= Duration::from_millis(500));
        let mut connection = server.accept().await;
        labels_until(&mut events, "connected").await;
        connection.send("retry: 0\n\n").await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn stream_uses_server_sent_events_if_a_proxy_lets_no_websocket_pass() {
    for (head, body) in [
        (
            "400 Bad Request",
            r#"{"error":"Unknown channel requested"}"#,
        ),
        ("400 Bad Request", "<html>"),
        ("426 Upgrade Required", ""),
    ] {
        let mut server = StreamServer::start().await;
        let client = server.client();
        let serving = async {
            let mut connection = server.next_request().await;
            assert!(connection.head.contains("upgrade: websocket"));
            respond_raw(&mut connection, head, body).await;
            server.accept().await
        };
        let (events, connection) = open(&client, None, serving).await;
        let mut events = events.unwrap();
        labels_until(&mut events, "connected").await;
        assert!(
            connection
                .head
                .starts_with("get /api/v1/streaming/user http")
        );
        // The stream stays there.
        drop(connection);
        next_disconnected(&mut events).await;
        let connection = server.accept().await;
        assert!(
            connection
                .head
                .starts_with("get /api/v1/streaming/user http")
        );
    }
    let mut server = StreamServer::start().await;
    let client = server.client();
    let serving = async {
        let mut connection = server.next_request().await;
        let body = r#"{"error":"Unknown channel requested"}"#;
        respond_raw(&mut connection, "400 Bad Request", body).await;
    };
    let chosen = Some(StreamTransport::WebSocket);
    let error = open(&client, chosen, serving).await.0.unwrap_err();
    assert!(error.to_string().contains("Unknown channel"), "{error}");
    assert!(server.has_no_stream_request());
}

#[test]
fn streams_require_the_scopes_that_the_server_checks() {
    let scopes = |name: &str| {
        let mut all = Endpoint::all().iter();
        all.find(|endpoint| endpoint.name == name).unwrap().scopes
    };
    assert_eq!(scopes("stream_user"), ["read:statuses"]);
    assert_eq!(scopes("stream_public"), [""; 0]);
    assert_eq!(scopes("stream_user_notifications"), ["read:notifications"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn token_that_a_websocket_message_repeats_is_not_shown() {
    let (log, _guard) = CapturedLog::start();
    let mut server = StreamServer::start().await;
    let token = "zq7-unseen-zq7";
    let client = server.builder().access_token(token).build().unwrap();
    let (events, mut connection) = open(&client, None, server.accept()).await;
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    if let Socket::WebSocket(socket) = &mut connection.socket {
        let frame = CloseFrame {
            code: CloseCode::Policy,
            reason: token.into(),
        };
        socket.sink.send(Message::Close(Some(frame))).await.unwrap();
    }
    let mut shown = format!("{:?}", next_disconnected(&mut events).await);
    assert!(shown.contains("[redacted]"), "{shown}");
    drop(events);
    let opening = async {
        match client.stream_user().backfill(false).await {
            Ok(mut events) => final_error(&mut events).await,
            Err(error) => error,
        }
    };
    let refusing = async {
        let mut connection = server.accept().await;
        let refused = serde_json::json!({ "error": format!("bad {token}"), "status": 401 });
        connection.send(&refused.to_string()).await;
        while connection.next_message().await.is_some() {
            connection.send(&refused.to_string()).await;
        }
    };
    let (error, ()) = tokio::join!(opening, refusing);
    assert!(error.to_string().contains("bad [redacted]"), "{error}");
    shown += &format!("{error:?}");
    assert!(!shown.contains("zq7"), "{shown}");
    assert!(!log.text().contains("zq7"), "{}", log.text());
}
