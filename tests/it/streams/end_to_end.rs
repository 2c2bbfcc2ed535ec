//! Streams of the test server: events during a disconnection are delivered.

use std::time::Duration;

use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use mastodon_test_server::{Fault, TestServer};

use super::all_channels::client;

/// A label for the next event that is not a home timeline status: the text of a mention, or the event's name.
async fn next_label(events: &mut EventStream) -> String {
    loop {
        return match events
            .try_next()
            .await
            .unwrap()
            .expect("the stream should not have ended")
        {
            StreamEvent::Notification(mention) => {
                mention.status.as_ref().unwrap().content.to_text()
            }
            StreamEvent::Connected => "connected".to_owned(),
            StreamEvent::Disconnected(_) => "disconnected".to_owned(),
            StreamEvent::Backfilling => "backfilling".to_owned(),
            StreamEvent::Backfilled(backfilled) => {
                assert_eq!(backfilled.gaps.len(), 0, "{backfilled:?}");
                "backfilled".to_owned()
            }
            _ => continue,
        };
    }
}

async fn expect_labels(events: &mut EventStream, labels: &[&str]) {
    for label in labels {
        assert_eq!(next_label(events).await, *label);
    }
}

async fn mentions_survive_a_cut_connection(transport: StreamTransport) {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let call = alice.stream_user().transport(transport);
    let mut events = call.max_backoff(Duration::from_millis(1)).await.unwrap();
    server.streaming().wait_for_connections(1).await;
    bob.status_post("@alice one").await.unwrap();
    expect_labels(&mut events, &["connected", "@alice one"]).await;

    server.inject(Fault::disconnect_in_event());
    bob.status_post("@alice two").await.unwrap();
    expect_labels(&mut events, &["disconnected", "connected", "backfilling"]).await;
    // Another mention during the backfill would be backfilled too.
    expect_labels(&mut events, &["@alice two", "backfilled"]).await;

    bob.status_post("@alice three").await.unwrap();
    expect_labels(&mut events, &["@alice three"]).await;
    events.handle().close();
    server.streaming().wait_for_connections(0).await;
}

#[tokio::test]
async fn event_cut_in_the_middle_is_delivered_over_server_sent_events() {
    mentions_survive_a_cut_connection(StreamTransport::ServerSentEvents).await;
}

#[tokio::test]
async fn event_cut_in_the_middle_is_delivered_over_the_websocket() {
    mentions_survive_a_cut_connection(StreamTransport::WebSocket).await;
}
