//! Servers that are down or do not respond, and tokens that are revoked.

use std::time::Duration;

use mastodon_sdk::Mastodon;
use mastodon_sdk::auth::OUT_OF_BAND;
use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use mastodon_test_server::TestServer;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::server::{Rest, StreamServer};
use super::{labels_until, next_event};
use crate::support::client_for;

over_both_transports! {
    opening_fails_within_ten_seconds_while_the_server_is_down,
    opening_is_attempted_once_if_the_server_does_not_respond,
    stream_is_opened_and_opened_again_while_the_rest_api_does_not_respond,
    streams_recover_within_one_delay_of_the_end_of_an_outage,
    stream_whose_token_is_revoked_ends_with_the_error_of_mastodon,
}

/// A client with the default settings but for the timeout. It knows nothing about its server.
fn client(url: &str, timeout: Duration) -> Mastodon {
    let builder = Mastodon::builder(url).access_token("hunter2");
    builder.timeout(timeout).build().unwrap()
}

/// Opens streams one after the other, which fails each time.
async fn assert_opening_fails(client: &Mastodon, transport: StreamTransport, limit: Duration) {
    for call in [
        client.stream_user(),
        client.stream_hashtag("rust"),
        client.stream_user_notifications(),
        client.stream_direct(),
    ] {
        let started = Instant::now();
        let error = call.transport(transport).await.unwrap_err();
        assert!(error.is_network() || error.is_timeout(), "{error}");
        assert!(started.elapsed() < limit, "{:?}", started.elapsed());
    }
}

async fn opening_fails_within_ten_seconds_while_the_server_is_down(transport: StreamTransport) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = client(&url, Duration::from_secs(60));
    assert_opening_fails(&client, transport, Duration::from_secs(10)).await;
}

async fn opening_is_attempted_once_if_the_server_does_not_respond(transport: StreamTransport) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    // The version and the lists have limits of their own.
    let client = client(&url, Duration::from_secs(20));
    assert_opening_fails(&client, transport, Duration::from_secs(50)).await;
}

async fn stream_is_opened_and_opened_again_while_the_rest_api_does_not_respond(
    transport: StreamTransport,
) {
    let mut server = StreamServer::start().await;
    server.set_rest(Rest::Hanging);
    let client = server.client();
    let call = client.stream_user().transport(transport).backfill(false);
    let (events, connection) = tokio::join!(call.into_future(), server.accept());
    let mut events = events.unwrap();
    drop(connection);
    labels_until(&mut events, "disconnected").await;
    let _connection = server.accept().await;
    labels_until(&mut events, "connected").await;
}

/// Reads a stream until it is connected again, and returns when. Each announced time of an attempt must be true.
async fn reconnected(mut events: EventStream) -> Instant {
    let mut announced = None;
    loop {
        let event = next_event(&mut events).await;
        let now = Instant::now();
        if let Some(announced) = announced.take() {
            let difference = if now > announced {
                now - announced
            } else {
                announced - now
            };
            assert!(difference < Duration::from_millis(50), "{difference:?}");
        }
        match event {
            StreamEvent::Connected => return now,
            StreamEvent::Disconnected(disconnected) => {
                announced = Some(now + disconnected.retry_in);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn streams_recover_within_one_delay_of_the_end_of_an_outage(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    let client = server.client();
    let (mut reading, mut connections) = (Vec::new(), Vec::new());
    for tag in ["a", "b", "c", "d"] {
        let call = client.stream_hashtag(tag).transport(transport);
        let opening = call.backfill(false).into_future();
        let opens_connection =
            connections.is_empty() || matches!(transport, StreamTransport::ServerSentEvents);
        let mut events = if opens_connection {
            let (events, connection) = tokio::join!(opening, server.accept());
            connections.push(connection);
            events.unwrap()
        } else {
            opening.await.unwrap()
        };
        labels_until(&mut events, "connected").await;
        reading.push(tokio::spawn(reconnected(events)));
    }
    drop(connections);
    let refusing = async {
        loop {
            server.next_request().await.reject("503 X", "Busy").await;
        }
    };
    let outage = tokio::time::timeout(Duration::from_secs(45), refusing);
    let Err(_) = outage.await;
    let ended = Instant::now();
    let accepting = tokio::spawn(async move {
        let mut connections = Vec::new();
        loop {
            connections.push(server.accept().await);
        }
    });
    for events in reading {
        let delay = events.await.unwrap() - ended;
        assert!(delay <= Duration::from_secs(15), "{delay:?}");
    }
    accepting.abort();
}

async fn stream_whose_token_is_revoked_ends_with_the_error_of_mastodon(transport: StreamTransport) {
    let server = TestServer::start().await.unwrap();
    let client = client_for(&server, "alice");
    let app = client.create_app("Reader", OUT_OF_BAND, "read", None);
    let app = app.await.unwrap();
    let mut streams = Vec::new();
    for call in [client.stream_user(), client.stream_hashtag("rust")] {
        let mut events = call.transport(transport).await.unwrap();
        labels_until(&mut events, "connected").await;
        streams.push(events);
    }
    client.revoke_access_token(&app).await.unwrap();
    for events in &mut streams {
        let event = next_event(events).await;
        assert!(matches!(event, StreamEvent::Disconnected(_)), "{event:?}");
        let error = events.try_next().await.unwrap_err();
        assert!(error.is_unauthorized(), "{error}");
        assert!(
            error.to_string().contains("Invalid access token"),
            "{error}"
        );
        assert!(events.try_next().await.unwrap().is_none());
    }
}
