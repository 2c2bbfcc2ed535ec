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

/// The next thing that is no status of the home timeline, in a word or by the text of its mention.
async fn next(events: &mut EventStream) -> String {
    loop {
        return match events.try_next().await.unwrap().expect("it goes on") {
            StreamEvent::Notification(told) => told.status.as_ref().unwrap().plain_text(),
            StreamEvent::Connected => "connected".to_owned(),
            StreamEvent::Disconnected(_) => "disconnected".to_owned(),
            StreamEvent::CatchingUp => "catching up".to_owned(),
            StreamEvent::CaughtUp(caught_up) => {
                assert_eq!(caught_up.missing.len(), 0, "{caught_up:?}");
                "caught up".to_owned()
            }
            _ => continue,
        };
    }
}

async fn expect(events: &mut EventStream, words: &[&str]) {
    for word in words {
        assert_eq!(next(events).await, *word);
    }
}

async fn nothing_is_lost_over(transport: StreamTransport) {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (client(&server, "alice"), client(&server, "bob"));
    let call = alice.stream_user().transport(transport);
    let mut events = call.max_backoff(Duration::from_millis(1)).await.unwrap();
    server.streaming().connected(1).await;
    bob.status_post("@alice one").await.unwrap();
    expect(&mut events, &["connected", "@alice one"]).await;

    server.inject(Fault::cut_in_event());
    bob.status_post("@alice two").await.unwrap();
    expect(&mut events, &["disconnected", "connected", "catching up"]).await;
    // What is posted before this is over may be told as late, too.
    expect(&mut events, &["@alice two", "caught up"]).await;

    bob.status_post("@alice three").await.unwrap();
    expect(&mut events, &["@alice three"]).await;
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
