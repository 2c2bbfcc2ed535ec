//! Single scenarios: new clients, other servers, other windows.

use super::*;

/// Headers of a server with other windows than Mastodon's.
fn headers_of(limit: u32, remaining: u32, now: u64, end: u64) -> HeaderMap {
    let epoch: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
    let at = |seconds: u64| epoch + Duration::from_secs(seconds);
    let date = at(now).strftime("%a, %d %b %Y %H:%M:%S GMT");
    [
        ("date", date.to_string()),
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset", at(end).to_string()),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect()
}

#[tokio::test(start_paused = true)]
async fn pacing_adapts_to_windows_that_are_shorter_or_longer_than_mastodons() {
    for (limit, window) in [(5u32, 10u64), (300, 60), (100, 900)] {
        let limiter = limiter(RateLimitMode::Pace, 1.1);
        let (start, windows) = (Instant::now(), 20);
        let mut used = vec![0; windows];
        while start.elapsed().as_secs() < window * windows as u64 {
            let permit = acquire(&limiter, RateLimitBucket::General).await.unwrap();
            sleep(Duration::from_millis(20)).await;
            let now = start.elapsed().as_secs();
            let number = now / window;
            let Some(count) = used.get_mut(number as usize) else {
                break;
            };
            *count += 1;
            let remaining = limit.saturating_sub(*count);
            assert!(
                *count <= limit,
                "refused in window {number} of {limit} in {window} s"
            );
            let headers = headers_of(limit, remaining, now, (number + 1) * window);
            permit.finish(&headers, false, true).await;
        }
        let total: u32 = used.iter().sum();
        let most = limit * windows as u32;
        assert!(total * 100 >= most * 90, "{total} of {most} used: {used:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_requests_of_a_new_client_wait_for_the_first_and_exceed_no_limit() {
    let limiter = limiter(RateLimitMode::Wait, 1.1);
    let server = Server::new(300, 30, 0, 0);
    // Another client of the user has already sent some.
    for _ in 0..100 {
        server.count(RateLimitBucket::General);
    }
    let requests = (0..1000).map(|_| send(&limiter, &server, RateLimitBucket::General, (30, 30)));
    futures_util::future::join_all(requests).await;
    assert_eq!(server.throttled(), 0);
    assert_eq!(server.used(RateLimitBucket::General, 0), 300);
}

#[tokio::test(start_paused = true)]
async fn others_wait_only_some_seconds_for_a_first_request_that_takes_long() {
    let limiter = limiter(RateLimitMode::Wait, 1.1);
    let first = acquire(&limiter, RateLimitBucket::Media).await.unwrap();
    let start = Instant::now();
    for _ in 0..29 {
        drop(acquire(&limiter, RateLimitBucket::Media).await.unwrap());
    }
    assert_eq!(start.elapsed().as_secs(), 5);
    drop(first);
    // The limit of the specification applies as long as the server reports none.
    drop(acquire(&limiter, RateLimitBucket::Media).await.unwrap());
    assert_eq!(start.elapsed().as_secs(), 1800);
}

#[tokio::test(start_paused = true)]
async fn server_without_rate_limit_headers_is_not_slowed_down() {
    for bucket in [
        RateLimitBucket::General,
        RateLimitBucket::Media,
        RateLimitBucket::Statuses,
    ] {
        let limiter = limiter(RateLimitMode::Pace, 1.1);
        let start = Instant::now();
        for _ in 0..10_000 {
            let permit = acquire(&limiter, bucket).await.unwrap();
            permit.finish(&HeaderMap::new(), false, true).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO, "{bucket:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn software_with_a_general_limit_only_has_no_limit_of_uploads() {
    let limiter = limiter(RateLimitMode::Wait, 1.1);
    let start = Instant::now();
    for number in 1..=250 {
        let permit = acquire(&limiter, RateLimitBucket::Media).await.unwrap();
        // The window does not end at a multiple of its length.
        let headers = headers_of(300, 300 - number, 0, 123);
        permit.finish(&headers, false, true).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        limiter.status(RateLimitBucket::General).unwrap().remaining,
        50
    );
}

#[tokio::test(start_paused = true)]
async fn headers_of_another_rate_limit_do_not_delay_all_requests() {
    let limiter = limiter(RateLimitMode::Throw, 1.1);
    let permit = acquire(&limiter, RateLimitBucket::General).await.unwrap();
    // The response to a boost describes the limit of statuses, which ends in three hours.
    permit
        .finish(&headers_of(300, 0, 1, 3 * 3600), false, true)
        .await;
    drop(acquire(&limiter, RateLimitBucket::General).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn longest_durations_are_accepted_in_every_mode() {
    for mode in [
        RateLimitMode::Wait,
        RateLimitMode::Pace,
        RateLimitMode::Throw,
    ] {
        let limiter = limiter(mode, 1.1);
        for (remaining, reset_in) in [(0, Duration::MAX), (3, Duration::MAX), (1, Duration::ZERO)] {
            let status = RateLimitStatus::new(Some(300), remaining, reset_in);
            limiter.set_status(RateLimitBucket::General, status);
            let deadline = Some(Instant::now() + Duration::from_secs(1));
            let mut waiting = Waiting::new("test", deadline, [None, None]);
            let result = limiter
                .acquire(RateLimitBucket::General, &mut waiting)
                .await;
            assert_eq!(result.is_err(), remaining == 0, "{mode:?} {remaining}");
            drop(result);
            let _status = limiter.status(RateLimitBucket::General);
            let mut waiting = Waiting::new("test", None, [None, None]);
            let forever = limiter.acquire(RateLimitBucket::General, &mut waiting);
            let hour = Duration::from_secs(3600);
            let _timed_out = tokio::time::timeout(hour, forever).await;
        }
    }
}
