//! Bounds of the memory of a stream, in bytes.

use std::time::Duration;

use mastodon_sdk::streaming::{EventStream, OverflowPolicy, StreamPublicCall, StreamTransport};
use serde_json::json;
use tokio::time::timeout;

use super::server::{Connection, StreamServer, status};
use super::subscriptions::{self, open_user, update};
use super::{labels_until, status_ids};

over_both_transports! {
    oldest_events_beyond_the_size_of_the_buffer_are_dropped,
    event_larger_than_the_buffer_is_delivered,
}

/// A status with a text of this size.
fn large_status(id: u64, size: usize) -> String {
    status(id).replace("No.", &"x".repeat(size))
}

async fn open(
    server: &mut StreamServer,
    transport: StreamTransport,
    set: impl FnOnce(StreamPublicCall) -> StreamPublicCall,
) -> (EventStream, Connection) {
    let client = server.client();
    let call = set(client.stream_public().transport(transport).backfill(false));
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    (events, connection)
}

async fn oldest_events_beyond_the_size_of_the_buffer_are_dropped(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let (mut events, mut connection) = open(&mut server, transport, |call| {
        call.buffer_bytes(10_000)
            .overflow_policy(OverflowPolicy::DropOldest)
    })
    .await;
    for id in 1..=100 {
        connection
            .send_event("update", &large_status(id, 2000))
            .await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let labels = labels_until(&mut events, "100").await;
    assert_eq!(labels, ["Lagged(96)", "97", "98", "99", "100"]);
}

async fn event_larger_than_the_buffer_is_delivered(transport: StreamTransport) {
    for policy in [OverflowPolicy::Wait, OverflowPolicy::DropOldest] {
        let mut server = StreamServer::start().await;
        let (mut events, mut connection) = open(&mut server, transport, |call| {
            call.buffer_bytes(1000).overflow_policy(policy)
        })
        .await;
        let large = large_status(1, 500_000);
        let (labels, ()) = tokio::join!(labels_until(&mut events, "1"), async {
            connection.send_event("update", &large).await;
        });
        assert_eq!(labels, ["1"]);
    }
}

const MEGABYTE: usize = 1_000_000;

async fn send_sixty_megabytes(connection: &mut Connection) {
    for id in 1..=60 {
        let status = large_status(id, MEGABYTE);
        connection.send_event("update", &status).await;
    }
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn large_events_are_not_read_faster_than_they_are_taken() {
    let mut server = StreamServer::start().await;
    let transport = StreamTransport::ServerSentEvents;
    let set = |call: StreamPublicCall| call.buffer_bytes(4 * MEGABYTE);
    let (mut events, mut connection) = open(&mut server, transport, set).await;
    let sending = send_sixty_megabytes(&mut connection);
    tokio::pin!(sending);
    let sent = timeout(Duration::from_secs(10), &mut sending).await;
    assert!(sent.is_err(), "the server cannot send what is not read");
    let (labels, ()) = tokio::join!(labels_until(&mut events, "60"), sending);
    assert_eq!(status_ids(&labels), (1..=60).collect::<Vec<u64>>());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn large_events_that_are_not_taken_do_not_stop_the_other_streams_of_the_socket() {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut user, mut connection) = open_user(&mut server, &client).await;
    let call = client.stream_public().backfill(false);
    let call = call.buffer_bytes(4 * MEGABYTE).into_future();
    let mut slow = subscriptions::open(call).await;
    connection.subscribed = vec!["public".to_owned()];
    send_sixty_megabytes(&mut connection).await;
    connection.send(&update(&json!(["user"]), 100)).await;
    assert_eq!(labels_until(&mut user, "100").await, ["100"]);
    let labels = labels_until(&mut slow, "disconnected").await;
    let buffered = status_ids(&labels).len();
    assert!(buffered <= 10, "{buffered} MB were buffered");
}
