//! Streaming over both transports.

/// Runs each test over both transports.
macro_rules! over_both_transports {
    ($($name:ident),* $(,)?) => {
        mod server_sent_events {
            $(#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
            async fn $name() {
                super::$name(super::StreamTransport::ServerSentEvents).await;
            })*
        }
        mod websocket {
            $(#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
            async fn $name() {
                super::$name(super::StreamTransport::WebSocket).await;
            })*
        }
    };
}

mod all_channels;
mod backfill;
mod bounds;
mod checkpoints;
mod connecting;
mod duplicates_and_reordering;
mod end_to_end;
mod lagging_lists;
mod listeners;
mod live_bound;
mod opening;
mod other_software;
mod outages;
mod quiet_streams;
mod refused_subscriptions;
mod rejected_items;
mod server;
mod server_quirks;
mod soak;
mod subscriptions;
mod websocket;

use std::time::Duration;

use mastodon_sdk::Error;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};

use tokio::time::{Instant, timeout_at};

use self::server::{StreamServer, conversation, notification, status};

/// Transport of tests that do not depend on it.
const TRANSPORT: StreamTransport = StreamTransport::ServerSentEvents;

/// A short label for an event, or `None` for a heartbeat.
fn label(event: &StreamEvent) -> Option<String> {
    Some(match event {
        StreamEvent::Update(status) => status.id.to_string(),
        StreamEvent::Notification(notification) => format!("n{}", notification.id),
        StreamEvent::Conversation(conversation) => {
            let last = conversation.last_status.as_ref();
            format!("c{}", last.map_or("", |status| status.id.as_str()))
        }
        StreamEvent::Delete(id) => format!("-{id}"),
        StreamEvent::Announcement(announcement) => {
            let day = announcement.updated_at.strftime("%-d");
            format!("a{}@{day}", announcement.id)
        }
        StreamEvent::AnnouncementDelete(id) => format!("a-{id}"),
        StreamEvent::Connected => "connected".to_owned(),
        StreamEvent::Disconnected(_) => "disconnected".to_owned(),
        StreamEvent::Backfilling => "backfilling".to_owned(),
        StreamEvent::Backfilled(backfilled) => format!("backfilled {}", backfilled.events),
        StreamEvent::Heartbeat => return None,
        other => format!("{other:?}"),
    })
}

/// Waits for a future that must complete, and fails the test after a timeout.
async fn with_timeout<T>(expected: &str, future: impl Future<Output = T>) -> T {
    let future = tokio::time::timeout(Duration::from_secs(600), future);
    future
        .await
        .unwrap_or_else(|_| panic!("timed out waiting for {expected}"))
}

/// Maximum time for the events that a test waits for.
const EVENTS_TIMEOUT: Duration = Duration::from_secs(1800);

/// The labels of the next events, up to and including `last`.
async fn labels_until(events: &mut EventStream, last: &str) -> Vec<String> {
    let deadline = Instant::now() + EVENTS_TIMEOUT;
    let mut labels = Vec::new();
    while labels.last().is_none_or(|label| label != last) {
        let event = timeout_at(deadline, events.try_next()).await;
        // With a constant flow of heartbeats, `timeout_at` would never reach its timer.
        let event = event.ok().filter(|_| Instant::now() < deadline);
        let event = event.unwrap_or_else(|| panic!("no {last} after {labels:?}"));
        let event = event.unwrap().expect("the stream should not have ended");
        labels.extend(label(&event));
    }
    labels
}

/// The labels of the events of a duration.
async fn labels_for(events: &mut EventStream, duration: Duration) -> Vec<String> {
    let deadline = Instant::now() + duration;
    let mut labels = Vec::new();
    while let Ok(event) = timeout_at(deadline, events.try_next()).await {
        let event = event.unwrap().expect("the stream should not have ended");
        labels.extend(label(&event));
    }
    labels
}

/// The IDs of the statuses among the labels.
fn status_ids(labels: &[String]) -> Vec<u64> {
    labels
        .iter()
        .filter_map(|label| label.parse().ok())
        .collect()
}

