//! Live events do not wait for a REST API that is down.

use std::time::Duration;

use mastodon_sdk::streaming::{Backfilled, EventStream, GapReason, StreamEvent, StreamTransport};
use tokio::time::Instant;

use super::server::{Connection, Rest, StreamServer};
use super::{labels_for, labels_until, next_event};
use crate::support::json_response;

over_both_transports! {
    live_events_wait_at_most_ten_seconds_while_the_rest_api_is_down,
    missed_events_follow_once_the_rest_api_is_back,
    live_events_wait_no_longer_than_the_application_allows,
    live_events_beyond_the_buffer_do_not_wait,
    live_events_beyond_the_size_of_the_buffer_do_not_wait,
    stream_is_not_closed_as_slow_while_the_rest_api_hangs,
    partly_delivered_backfill_continues_without_repeating_events,
}

const LIST: &str = "/public";

/// A REST API that is down.
fn outages() -> [Rest; 3] {
    let busy = |headers: &str| Rest::Down(json_response(503, headers, r#"{"error":"Busy"}"#));
    [busy(""), busy("retry-after: 86400\r\n"), Rest::Hanging]
}

/// Opens a public stream, which misses the statuses 2 to 4 while the REST API goes down, and is connected again.
async fn miss_statuses(
    server: &mut StreamServer,
    transport: StreamTransport,
    outage: Rest,
    buffer: (usize, usize),
) -> (EventStream, Connection) {
    server.add_to_list(LIST, [1]);
    let client = server.client();
    let call = client
        .stream_public()
        .transport(transport)
        .buffer(buffer.0)
        .buffer_bytes(buffer.1)
        // The outages are longer than the default.
        .idle_timeout(Duration::MAX);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.set_rest(outage);
    server.add_to_list(LIST, 2..5);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let connection = server.accept().await;
    (events, connection)
}

const LARGE: (usize, usize) = (1000, 16 << 20);

async fn next_backfilled(events: &mut EventStream) -> Backfilled {
    loop {
        match next_event(events).await {
            StreamEvent::Connected | StreamEvent::Backfilling => {}
            StreamEvent::Backfilled(backfilled) => return backfilled,
            other => panic!("{other:?}"),
        }
    }
}

#[track_caller]
fn assert_gap(backfilled: &Backfilled, is_reason: impl Fn(&GapReason) -> bool) {
    let [gap] = &backfilled.gaps[..] else {
        panic!("{backfilled:?}");
    };
    assert_eq!(
        (gap.after.as_deref(), gap.until.as_deref()),
        (Some("1"), None)
    );
    assert!(is_reason(&gap.reason), "{gap:?}");
    assert_eq!(backfilled.events, 0);
}

fn is_timeout(reason: &GapReason) -> bool {
    matches!(reason, GapReason::TimedOut)
}

async fn live_events_wait_at_most_ten_seconds_while_the_rest_api_is_down(
    transport: StreamTransport,
) {
    for outage in outages() {
        let responds = matches!(outage, Rest::Down(_));
        let mut server = StreamServer::start().await;
        let (mut events, mut connection) =
            miss_statuses(&mut server, transport, outage, LARGE).await;
        let connected = Instant::now();
        connection.send_statuses([10, 11]).await;
        // A server that responds can be given up earlier.
        let is_expected = |reason: &GapReason| {
            is_timeout(reason) || responds && matches!(reason, GapReason::FetchFailed(_))
        };
        assert_gap(&next_backfilled(&mut events).await, is_expected);
        assert_eq!(labels_until(&mut events, "11").await, ["10", "11"]);
        let waited = connected.elapsed().as_secs();
        assert!(waited == 10 || responds && waited < 10, "{waited}");
        // From now on, none waits.
        let sent = Instant::now();
        connection.send_statuses([12]).await;
        assert_eq!(labels_until(&mut events, "12").await, ["12"]);
        assert!(sent.elapsed() < Duration::from_secs(1));
    }
}

async fn missed_events_follow_once_the_rest_api_is_back(transport: StreamTransport) {
    for outage in outages() {
        let mut server = StreamServer::start().await;
        let (mut events, mut connection) =
            miss_statuses(&mut server, transport, outage, LARGE).await;
        connection.send_statuses([10]).await;
        labels_until(&mut events, "10").await;
        // The outage lasts ten minutes. The failure of the first request is reported too, and nothing after that.
        let labels = labels_for(&mut events, Duration::from_secs(600)).await;
        assert!(
            labels.is_empty() || labels == ["backfilling", "backfilled 0"],
            "{labels:?}"
        );
        server.add_to_list(LIST, [10]);
        server.set_rest(Rest::Up);
        let back = Instant::now();
        assert_eq!(
            labels_until(&mut events, "backfilled 3").await,
            ["backfilling", "2", "3", "4", "backfilled 3"]
        );
        assert!(back.elapsed() < Duration::from_secs(200), "{back:?}");
        let labels = labels_for(&mut events, Duration::from_secs(120)).await;
        assert_eq!(labels, [""; 0], "each event is delivered once");
    }
}

async fn live_events_wait_no_longer_than_the_application_allows(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    let client = server.client();
    let call = client
        .stream_public()
        .transport(transport)
        .backfill_timeout(Duration::from_secs(3));
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.set_rest(Rest::Hanging);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    let connected = Instant::now();
    connection.send_statuses([10]).await;
    assert_gap(&next_backfilled(&mut events).await, is_timeout);
    assert_eq!(labels_until(&mut events, "10").await, ["10"]);
    assert_eq!(connected.elapsed().as_secs(), 3);
}

async fn live_events_beyond_the_buffer_do_not_wait(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let (mut events, mut connection) =
        miss_statuses(&mut server, transport, Rest::Hanging, (5, LARGE.1)).await;
    labels_until(&mut events, "backfilling").await;
    let connected = Instant::now();
    connection.send_statuses(10..14).await;
    let labels = labels_for(&mut events, Duration::from_secs(5)).await;
    assert_eq!(labels, [""; 0], "four events wait");
    connection.send_statuses([14]).await;
    assert_gap(&next_backfilled(&mut events).await, is_timeout);
    let expected = ["10", "11", "12", "13", "14"];
    assert_eq!(labels_until(&mut events, "14").await, expected);
    assert!(connected.elapsed() < Duration::from_secs(6));
}

async fn live_events_beyond_the_size_of_the_buffer_do_not_wait(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let (mut events, mut connection) =
        miss_statuses(&mut server, transport, Rest::Hanging, (1000, 5000)).await;
    labels_until(&mut events, "backfilling").await;
    let connected = Instant::now();
    let large = |id| super::server::status(id).replace("No.", &"x".repeat(2000));
    for id in [10, 11] {
        connection.send_event("update", &large(id)).await;
    }
    let labels = labels_for(&mut events, Duration::from_secs(5)).await;
    assert_eq!(labels, [""; 0], "4000 bytes wait");
    connection.send_event("update", &large(12)).await;
    assert_gap(&next_backfilled(&mut events).await, is_timeout);
    assert_eq!(labels_until(&mut events, "12").await, ["10", "11", "12"]);
    assert!(connected.elapsed() < Duration::from_secs(6));
}

async fn stream_is_not_closed_as_slow_while_the_rest_api_hangs(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let (mut events, mut connection) =
        miss_statuses(&mut server, transport, Rest::Hanging, (5, LARGE.1)).await;
    let sending = async {
        for id in 10..60 {
            connection.send_statuses([id]).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let (labels, ()) = tokio::join!(labels_until(&mut events, "59"), sending);
    let mut expected = vec![
        "connected".to_owned(),
        "backfilling".into(),
        "backfilled 0".into(),
    ];
    expected.extend((10..60).map(|id: u64| id.to_string()));
    assert_eq!(labels, expected);
}

async fn partly_delivered_backfill_continues_without_repeating_events(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list(LIST, [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call.idle_timeout(Duration::MAX), server.accept());
    let mut events = events.unwrap();
    server.add_to_list(LIST, 2..120);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let mut connection = server.accept().await;
    connection.send_statuses([200]).await;
    let mut labels = labels_until(&mut events, "20").await;
    server.set_rest(Rest::Hanging);
    labels.extend(labels_until(&mut events, "200").await);
    server.set_rest(Rest::Up);
    labels.extend(labels_for(&mut events, Duration::from_secs(600)).await);
    let live = labels.iter().position(|label| label == "200").unwrap();
    assert!(
        live < labels.len() - 1,
        "the backfill continues: {labels:?}"
    );
    let mut ids = super::status_ids(&labels);
    ids.sort_unstable();
    assert_eq!(ids, (2..120).chain([200]).collect::<Vec<u64>>());
}
