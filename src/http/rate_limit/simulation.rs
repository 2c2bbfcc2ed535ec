//! The promises of the limiter, against a server that counts as Mastodon does, under paused time.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::*;

/// What a server allows in one window of a bucket.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    requests: u32,
    window: Duration,
}

/// A server that counts requests as they reach it and answers later.
struct Server {
    began: Instant,
    /// How far its clock is off, in seconds.
    skew: i64,
    allowed: BTreeMap<RateLimitBucket, Allowance>,
    counts: Mutex<BTreeMap<(RateLimitBucket, u64), u32>>,
    refusals: Mutex<u32>,
    /// Every how many answers one is lost; 0: none.
    loses: u32,
    asked: Mutex<u32>,
}

impl Server {
    fn new(general: u32, media: u32, skew: i64, loses: u32) -> Self {
        let allowance = |bucket: RateLimitBucket, requests| {
            (
                bucket,
                Allowance {
                    requests,
                    window: bucket.window(),
                },
            )
        };
        Self {
            began: Instant::now(),
            skew,
            allowed: [
                allowance(RateLimitBucket::General, general),
                allowance(RateLimitBucket::Media, media),
            ]
            .into(),
            counts: Mutex::default(),
            refusals: Mutex::default(),
            loses,
            asked: Mutex::default(),
        }
    }

    fn window(&self, bucket: RateLimitBucket) -> u64 {
        self.began.elapsed().as_secs() / self.allowed[&bucket].window.as_secs()
    }

    /// The headers of an answer, and whether it is a refusal; `None` if the answer is lost.
    async fn ask(
        &self,
        bucket: RateLimitBucket,
        there: u64,
        back: u64,
    ) -> Option<(HeaderMap, bool)> {
        sleep(Duration::from_millis(there)).await;
        let (headers, refused) = self.count(bucket);
        sleep(Duration::from_millis(back)).await;
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        let lost = self.loses > 0 && asked.is_multiple_of(self.loses);
        (!lost).then_some((headers, refused))
    }

    fn count(&self, bucket: RateLimitBucket) -> (HeaderMap, bool) {
        let mut counts = self.counts.lock().unwrap();
        let mut count = |one: RateLimitBucket| {
            let count = counts.entry((one, self.window(one))).or_default();
            *count += 1;
            (
                one,
                i64::from(self.allowed[&one].requests) - i64::from(*count),
            )
        };
        let left: Vec<(RateLimitBucket, i64)> = counted(bucket).map(&mut count).collect();
        let (nearest, left) = left.into_iter().min_by_key(|(_, left)| *left).unwrap();
        *self.refusals.lock().unwrap() += u32::from(left < 0);
        (self.headers(nearest, left), left < 0)
    }

    fn headers(&self, bucket: RateLimitBucket, left: i64) -> HeaderMap {
        let Allowance { requests, window } = self.allowed[&bucket];
        let start: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
        let at = |seconds: u64| {
            start + jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap() + self.skew)
        };
        let date = at(self.began.elapsed().as_secs()).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let reset = at((self.window(bucket) + 1) * window.as_secs());
        [
            ("date", date.to_string()),
            ("x-ratelimit-limit", requests.to_string()),
            ("x-ratelimit-remaining", left.max(0).to_string()),
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

    fn refusals(&self) -> u32 {
        *self.refusals.lock().unwrap()
    }
}

/// Sends one request through the limiter.
async fn ask(limiter: &RateLimiter, server: &Server, bucket: RateLimitBucket, latency: (u64, u64)) {
    let permit = limiter.acquire(bucket).await.unwrap();
    if let Some((headers, refused)) = server.ask(bucket, latency.0, latency.1).await {
        permit.learn(&headers, refused);
    }
}

/// Runs under paused time.
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

