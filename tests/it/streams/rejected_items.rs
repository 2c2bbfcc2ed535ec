//! Items of REST lists that cannot be decoded, while missed events are fetched.

use mastodon_sdk::Error;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};

use super::server::StreamServer;
use super::{label, labels_until, next_event};

over_both_transports! {
    unreadable_status_is_delivered_as_malformed,
    item_without_an_id_does_not_stop_the_backfill,
    whole_pages_of_unreadable_statuses_do_not_stop_the_backfill,
    unreadable_status_is_delivered_once,
    missed_status_with_a_date_out_of_range_is_delivered,
}

/// A status without its author.
fn unreadable(id: u64) -> String {
    format!(
        r#"{{"id":"{id}","created_at":"2023-11-14T22:13:20Z","content":"No. {id}","account":null}}"#
    )
}

/// Opens a public stream whose list has the status 1, loses the connection, and adds statuses to the list.
async fn miss_statuses(
    server: &mut StreamServer,
    transport: StreamTransport,
    missed: impl IntoIterator<Item = u64>,
) -> EventStream {
    server.add_to_list("/public", [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    server.add_to_list("/public", missed);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    events
}

/// The labels of the events of a backfill; that of a malformed one is its payload in short.
async fn backfill_labels(events: &mut EventStream) -> Vec<String> {
    let mut labels = Vec::new();
    loop {
        match next_event(events).await {
            StreamEvent::Malformed(event) => {
                assert_eq!(event.name, "update");
                assert!(
                    matches!(&*event.error, Error::Decode(_)),
                    "{:?}",
                    event.error
                );
                labels.push(format!(
                    "malformed {}",
                    event.payload.chars().take(10).collect::<String>()
                ));
            }
            StreamEvent::Backfilled(backfilled) => {
                assert_eq!(backfilled.gaps.len(), 0, "{backfilled:?}");
                labels.push(format!("backfilled {}", backfilled.events));
                return labels;
            }
            event => labels.extend(label(&event)),
        }
    }
}

async fn unreadable_status_is_delivered_as_malformed(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.set_item(20, &unreadable(20));
    let mut events = miss_statuses(&mut server, transport, [10, 20, 30]).await;
    let _connection = server.accept().await;
    let mut labels = backfill_labels(&mut events).await;
    labels.sort();
    let malformed = r#"malformed {"id":"20""#;
    let expected = [
        "10",
        "30",
        "backfilled 3",
        "backfilling",
        "connected",
        malformed,
    ];
    assert_eq!(labels, expected);
}

async fn item_without_an_id_does_not_stop_the_backfill(transport: StreamTransport) {
    for item in ["null", "{}", r#""text""#, "[]"] {
        let mut server = StreamServer::start().await;
        server.set_item(20, item);
        let mut events = miss_statuses(&mut server, transport, [10, 20, 30]).await;
        let _connection = server.accept().await;
        let mut labels = backfill_labels(&mut events).await;
        labels.sort();
        let malformed = format!("malformed {item}");
        let expected = [
            "10",
            "30",
            "backfilled 3",
            "backfilling",
            "connected",
            &malformed,
        ];
        assert_eq!(labels, expected);
    }
}

async fn whole_pages_of_unreadable_statuses_do_not_stop_the_backfill(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    for id in 100..200 {
        server.set_item(id, &unreadable(id));
    }
    let mut events = miss_statuses(&mut server, transport, 100..210).await;
    let _connection = server.accept().await;
    let labels = backfill_labels(&mut events).await;
    let malformed = labels
        .iter()
        .filter(|label| label.starts_with("malformed"))
        .count();
    assert_eq!(malformed, 100);
    assert_eq!(labels.len(), 113);
    assert_eq!(labels.last().unwrap(), "backfilled 110");
    for id in 200..210 {
        assert!(labels.contains(&id.to_string()), "{id}");
    }
}

async fn unreadable_status_is_delivered_once(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.set_item(20, &unreadable(20));
    let mut events = miss_statuses(&mut server, transport, [10, 20]).await;
    let mut connection = server.accept().await;
    let labels = backfill_labels(&mut events).await;
    assert_eq!(labels.last().unwrap(), "backfilled 2");
    connection.send_statuses([30]).await;
    assert_eq!(labels_until(&mut events, "30").await, ["30"]);
    server.add_to_list("/public", [30, 40]);
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    let labels = backfill_labels(&mut events).await;
    assert_eq!(labels, ["connected", "backfilling", "40", "backfilled 1"]);
}

async fn missed_status_with_a_date_out_of_range_is_delivered(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let status = super::server::status(20);
    let (start, _) = status.split_once(r#""created_at""#).unwrap();
    let account = &status[status.find(r#""account""#).unwrap()..];
    server.set_item(
        20,
        &format!(r#"{start}"created_at":"57171-08-04T06:31:30.000Z",{account}"#),
    );
    let mut events = miss_statuses(&mut server, transport, [10, 20, 30]).await;
    let _connection = server.accept().await;
    let mut labels = backfill_labels(&mut events).await;
    labels.sort();
    assert_eq!(
        labels,
        ["10", "20", "30", "backfilled 3", "backfilling", "connected"]
    );
}
