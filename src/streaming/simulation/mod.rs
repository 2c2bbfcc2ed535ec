//! Simulation of streams against the model server, in one thread and under virtual time.
//!
//! A schedule drawn from a seed decides what is posted, what fails and what the application does. The client runs
//! unchanged, with hyper and the real WebSocket code, over connections in memory; the server is the test server with the
//! timing of Mastodon. The same seed gives the same run. At the end everything works again, and the oracle compares what
//! each stream received with what was posted.
//!
//! tokio's paused clock and connections in memory are enough for that. A simulated network such as turmoil's replaces
//! tokio's sockets, which reqwest opens itself.
//!
//! `MASTODON_SIMULATION=1000..2000` runs other seeds than the default ones; `MASTODON_SIMULATION=1234` runs one and prints
//! its schedule and records.

mod cable;
mod connections;
mod consumer;
mod draw;
mod envelopes;
mod kept;
mod network;
mod oracle;
mod random;
mod schedule;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use self::schedule::Schedule;
use self::world::World;

/// Seeds of the default run.
const SEEDS: Range<u64> = 0..1500;

/// Maximum number of failed seeds that are reported, and of broken promises of each.
const MAX_REPORTED: usize = 5;

/// Runs a schedule. Returns what is wrong with its result, and the records.
fn run(schedule: Schedule) -> (Vec<String>, String) {
    crate::http::retry::set_seed(schedule.seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime needs no resources");
    runtime.block_on(async {
        let mut world = World::new(schedule).await;
        world.play().await;
        (world.violations(), world.report())
    })
}

fn run_seed(seed: u64) -> (Vec<String>, String) {
    let run = || run(Schedule::draw(seed));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let message = format!("panicked: {}", message.unwrap_or_default());
        (vec![message], String::new())
    })
}

/// Returns the seeds to run, and whether to print the run.
fn seeds() -> (Range<u64>, bool) {
    let Ok(text) = std::env::var("MASTODON_SIMULATION") else {
        return (SEEDS, false);
    };
    let number = |text: &str| {
        let number = text.trim().parse::<u64>();
        number.expect("`MASTODON_SIMULATION` is a seed or a range such as 0..1000")
    };
    match text.split_once("..") {
        Some((start, end)) => (number(start)..number(end), false),
        None => (number(&text)..number(&text) + 1, true),
    }
}

#[test]
fn every_event_is_delivered_once_or_reported_missing_in_every_schedule() {
    let (seeds, is_verbose) = seeds();
    let next = AtomicU64::new(seeds.start);
    let failed = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let (violations, report) = run_seed(seed);
                    if is_verbose {
                        println!("{report}");
                    }
                    if !violations.is_empty() {
                        failed.lock().unwrap().push((seed, violations));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let count = failed.len();
    let numbers: Vec<u64> = failed.iter().map(|(seed, _)| *seed).collect();
    failed.truncate(MAX_REPORTED);
    let reports = failed.iter().map(|(seed, violations)| {
        let schedule = Schedule::draw(*seed);
        format!(
            "{}\n{}",
            schedule.describe(),
            violations[..violations.len().min(MAX_REPORTED)].join("\n")
        )
    });
    let reports: Vec<String> = reports.collect();
    assert!(
        count == 0,
        "{count} of {} schedules failed: {numbers:?}\n{}",
        seeds.end - seeds.start,
        reports.join("\n\n")
    );
}

#[test]
fn same_seed_gives_the_same_run() {
    for seed in 0..20 {
        assert_eq!(run_seed(seed), run_seed(seed), "{seed}");
    }
}