    /// Tasks that never rest share a budget: not one request is refused once the first headers are
    /// known, every task gets its turns, and what the server allows is used.
    #[test]
    fn no_request_is_refused_and_the_budget_is_used(
        tasks in prop_oneof![Just(1usize), Just(10), Just(200)],
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
        skew in -600i64..600,
        loses in prop_oneof![Just(0u32), Just(7), Just(40)],
        latencies in proptest::collection::vec((1u64..150, 1u64..150), 7),
    ) {
        simulate(async {
            let (limiter, server) = (RateLimiter::new(mode, 1.1), Server::new(300, 30, skew, loses));
            // The first answer tells what the budget is; a lost one tells nothing.
            while limiter.status(RateLimitBucket::General).is_none() {
                ask(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
            }
            let end = RateLimitBucket::General.window() * 4;
            let task = async |number: usize| {
                let mut turns = 0u32;
                while server.began.elapsed() < end {
                    let latency = latencies[(number + turns as usize) % latencies.len()];
                    ask(&limiter, &server, RateLimitBucket::General, latency).await;
                    turns += 1;
                }
                turns
            };
            let turns = futures_util::future::join_all((0..tasks).map(task)).await;
            assert_eq!(server.refusals(), 0);
            for window in 0..3 {
                let used = server.used(RateLimitBucket::General, window);
                assert!(used * 100 >= 300 * 98, "{used} of 300 in window {window}");
            }
            let least = turns.iter().min().unwrap();
            assert!(*least >= 4, "a task had {least} turns in four windows");
        });
    }

    /// Two families do not stand in each other's way: uploads use their own budget up and wait for
    /// it, all other requests go on.
    #[test]
    fn a_family_that_is_used_up_holds_up_no_other(
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
        skew in -600i64..600,
        there in 1u64..100,
        back in 1u64..100,
    ) {
        simulate(async {
            let (limiter, server) = (RateLimiter::new(mode, 1.1), Server::new(300, 30, skew, 0));
            for bucket in [RateLimitBucket::General, RateLimitBucket::Media] {
                ask(&limiter, &server, bucket, (1, 1)).await;
            }
            let end = RateLimitBucket::Media.window() * 2;
            let work = async |bucket: RateLimitBucket| {
                while server.began.elapsed() < end {
                    ask(&limiter, &server, bucket, (there, back)).await;
                }
            };
            let families = [RateLimitBucket::General, RateLimitBucket::Media, RateLimitBucket::General, RateLimitBucket::Media];
            futures_util::future::join_all(families.map(work)).await;
            assert_eq!(server.refusals(), 0);
            assert_eq!(server.used(RateLimitBucket::Media, 0), 30);
            for window in 0..11 {
                let used = server.used(RateLimitBucket::General, window);
                assert!(used >= 294, "{used} of 300 in window {window}");
            }
        });
    }

    /// Whatever headers say, nobody waits for ever and nothing panics.
    #[test]
    fn headers_that_lie_stop_nobody(
        lies in proptest::collection::vec((0u32..400, 0u32..400, -100_000i64..100_000), 1..40),
        mode in prop_oneof![Just(RateLimitMode::Wait), Just(RateLimitMode::Pace)],
    ) {
        simulate(async {
            let limiter = RateLimiter::new(mode, 1.1);
            for (limit, remaining, reset) in lies {
                let permit = limiter.acquire(RateLimitBucket::General).await.unwrap();
                let start: Timestamp = "2026-08-07T12:00:00Z".parse().unwrap();
                let reset = start + jiff::SignedDuration::from_secs(reset);
                let headers = [
                    ("date", "Fri, 07 Aug 2026 12:00:00 GMT".to_owned()),
                    ("x-ratelimit-limit", limit.to_string()),
                    ("x-ratelimit-remaining", remaining.to_string()),
                    ("x-ratelimit-reset", reset.to_string()),
                ];
                let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
                permit.learn(&headers.into_iter().collect(), limit % 5 == 0);
            }
            let waited = Instant::now();
            let _permit = limiter.acquire(RateLimitBucket::General).await.unwrap();
            assert!(waited.elapsed() <= Duration::from_secs(86_400));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_pace_spreads_requests_over_the_time_that_is_left() {
    let limiter = RateLimiter::new(RateLimitMode::Pace, 1.0);
    let server = Server::new(300, 30, 0, 0);
    ask(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
    for _ in 0..149 {
        ask(&limiter, &server, RateLimitBucket::General, (1, 1)).await;
    }
    let minutes = server.began.elapsed().as_secs_f64() / 60.0;
    assert!(
        (2.4..=2.6).contains(&minutes),
        "half of the budget in half of the time: {minutes}"
    );
}

#[tokio::test(start_paused = true)]
async fn throwing_never_waits_and_says_when_to_come_back() {
    let (limiter, server) = (
        RateLimiter::new(RateLimitMode::Throw, 1.1),
        Server::new(3, 30, 0, 0),
    );
    for _ in 0..3 {
        ask(&limiter, &server, RateLimitBucket::General, (0, 0)).await;
    }
    let before = Instant::now();
    let empty = limiter.acquire(RateLimitBucket::General).await.unwrap_err();
    assert_eq!((empty.limit, empty.remaining), (Some(3), 0));
    assert_eq!(empty.reset_in.as_secs(), 300);
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_served_in_their_order_and_who_gives_up_holds_up_nobody() {
    let limiter = RateLimiter::new(RateLimitMode::Wait, 1.1);
    let empty = RateLimitStatus {
        limit: Some(10),
        remaining: 0,
        reset_in: Duration::from_secs(60),
    };
    limiter.set_status(RateLimitBucket::General, empty);
    let served = Mutex::new(Vec::new());
    let wait = async |number: u32| {
        // The second one gives up before its turn comes.
        let patience = Duration::from_secs(if number == 2 { 30 } else { 90 });
        if let Ok(permit) =
            tokio::time::timeout(patience, limiter.acquire(RateLimitBucket::General)).await
        {
            served.lock().unwrap().push(number);
            drop(permit);
        }
    };
    futures_util::future::join_all((1..=5).map(wait)).await;
    assert_eq!(*served.lock().unwrap(), [1, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_is_set_lets_those_who_wait_go_on() {
    let limiter = RateLimiter::new(RateLimitMode::Wait, 1.1);
    let budget = |remaining| RateLimitStatus {
        limit: Some(10),
        remaining,
        reset_in: Duration::from_secs(3600),
    };
    limiter.set_status(RateLimitBucket::General, budget(0));
    let began = Instant::now();
    let refill = async {
        sleep(Duration::from_secs(5)).await;
        limiter.set_status(RateLimitBucket::General, budget(3));
    };
    let (permit, ()) =
        futures_util::future::join(limiter.acquire(RateLimitBucket::Media), refill).await;
    assert_eq!(
        began.elapsed().as_secs(),
        5,
        "an upload counts against the budget of all, too"
    );
    assert_eq!(
        limiter.status(RateLimitBucket::General).unwrap().remaining,
        2
    );
    drop(permit);
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_are_counted_until_they_end_however_they_end() {
    let limiter = RateLimiter::new(RateLimitMode::Throw, 1.1);
    let budget = RateLimitStatus {
        limit: Some(3),
        remaining: 3,
        reset_in: Duration::from_secs(60),
    };
    limiter.set_status(RateLimitBucket::General, budget);
    let under_way: Vec<Permit<'_>> = (0..3)
        .map(|_| limiter.take(RateLimitBucket::General).unwrap())
        .collect();
    let empty = limiter.take(RateLimitBucket::General).unwrap_err();
    assert_eq!(
        empty.remaining, 0,
        "three have left, though none was answered"
    );
    // Those that are given up may have been counted by the server, so they give nothing back.
    drop(under_way);
    assert!(limiter.take(RateLimitBucket::General).is_err());
    // In the next window they are over.
    sleep(Duration::from_secs(61)).await;
    for _ in 0..3 {
        drop(limiter.take(RateLimitBucket::General).unwrap());
    }
    assert!(limiter.take(RateLimitBucket::General).is_err());
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_free_what_others_under_way_will_use() {
    let (limiter, server) = (
        RateLimiter::new(RateLimitMode::Throw, 1.1),
        Server::new(3, 30, 0, 0),
    );
    let [first, second, third] = [0; 3].map(|_| limiter.take(RateLimitBucket::General).unwrap());
    let (headers, _) = server.count(RateLimitBucket::General);
    first.learn(&headers, false);
    // The server says that two are left, and two are on their way.
    assert!(limiter.take(RateLimitBucket::General).is_err());
    drop((second, third));
}
