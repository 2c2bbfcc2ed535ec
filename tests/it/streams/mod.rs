//! Streams, from the first connection on.

mod catching_up;
mod connecting;
mod every;
mod listening;
mod odd;
mod server;
mod soak;
mod websocket;
mod whole;

use std::time::Duration;

use mastodon_sdk::{Error, EventStream, StreamEvent, StreamTransport};

use self::server::{StreamServer, conversation, notification, status};

/// How events travel where both ways are the same.
const VIA: StreamTransport = StreamTransport::ServerSentEvents;

/// A short word for an event; heartbeats are left out.
fn word(event: &StreamEvent) -> Option<String> {
    Some(match event {
        StreamEvent::Update(status) => status.id.to_string(),
        StreamEvent::Notification(notification) => format!("n{}", notification.id),
        StreamEvent::Conversation(conversation) => {
            let last = conversation.last_status.as_ref();
            format!("c{}", last.map_or("", |status| status.id.as_str()))
        }
        StreamEvent::Delete(id) => format!("-{id}"),
        StreamEvent::Announcement(news) => {
            format!("a{}@{}", news.id, news.updated_at.strftime("%-d"))
        }
        StreamEvent::AnnouncementDelete(id) => format!("a-{id}"),
        StreamEvent::Connected => "connected".to_owned(),
        StreamEvent::Disconnected(_) => "lost".to_owned(),
        StreamEvent::CatchingUp => "late:".to_owned(),
        StreamEvent::CaughtUp(caught_up) => format!("caught up {}", caught_up.events),
        StreamEvent::Heartbeat => return None,
        other => format!("{other:?}"),
    })
}

/// Waits for something that has to happen. A test that waits in vain fails, and does not wait for ever.
async fn in_time<T>(what: &str, happens: impl Future<Output = T>) -> T {
    let happens = tokio::time::timeout(Duration::from_secs(600), happens);
    happens
        .await
        .unwrap_or_else(|_| panic!("{what} did not come"))
}

/// The words of what comes until this one.
async fn until(events: &mut EventStream, last: &str) -> Vec<String> {
    let mut words = Vec::new();
    in_time(last, async {
        while words.last().is_none_or(|word| word != last) {
            let event = events.try_next().await.unwrap().expect("more events");
            words.extend(word(&event));
        }
    })
    .await;
    words
}

/// The next event that is no heartbeat.
async fn next(events: &mut EventStream) -> StreamEvent {
    in_time("an event", async {
        loop {
            match events.try_next().await.unwrap().expect("one more event") {
                StreamEvent::Heartbeat => {}
                event => return event,
            }
        }
    })
    .await
}

