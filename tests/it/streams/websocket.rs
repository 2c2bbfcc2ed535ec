//! One WebSocket for all streams of a client.

use std::time::Duration;

use futures_util::SinkExt;
use mastodon_sdk::{
    EventStream, Mastodon, ServerVersion, StreamEvent, StreamTransport, VersionCheck,
};
use serde_json::json;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::server::{Connection, StreamServer, Wire, status};
use super::{end, next, until};

fn update(stream: &[&str], id: u64) -> String {
    json!({ "stream": stream, "event": "update", "payload": status(id) }).to_string()
}

/// Opens two streams over one connection.
async fn two(
    server: &mut StreamServer,
    client: &Mastodon,
) -> (EventStream, EventStream, Connection) {
    let user = async { client.stream_user().catch_up(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    let mut tag = client.stream_hashtag("rust").catch_up(false).await.unwrap();
    let asked = connection.hear().await.unwrap();
    assert_eq!(
        asked,
        json!({ "type": "subscribe", "stream": "hashtag", "tag": "rust" })
    );
    assert!(matches!(next(&mut user).await, StreamEvent::Connected));
    assert!(matches!(next(&mut tag).await, StreamEvent::Connected));
    (user, tag, connection)
}

#[tokio::test]
async fn all_streams_of_a_client_share_a_connection_and_each_gets_its_own() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut tag, mut connection) = two(&mut server, &client).await;
    assert!(
        connection
            .head
            .starts_with("get /api/v1/streaming?stream=user http"),
        "the first stream stands in the address"
    );
    assert!(connection.head.contains("authorization: bearer hunter2"));
    let mut again = client
        .clone()
        .stream_hashtag("rust")
        .catch_up(false)
        .await
        .unwrap();
    assert!(matches!(next(&mut again).await, StreamEvent::Connected));
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
    assert_eq!(until(&mut tag, "2").await, ["2"]);
    assert_eq!(until(&mut again, "2").await, ["2"]);
    assert_eq!(
        until(&mut user, "-77").await,
        ["1", "4", "FiltersChanged", "-77"]
    );
    // The last that listens to a stream unsubscribes from it.
    drop(again);
    drop(tag);
    let asked = connection.hear().await.unwrap();
    assert_eq!(
        asked,
        json!({ "type": "unsubscribe", "stream": "hashtag", "tag": "rust" })
    );
    connection.send(&update(&["user"], 5)).await;
    assert_eq!(until(&mut user, "5").await, ["5"]);
    // Nobody is left: the connection is closed, and a later stream opens another one.
    drop(user);
    connection.closed().await;
    let call = async { client.stream_direct().catch_up(false).await };
    let (_events, connection) = tokio::join!(call, server.accept());
    assert!(connection.head.contains("upgrade: websocket"));
}

