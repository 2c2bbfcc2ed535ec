//! Streams that bring no events although there are some.

use std::time::Duration;

use mastodon_sdk::streaming::StreamTransport;
use tokio::time::Instant;

use super::server::StreamServer;
use super::{labels_for, labels_until};
use crate::support::CapturedLog;

over_both_transports! {
    quiet_stream_of_the_user_is_checked_after_five_minutes,
    quiet_public_stream_is_checked_after_fifteen_minutes,
    hashtag_that_the_server_does_not_stream_is_polled_every_thirty_seconds,
}

const MINUTE: Duration = Duration::from_secs(60);

async fn quiet_stream_of_the_user_is_checked_after_five_minutes(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/home", [1]);
    server.add_to_list("/notifications", [1]);
    let client = server.client();
    let call = client.stream_user().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let opened = Instant::now();
    // The server's message broker has failed: heartbeats continue.
    let _heartbeats = connection.send_heartbeats();
    let labels = labels_for(&mut events, MINUTE).await;
    assert_eq!(labels, ["connected"]);
    server.add_to_list("/home", [2]);
    server.add_to_list("/notifications", [3]);
    let labels = labels_until(&mut events, "backfilled 2").await;
    assert_eq!(labels, ["backfilling", "2", "n3", "backfilled 2"]);
    assert_eq!(opened.elapsed().as_secs(), 300);
    // And again.
    let checked = Instant::now();
    labels_for(&mut events, 3 * MINUTE).await;
    server.add_to_list("/home", [4]);
    let labels = labels_until(&mut events, "backfilled 1").await;
    assert_eq!(labels, ["backfilling", "4", "backfilled 1"]);
    assert!(checked.elapsed() <= 6 * MINUTE, "{:?}", checked.elapsed());
}

async fn quiet_public_stream_is_checked_after_fifteen_minutes(transport: StreamTransport) {
    let mut server = StreamServer::start().await;
    server.add_to_list("/public", [1]);
    let client = server.client();
    let call = client.stream_public().transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    let opened = Instant::now();
    let _heartbeats = connection.send_heartbeats();
    assert_eq!(labels_for(&mut events, MINUTE).await, ["connected"]);
    server.add_to_list("/public", [2, 3]);
    let labels = labels_until(&mut events, "backfilled 2").await;
    assert_eq!(labels, ["backfilling", "2", "3", "backfilled 2"]);
    assert_eq!(opened.elapsed().as_secs(), 900);
}

async fn hashtag_that_the_server_does_not_stream_is_polled_every_thirty_seconds(
    transport: StreamTransport,
) {
    let (log, _guard) = CapturedLog::start();
    let mut server = StreamServer::start().await;
    // हिन्दी as it is in the path of a request.
    let list = "/tag/%e0%a4%b9%e0%a4%bf%e0%a4%a8%e0%a5%8d%e0%a4%a6%e0%a5%80";
    server.add_to_list(list, [1]);
    let client = server.client();
    let call = client.stream_hashtag("हिन्दी").transport(transport);
    let (events, connection) = tokio::join!(call, server.accept());
    let mut events = events.unwrap();
    assert!(events.is_polled());
    let text = log.text();
    let expected = "the server does not stream this hashtag; its timeline is polled";
    assert!(text.contains("WARN") && text.contains(expected), "{text}");
    let _heartbeats = connection.send_heartbeats();
    for id in 2..5 {
        // Checks that follow the opening or a missed event are over.
        labels_for(&mut events, Duration::from_secs(100)).await;
        server.add_to_list(list, [id]);
        let posted = Instant::now();
        labels_until(&mut events, &id.to_string()).await;
        assert!(posted.elapsed().as_secs() <= 30, "{:?}", posted.elapsed());
    }
}
