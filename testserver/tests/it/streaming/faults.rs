//! Faults that tests inject into streams.

use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::client::{Received, SseClient, WsClient, event};
use crate::client::Client;

const SSE: &str = "/api/v1/streaming/user";
const WS: &str = "/api/v1/streaming";

/// Alice, and one client of her user stream per transport.
struct AliceStreams<'s> {
    alice: Client<'s>,
    server: &'s TestServer,
    sse: SseClient,
    ws: WsClient,
}

impl<'s> AliceStreams<'s> {
    async fn open(server: &'s TestServer) -> Self {
        let alice = Client::user(server, "alice");
        let sse = SseClient::open(server, "/user", &alice.token).await;
        let ws = WsClient::open(server, "?stream=user", &alice.token).await;
        server.streaming().wait_for_connections(2).await;
        Self {
            alice,
            server,
            sse,
            ws,
        }
    }

    /// Injects the fault once for each connection.
    fn inject(&self, fault: &Fault) {
        self.server.inject(fault.clone().times(2));
    }
}

#[tokio::test]
async fn connection_can_be_cut_inside_an_event() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::disconnect_in_event());
    streams.alice.post_text("x").await;
    let Received::Disconnected(partial) = streams.sse.next().await else {
        panic!("expected a lost connection");
    };
    let partial = String::from_utf8(partial).unwrap();
    assert!(partial.starts_with("event: update\ndata: {"), "{partial}");
    assert!(!partial.ends_with("\n\n"), "{partial}");
    assert!(matches!(
        streams.ws.next_message().await,
        None | Some(Err(_))
    ));
    server.streaming().wait_for_connections(0).await;
    // The fault applies once; the next event is complete.
    let mut again = AliceStreams::open(&server).await;
    again.alice.post_text("x").await;
    assert_eq!(again.sse.next_event().await.0, "update");
    assert_eq!(again.ws.next_json().await["event"], "update");
}

#[tokio::test]
async fn connection_can_be_cut_inside_a_character() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::disconnect_in_character());
    // An event without a multi-byte character is not cut.
    streams.alice.post_text("plain").await;
    assert_eq!(streams.sse.next_event().await.0, "update");
    assert_eq!(streams.ws.next_json().await["event"], "update");
    streams.alice.post_text("na\u{ef}ve").await;
    let Received::Disconnected(partial) = streams.sse.next().await else {
        panic!("expected a lost connection");
    };
    assert!(partial.ends_with(b"na\xc3"));
    let error = std::str::from_utf8(&partial).unwrap_err();
    assert_eq!(
        (error.valid_up_to(), error.error_len()),
        (partial.len() - 1, None)
    );
    assert!(matches!(
        streams.ws.next_message().await,
        None | Some(Err(_))
    ));
}

#[tokio::test(crate = "crate::paused_time")]
async fn stalled_stream_stays_open_without_heartbeats() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::stall());
    server.streaming().send_heartbeat();
    streams.alice.post_text("not received").await;
    server.streaming().send_heartbeat();
    tokio::time::pause();
    // Longer than the heartbeat intervals of both transports.
    let wait = Duration::from_secs(120);
    assert!(timeout(wait, streams.sse.next()).await.is_err());
    assert!(
        timeout(wait, streams.ws.0.get_mut().readable())
            .await
            .is_err()
    );
    tokio::time::resume();
    assert_eq!(server.streaming().connections().len(), 2);
    drop((streams.sse, streams.ws));
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn websocket_can_be_closed_with_a_code() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::close(1012, "restarting"));
    server.streaming().send_heartbeat();
    let frame = streams.ws.next_close().await.unwrap();
    assert_eq!(
        (frame.code, &frame.reason[..]),
        (CloseCode::Restart, "restarting")
    );
    assert_eq!(streams.sse.next().await, Received::End);
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn garbage_can_be_sent_before_an_event() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    let garbage = |path, bytes: &[u8]| server.inject(Fault::garbage(bytes).on("GET", path));
    garbage(SSE, b"event: <html>\ndata: 502\n\n");
    server.streaming().send_heartbeat();
    assert_eq!(streams.sse.next().await, event("<html>", "502"));
    assert_eq!(
        streams.sse.next().await,
        Received::Comment("thump".to_owned())
    );
    server.inject(Fault::garbage("{not json"));
    drop(streams.sse);
    server.streaming().wait_for_connections(1).await;
    streams.alice.post_text("x").await;
    let message = streams.ws.next_message().await.unwrap().unwrap();
    assert_eq!(message, Message::text("{not json"));
    assert_eq!(streams.ws.next_json().await["event"], "update");
    // Garbage that is not UTF-8.
    server.inject(Fault::garbage(vec![0xff, 0xfe]));
    server.streaming().send_heartbeat();
    assert!(streams.ws.next_message().await.unwrap().is_err());
}

