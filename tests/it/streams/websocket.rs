//! One WebSocket for all streams of a client.

use std::time::Duration;

use futures_util::SinkExt;
use mastodon_sdk::Mastodon;
use mastodon_sdk::server::{ServerVersion, VersionCheck};
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::server::{Connection, Socket, StreamServer, status};
use super::{final_error, labels_until, next_event, status_ids};

fn update(stream: &[&str], id: u64) -> String {
    json!({ "stream": stream, "event": "update", "payload": status(id) }).to_string()
}

/// Opens two streams over one connection.
async fn open_two_streams(
    server: &mut StreamServer,
    client: &Mastodon,
) -> (EventStream, EventStream, Connection) {
    let user = async { client.stream_user().backfill(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    let mut tag = client.stream_hashtag("rust").backfill(false).await.unwrap();
    let request = connection.next_message().await.unwrap();
    assert_eq!(
        request,
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "rust" })
    );
    assert!(matches!(
        next_event(&mut user).await,
        StreamEvent::Connected
    ));
    assert!(matches!(next_event(&mut tag).await, StreamEvent::Connected));
    (user, tag, connection)
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn all_streams_of_a_client_share_a_connection_and_each_receives_its_own_events() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut tag, mut connection) = open_two_streams(&mut server, &client).await;
    assert!(
        connection
            .head
            .starts_with("get /api/v1/streaming?stream=user http"),
        "the URL contains the first stream"
    );
    assert!(connection.head.contains("authorization: bearer hunter2"));
    let mut again = client
        .clone()
        .stream_hashtag("rust")
        .backfill(false)
        .await
        .unwrap();
    assert!(matches!(
        next_event(&mut again).await,
        StreamEvent::Connected
    ));
    connection.send(&update(&["user"], 1)).await;
    connection.send(&update(&["hashtag", "rust"], 2)).await;
    connection.send(&update(&["hashtag", "c"], 3)).await;
    connection.send(&update(&["user"], 4)).await;
    connection
        .send(r#"{"stream":["user"],"event":"filters_changed"}"#)
        .await;
    connection
        .send(r#"{"stream":["user"],"event":"delete","payload":"77"}"#)
        .await;
    assert_eq!(labels_until(&mut tag, "2").await, ["2"]);
    assert_eq!(labels_until(&mut again, "2").await, ["2"]);
    assert_eq!(
        labels_until(&mut user, "-77").await,
        ["1", "4", "FiltersChanged", "-77"]
    );
    // The last stream of a channel unsubscribes.
    drop(again);
    drop(tag);
    let request = connection.next_message().await.unwrap();
    assert_eq!(
        request,
        json!({ "type": "unsubscribe", "stream": "hashtag", "tag": "rust" })
    );
    connection.send(&update(&["user"], 5)).await;
    assert_eq!(labels_until(&mut user, "5").await, ["5"]);
    // Without streams the connection is closed. A later stream opens a new one.
    drop(user);
    connection.wait_until_closed().await;
    let call = async { client.stream_direct().backfill(false).await };
    let (_events, connection) = tokio::join!(call, server.accept());
    assert!(connection.head.contains("upgrade: websocket"));
}

#[tokio::test]
async fn rejected_subscription_does_not_end_the_others() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let user = async { client.stream_user().backfill(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    labels_until(&mut user, "connected").await;
    // The first subscription is known to be accepted, so the error can only be about the second one.
    connection.send(&update(&["user"], 1)).await;
    labels_until(&mut user, "1").await;
    let mut list = client.stream_list("9").backfill(false).await.unwrap();
    labels_until(&mut list, "connected").await;
    connection.next_message().await.unwrap();
    connection
        .send(r#"{"error":"Not authorized to stream this list","status":401}"#)
        .await;
    let error = final_error(&mut list).await;
    assert!(error.to_string().contains("this list"), "{error}");
    assert!(list.try_next().await.unwrap().is_none());
    connection
        .send(r#"{"error":"Error unsubscribing from channel"}"#)
        .await;
    connection.send(&update(&["user"], 2)).await;
    assert_eq!(labels_until(&mut user, "2").await, ["2"]);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn first_event_opens_the_stream_if_the_server_ignores_pings() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let started = Instant::now();
    let opening = async {
        let events = client.stream_user().backfill(false).buffer(2).await;
        (events.unwrap(), started.elapsed())
    };
    let serving = async {
        let mut connection = server.accept().await;
        let Socket::WebSocket(socket) = &connection.socket else {
            panic!("not a WebSocket");
        };
        socket.stop_responding();
        // More events than the buffer holds.
        for id in 1..20 {
            connection.send(&update(&["user"], id)).await;
        }
        connection
    };
    let ((mut events, waited), _connection) = tokio::join!(opening, serving);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(labels_until(&mut events, "19").await.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_sent_immediately_after_the_handshake_is_delivered() {
    let mut server = StreamServer::start().await;
    for _ in 0..200 {
        let client = server.client();
        let serving = async {
            let mut connection = server.accept().await;
            connection.send(&update(&["user"], 1)).await;
            connection
        };
        let opening = tokio::spawn(async move { client.stream_user().backfill(false).await });
        let (events, _connection) = tokio::join!(opening, serving);
        let mut events = events.unwrap().unwrap();
        let received = [next_event(&mut events).await, next_event(&mut events).await];
        assert!(
            matches!(received, [StreamEvent::Connected, StreamEvent::Update(_)]),
            "{received:?}"
        );
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn idle_connection_is_pinged_and_then_closed() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let idle_timeout = Duration::from_secs(40);
    let call = async {
        client
            .stream_user()
            .backfill(false)
            .idle_timeout(idle_timeout)
            .await
    };
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    // Responses to pings keep the connection open.
    let started = Instant::now();
    {
        let Socket::WebSocket(socket) = &mut connection.socket else {
            panic!("not a WebSocket");
        };
        // The first ping belongs to the subscription.
        assert!(matches!(
            socket.received.recv().await,
            Some(Message::Ping(_))
        ));
        for _ in 0..5 {
            assert!(matches!(
                socket.received.recv().await,
                Some(Message::Ping(_))
            ));
            let heartbeat = events.try_next().await.unwrap().unwrap();
            assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
        }
        socket.sink.send(Message::Ping("x".into())).await.unwrap();
        let heartbeat = events.try_next().await.unwrap().unwrap();
        assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
        socket.stop_responding();
    }
    assert!(
        started.elapsed() > 2 * idle_timeout,
        "the connection stays open while the server responds to pings"
    );
    let idle_since = Instant::now();
    let StreamEvent::Disconnected(disconnected) = next_event(&mut events).await else {
        panic!("the idle timeout closes the connection");
    };
    assert!(idle_since.elapsed() <= idle_timeout);
    assert!(disconnected.error.is_timeout(), "{}", disconnected.error);
    let _reopened = server.accept().await;
    labels_until(&mut events, "connected").await;
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn lost_connection_is_reopened_once_for_all_streams() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut tag, connection) = open_two_streams(&mut server, &client).await;
    drop(connection);
    assert_eq!(
        labels_until(&mut user, "disconnected").await,
        ["disconnected"]
    );
    assert_eq!(
        labels_until(&mut tag, "disconnected").await,
        ["disconnected"]
    );
    let mut connection = server.accept().await;
    connection.next_message().await.unwrap();
    connection.send(&update(&["user"], 1)).await;
    connection.send(&update(&["hashtag", "rust"], 2)).await;
    assert_eq!(labels_until(&mut user, "1").await, ["connected", "1"]);
    assert_eq!(labels_until(&mut tag, "2").await, ["connected", "2"]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(server.has_no_stream_request());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rejected_connection_ends_its_streams_and_attempts_are_shared_during_an_outage() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let call = async { client.stream_user().backfill(false).await };
    let rejecting = async {
        server
            .next_request()
            .await
            .reject("401 X", "Invalid access token")
            .await;
    };
    assert!(
        tokio::join!(call, rejecting)
            .0
            .unwrap_err()
            .is_unauthorized()
    );
    let client = server.client();
    let (mut user, mut tag, connection) = open_two_streams(&mut server, &client).await;
    drop(connection);
    labels_until(&mut user, "disconnected").await;
    labels_until(&mut tag, "disconnected").await;
    let (mut last, mut delays) = (None, Vec::new());
    for _ in 0..12 {
        server.next_request().await.reject("503 X", "Busy").await;
        let now = Instant::now();
        delays.extend(last.map(|last| now - last));
        last = Some(now);
        // Empty the queues, so that the streams do not wait for space.
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, user.try_next()).await {
            event.unwrap();
        }
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, tag.try_next()).await {
            event.unwrap();
        }
    }
    let total: Duration = delays.iter().sum();
    assert!(
        total > Duration::from_secs(20),
        "both streams share the delays: {delays:?}"
    );
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn slow_stream_does_not_block_the_others_and_is_backfilled() {
    let mut server = StreamServer::start().await;
    server.add_to_list("/tag/rust", [1]);
    let client = server.client();
    let user = async { client.stream_user().backfill(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    let mut tag = client.stream_hashtag("rust").buffer(5).await.unwrap();
    connection.next_message().await.unwrap();
    for id in 2..102 {
        connection.send(&update(&["hashtag", "rust"], id)).await;
    }
    connection.send(&update(&["user"], 200)).await;
    assert_eq!(labels_until(&mut user, "200").await, ["connected", "200"]);
    let mut labels = labels_until(&mut tag, "disconnected").await;
    let before = status_ids(&labels).len();
    assert!((5..=11).contains(&before), "{labels:?}");
    server.add_to_list("/tag/rust", 2..102);
    let missed = format!("backfilled {}", 100 - before);
    labels.extend(labels_until(&mut tag, &missed).await);
    assert_eq!(status_ids(&labels), (2..102).collect::<Vec<u64>>());
}

#[tokio::test]
async fn malformed_message_does_not_end_the_stream() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = async {
        client
            .stream_user()
            .backfill(false)
            .max_event_size(2000)
            .await
    };
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    connection.send("{").await;
    connection
        .send(r#"{"stream":["user"],"event":"update","payload":"{}"}"#)
        .await;
    let oversized = json!({ "stream": ["user"], "event": "update", "payload": "x".repeat(5000) });
    connection.send(&oversized.to_string()).await;
    connection.send("[]").await;
    connection
        .send(r#"{"event":"pleroma:respond","stream":["other"]}"#)
        .await;
    connection.send(r#"{"unknown":"message"}"#).await;
    connection.send(&update(&["user"], 1)).await;
    let mut names = Vec::new();
    loop {
        match next_event(&mut events).await {
            StreamEvent::Malformed(event) => names.push(event.name),
            StreamEvent::Update(status) if status.id.as_str() == "1" => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names, ["", "update", "update", ""]);
}

#[tokio::test]
async fn failed_handshake_is_an_error() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    for (response, expected) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n",
            "is 127.0.0.1 a Mastodon server",
        ),
        (
            "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: bm8=\r\n\r\n",
            "returned a wrong `Sec-WebSocket-Accept` header",
        ),
    ] {
        let call = async { client.stream_user().backfill(false).await };
        let serving = async {
            let mut connection = server.next_request().await;
            connection.send(response).await;
            connection
        };
        let error = tokio::join!(call, serving).0.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        // The delay after a failure applies to all streams of a client.
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(2)).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn server_too_old_for_websockets_receives_a_request_for_server_sent_events() {
    let mut server = StreamServer::start().await;
    for (version, upgrades) in [("3.2.0", false), ("3.3.0", true)] {
        let client = server.builder().version_check(VersionCheck::Endpoints);
        let client = client.server_version(ServerVersion::parse(version, None));
        let client = client.build().unwrap();
        let call = async { client.stream_user().backfill(false).await };
        let (_events, connection) = tokio::join!(call, server.accept());
        assert_eq!(connection.head.contains("upgrade: websocket"), upgrades);
    }
    let client = server.client();
    let call = client
        .stream_user()
        .backfill(false)
        .transport(StreamTransport::ServerSentEvents);
    let (_events, connection) = tokio::join!(call, server.accept());
    assert!(!connection.head.contains("upgrade"));
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn empty_message_on_the_websocket_is_a_heartbeat() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_public().backfill(false);
    let call = call.transport(StreamTransport::WebSocket);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    for message in ["", "\n"] {
        connection.send(message).await;
        let event = events.try_next().await.unwrap().unwrap();
        assert!(matches!(event, StreamEvent::Heartbeat), "{event:?}");
    }
    connection.send_statuses([1]).await;
    assert_eq!(labels_until(&mut events, "1").await, ["1"]);
}
