//! Events that arrive twice, or in another order than they happened.

use std::time::Duration;

use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};

use super::server::{Connection, StreamServer, status};
use super::{labels_for, labels_until, next_event, status_ids};

over_both_transports! {
    status_that_its_deletion_overtakes_is_not_delivered_by_a_public_stream,
    status_that_was_deleted_from_the_home_timeline_can_return,
    deleted_status_that_a_lagging_list_still_has_is_not_backfilled,
    deletion_and_edit_that_the_server_sends_twice_are_delivered_once,
    edits_of_mentions_arrive_in_the_stream_of_notifications,
}

async fn open_public(
    server: &mut StreamServer,
    transport: StreamTransport,
) -> (EventStream, Connection) {
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    (events, connection)
}

/// A status that was edited at this second.
fn edited(id: u64, second: u64) -> String {
    let edited = format!(r#"{{"edited_at":"2024-01-01T00:00:{second:02}Z","#);
    status(id).replacen('{', &edited, 1)
}

async fn status_that_its_deletion_overtakes_is_not_delivered_by_a_public_stream(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    let (mut events, mut connection) = open_public(&mut server, transport).await;
    connection.send_event("delete", "7").await;
    connection.send_statuses([7, 8]).await;
    assert_eq!(labels_until(&mut events, "8").await, ["-7", "8"]);
}

async fn status_that_was_deleted_from_the_home_timeline_can_return(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(transport).backfill(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    // The user mutes an author, and follows somebody who boosts the status.
    connection.send_statuses([7]).await;
    connection.send_event("delete", "7").await;
    connection.send_statuses([7]).await;
    connection.send_event("delete", "7").await;
    connection.send_statuses([8]).await;
    assert_eq!(
        labels_until(&mut events, "8").await,
        ["connected", "7", "-7", "7", "-7", "8"]
    );
}

async fn deleted_status_that_a_lagging_list_still_has_is_not_backfilled(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let (mut events, mut connection) = open_public(&mut server, transport).await;
    connection.send_event("delete", "7").await;
    labels_until(&mut events, "-7").await;
    server.add_to_list("/public", [7, 8]);
    drop(connection);
    let _connection = server.accept().await;
    let labels = labels_for(&mut events, Duration::from_secs(50)).await;
    assert_eq!(status_ids(&labels), [8], "{labels:?}");
}

async fn deletion_and_edit_that_the_server_sends_twice_are_delivered_once(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user().transport(transport).backfill(false);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    // A follower who is mentioned receives them over two channels of the server.
    for _ in 0..2 {
        connection.send_event("status.update", &edited(7, 1)).await;
    }
    for _ in 0..2 {
        connection.send_event("status.update", &edited(7, 2)).await;
    }
    for _ in 0..2 {
        connection.send_event("delete", "7").await;
    }
    connection.send_statuses([8]).await;
    let mut received = Vec::new();
    loop {
        match next_event(&mut events).await {
            StreamEvent::StatusUpdate(status) => {
                received.push(status.edited_at.unwrap().strftime("edit %-S").to_string());
            }
            StreamEvent::Delete(id) => received.push(format!("-{id}")),
            StreamEvent::Update(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, ["edit 1", "edit 2", "-7"]);
}

async fn edits_of_mentions_arrive_in_the_stream_of_notifications(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let call = client.stream_user_notifications().transport(transport);
    let (events, mut connection) = tokio::join!(call.backfill(false), server.accept());
    let mut events = events.unwrap();
    labels_until(&mut events, "connected").await;
    connection.send_event("status.update", &edited(7, 1)).await;
    let event = next_event(&mut events).await;
    assert!(matches!(event, StreamEvent::StatusUpdate(_)), "{event:?}");
}
