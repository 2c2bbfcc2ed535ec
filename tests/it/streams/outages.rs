//! Servers that are down, or that end a stream.

use std::time::Duration;

use mastodon_sdk::streaming::{EventStream, StreamEvent, StreamTransport};
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::server::StreamServer;
use super::{labels_until, next_event};

over_both_transports! {
    opening_fails_within_ten_seconds_while_the_host_is_down,
    opening_fails_within_ten_seconds_while_the_host_does_not_respond,
}

/// A client with the default settings, which knows nothing about its server.
fn client(url: &str) -> Mastodon {
    Mastodon::builder(url).access_token("hunter2").build().unwrap()
}

async fn assert_opening_fails_soon(url: &str, transport: StreamTransport) {
    let client = client(url);
    for attempt in 0..4 {
        let started = Instant::now();
        let call = match attempt % 2 {
            0 => client.stream_user(),
            _ => client.stream_hashtag("rust"),
        };
        let error = call.transport(transport).await.unwrap_err();
        let waited = started.elapsed();
        println!("{transport:?} {attempt}: {waited:?} {error}");
    }
}

async fn opening_fails_within_ten_seconds_while_the_host_is_down(transport: StreamTransport) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_opening_fails_soon(&url, transport).await;
}

async fn opening_fails_within_ten_seconds_while_the_host_does_not_respond(
    transport: StreamTransport,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let accepting = tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    assert_opening_fails_soon(&url, transport).await;
    accepting.abort();
}
