//! Simulations of the rate limiter against a server that counts like Mastodon, under paused time.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::*;

mod scenarios;

/// Rate limit of a bucket on the server.
#[derive(Clone, Copy, Debug)]
struct ServerLimit {
    requests: u32,
    window: Duration,
}

/// A server that counts requests on their arrival and responds after a delay.
struct Server {
    start: Instant,
    /// Clock skew in seconds.
    clock_skew: i64,
    limits: BTreeMap<RateLimitBucket, ServerLimit>,
    /// Requests per bucket and window.
    counts: Mutex<BTreeMap<(RateLimitBucket, u64), u32>>,
    throttled: Mutex<u32>,
    /// Each response whose number is a multiple of this is lost; 0 if none is.
    loss_interval: u32,
    responses: Mutex<u32>,
}

impl Server {
    fn new(general: u32, media: u32, clock_skew: i64, loss_interval: u32) -> Self {
        let limit = |bucket: RateLimitBucket, requests| {
            (
                bucket,
                ServerLimit {
                    requests,
                    window: bucket.window(),
                },
            )
        };
        Self {
            start: Instant::now(),
            clock_skew,
            limits: [
                limit(RateLimitBucket::General, general),
                limit(RateLimitBucket::Media, media),
            ]
            .into(),
            counts: Mutex::default(),
            throttled: Mutex::default(),
            loss_interval,
            responses: Mutex::default(),
        }
    }

    fn window(&self, bucket: RateLimitBucket) -> u64 {
        self.start.elapsed().as_secs() / self.limits[&bucket].window.as_secs()
    }

    /// Returns the headers of the response and whether the request was throttled; `None` if the response
    /// is lost. The delays before and after counting are in milliseconds.
    async fn handle(
        &self,
        bucket: RateLimitBucket,
        request_delay: u64,
        response_delay: u64,
    ) -> Option<(HeaderMap, bool)> {
        sleep(Duration::from_millis(request_delay)).await;
        let (headers, throttled) = self.count(bucket);
        sleep(Duration::from_millis(response_delay)).await;
        let mut responses = self.responses.lock().unwrap();
        *responses += 1;
        let is_lost = self.loss_interval > 0 && responses.is_multiple_of(self.loss_interval);
        (!is_lost).then_some((headers, throttled))
    }

    fn count(&self, bucket: RateLimitBucket) -> (HeaderMap, bool) {
        let mut counts = self.counts.lock().unwrap();
        let mut count = |counted: RateLimitBucket| {
            let count = counts.entry((counted, self.window(counted))).or_default();
            *count += 1;
            let limit = self.limits[&counted].requests;
            (counted, i64::from(limit) - i64::from(*count))
        };
        let remaining: Vec<(RateLimitBucket, i64)> = counted_buckets(bucket)
            .into_iter()
            .filter(|bucket| *bucket != RateLimitBucket::Address)
            .map(&mut count)
            .collect();
        let fewest = remaining
            .into_iter()
            .min_by_key(|(_, remaining)| *remaining);
        let (reported, remaining) = fewest.unwrap();
        let throttled = remaining < 0;
        *self.throttled.lock().unwrap() += u32::from(throttled);
        (self.headers(reported, remaining), throttled)
    }

    fn headers(&self, bucket: RateLimitBucket, remaining: i64) -> HeaderMap {
        let ServerLimit { requests, window } = self.limits[&bucket];
        let epoch: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
        let at = |seconds: u64| {
            epoch
                + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap() + self.clock_skew)
        };
        let date = at(self.start.elapsed().as_secs()).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let reset = at((self.window(bucket) + 1) * window.as_secs());
        [
            ("date", date.to_string()),
            ("x-ratelimit-limit", requests.to_string()),
            ("x-ratelimit-remaining", remaining.max(0).to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
    }

    fn used(&self, bucket: RateLimitBucket, window: u64) -> u32 {
        *self
            .counts
            .lock()
            .unwrap()
            .get(&(bucket, window))
            .unwrap_or(&0)
    }

    fn throttled(&self) -> u32 {
        *self.throttled.lock().unwrap()
    }
}

fn limiter(mode: RateLimitMode, pace_factor: f64) -> RateLimiter {
    let identity = Identity::new("https://a.example", Some(&"token".into()));
    RateLimiter::new(mode, pace_factor, identity, Arc::default(), None).unwrap()
}

async fn acquire(limiter: &RateLimiter, bucket: RateLimitBucket) -> Result<Permit<'_>, Refused> {
    let mut waiting = Waiting::new("test", None, [None, None]);
    limiter.acquire(bucket, &mut waiting).await
}