#[tokio::test]
async fn unknown_event_can_be_sent_before_the_next_event() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::extra_event("emoji_reaction", r#"{"name":"x"}"#));
    streams.alice.post_text("x").await;
    assert_eq!(
        streams.sse.next().await,
        event("emoji_reaction", r#"{"name":"x"}"#)
    );
    assert_eq!(streams.sse.next_event().await.0, "update");
    let unknown =
        json!({ "stream": ["user"], "event": "emoji_reaction", "payload": r#"{"name":"x"}"# });
    assert_eq!(streams.ws.next_json().await, unknown);
    assert_eq!(streams.ws.next_json().await["event"], "update");
}

#[tokio::test]
async fn event_can_be_lost_while_heartbeats_go_on() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    server.inject(Fault::lost_event().times(usize::MAX));
    streams.alice.post_text("lost").await;
    server.streaming().send_heartbeat();
    let heartbeat = Received::Comment("thump".to_owned());
    assert_eq!(streams.sse.next().await, heartbeat);
    server.clear_faults();
    streams.alice.post_text("received").await;
    assert!(streams.sse.next_event().await.1.contains("received"));
    let message = streams.ws.next_json().await.to_string();
    assert!(message.contains("received"), "{message}");
}

#[tokio::test]
async fn event_can_be_sent_twice() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::duplicate_event());
    streams.alice.post_text("x").await;
    streams.alice.post_text("y").await;
    let events = [
        streams.sse.next_event().await,
        streams.sse.next_event().await,
        streams.sse.next_event().await,
    ];
    assert_eq!(events[0], events[1]);
    assert_ne!(events[1], events[2]);
    let frames = [
        streams.ws.next_json().await,
        streams.ws.next_json().await,
        streams.ws.next_json().await,
    ];
    assert_eq!(frames[0], frames[1]);
    assert_ne!(frames[1], frames[2]);
}

#[tokio::test(crate = "crate::paused_time")]
async fn delayed_event_keeps_its_position() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::delayed_event(Duration::from_secs(5)));
    let sent = Instant::now();
    streams.alice.post_text("late").await;
    streams.alice.post_text("after").await;
    tokio::time::pause();
    assert!(streams.sse.next_event().await.1.contains("late"));
    assert!(sent.elapsed() >= Duration::from_secs(5));
    assert!(streams.sse.next_event().await.1.contains("after"));
    let frame = streams.ws.next_json().await;
    assert!(frame["payload"].as_str().unwrap().contains("late"));
}

#[tokio::test]
async fn faults_apply_in_order_and_only_to_matching_streams() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    server.inject(Fault::duplicate_event().on("GET", SSE));
    server.inject(Fault::extra_event("second", "").on("GET", SSE));
    for text in ["a", "b", "c"] {
        streams.alice.post_text(text).await;
        assert_eq!(streams.ws.next_json().await["event"], "update");
    }
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(streams.sse.next_event().await.0);
    }
    assert_eq!(names, ["update", "update", "second", "update", "update"]);
}

#[tokio::test]
async fn connection_attempts_can_fail_a_given_number_of_times() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    server.inject(Fault::status(503).times(2).on("GET", WS));
    server.inject(Fault::disconnect().times(2).on("GET", WS));
    let unavailable = SseClient::request(&server, "/user", &alice.token)
        .await
        .head;
    assert!(unavailable.starts_with("HTTP/1.1 503 "), "{unavailable}");
    let bearer = format!("Bearer {}", alice.token);
    let headers = [("authorization", &bearer[..])];
    assert!(
        WsClient::request(&server, "?stream=user", &headers)
            .await
            .is_err()
    );
    // The next two attempts are cut without a response.
    assert_eq!(
        SseClient::request(&server, "/user", &alice.token)
            .await
            .head,
        ""
    );
    assert!(
        WsClient::request(&server, "?stream=user", &headers)
            .await
            .is_err()
    );
    AliceStreams::open(&server).await;
}

#[tokio::test]
async fn value_in_the_payload_of_an_event_can_be_changed() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    streams.inject(&Fault::patch_json("/account/acct", 7));
    streams.inject(&Fault::remove_json("/content"));
    streams.alice.post_text("x").await;
    streams.alice.post_text("y").await;
    for is_changed in [true, false] {
        let (name, payload) = streams.sse.next_event().await;
        let mut message = streams.ws.next_json().await;
        assert_eq!((&name[..], &message["event"]), ("update", &json!("update")));
        assert_eq!(message["payload"].take(), payload);
        let status: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(status["account"]["acct"] == 7, is_changed, "{status}");
        assert_eq!(status.get("content").is_none(), is_changed, "{status}");
    }
    assert_eq!(server.pending_faults(), 0);
}

#[tokio::test]
async fn payload_of_an_event_can_contain_invalid_utf_8() {
    let server = TestServer::start().await.unwrap();
    let mut streams = AliceStreams::open(&server).await;
    let latin_1 = Fault::patch_json_raw("/account/display_name", *b"\"Jos\xe9\"");
    streams.inject(&latin_1);
    streams.alice.post_text("x").await;
    // The client of the test rejects the message, as RFC 6455 requires.
    assert!(matches!(
        streams.ws.next_message().await,
        Some(Err(tokio_tungstenite::tungstenite::Error::Utf8(_)))
    ));
    let bytes = streams.sse.next_bytes().await;
    assert!(bytes.windows(6).any(|part| part == b"\"Jos\xe9\""));
}