#[tokio::test]
async fn a_stream_that_is_refused_does_not_end_the_others() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let user = async { client.stream_user().catch_up(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    until(&mut user, "connected").await;
    // Once it is known that the first is accepted there is but one that the error can be about.
    connection.send(&update(&["user"], 1)).await;
    until(&mut user, "1").await;
    let mut list = client.stream_list("9").catch_up(false).await.unwrap();
    until(&mut list, "connected").await;
    connection.hear().await.unwrap();
    connection
        .send(r#"{"error":"Not authorized to stream this list","status":401}"#)
        .await;
    let error = end(&mut list).await;
    assert!(
        error.is_unauthorized() && error.to_string().contains("this list"),
        "{error}"
    );
    assert!(list.try_next().await.unwrap().is_none());
    connection
        .send(r#"{"error":"Error unsubscribing from channel"}"#)
        .await;
    connection.send(&update(&["user"], 2)).await;
    assert_eq!(until(&mut user, "2").await, ["2"]);
}

/// Lets the time go by in which an error may come.
async fn wait_for_errors() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn an_error_that_could_be_about_several_streams_finds_the_right_ones() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut tag, mut connection) = two(&mut server, &client).await;
    let mut list = client.stream_list("9").catch_up(false).await.unwrap();
    until(&mut list, "connected").await;
    connection.hear().await.unwrap();
    // The list and the hashtag are refused; which they are is not said.
    let denied = r#"{"error":"Access denied","status":400}"#;
    connection.send(denied).await;
    connection.send(denied).await;
    connection.send(&update(&["user"], 1)).await;
    assert_eq!(until(&mut user, "1").await, ["1"]);
    for stream in ["user", "hashtag", "list"] {
        wait_for_errors().await;
        let repeated = connection.hear().await.unwrap();
        assert_eq!(
            (&repeated["type"], &repeated["stream"]),
            (&json!("subscribe"), &json!(stream))
        );
        let refused = match stream {
            "hashtag" => &mut tag,
            "list" => &mut list,
            _ => continue,
        };
        connection.send(denied).await;
        let error = end(refused).await;
        assert_eq!(error.api().unwrap().message, "Access denied");
    }
    connection.send(&update(&["user"], 2)).await;
    assert_eq!(until(&mut user, "2").await, ["2"]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_open_at_the_first_event_where_no_ping_is_answered() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let began = Instant::now();
    let opening = async {
        let events = client.stream_user().catch_up(false).buffer(2).await;
        (events.unwrap(), began.elapsed())
    };
    let playing = async {
        let mut connection = server.accept().await;
        let Wire::WebSocket(socket) = &connection.socket else {
            panic!("a WebSocket");
        };
        socket.fall_silent();
        // More than there is room for until the program takes them.
        for id in 1..20 {
            connection.send(&update(&["user"], id)).await;
        }
        connection
    };
    let ((mut events, waited), _connection) = tokio::join!(opening, playing);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(until(&mut events, "19").await.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_at_once_finds_its_stream() {
    let mut server = StreamServer::start().await;
    for _ in 0..200 {
        let client = server.client();
        let playing = async {
            let mut connection = server.accept().await;
            connection.send(&update(&["user"], 1)).await;
            connection
        };
        let opening = tokio::spawn(async move { client.stream_user().catch_up(false).await });
        let (events, _connection) = tokio::join!(opening, playing);
        let mut events = events.unwrap().unwrap();
        let told = [next(&mut events).await, next(&mut events).await];
        assert!(
            matches!(told, [StreamEvent::Connected, StreamEvent::Update(_)]),
            "{told:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_asked_for_a_sign_and_then_given_up() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let bound = Duration::from_secs(40);
    let call = async {
        client
            .stream_user()
            .catch_up(false)
            .silence_timeout(bound)
            .await
    };
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    until(&mut events, "connected").await;
    // A server that answers pings is alive.
    let began = Instant::now();
    {
        let Wire::WebSocket(socket) = &mut connection.socket else {
            panic!("a WebSocket");
        };
        // The first one asked whether the server has heard of the stream.
        assert!(matches!(socket.heard.recv().await, Some(Message::Ping(_))));
        for _ in 0..5 {
            assert!(matches!(socket.heard.recv().await, Some(Message::Ping(_))));
            let heartbeat = events.try_next().await.unwrap().unwrap();
            assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
        }
        socket.sink.send(Message::Ping("x".into())).await.unwrap();
        let heartbeat = events.try_next().await.unwrap().unwrap();
        assert!(matches!(heartbeat, StreamEvent::Heartbeat), "{heartbeat:?}");
        socket.fall_silent();
    }
    assert!(
        began.elapsed() > 2 * bound,
        "it lasts as long as there are signs"
    );
    let silent = Instant::now();
    let StreamEvent::Disconnected(lost) = next(&mut events).await else {
        panic!("the silence is noticed");
    };
    assert!(silent.elapsed() <= bound);
    assert!(lost.why.is_timeout(), "{}", lost.why);
    let _again = server.accept().await;
    until(&mut events, "connected").await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_comes_back_once_for_all_streams() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut tag, connection) = two(&mut server, &client).await;
    drop(connection);
    assert_eq!(until(&mut user, "lost").await, ["lost"]);
    assert_eq!(until(&mut tag, "lost").await, ["lost"]);
    let mut connection = server.accept().await;
    connection.hear().await.unwrap();
    connection.send(&update(&["user"], 1)).await;
    connection.send(&update(&["hashtag", "rust"], 2)).await;
    assert_eq!(until(&mut user, "1").await, ["connected", "1"]);
    assert_eq!(until(&mut tag, "2").await, ["connected", "2"]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(server.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_ends_its_streams_and_a_busy_server_is_not_stormed() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    let call = async { client.stream_user().catch_up(false).await };
    let refusing = async {
        server
            .next()
            .await
            .refuse("401 X", "Invalid access token")
            .await;
    };
    assert!(
        tokio::join!(call, refusing)
            .0
            .unwrap_err()
            .is_unauthorized()
    );
    let client = server.client();
    let (mut user, mut tag, connection) = two(&mut server, &client).await;
    drop(connection);
    until(&mut user, "lost").await;
    until(&mut tag, "lost").await;
    let (mut last, mut pauses) = (None, Vec::new());
    for _ in 0..12 {
        server.next().await.refuse("503 X", "Busy").await;
        let now = Instant::now();
        pauses.extend(last.map(|last| now - last));
        last = Some(now);
        // What is told of it is taken, so that nothing is held up.
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, user.try_next()).await {
            event.unwrap();
        }
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, tag.try_next()).await {
            event.unwrap();
        }
    }
    let all: Duration = pauses.iter().sum();
    assert!(
        all > Duration::from_secs(20),
        "two streams wait as one: {pauses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_holds_up_no_other_and_gets_what_it_missed() {
    let mut server = StreamServer::start().await;
    server.list("/tag/rust", [1]);
    let client = server.client();
    let user = async { client.stream_user().catch_up(false).await.unwrap() };
    let (mut user, mut connection) = tokio::join!(user, server.accept());
    let mut tag = client.stream_hashtag("rust").buffer(5).await.unwrap();
    connection.hear().await.unwrap();
    for id in 2..102 {
        connection.send(&update(&["hashtag", "rust"], id)).await;
    }
    connection.send(&update(&["user"], 200)).await;
    assert_eq!(until(&mut user, "200").await, ["connected", "200"]);
    let mut words = until(&mut tag, "lost").await;
    server.list("/tag/rust", 2..102);
    let gone = connection.hear().await.unwrap();
    assert_eq!(gone["type"], "unsubscribe");
    words.extend(until(&mut tag, "101").await);
    let back = connection.hear().await.unwrap();
    assert_eq!(back["type"], "subscribe");
    let told: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(told, (2..102).collect::<Vec<u64>>());
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_ends_nothing() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = async {
        client
            .stream_user()
            .catch_up(false)
            .max_event_size(2000)
            .await
    };
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    until(&mut events, "connected").await;
    connection.send("{").await;
    connection
        .send(r#"{"stream":["user"],"event":"update","payload":"{}"}"#)
        .await;
    let huge = json!({ "stream": ["user"], "event": "update", "payload": "x".repeat(5000) });
    connection.send(&huge.to_string()).await;
    connection.send("[]").await;
    connection
        .send(r#"{"event":"pleroma:respond","stream":["other"]}"#)
        .await;
    connection.send(r#"{"unheard":"of"}"#).await;
    connection.send(&update(&["user"], 1)).await;
    let mut names = Vec::new();
    loop {
        match next(&mut events).await {
            StreamEvent::Malformed(event) => names.push(event.name),
            StreamEvent::Update(status) if status.id.as_str() == "1" => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names, ["", "update", "update", ""]);
}

#[tokio::test]
async fn an_answer_that_is_no_websocket_is_told_as_what_it_is() {
    let mut server = StreamServer::start().await;
    let client = server.builder().max_retries(0).build().unwrap();
    for (answer, told) in [
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n",
            "is 127.0.0.1 a Mastodon server",
        ),
        (
            "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: bm8=\r\n\r\n",
            "a question that was not asked",
        ),
    ] {
        let call = async { client.stream_user().catch_up(false).await };
        let playing = async {
            let mut connection = server.next().await;
            connection.send(answer).await;
            connection
        };
        let error = tokio::join!(call, playing).0.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        // The pause after a failure is the same for all streams of a client.
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(2)).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_server_too_old_for_it_is_asked_for_server_sent_events() {
    let mut server = StreamServer::start().await;
    for (version, upgrades) in [("3.2.0", false), ("3.3.0", true)] {
        let client = server.builder().version_check(VersionCheck::Created);
        let client = client.server_version(ServerVersion::parse(version, None));
        let client = client.build().unwrap();
        let call = async { client.stream_user().catch_up(false).await };
        let (_events, connection) = tokio::join!(call, server.accept());
        assert_eq!(connection.head.contains("upgrade: websocket"), upgrades);
    }
    let client = server.client();
    let call = client
        .stream_user()
        .catch_up(false)
        .transport(StreamTransport::ServerSentEvents);
    let (_events, connection) = tokio::join!(call, server.accept());
    assert!(!connection.head.contains("upgrade"));
}
