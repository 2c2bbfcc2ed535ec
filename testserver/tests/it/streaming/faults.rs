//! What can go wrong with a stream, on request.

use std::time::Duration;

use mastodon_test_server::{Fault, TestServer};
use serde_json::json;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::listener::{Got, Sse, Ws, event};
use crate::client::Client;

const SSE: &str = "/api/v1/streaming/user";
const WS: &str = "/api/v1/streaming";

/// Alice, who listens to herself in both ways.
struct Both<'s> {
    alice: Client<'s>,
    server: &'s TestServer,
    sse: Sse,
    ws: Ws,
}

impl<'s> Both<'s> {
    async fn open(server: &'s TestServer) -> Self {
        let alice = Client::user(server, "alice");
        let sse = Sse::open(server, "/user", &alice.token).await;
        let ws = Ws::open(server, "?stream=user", &alice.token).await;
        server.streaming().connected(2).await;
        Self {
            alice,
            server,
            sse,
            ws,
        }
    }

    /// Lets the same strike both connections.
    fn inject(&self, fault: &Fault) {
        self.server.inject(fault.clone().times(2));
    }
}

#[tokio::test]
async fn an_event_is_cut_in_the_middle() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::cut_in_event());
    both.alice.says("x").await;
    let Got::Cut(begun) = both.sse.next().await else {
        panic!("not cut");
    };
    let begun = String::from_utf8(begun).unwrap();
    assert!(begun.starts_with("event: update\ndata: {"), "{begun}");
    assert!(!begun.ends_with("\n\n"), "{begun}");
    assert!(matches!(both.ws.message().await, None | Some(Err(_))));
    server.streaming().connected(0).await;
    // It has struck; the next one is whole.
    let mut again = Both::open(&server).await;
    again.alice.says("x").await;
    assert_eq!(again.sse.event().await.0, "update");
    assert_eq!(again.ws.frame().await["event"], "update");
}

#[tokio::test]
async fn a_character_is_cut_in_the_middle() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::cut_in_character());
    // Of what has no such character nothing is cut.
    both.alice.says("plain").await;
    assert_eq!(both.sse.event().await.0, "update");
    assert_eq!(both.ws.frame().await["event"], "update");
    both.alice.says("na\u{ef}ve").await;
    let Got::Cut(begun) = both.sse.next().await else {
        panic!("not cut");
    };
    assert!(begun.ends_with(b"na\xc3"));
    let error = std::str::from_utf8(&begun).unwrap_err();
    assert_eq!(
        (error.valid_up_to(), error.error_len()),
        (begun.len() - 1, None)
    );
    assert!(matches!(both.ws.message().await, None | Some(Err(_))));
}

#[tokio::test]
async fn a_stream_falls_silent_and_stays_open() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::silence());
    server.streaming().thump();
    both.alice.says("unheard").await;
    server.streaming().thump();
    tokio::time::pause();
    // By now every heartbeat would have come.
    let patience = Duration::from_secs(120);
    assert!(timeout(patience, both.sse.next()).await.is_err());
    assert!(
        timeout(patience, both.ws.0.get_mut().readable())
            .await
            .is_err()
    );
    tokio::time::resume();
    assert_eq!(server.streaming().connections().len(), 2);
    drop((both.sse, both.ws));
    server.streaming().connected(0).await;
}

#[tokio::test]
async fn a_websocket_is_closed_with_a_code() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::close(1012, "restarting"));
    server.streaming().thump();
    let frame = both.ws.closed().await.unwrap();
    assert_eq!(
        (frame.code, &frame.reason[..]),
        (CloseCode::Restart, "restarting")
    );
    assert_eq!(both.sse.next().await, Got::End);
    server.streaming().connected(0).await;
}

