//! Rate limits that processes share through Redis.

use std::collections::BTreeMap;
use std::path::Path;

use mastodon_test_server::TestServer;

use super::redis_server::RedisServer;
use super::worker::{Job, Role, Worker};

/// Requests per window.
const LIMIT: usize = 40;

/// Length of a window in seconds.
const WINDOW: u32 = 5;

const WORKERS: usize = 8;

/// Workers that are killed, and replaced.
const KILLED: std::ops::Range<usize> = 0..2;

/// Library that shifts the clock of a process.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Starts a worker whose clock is wrong, if that is possible.
fn start(job: &Job, index: usize) -> Worker {
    if !Path::new(FAKETIME).exists() {
        println!("the clocks of the workers are right: libfaketime is not installed");
        return job.start();
    }
    let skew = ["+0s", "+47s", "-31s", "+1h"][index % 4];
    job.start_with(&[
        ("LD_PRELOAD", FAKETIME),
        ("FAKETIME", skew),
        ("DONT_FAKE_MONOTONIC", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ])
}

/// Requests of each worker in each window. Windows are identified by their ends.
#[derive(Default)]
struct Requests(BTreeMap<u64, [usize; WORKERS]>);

impl Requests {
    /// Waits until a worker has sent a request in a window that ends after `end`. Returns the end of that window.
    async fn collect_until_after(&mut self, workers: &mut [Worker], end: u64) -> u64 {
        loop {
            for (index, worker) in workers.iter_mut().enumerate() {
                while let Some(report) = worker.next_report() {
                    let Some(end) = report.strip_prefix("sent in the window until ") else {
                        panic!("worker {index}: {report}");
                    };
                    self.0.entry(end.parse().unwrap()).or_default()[index] += 1;
                }
            }
            let last = self.0.last_key_value().map(|(end, _)| *end);
            if let Some(last) = last.filter(|last| *last > end) {
                return last;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_share_the_rate_limit_of_a_token_fairly_and_are_never_refused() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let server = TestServer::builder()
        .rate_limit("general", LIMIT.try_into().unwrap())
        .rate_limit_window("general", WINDOW)
        .start()
        .await
        .unwrap();
    let job = Job::new(&server, "alice", &redis, Role::Caller);
    let mut workers: Vec<_> = (0..WORKERS).map(|index| start(&job, index)).collect();
    let test = async {
        let mut requests = Requests::default();
        // The first window is partly over, and the workers start in it.
        let first = requests.collect_until_after(&mut workers, 0).await;
        let second = requests.collect_until_after(&mut workers, first).await;
        let third = requests.collect_until_after(&mut workers, second).await;
        let fourth = requests.collect_until_after(&mut workers, third).await;
        for index in KILLED {
            workers[index].kill();
            workers[index] = start(&job, index);
        }
        let fifth = requests.collect_until_after(&mut workers, fourth).await;
        redis.kill();
        redis.restart();
        let sixth = requests.collect_until_after(&mut workers, fifth).await;
        requests.0.retain(|end, _| (second..sixth).contains(end));
        (requests.0, fourth)
    };
    let limit = std::time::Duration::from_secs(60);
    let (windows, first_with_kills) = tokio::time::timeout(limit, test).await.unwrap();
    println!("{windows:?}");

    assert_eq!(server.rate_limited_requests(), 0);
    assert_eq!(windows.len(), 4);
    for (end, requests) in &windows {
        let used: usize = requests.iter().sum();
        // Requests of killed workers count as sent. Until the window ends, the server may have counted any request that was
        // in flight then, one of each worker.
        let expected = if *end < first_with_kills {
            LIMIT * 95 / 100
        } else {
            LIMIT - WORKERS
        };
        assert!(used >= expected, "{used} until {end}: {windows:?}");
    }
    // A worker that is killed cannot use its share.
    let calm = windows.range(..first_with_kills);
    let mut totals = [0; WORKERS];
    for (_, requests) in calm {
        for (total, requests) in totals.iter_mut().zip(requests) {
            *total += requests;
        }
    }
    let mean = totals.iter().sum::<usize>() as f64 / WORKERS as f64;
    for total in totals {
        // Requests are whole.
        let difference = (total as f64 - mean).abs();
        assert!(difference <= mean * 0.2 + 1.0, "{totals:?}");
    }
}
