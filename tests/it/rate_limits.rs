//! Rate limits: waiting, and what clones of a client share.

use std::time::Duration;

use mastodon_sdk::rate_limit::{RateLimitBucket, RateLimitMode, RateLimitStatus};
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::fixtures::RELATIONSHIP;
use crate::support::{ScriptedServer, client_builder, json_response};

fn client(server: &TestServer, user: &str, mode: RateLimitMode) -> Mastodon {
    client_builder(server, user, "read write")
        .rate_limit_mode(mode)
        .build()
        .unwrap()
}

#[tokio::test]
async fn clones_share_the_rate_limit_of_their_token_and_other_tokens_have_their_own() {
    let builder = TestServer::builder().rate_limit("general", 5);
    let server = builder.start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Throw);
    let calls = (0..5).map(|_| {
        let clone = alice.clone();
        tokio::spawn(async move { clone.me().await.map(|me| me.acct) })
    });
    for call in futures_util::future::join_all(calls).await {
        assert_eq!(call.unwrap().unwrap(), "alice");
    }
    let bob = client(&server, "bob", RateLimitMode::Throw);
    assert_eq!(
        alice
            .rate_limit_status(RateLimitBucket::General)
            .unwrap()
            .remaining,
        0
    );
    assert!(alice.me().await.unwrap_err().is_rate_limited());
    assert_eq!(bob.rate_limit_status(RateLimitBucket::General), None);
    assert_eq!(bob.me().await.unwrap().acct, "bob");
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rate_limit_buckets_are_separate_and_shared_by_clones() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Throw);
    let exhausted = RateLimitStatus::new(Some(30), 0, Duration::from_secs(60));
    alice.set_rate_limit_status(RateLimitBucket::Deletions, exhausted);
    let clone = alice.clone();
    assert!(
        clone
            .status_delete("1")
            .await
            .unwrap_err()
            .is_rate_limited()
    );
    clone.me().await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn cancelled_wait_neither_blocks_other_clones_nor_uses_a_request() {
    let server = TestServer::start().await.unwrap();
    let alice = client(&server, "alice", RateLimitMode::Wait);
    let status = |remaining| RateLimitStatus::new(Some(300), remaining, Duration::from_secs(200));
    alice.set_rate_limit_status(RateLimitBucket::General, status(0));
    let timed_out = IntoFuture::into_future(alice.clone().me().deadline(Duration::from_secs(5)));
    let dropped = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    let waiting = tokio::spawn(IntoFuture::into_future(alice.clone().me()));
    assert!(timed_out.await.unwrap_err().is_timeout());
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    alice.set_rate_limit_status(RateLimitBucket::General, status(2));
    assert_eq!(waiting.await.unwrap().unwrap().acct, "alice");
    alice.me().await.unwrap();
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn rate_limited_call_is_retried_in_the_waiting_modes_and_fails_in_throw_mode() {
    let throttled = json_response(
        429,
        "retry-after: 30\r\n",
        r#"{"error":"Too many requests"}"#,
    );
    for mode in [RateLimitMode::Wait, RateLimitMode::Pace] {
        let server = ScriptedServer::start(vec![
            throttled.clone(),
            json_response(200, "", RELATIONSHIP),
        ])
        .await;
        let client = server.builder().rate_limit_mode(mode).build().unwrap();
        let start = tokio::time::Instant::now();
        client.account_block("1").await.unwrap();
        assert!(start.elapsed().as_secs() >= 29, "{mode:?}");
    }

    let server = ScriptedServer::start(vec![throttled]).await;
    let client = server
        .builder()
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    let error = client.account_block("1").await.unwrap_err();
    assert!(
        matches!(error, Error::RateLimited { remaining: 0, .. }),
        "{error:?}"
    );
    assert!(error.is_rate_limited());
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn retry_after_date_delays_the_retry_after_a_429() {
    let headers =
        "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nretry-after: Fri, 07 Aug 2026 12:01:40 GMT\r\n";
    let server = ScriptedServer::start(vec![
        json_response(429, headers, "{}"),
        json_response(200, "", "[]"),
    ])
    .await;
    let start = tokio::time::Instant::now();
    server.client().blocks().await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 100);
}

#[tokio::test]
async fn requests_with_a_position_count_against_the_paging_bucket() {
    let exhausted = "date: Fri, 07 Aug 2026 12:00:00 GMT\r\nx-ratelimit-limit: 300\r\n\
                     x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-08-07T12:15:00.000Z\r\n";
    let server = ScriptedServer::start(vec![
        json_response(200, exhausted, "[]"),
        json_response(200, "", "[]"),
    ])
    .await;
    let client = server
        .builder()
        .rate_limit_mode(RateLimitMode::Throw)
        .build()
        .unwrap();
    client.timeline_home().max_id("7").await.unwrap();
    let error = client.timeline_home().max_id("6").await.unwrap_err();
    assert!(error.is_rate_limited());
    client.timeline_home().await.unwrap();
    assert_eq!(
        client
            .rate_limit_status(RateLimitBucket::Paging)
            .unwrap()
            .remaining,
        0
    );
}
