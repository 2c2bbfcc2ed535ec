//! Streams of the whole server in memory: what happens while a connection is gone is told all the same.

use std::time::Duration;

use mastodon_sdk::{EventStream, Mastodon, StreamEvent, StreamTransport, VersionCheck};
use mastodon_test_server::{Fault, TestServer};

fn client(server: &TestServer, name: &str) -> Mastodon {
    Mastodon::builder(server.url())
        .access_token(server.token(name, "read write"))
        .version_check(VersionCheck::Off)
        .build()
        .unwrap()
}

/// The next mention as text, and what came before it.
async fn mention(events: &mut EventStream) -> (String, Vec<&'static str>) {
    let mut before = Vec::new();
    loop {
        match events
            .try_next()
            .await
            .unwrap()
            .expect("the stream goes on")
        {
            StreamEvent::Notification(told) => {
                return (told.status.as_ref().unwrap().plain_text(), before);
            }
            StreamEvent::Connected => before.push("connected"),
            StreamEvent::Disconnected(_) => before.push("disconnected"),
            StreamEvent::CatchingUp => before.push("catching up"),
            StreamEvent::CaughtUp(caught_up) => {
                assert_eq!(caught_up.missing.len(), 0, "{caught_up:?}");
                before.push("caught up");
            }
            _ => {}
        }
    }
}

async fn nothing_is_lost_over(transport: StreamTransport) {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let call = alice.stream_user().transport(transport);
    let mut events = call.max_backoff(Duration::from_millis(1)).await.unwrap();
    server.streaming().connected(1).await;
    bob.status_post("@alice one").await.unwrap();
    assert_eq!(
        mention(&mut events).await,
        ("@alice one".to_owned(), vec!["connected"])
    );

    server.inject(Fault::cut_in_event());
    bob.status_post("@alice two").await.unwrap();
    let (text, before) = mention(&mut events).await;
    assert_eq!(text, "@alice two");
    assert_eq!(before, ["disconnected", "connected", "catching up"]);

    bob.status_post("@alice three").await.unwrap();
    let (text, before) = mention(&mut events).await;
    assert_eq!((text.as_str(), before), ("@alice three", vec!["caught up"]));
    events.handle().close();
    server.streaming().connected(0).await;
}

#[tokio::test]
async fn an_event_that_was_cut_in_the_middle_is_told_after_the_reconnection() {
    nothing_is_lost_over(StreamTransport::ServerSentEvents).await;
}

#[tokio::test]
async fn the_same_goes_for_the_websocket() {
    nothing_is_lost_over(StreamTransport::WebSocket).await;
}
