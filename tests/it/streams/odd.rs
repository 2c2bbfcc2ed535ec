//! Servers that are not Mastodon, or not as its documentation says.

use mastodon_sdk::{StreamEvent, StreamTransport, VersionCheck};
use serde_json::json;

use super::server::{Connection, StreamServer, status};
use super::{next, until};

const BOTH: [StreamTransport; 2] = [
    StreamTransport::ServerSentEvents,
    StreamTransport::WebSocket,
];

async fn opened(via: StreamTransport) -> (StreamServer, mastodon_sdk::EventStream, Connection) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(via).catch_up(false);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    until(&mut events, "connected").await;
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
async fn ids_may_be_anything() {
    for via in BOTH {
        let (_server, mut events, mut connection) = opened(via).await;
        let ids = [
            "01J5QVB9VC76NPPRQ207GG4DRZ",
            "9yxMyYdTqU1vZnZyIS",
            "6d1f5d3e-9c3b-4f0b-a5f2-9f3f0b1c2d3e",
            "2026-11-23T19:24:20.830Z/mention/9f0c",
        ];
        for id in ids {
            connection
                .event("notification", &notification(id, "mention"))
                .await;
            let StreamEvent::Notification(told) = next(&mut events).await else {
                panic!("{id}");
            };
            assert_eq!(told.id.as_str(), id);
        }
        // A number where others have a text.
        let number = status(7).replace(r#""id":"7""#, r#""id":7"#);
        connection.event("update", &number).await;
        assert_eq!(until(&mut events, "7").await, ["7"]);
    }
}

#[tokio::test]
async fn notifications_and_events_of_their_own_are_told_by_their_names() {
    for via in BOTH {
        let (_server, mut events, mut connection) = opened(via).await;
        connection
            .event("notification", &notification("1", "pleroma:emoji_reaction"))
            .await;
        let StreamEvent::Notification(told) = next(&mut events).await else {
            panic!("a notification");
        };
        assert_eq!(told.kind.as_str(), "pleroma:emoji_reaction");
        connection
            .event("pleroma:chat_update", r#"{"id":"1"}"#)
            .await;
        let StreamEvent::Unknown(unknown) = next(&mut events).await else {
            panic!("an unknown event");
        };
        assert_eq!(
            (&*unknown.name, &*unknown.payload),
            ("pleroma:chat_update", r#"{"id":"1"}"#)
        );
    }
}

#[tokio::test]
async fn a_websocket_may_name_no_stream_and_send_a_number_for_an_id() {
    let (_server, mut events, mut connection) = opened(StreamTransport::WebSocket).await;
    let bare = json!({ "event": "update", "payload": status(1) });
    connection.send(&bare.to_string()).await;
    connection
        .send(r#"{"event":"delete","payload":2,"stream":["user"]}"#)
        .await;
    connection
        .send(r#"{"event":"filters_changed","payload":null,"stream":["user"],"extra":{"a":[1]}}"#)
        .await;
    assert_eq!(
        until(&mut events, "FiltersChanged").await,
        ["1", "-2", "FiltersChanged"]
    );
}

#[tokio::test]
async fn a_description_without_an_address_of_streams_leads_to_the_server_itself() {
    for description in [
        r#"{"configuration":{"urls":{}}}"#,
        r#"{"configuration":{"urls":{"streaming":null}}}"#,
        r#"{"configuration":{"urls":{"streaming":""}},"urls":null}"#,
        r#"{"title":"GoToSocial"}"#,
        "<html>",
    ] {
        let mut server = StreamServer::start().await;
        *server.instance.lock().unwrap() = Some(description.to_owned());
        let client = server.client();
        let call = async { client.stream_user().catch_up(false).await };
        let playing = async {
            server.next().await.refuse("404 X", "Not Found").await;
            server.accept().await
        };
        let (events, _connection) = tokio::join!(call, playing);
        until(&mut events.unwrap(), "connected").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_without_streams_is_said_to_have_none() {
    let mut server = StreamServer::start().await;
    *server.instance.lock().unwrap() = Some(r#"{"title":"Takahe"}"#.to_owned());
    for via in BOTH {
        let client = server
            .builder()
            .version_check(VersionCheck::Off)
            .build()
            .unwrap();
        let call = async { client.stream_user().transport(via).catch_up(false).await };
        let refusing = async {
            loop {
                let mut connection = server.next().await;
                connection
                    .answer("404 Not Found", "text/html", "<h1>Not found</h1>")
                    .await;
            }
        };
        let error = tokio::select! {
            opened = call => opened.unwrap_err(),
            () = refusing => unreachable!(),
        };
        assert!(error.is_not_found(), "{error}");
        assert!(
            error.to_string().contains("not offered by this server"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_answer_may_be_compressed_although_nobody_asked_for_it() {
    use std::io::Write;

    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = async {
        let call = client.stream_user().catch_up(false);
        call.transport(StreamTransport::ServerSentEvents).await
    };
    let playing = async {
        let mut connection = server.next().await;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        write!(gzip, "event: delete\ndata: 7\n\n").unwrap();
        gzip.flush().unwrap();
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n";
        connection.send(head).await;
        connection.bytes(gzip.get_ref()).await;
        connection
    };
    let (events, _connection) = tokio::join!(call, playing);
    assert_eq!(until(&mut events.unwrap(), "-7").await, ["connected", "-7"]);
}