/// What ends a stream, if nothing comes before but that it was opened.
async fn end(events: &mut EventStream) -> Error {
    loop {
        match events.try_next().await {
            Ok(Some(StreamEvent::Connected | StreamEvent::Heartbeat)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => return error,
        }
    }
}

#[tokio::test]
async fn every_event_is_typed_and_what_is_not_known_or_not_readable_ends_nothing() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(VIA).catch_up(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(matches!(next(&mut events).await, StreamEvent::Connected));
    connection.send(":)\n:thump\n").await;
    connection.event("update", &status(1)).await;
    connection.event("notification", &notification(2)).await;
    connection.event("delete", "103").await;
    connection.event("filters_changed", "undefined").await;
    connection.event("conversation", &conversation(3, 4)).await;
    connection
        .event("announcement", r#"{"id":"5","content":"<p>Hi</p>"}"#)
        .await;
    connection.event("announcement", r#"{"id":"5","text":"","published_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z","content":"<p>Hi</p>","all_day":false}"#).await;
    let reaction = r#"{"name":"bongoCat","count":9,"announcement_id":"5"}"#;
    connection.event("announcement.reaction", reaction).await;
    connection.event("announcement.delete", "5").await;
    connection.event("status.update", &status(6)).await;
    connection.event("notifications_merged", "1").await;
    connection.event("quantum_leap", r#"{"to":"4.9"}"#).await;
    connection.event("update", r#"{"id":7}"#).await;
    connection.event("update", "{").await;
    connection.statuses([8]).await;
    let mut got = Vec::new();
    while got.last().is_none_or(
        |event| !matches!(event, StreamEvent::Update(status) if status.id.as_str() == "8"),
    ) {
        got.push(next(&mut events).await);
    }
    let names: Vec<_> = got.iter().filter_map(StreamEvent::name).collect();
    assert_eq!(
        names,
        [
            "update",
            "notification",
            "delete",
            "filters_changed",
            "conversation",
            "announcement",
            "announcement",
            "announcement.reaction",
            "announcement.delete",
            "status.update",
            "notifications_merged",
            "quantum_leap",
            "update",
            "update",
            "update"
        ]
    );
    let StreamEvent::Delete(id) = &got[2] else {
        panic!("{:?}", got[2]);
    };
    assert_eq!(id.as_str(), "103");
    let StreamEvent::Unknown(unknown) = &got[11] else {
        panic!("{:?}", got[11]);
    };
    assert_eq!(unknown.payload, r#"{"to":"4.9"}"#);
    let StreamEvent::Malformed(malformed) = &got[12] else {
        panic!("{:?}", got[12]);
    };
    let why = malformed.error.to_string();
    assert!(
        why.contains("stream_user") && why.contains("`created_at`"),
        "{why}"
    );
    assert_eq!(malformed.payload, r#"{"id":7}"#);
    assert!(matches!(got[13], StreamEvent::Malformed(_)));
}

#[tokio::test]
async fn each_method_opens_its_own_stream() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (call, path) in [
        (client.stream_user().transport(VIA), "user"),
        (
            client.stream_user_notifications().transport(VIA),
            "user/notification",
        ),
        (
            client.stream_hashtag("Käse & Brot").transport(VIA),
            "hashtag?tag=k%c3%a4se+%26+brot",
        ),
        (
            client.stream_hashtag_local("rust").transport(VIA),
            "hashtag/local?tag=rust",
        ),
        (client.stream_list("12").transport(VIA), "list?list=12"),
        (client.stream_direct().transport(VIA), "direct"),
    ] {
        let (_events, connection) = tokio::join!(call.catch_up(false), server.accept());
        let line = connection.head.lines().next().unwrap();
        assert_eq!(line, format!("get /api/v1/streaming/{path} http/1.1"));
        assert!(connection.head.contains("authorization: bearer hunter2"));
        assert!(connection.head.contains("accept: text/event-stream"));
    }
    for (call, path) in [
        (client.stream_public().transport(VIA), "public"),
        (
            client.stream_public().transport(VIA).only_media(true),
            "public?only_media=true",
        ),
        (
            client.stream_public().transport(VIA).only_media(false),
            "public",
        ),
        (client.stream_local().transport(VIA), "public/local"),
        (
            client.stream_local().transport(VIA).only_media(true),
            "public/local?only_media=true",
        ),
        (
            client.stream_public_remote().transport(VIA),
            "public/remote",
        ),
        (
            client
                .stream_public_remote()
                .transport(VIA)
                .only_media(true),
            "public/remote?only_media=true",
        ),
    ] {
        let (_events, connection) = tokio::join!(call.catch_up(false), server.accept());
        let line = connection.head.lines().next().unwrap();
        assert_eq!(line, format!("get /api/v1/streaming/{path} http/1.1"));
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_or_closed_leaves_the_server() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(VIA).catch_up(false);
    let (events, connection) = tokio::join!(call, server.accept());
    drop(events.unwrap());
    connection.closed().await;
    let call = client.stream_user().transport(VIA).catch_up(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let handle = events.handle();
    connection.statuses(1..100).await;
    assert!(handle.is_alive() && handle.is_receiving());
    assert_eq!(until(&mut events, "5").await.len(), 6);
    handle.close();
    assert!(!handle.is_alive() && !handle.is_receiving());
    assert!(events.try_next().await.unwrap().is_none());
    connection.closed().await;
}

#[tokio::test]
async fn an_event_of_any_size_costs_no_more_than_the_bound() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_public()
        .transport(VIA)
        .catch_up(false)
        .max_event_size(2000);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    connection.event("update", &"x".repeat(1 << 20)).await;
    connection.statuses([1]).await;
    next(&mut events).await;
    let StreamEvent::Malformed(event) = next(&mut events).await else {
        panic!("an event that is too large is told of");
    };
    assert_eq!(
        event.error.to_string(),
        "stream_public: the stream broke off: an event is larger than 2000 bytes; allow more with `max_event_size`"
    );
    assert_eq!(word(&next(&mut events).await).unwrap(), "1");
}

#[tokio::test]
async fn a_buffer_may_be_of_any_size() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for via in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        for size in [0, usize::MAX] {
            let call = client.stream_user().transport(via).catch_up(false);
            let (events, mut connection) = tokio::join!(call.buffer(size), server.accept());
            let mut events = events.unwrap();
            let sending = connection.statuses(1..50);
            assert_eq!(tokio::join!(until(&mut events, "49"), sending).0.len(), 50);
            drop(events);
            connection.closed().await;
        }
    }
}

#[tokio::test]
async fn a_program_that_is_slow_is_waited_for_or_told_what_it_missed() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_public()
        .transport(VIA)
        .catch_up(false)
        .buffer(10);
    let (events, mut connection) = tokio::join!(call.clone(), server.accept());
    let mut events = events.unwrap();
    connection.statuses(1..200).await;
    assert_eq!(
        until(&mut events, "199").await.len(),
        200,
        "with the first, that tells of the connection"
    );
    let call = call.when_full(mastodon_sdk::WhenFull::DropOldest);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let handle = events.handle();
    connection.statuses(1..200).await;
    drop(connection);
    // The task has read everything once it has found the end.
    while handle.is_receiving() {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::ZERO).await;
    }
    let StreamEvent::Lagged(dropped) = next(&mut events).await else {
        panic!("what was dropped is told first");
    };
    let mut kept = Vec::new();
    while !matches!(kept.last(), Some(StreamEvent::Disconnected(_))) {
        kept.push(next(&mut events).await);
    }
    let kept: Vec<_> = kept.iter().filter_map(word).collect();
    assert_eq!(kept[0], "connected", "only events of the API are dropped");
    assert_eq!(dropped, 199 - (kept.len() as u64 - 2));
    assert_eq!(kept[kept.len() - 2], "199", "the newest are kept");
}
