//! Checkpoints of streams that miss events, and lists whose position was never known.

use std::time::Duration;

use mastodon_sdk::streaming::{
    Backfilled, Checkpoint, EventStream, GapReason, StreamEvent, StreamTransport,
};

use super::server::{Connection, Rest, StreamServer};
use super::{labels_for, labels_until, status_ids};
use crate::support::json_response;

over_both_transports! {
    checkpoint_within_a_gap_delivers_what_was_missed_once,
    resumed_stream_whose_list_was_never_known_reports_the_unknown_start,
    opened_stream_whose_list_could_not_be_fetched_reports_the_unknown_start,
}

const LIST: &str = "/public";

fn unavailable() -> Rest {
    Rest::Down(json_response(503, "", "{}"))
}

/// Saves and loads a checkpoint, as an application that restarts.
fn saved(events: &EventStream) -> Checkpoint {
    let json = serde_json::to_string(&events.checkpoint()).unwrap();
    serde_json::from_str(&json).unwrap()
}

async fn resume(
    server: &mut StreamServer,
    transport: StreamTransport,
    checkpoint: Checkpoint,
) -> (EventStream, Connection) {
    let client = server.client();
    let call = client
        .stream_public()
        .transport(transport)
        .resume(checkpoint);
    let (events, connection) = tokio::join!(call, server.accept());
    (events.unwrap(), connection)
}

async fn checkpoint_within_a_gap_delivers_what_was_missed_once(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.set_rest(Rest::Hanging);
    server.add_to_list(LIST, 2..6);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    // More statuses than a page has are delivered after the gap.
    connection.send_statuses(10..60).await;
    labels_until(&mut events, "59").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    connection.send_statuses(60..100).await;
    labels_until(&mut events, "99").await;
    let checkpoint = saved(&events);
    drop(events);
    server.add_to_list(LIST, 10..105);
    server.set_rest(Rest::Up);
    let (mut events, _connection) = resume(&mut server, transport, checkpoint).await;
    let labels = labels_for(&mut events, Duration::from_secs(50)).await;
    assert_eq!(status_ids(&labels), [2, 3, 4, 5, 100, 101, 102, 103, 104]);
    assert!(labels.contains(&"backfilled 9".to_owned()), "{labels:?}");
    // The gap is filled: it is not in the next checkpoint.
    let checkpoint = saved(&events);
    drop(events);
    let (mut events, _connection) = resume(&mut server, transport, checkpoint).await;
    let labels = labels_for(&mut events, Duration::from_secs(50)).await;
    assert_eq!(status_ids(&labels), [0; 0]);
}

async fn next_backfilled(events: &mut EventStream) -> Backfilled {
    loop {
        if let StreamEvent::Backfilled(backfilled) = super::next_event(events).await {
            return backfilled;
        }
    }
}

#[track_caller]
fn assert_unknown_start(backfilled: &Backfilled, until: &str) {
    let [gap] = &backfilled.gaps[..] else {
        panic!("{backfilled:?}");
    };
    assert!(matches!(gap.reason, GapReason::UnknownStart), "{gap:?}");
    assert_eq!(
        (gap.after.as_deref(), gap.until.as_deref()),
        (None, Some(until))
    );
}

async fn resumed_stream_whose_list_was_never_known_reports_the_unknown_start(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    server.set_rest(unavailable());
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, _connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    let checkpoint = saved(&events);
    drop(events);
    server.add_to_list(LIST, [2, 3]);
    server.set_rest(Rest::Up);
    let (mut events, mut connection) = resume(&mut server, transport, checkpoint).await;
    assert_unknown_start(&next_backfilled(&mut events).await, "3");
    // From now on the position is known.
    connection.send_statuses([4]).await;
    labels_until(&mut events, "4").await;
    server.add_to_list(LIST, [4, 5]);
    drop(connection);
    let _connection = server.accept().await;
    let labels = labels_for(&mut events, Duration::from_secs(50)).await;
    assert_eq!(status_ids(&labels), [5]);
    assert!(labels.contains(&"backfilled 1".to_owned()), "{labels:?}");
}

async fn opened_stream_whose_list_could_not_be_fetched_reports_the_unknown_start(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    server.set_rest(unavailable());
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    server.add_to_list(LIST, [2]);
    let _heartbeats = connection.send_heartbeats();
    assert_eq!(
        labels_for(&mut events, Duration::from_secs(60)).await,
        [""; 0]
    );
    server.set_rest(Rest::Up);
    assert_unknown_start(&next_backfilled(&mut events).await, "2");
    server.add_to_list(LIST, [3]);
    let labels = labels_for(&mut events, Duration::from_secs(50)).await;
    assert_eq!(status_ids(&labels), [3]);
}
