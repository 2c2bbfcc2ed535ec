//! Lists that lag behind the stream: a missed event can appear in its list seconds later.

use std::time::Duration;

use mastodon_sdk::streaming::StreamTransport;
use tokio::time::Instant;

use super::server::{Connection, StreamServer};
use super::{labels_for, labels_until, status_ids};

over_both_transports! {
    second_cut_within_a_second_loses_no_event_of_a_lagging_list,
    constant_lag_with_cuts_loses_no_event,
    all_events_missed_since_the_list_was_empty_are_delivered,
    next_page_that_the_server_always_links_does_not_lead_to_a_gap,
}

const LIST: &str = "/public";
const LAG: Duration = Duration::from_secs(3);

async fn second_cut_within_a_second_loses_no_event_of_a_lagging_list(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, 1..41);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, mut connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    connection.send_statuses([41]).await;
    labels_until(&mut events, "41").await;
    server.add_to_list_later(LIST, vec![41], LAG);
    labels_for(&mut events, Duration::from_secs(20)).await;
    drop(connection);
    server.add_to_list_later(LIST, (42..100).collect(), LAG);
    let mut labels = labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    // More statuses than a page has.
    connection.send_statuses(100..160).await;
    labels.extend(labels_until(&mut events, "159").await);
    server.add_to_list_later(LIST, (100..160).collect(), LAG);
    drop(connection);
    server.add_to_list_later(LIST, (160..180).collect(), LAG);
    let mut connection = server.accept().await;
    connection.send_statuses([180]).await;
    server.add_to_list_later(LIST, vec![180], LAG);
    labels.extend(labels_for(&mut events, Duration::from_secs(50)).await);
    let cuts = labels.iter().filter(|label| *label == "disconnected");
    assert!(cuts.count() >= 2, "{labels:?}");
    let mut ids = status_ids(&labels);
    ids.sort_unstable();
    assert_eq!(ids, (42..181).collect::<Vec<u64>>());
}

/// Posts 20 statuses a second, each of which appears in the list later, and cuts the connection now and then.
async fn post_with_cuts(server: &mut StreamServer, connection: Connection, count: u64) {
    let mut connection = Some(connection);
    for id in 2..2 + count {
        if let Some(connection) = &mut connection {
            connection.send_statuses([id]).await;
        } else {
            connection = server.try_accept().await;
        }
        server.add_to_list_later(LIST, vec![id], LAG);
        if [30, 70, 75, 110, 160].contains(&id) {
            connection = None;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut connection = match connection {
        Some(connection) => connection,
        None => server.accept().await,
    };
    connection.send_event("delete", "1").await;
    let _heartbeats = connection.send_heartbeats();
    tokio::time::sleep(Duration::from_secs(100)).await;
}

async fn constant_lag_with_cuts_loses_no_event(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let started = Instant::now();
    let (labels, ()) = tokio::join!(
        labels_for(&mut events, Duration::from_secs(90)),
        post_with_cuts(&mut server, connection, 200)
    );
    assert!(started.elapsed() >= Duration::from_secs(90));
    let cuts = labels.iter().filter(|label| *label == "disconnected");
    assert!(cuts.count() >= 4, "{labels:?}");
    let mut ids = status_ids(&labels);
    ids.sort_unstable();
    assert_eq!(ids, (2..202).collect::<Vec<u64>>());
}

/// Misses 150 events of a list that was empty when the stream was opened.
async fn miss_first_events(mut server: StreamServer, transport: StreamTransport) {
    server.add_to_list(LIST, []);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list(LIST, 1..151);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    let labels = labels_until(&mut events, "150").await;
    assert_eq!(status_ids(&labels), (1..151).collect::<Vec<u64>>());
    assert_eq!(
        labels_for(&mut events, Duration::from_secs(50)).await,
        ["backfilled 150"],
        "without a gap"
    );
}

async fn all_events_missed_since_the_list_was_empty_are_delivered(transport: StreamTransport) {
    miss_first_events(StreamServer::start().await, transport).await;
}

async fn next_page_that_the_server_always_links_does_not_lead_to_a_gap(transport: StreamTransport) {
    let server = StreamServer::start().await;
    server.link_next_pages();
    miss_first_events(server, transport).await;
}