#[tokio::test]
async fn garbage_comes_before_an_event() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    let garbage = |path, bytes: &[u8]| server.inject(Fault::garbage(bytes).on("GET", path));
    garbage(SSE, b"event: <html>\ndata: 502\n\n");
    server.streaming().thump();
    assert_eq!(both.sse.next().await, event("<html>", "502"));
    assert_eq!(both.sse.next().await, Got::Comment("thump".to_owned()));
    server.inject(Fault::garbage("{not json"));
    both.sse = Sse::open(&server, "/public", &both.alice.token).await;
    drop(both.sse);
    server.streaming().connected(1).await;
    both.alice.says("x").await;
    let message = both.ws.message().await.unwrap().unwrap();
    assert_eq!(message, Message::text("{not json"));
    assert_eq!(both.ws.frame().await["event"], "update");
    // A message that is no text at all.
    server.inject(Fault::garbage(vec![0xff, 0xfe]));
    server.streaming().thump();
    assert!(both.ws.message().await.unwrap().is_err());
}

#[tokio::test]
async fn an_event_of_another_name_comes_before_the_next() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::event("emoji_reaction", r#"{"name":"x"}"#));
    both.alice.says("x").await;
    assert_eq!(
        both.sse.next().await,
        event("emoji_reaction", r#"{"name":"x"}"#)
    );
    assert_eq!(both.sse.event().await.0, "update");
    let unknown =
        json!({ "stream": ["user"], "event": "emoji_reaction", "payload": r#"{"name":"x"}"# });
    assert_eq!(both.ws.frame().await, unknown);
    assert_eq!(both.ws.frame().await["event"], "update");
}

#[tokio::test]
async fn an_event_comes_twice() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::duplicate());
    both.alice.says("x").await;
    both.alice.says("y").await;
    let events = [
        both.sse.event().await,
        both.sse.event().await,
        both.sse.event().await,
    ];
    assert_eq!(events[0], events[1]);
    assert_ne!(events[1], events[2]);
    let frames = [
        both.ws.frame().await,
        both.ws.frame().await,
        both.ws.frame().await,
    ];
    assert_eq!(frames[0], frames[1]);
    assert_ne!(frames[1], frames[2]);
}

#[tokio::test]
async fn an_event_is_late_and_keeps_its_place() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    both.inject(&Fault::late_event(Duration::from_secs(5)));
    both.alice.says("late").await;
    both.alice.says("after").await;
    tokio::time::pause();
    let sent = Instant::now();
    assert!(both.sse.event().await.1.contains("late"));
    assert!(sent.elapsed() >= Duration::from_secs(5));
    assert!(both.sse.event().await.1.contains("after"));
    let frame = both.ws.frame().await;
    assert!(frame["payload"].as_str().unwrap().contains("late"));
}

#[tokio::test]
async fn faults_strike_in_order_and_only_the_streams_they_are_for() {
    let server = TestServer::start().await.unwrap();
    let mut both = Both::open(&server).await;
    server.inject(Fault::duplicate().on("GET", SSE));
    server.inject(Fault::event("second", "").on("GET", SSE));
    for text in ["a", "b", "c"] {
        both.alice.says(text).await;
        assert_eq!(both.ws.frame().await["event"], "update");
    }
    let mut names = Vec::new();
    for _ in 0..5 {
        names.push(both.sse.event().await.0);
    }
    assert_eq!(names, ["update", "update", "second", "update", "update"]);
    server.inject(Fault::silence().on("GET", "/api/v1/streaming/public"));
    server.clear_faults();
}

#[tokio::test]
async fn attempts_to_connect_are_refused_as_often_as_wanted() {
    let server = TestServer::start().await.unwrap();
    let alice = Client::user(&server, "alice");
    server.inject(Fault::status(503).times(2).on("GET", WS));
    server.inject(Fault::cut().times(2).on("GET", WS));
    let unavailable = Sse::ask(&server, "/user", &alice.token).await.head;
    assert!(unavailable.starts_with("HTTP/1.1 503 "), "{unavailable}");
    let bearer = format!("Bearer {}", alice.token);
    let headers = [("authorization", &bearer[..])];
    assert!(Ws::ask(&server, "?stream=user", &headers).await.is_err());
    // Now the connection is cut without an answer.
    assert_eq!(Sse::ask(&server, "/user", &alice.token).await.head, "");
    assert!(Ws::ask(&server, "?stream=user", &headers).await.is_err());
    Both::open(&server).await;
}
