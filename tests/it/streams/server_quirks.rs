//! Differences of other server software and of real servers from Mastodon's documentation.

use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use serde_json::json;

use super::server::{Connection, StreamServer, status};
use super::{labels_until, next_event};

const TRANSPORTS: [StreamTransport; 2] = [
    StreamTransport::ServerSentEvents,
    StreamTransport::WebSocket,
];

async fn open_stream(transport: StreamTransport) -> (StreamServer, EventStream, Connection) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(transport).backfill(false);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    (server, events, connection)
}

fn notification(id: &str, kind: &str) -> String {
    json!({
        "id": id, "type": kind, "created_at": "2026-11-23T19:24:20.830Z",
        "account": { "id": "01HXYZ", "username": "ada", "acct": "ada", "url": "", "created_at": "2024-01-01" },
    })
    .to_string()
}

#[tokio::test]
async fn ids_of_any_format_are_accepted() {
    for transport in TRANSPORTS {
        let (_server, mut events, mut connection) = open_stream(transport).await;
        let ids = [
            "01J5QVB9VC76NPPRQ207GG4DRZ",
            "9yxMyYdTqU1vZnZyIS",
            "6d1f5d3e-9c3b-4f0b-a5f2-9f3f0b1c2d3e",
            "2026-11-23T19:24:20.830Z/mention/9f0c",
        ];
        for id in ids {
            connection
                .send_event("notification", &notification(id, "mention"))
                .await;
            let StreamEvent::Notification(notification) = next_event(&mut events).await else {
                panic!("{id}");
            };
            assert_eq!(notification.id.as_str(), id);
        }
        // A number instead of a string.
        let number = status(7).replace(r#""id":"7""#, r#""id":7"#);
        connection.send_event("update", &number).await;
        assert_eq!(labels_until(&mut events, "7").await, ["7"]);
    }
}

#[tokio::test]
async fn unknown_notification_types_and_events_keep_their_names() {
    for transport in TRANSPORTS {
        let (_server, mut events, mut connection) = open_stream(transport).await;
        connection
            .send_event("notification", &notification("1", "pleroma:emoji_reaction"))
            .await;
        let StreamEvent::Notification(notification) = next_event(&mut events).await else {
            panic!("a notification");
        };
        assert_eq!(notification.kind.as_str(), "pleroma:emoji_reaction");
        connection.send_event("wren:news", r#"{"id":"1"}"#).await;
        let StreamEvent::Unknown(unknown) = next_event(&mut events).await else {
            panic!("an unknown event");
        };
        assert_eq!(
            (&*unknown.name, &*unknown.payload),
            ("wren:news", r#"{"id":"1"}"#)
        );
    }
}

#[tokio::test]
async fn websocket_event_without_a_stream_or_with_a_numeric_id_is_decoded() {
    let (_server, mut events, mut connection) = open_stream(StreamTransport::WebSocket).await;
    let no_stream = json!({ "event": "update", "payload": status(1) });
    connection.send(&no_stream.to_string()).await;
    connection
        .send(r#"{"event":"delete","payload":2,"stream":["user"]}"#)
        .await;
    connection
        .send(r#"{"event":"filters_changed","payload":null,"stream":["user"],"extra":{"a":[1]}}"#)
        .await;
    assert_eq!(
        labels_until(&mut events, "FiltersChanged").await,
        ["1", "-2", "FiltersChanged"]
    );
}

#[tokio::test]
async fn missing_streaming_url_falls_back_to_the_server_itself() {
    for instance in [
        r#"{"configuration":{"urls":{}}}"#,
        r#"{"configuration":{"urls":{"streaming":null}}}"#,
        r#"{"configuration":{"urls":{"streaming":""}},"urls":null}"#,
        r#"{"title":"GoToSocial"}"#,
        "<html>",
    ] {
        let mut server = StreamServer::start().await;
        *server.instance.lock().unwrap() = Some(instance.to_owned());
        let client = server.client();
        let call = async { client.stream_user().backfill(false).await };
        let serving = async {
            server
                .next_request()
                .await
                .reject("404 X", "Not Found")
                .await;
            server.accept().await
        };
        let (events, _connection) = tokio::join!(call, serving);
        labels_until(&mut events.unwrap(), "connected").await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn error_reports_that_the_server_does_not_support_streaming() {
    let mut server = StreamServer::start().await;
    *server.instance.lock().unwrap() = Some(r#"{"title":"Takahe"}"#.to_owned());
    for transport in TRANSPORTS {
        let client = server
            .builder()
            .version_check(VersionCheck::Off)
            .build()
            .unwrap();
        let call = async {
            client
                .stream_user()
                .transport(transport)
                .backfill(false)
                .await
        };
        let rejecting = async {
            loop {
                let mut connection = server.next_request().await;
                connection
                    .respond("404 Not Found", "text/html", "<h1>Not found</h1>")
                    .await;
            }
        };
        let error = tokio::select! {
            opened = call => opened.unwrap_err(),
            () = rejecting => unreachable!(),
        };
        assert!(error.is_not_found(), "{error}");
        assert!(
            error.to_string().contains("does not support streaming"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn unrequested_compression_is_decoded() {
    use std::io::Write;

    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = async {
        let call = client.stream_user().backfill(false);
        call.transport(StreamTransport::ServerSentEvents).await
    };
    let serving = async {
        let mut connection = server.next_request().await;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        write!(gzip, "event: delete\ndata: 7\n\n").unwrap();
        gzip.flush().unwrap();
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n";
        connection.send(head).await;
        connection.send_bytes(gzip.get_ref()).await;
        connection
    };
    let (events, _connection) = tokio::join!(call, serving);
    assert_eq!(
        labels_until(&mut events.unwrap(), "-7").await,
        ["connected", "-7"]
    );
}
