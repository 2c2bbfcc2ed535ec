//! The same call for many items.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::{Error, Mastodon};
use mastodon_test_server::TestServer;

use crate::support::{client_builder, client_for};

#[tokio::test]
async fn results_of_all_items_arrive_although_one_fails() {
    let server = TestServer::start().await.unwrap();
    let alice = client_for(&server, "alice");
    let bob = alice.account_find("bob").await.unwrap();
    let erin = alice.account_find("@erin@elsewhere.example").await.unwrap();
    let ids = vec![bob.id.clone(), "1".into(), erin.id.clone()];
    let mut follows = alice.bulk(ids, |mastodon, id| mastodon.account_follow(id));
    let mut done = Vec::new();
    while let Some(item) = follows.next().await {
        assert_eq!((item.finished, item.total), (done.len() + 1, 3));
        done.push((item.index, item.item, item.result.is_ok()));
    }
    done.sort_by_key(|(index, ..)| *index);
    let expected = [
        (0, bob.id, true),
        (1, "1".into(), false),
        (2, erin.id, true),
    ];
    assert_eq!(done, expected);
}

#[tokio::test(crate = "crate::support::paused_time", start_paused = true)]
async fn calls_wait_for_rate_limits() {
    let builder = TestServer::builder().rate_limit("general", 8);
    let server = builder
        .rate_limit_window("general", 60)
        .start()
        .await
        .unwrap();
    let builder = client_builder(&server, "alice", "read write");
    let alice = builder
        .rate_limit_mode(RateLimitMode::Wait)
        .build()
        .unwrap();
    let status = alice.status_post("Hi").await.unwrap();
    let fetched = alice.bulk(0..30, move |mastodon, _| mastodon.status(&status));
    let results = fetched.concurrency(5).results().await;
    assert!(
        results.iter().all(|done| done.result.is_ok()),
        "{results:?}"
    );
    assert_eq!(server.rate_limited_requests(), 0);
}

/// Makes calls that count how many of them run at the same time.
async fn most_at_once(mastodon: &Mastodon, concurrency: usize) -> usize {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let most_seen = Arc::clone(&most);
    let calls = mastodon.bulk(0..100, move |_, number| {
        let (running, most, number) = (Arc::clone(&running), Arc::clone(&most), *number);
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..=number % 5 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, Error>(number)
        }
    });
    let results = calls.concurrency(concurrency).results().await;
    for (index, done) in results.iter().enumerate() {
        assert_eq!(
            (done.index, done.result.as_ref().ok()),
            (index, Some(&index))
        );
    }
    assert_eq!(results.len(), 100);
    most_seen.load(Ordering::SeqCst)
}

#[tokio::test]
async fn number_of_calls_at_the_same_time_is_bounded() {
    let mastodon = Mastodon::builder("a.example").build().unwrap();
    assert_eq!(most_at_once(&mastodon, 3).await, 3);
    assert_eq!(most_at_once(&mastodon, 0).await, 1);
    assert_eq!(most_at_once(&mastodon, 1000).await, 32);
}

#[tokio::test]
async fn stopped_work_finishes_what_was_started() {
    let mastodon = Mastodon::builder("a.example").build().unwrap();
    let calls = mastodon.bulk(0..10, |_, number| {
        let number = *number;
        async move { Ok::<_, Error>(number) }
    });
    let mut calls = calls.concurrency(3);
    let first = calls.next().await.unwrap();
    assert_eq!(calls.stop(), (3..10).collect::<Vec<_>>());
    let mut finished = vec![first.item];
    while let Some(done) = calls.next().await {
        finished.push(done.item);
    }
    finished.sort_unstable();
    assert_eq!(finished, [0, 1, 2]);
}