/// The next event that is not a heartbeat.
async fn next_event(events: &mut EventStream) -> StreamEvent {
    with_timeout("an event", async {
        loop {
            match events
                .try_next()
                .await
                .unwrap()
                .expect("the stream should not have ended")
            {
                StreamEvent::Heartbeat => {}
                event => return event,
            }
        }
    })
    .await
}

/// The error that ends a stream without any other event than `Connected`.
async fn final_error(events: &mut EventStream) -> Error {
    loop {
        match events.try_next().await {
            Ok(Some(StreamEvent::Connected | StreamEvent::Heartbeat)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(error) => return error,
        }
    }
}

#[tokio::test]
async fn all_event_types_are_decoded_and_unknown_or_malformed_events_do_not_end_the_stream() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(TRANSPORT).backfill(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(matches!(
        next_event(&mut events).await,
        StreamEvent::Connected
    ));
    connection.send(":)\n:thump\n").await;
    connection.send_event("update", &status(1)).await;
    connection
        .send_event("notification", &notification(2))
        .await;
    connection.send_event("delete", "103").await;
    connection.send_event("filters_changed", "undefined").await;
    connection
        .send_event("conversation", &conversation(3, 4))
        .await;
    connection
        .send_event("announcement", r#"{"id":"5","content":"<p>Hi</p>"}"#)
        .await;
    connection.send_event("announcement", r#"{"id":"5","text":"","published_at":"2024-01-01T00:00:00Z","updated_at":"2024-01-01T00:00:00Z","content":"<p>Hi</p>","all_day":false}"#).await;
    let reaction = r#"{"name":"bongoCat","count":9,"announcement_id":"5"}"#;
    connection
        .send_event("announcement.reaction", reaction)
        .await;
    connection.send_event("announcement.delete", "5").await;
    connection.send_event("status.update", &status(6)).await;
    connection.send_event("notifications_merged", "1").await;
    connection
        .send_event("quantum_leap", r#"{"to":"4.9"}"#)
        .await;
    connection.send_event("update", r#"{"id":7}"#).await;
    connection.send_event("update", "{").await;
    connection.send_statuses([8]).await;
    let mut received = Vec::new();
    while received.last().is_none_or(
        |event| !matches!(event, StreamEvent::Update(status) if status.id.as_str() == "8"),
    ) {
        received.push(next_event(&mut events).await);
    }
    let names: Vec<_> = received.iter().filter_map(StreamEvent::name).collect();
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
    let StreamEvent::Delete(id) = &received[2] else {
        panic!("{:?}", received[2]);
    };
    assert_eq!(id.as_str(), "103");
    let StreamEvent::Unknown(unknown) = &received[11] else {
        panic!("{:?}", received[11]);
    };
    assert_eq!(unknown.payload, r#"{"to":"4.9"}"#);
    let StreamEvent::Malformed(malformed) = &received[12] else {
        panic!("{:?}", received[12]);
    };
    let error = malformed.error.to_string();
    assert!(
        error.contains("stream_user") && error.contains("`account`"),
        "{error}"
    );
    assert_eq!(malformed.payload, r#"{"id":7}"#);
    assert!(matches!(received[13], StreamEvent::Malformed(_)));
}

#[tokio::test]
async fn each_method_requests_its_own_channel() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for (call, path) in [
        (client.stream_user().transport(TRANSPORT), "user"),
        (
            client.stream_user_notifications().transport(TRANSPORT),
            "user/notification",
        ),
        (
            client.stream_hashtag("Käse & Brot").transport(TRANSPORT),
            "hashtag?tag=k%c3%a4se+%26+brot",
        ),
        (
            client.stream_hashtag_local("rust").transport(TRANSPORT),
            "hashtag/local?tag=rust",
        ),
        (
            client.stream_list("12").transport(TRANSPORT),
            "list?list=12",
        ),
        (client.stream_direct().transport(TRANSPORT), "direct"),
    ] {
        let (_events, connection) = tokio::join!(call.backfill(false), server.accept());
        let line = connection.head.lines().next().unwrap();
        assert_eq!(line, format!("get /api/v1/streaming/{path} http/1.1"));
        assert!(connection.head.contains("authorization: bearer hunter2"));
        assert!(connection.head.contains("accept: text/event-stream"));
    }
    for (call, path) in [
        (client.stream_public().transport(TRANSPORT), "public"),
        (
            client.stream_public().transport(TRANSPORT).only_media(true),
            "public?only_media=true",
        ),
        (
            client
                .stream_public()
                .transport(TRANSPORT)
                .only_media(false),
            "public",
        ),
        (client.stream_local().transport(TRANSPORT), "public/local"),
        (
            client.stream_local().transport(TRANSPORT).only_media(true),
            "public/local?only_media=true",
        ),
        (
            client.stream_public_remote().transport(TRANSPORT),
            "public/remote",
        ),
        (
            client
                .stream_public_remote()
                .transport(TRANSPORT)
                .only_media(true),
            "public/remote?only_media=true",
        ),
    ] {
        let (_events, connection) = tokio::join!(call.backfill(false), server.accept());
        let line = connection.head.lines().next().unwrap();
        assert_eq!(line, format!("get /api/v1/streaming/{path} http/1.1"));
    }
}

#[tokio::test]
async fn dropped_or_closed_stream_closes_its_connection() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(TRANSPORT).backfill(false);
    let (events, connection) = tokio::join!(call, server.accept());
    drop(events.unwrap());
    connection.wait_until_closed().await;
    let call = client.stream_user().transport(TRANSPORT).backfill(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let handle = events.handle();
    connection.send_statuses(1..100).await;
    assert!(handle.is_alive() && handle.is_receiving());
    assert_eq!(labels_until(&mut events, "5").await.len(), 6);
    handle.close();
    assert!(!handle.is_alive() && !handle.is_receiving());
    assert!(events.try_next().await.unwrap().is_none());
    connection.wait_until_closed().await;
}

#[tokio::test]
async fn oversized_event_is_reported_as_malformed() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_public()
        .transport(TRANSPORT)
        .backfill(false)
        .max_event_size(2000);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    connection.send_event("update", &"x".repeat(1 << 20)).await;
    connection.send_statuses([1]).await;
    next_event(&mut events).await;
    let StreamEvent::Malformed(event) = next_event(&mut events).await else {
        panic!("an oversized event is malformed");
    };
    assert_eq!(
        event.error.to_string(),
        "stream_public: the stream was interrupted: an event exceeds 2000 bytes; raise the limit with `max_event_size`"
    );
    assert_eq!(label(&next_event(&mut events).await).unwrap(), "1");
}

#[tokio::test]
async fn buffer_of_any_size_is_accepted() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    for transport in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        for size in [0, usize::MAX] {
            let call = client.stream_user().transport(transport).backfill(false);
            let (events, mut connection) = tokio::join!(call.buffer(size), server.accept());
            let mut events = events.unwrap();
            let sending = connection.send_statuses(1..50);
            assert_eq!(
                tokio::join!(labels_until(&mut events, "49"), sending)
                    .0
                    .len(),
                50
            );
            drop(events);
            connection.wait_until_closed().await;
        }
    }
}

#[tokio::test]
async fn slow_application_delays_the_stream_or_receives_the_number_of_dropped_events() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client
        .stream_public()
        .transport(TRANSPORT)
        .backfill(false)
        .buffer(10);
    let (events, mut connection) = tokio::join!(call.clone(), server.accept());
    let mut events = events.unwrap();
    connection.send_statuses(1..200).await;
    assert_eq!(
        labels_until(&mut events, "199").await.len(),
        200,
        "199 statuses and `Connected`"
    );
    let call = call.overflow_policy(mastodon_sdk::streaming::OverflowPolicy::DropOldest);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let handle = events.handle();
    connection.send_statuses(1..200).await;
    drop(connection);
    // The task has read all events when it notices the closed connection.
    while handle.is_receiving() {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::ZERO).await;
    }
    let StreamEvent::Lagged(dropped) = next_event(&mut events).await else {
        panic!("`Lagged` is the first event");
    };
    let mut received = Vec::new();
    while !matches!(received.last(), Some(StreamEvent::Disconnected(_))) {
        received.push(next_event(&mut events).await);
    }
    let received: Vec<_> = received.iter().filter_map(label).collect();
    assert_eq!(received[0], "connected", "only API events are dropped");
    assert_eq!(dropped, 199 - (received.len() as u64 - 2));
    assert_eq!(
        received[received.len() - 2],
        "199",
        "the newest events are kept"
    );
}