/// Sends one request through the limiter.
async fn send(
    limiter: &RateLimiter,
    server: &Server,
    bucket: RateLimitBucket,
    latency: (u64, u64),
) {
    let permit = acquire(limiter, bucket).await.unwrap();
    if let Some((headers, throttled)) = server.handle(bucket, latency.0, latency.1).await {
        permit.finish(&headers, throttled, !throttled).await;
    }
}

/// Runs a future under paused time.
fn simulate(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Tasks that send requests without pauses share a rate limit. After the first response no request is
    /// throttled, each task makes requests, and at least 98 % of the limit is used.
    #[test]
    fn concurrent_tasks_use_the_whole_limit_and_none_is_throttled(
        tasks in prop_oneof![Just(1usize), Just(10), Just(200)],
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
        clock_skew in -600i64..600,
        loss_interval in prop_oneof![Just(0u32), Just(7), Just(40)],
        latencies in proptest::collection::vec((1u64..150, 1u64..150), 7),
    ) {
        simulate(async {
            let (limiter, server) = (limiter(mode, 1.1), Server::new(300, 30, clock_skew, loss_interval));
            // The first response that is not lost reports the limit.
            while limiter.status(RateLimitBucket::General).is_none() {
                send(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
            }
            let end = RateLimitBucket::General.window() * 4;
            let task = async |number: usize| {
                let mut requests = 0u32;
                while server.start.elapsed() < end {
                    let latency = latencies[(number + requests as usize) % latencies.len()];
                    send(&limiter, &server, RateLimitBucket::General, latency).await;
                    requests += 1;
                }
                requests
            };
            let requests = futures_util::future::join_all((0..tasks).map(task)).await;
            assert_eq!(server.throttled(), 0);
            for window in 0..3 {
                let used = server.used(RateLimitBucket::General, window);
                assert!(used * 100 >= 300 * 98, "{used} of 300 in window {window}");
            }
            let fewest = requests.iter().min().unwrap();
            assert!(*fewest >= 4, "a task made {fewest} requests in four windows");
        });
    }

    /// Uploads exhaust their own bucket and wait for it, while all other requests continue.
    #[test]
    fn an_exhausted_bucket_does_not_delay_other_buckets(
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
        clock_skew in -600i64..600,
        request_delay in 1u64..100,
        response_delay in 1u64..100,
    ) {
        simulate(async {
            let (limiter, server) = (limiter(mode, 1.1), Server::new(300, 30, clock_skew, 0));
            for bucket in [RateLimitBucket::General, RateLimitBucket::Media] {
                send(&limiter, &server, bucket, (1, 1)).await;
            }
            let end = RateLimitBucket::Media.window() * 2;
            let task = async |bucket: RateLimitBucket| {
                while server.start.elapsed() < end {
                    send(&limiter, &server, bucket, (request_delay, response_delay)).await;
                }
            };
            let buckets = [RateLimitBucket::General, RateLimitBucket::Media, RateLimitBucket::General, RateLimitBucket::Media];
            futures_util::future::join_all(buckets.map(task)).await;
            assert_eq!(server.throttled(), 0);
            assert_eq!(server.used(RateLimitBucket::Media, 0), 30);
            for window in 0..11 {
                let used = server.used(RateLimitBucket::General, window);
                assert!(used >= 294, "{used} of 300 in window {window}");
            }
        });
    }

    #[test]
    fn inconsistent_headers_never_block_requests_for_more_than_a_day(
        responses in proptest::collection::vec((0u32..400, 0u32..400, -100_000i64..100_000), 1..40),
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
    ) {
        simulate(async {
            let limiter = limiter(mode, 1.1);
            for (limit, remaining, reset) in responses {
                let permit = acquire(&limiter, RateLimitBucket::General).await.unwrap();
                let epoch: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
                let reset = epoch + jiff::SignedDuration::from_secs(reset);
                let headers = [
                    ("date", "Fri, 07 Aug 2026 12:00:00 GMT".to_owned()),
                    ("x-ratelimit-limit", limit.to_string()),
                    ("x-ratelimit-remaining", remaining.to_string()),
                    ("x-ratelimit-reset", reset.to_string()),
                ];
                let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
                permit.finish(&headers.into_iter().collect(), limit % 5 == 0, true).await;
            }
            let start = Instant::now();
            let _permit = acquire(&limiter, RateLimitBucket::General).await.unwrap();
            assert!(start.elapsed() <= Duration::from_secs(86_400));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn pacing_spreads_requests_over_the_window() {
    let limiter = limiter(RateLimitMode::Pace, 1.0);
    let server = Server::new(300, 30, 0, 0);
    send(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
    for _ in 0..149 {
        send(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
    }
    let minutes = server.start.elapsed().as_secs_f64() / 60.0;
    assert!(
        (2.4..=2.6).contains(&minutes),
        "half of the limit takes half of the window: {minutes}"
    );
}

#[tokio::test(start_paused = true)]
async fn throw_mode_never_waits_and_returns_the_time_until_the_reset() {
    let (limiter, server) = (limiter(RateLimitMode::Throw, 1.1), Server::new(3, 30, 0, 0));
    for _ in 0..3 {
        send(&limiter, &server, RateLimitBucket::General, (0, 0)).await;
    }
    let start = Instant::now();
    let exhausted = acquire(&limiter, RateLimitBucket::General)
        .await
        .unwrap_err();
    assert_eq!(
        (exhausted.wait.limit, exhausted.wait.remaining),
        (Some(3), 0)
    );
    assert_eq!(exhausted.wait.allowed_in.unwrap().as_secs(), 300);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn waiting_requests_are_sent_in_order_and_a_cancelled_one_blocks_none() {
    let limiter = limiter(RateLimitMode::Wait, 1.1);
    let exhausted = RateLimitStatus::new(Some(10), 0, Duration::from_secs(60));
    limiter.set_status(RateLimitBucket::General, exhausted);
    let sent = Mutex::new(Vec::new());
    let wait = async |number: u32| {
        // The second request is cancelled while it waits.
        let timeout = Duration::from_secs(if number == 2 { 30 } else { 90 });
        if let Ok(permit) =
            tokio::time::timeout(timeout, acquire(&limiter, RateLimitBucket::General)).await
        {
            sent.lock().unwrap().push(number);
            drop(permit);
        }
    };
    futures_util::future::join_all((1..=5).map(wait)).await;
    assert_eq!(*sent.lock().unwrap(), [1, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_set_wakes_waiting_requests() {
    let limiter = limiter(RateLimitMode::Wait, 1.1);
    let status = |remaining| RateLimitStatus::new(Some(10), remaining, Duration::from_secs(3600));
    limiter.set_status(RateLimitBucket::General, status(0));
    let start = Instant::now();
    let set_later = async {
        sleep(Duration::from_secs(5)).await;
        limiter.set_status(RateLimitBucket::General, status(3));
    };
    let (permit, ()) =
        futures_util::future::join(acquire(&limiter, RateLimitBucket::Media), set_later).await;
    assert_eq!(
        start.elapsed().as_secs(),
        5,
        "an upload also counts against the bucket of all requests"
    );
    assert_eq!(
        limiter.status(RateLimitBucket::General).unwrap().remaining,
        2
    );
    drop(permit);
}

#[tokio::test(start_paused = true)]
async fn requests_count_until_the_window_ends_even_if_they_are_cancelled() {
    let limiter = limiter(RateLimitMode::Throw, 1.1);
    let status = RateLimitStatus::new(Some(3), 3, Duration::from_secs(60));
    limiter.set_status(RateLimitBucket::General, status);
    let try_acquire = async || acquire(&limiter, RateLimitBucket::General).await;
    let mut in_flight = Vec::new();
    for _ in 0..3 {
        in_flight.push(try_acquire().await.unwrap());
    }
    let exhausted = try_acquire().await.unwrap_err();
    assert_eq!(
        exhausted.wait.remaining, 0,
        "three requests are in flight, without a response"
    );
    // The server may have counted cancelled requests.
    drop(in_flight);
    assert!(acquire(&limiter, RateLimitBucket::General).await.is_err());
    // They do not count in the next window.
    sleep(Duration::from_secs(61)).await;
    for _ in 0..3 {
        drop(try_acquire().await.unwrap());
    }
    assert!(acquire(&limiter, RateLimitBucket::General).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_response_does_not_free_requests_that_are_in_flight() {
    let (limiter, server) = (limiter(RateLimitMode::Throw, 1.1), Server::new(3, 30, 0, 0));
    let try_acquire = async || acquire(&limiter, RateLimitBucket::General).await.unwrap();
    let (first, second, third) = (
        try_acquire().await,
        try_acquire().await,
        try_acquire().await,
    );
    let (headers, _) = server.count(RateLimitBucket::General);
    first.finish(&headers, false, true).await;
    // The server reports two remaining requests, and two are in flight.
    assert!(acquire(&limiter, RateLimitBucket::General).await.is_err());
    drop((second, third));
}
