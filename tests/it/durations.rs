//! Durations of settings: none is too long.

use std::time::Duration;

use futures_util::StreamExt;
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::streaming::StreamTransport;
use mastodon_sdk::{MastodonBuilder, Upload};
use mastodon_test_server::{Fault, TestServer};

use crate::support::client_builder;

/// The longest durations, and some that are longer than the clocks of operating systems represent.
const LONG: [Duration; 4] = [
    Duration::MAX,
    Duration::from_secs(u64::MAX),
    Duration::from_secs(i64::MAX as u64),
    Duration::from_secs(u64::MAX / 1_000_000_000),
];

type Setter = fn(MastodonBuilder, Duration) -> MastodonBuilder;

#[tokio::test]
async fn client_accepts_the_longest_durations() {
    let server = TestServer::start().await.unwrap();
    let setters: [Setter; 5] = [
        |builder, duration| builder.timeout(duration),
        |builder, duration| builder.deadline(duration),
        |builder, duration| builder.connect_timeout(duration),
        |builder, duration| builder.read_timeout(duration),
        |builder, duration| {
            let builder = builder.timeout(duration).deadline(duration);
            builder.connect_timeout(duration).read_timeout(duration)
        },
    ];
    for duration in LONG {
        for (index, set) in setters.iter().enumerate() {
            for mode in [
                RateLimitMode::Wait,
                RateLimitMode::Pace,
                RateLimitMode::Throw,
            ] {
                let builder = client_builder(&server, "alice", "read write").pace_factor(1000.0);
                let client = set(builder, duration)
                    .rate_limit_mode(mode)
                    .build()
                    .unwrap();
                let me = client.me().await;
                assert!(me.is_ok(), "setter {index}, {duration:?}: {me:?}");
                let call = client.timeline_home().timeout(duration).deadline(duration);
                let home = call.pages().next().await.unwrap();
                assert!(home.is_ok(), "{home:?}");
            }
        }
    }
}

#[tokio::test]
async fn uploads_accept_the_longest_durations() {
    let server = TestServer::start().await.unwrap();
    let client = client_builder(&server, "alice", "read write")
        .build()
        .unwrap();
    let pixel = &include_bytes!("../../examples/shared/pixel.png")[..];
    for duration in LONG {
        let upload = Upload::bytes(pixel).file_name("pixel.png");
        let call = client
            .media_post(upload)
            .timeout(duration)
            .deadline(duration);
        call.processing_timeout(duration).await.unwrap();
        client
            .instance()
            .timeout(duration)
            .deadline(duration)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn streams_accept_the_longest_durations() {
    let server = TestServer::start().await.unwrap();
    for transport in [
        StreamTransport::ServerSentEvents,
        StreamTransport::WebSocket,
    ] {
        for duration in LONG {
            let client = client_builder(&server, "alice", "read write")
                .timeout(duration)
                .deadline(duration)
                .build()
                .unwrap();
            let call = client
                .stream_user()
                .idle_timeout(duration)
                .max_backoff(duration);
            let call = call.backfill_timeout(duration).transport(transport);
            let mut events = call.await.unwrap();
            server.inject(Fault::disconnect_in_event());
            client.status_post("Hello").await.unwrap();
            let event = tokio::time::timeout(Duration::from_secs(30), events.try_next()).await;
            assert!(event.unwrap().unwrap().is_some());
            server.clear_faults();
        }
    }
}
