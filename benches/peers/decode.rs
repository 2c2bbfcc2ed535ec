//! Decoding a home timeline of 40 statuses, compared with the entities of two other Rust clients, and with serde_json
//! alone. All decode the same bytes in one process, in turns, and free the result. The page has every documented field;
//! mastodon-async decodes 25 of the 35 fields of a status, and megalodon 30.
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml --bench decode [-- FILE]
//!
//! FILE: another page, as JSON. Times vary with the machine and its load, numbers of instructions do not: they are counted
//! if Valgrind is installed.

#![recursion_limit = "256"]

#[path = "../timeline/mod.rs"]
mod timeline;

use std::env;
use std::fs;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mastodon_sdk::Status;
use mastodon_sdk::json::{self, DecodeOptions};
use serde::de::{DeserializeOwned, IgnoredAny};

/// Decodes a page once, and returns why it cannot.
type Decode = fn(&[u8]) -> Result<(), String>;

const DECODERS: [(&str, Decode); 6] = [
    ("mastodon-sdk, as a call does", |body| {
        let decoded = json::decode_bytes::<Vec<Status>>(body, DecodeOptions::default());
        decoded.map(drop_value).map_err(|error| error.to_string())
    }),
    ("mastodon-sdk, serde_json::from_slice", |body| {
        decoded(serde_json::from_slice::<Vec<Status>>(body))
    }),
    ("mastodon-async", |body| {
        from_text::<Vec<mastodon_async::entities::status::Status>>(body)
    }),
    ("megalodon", |body| {
        from_text::<Vec<megalodon::entities::Status>>(body)
    }),
    ("serde_json::Value", |body| {
        decoded(serde_json::from_slice::<serde_json::Value>(body))
    }),
    ("syntax only", |body| {
        decoded(serde_json::from_slice::<IgnoredAny>(body))
    }),
];

/// Number of rounds in which each decoder decodes the page [`REPEAT`] times.
const ROUNDS: usize = 60;
const REPEAT: u32 = 10;

/// Checking UTF-8 once for the whole page is the fastest way for types that serde decodes.
fn from_text<T: DeserializeOwned>(body: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    decoded(serde_json::from_str::<T>(text))
}

fn decoded<T>(result: Result<T, serde_json::Error>) -> Result<(), String> {
    result.map(drop_value).map_err(|error| error.to_string())
}

fn drop_value<T>(value: T) {
    drop(black_box(value));
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [flag, index, count, file @ ..] = &arguments[..]
        && flag == "--only"
    {
        let body = body(file.first().map(String::as_str));
        let (_, decode) = DECODERS[index.parse::<usize>().unwrap()];
        for _ in 0..count.parse().unwrap() {
            decode(black_box(&body)).unwrap();
        }
        return;
    }
    // Cargo passes `--bench`.
    let file = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    compare(file.map(String::as_str));
}

/// Returns the page to decode.
fn body(file: Option<&str>) -> Vec<u8> {
    file.map_or_else(timeline::body, |file| {
        fs::read(file).unwrap_or_else(|error| panic!("cannot read {file}: {error}"))
    })
}

/// Measures all decoders and prints a table. The ratio is that of the medians, to the fastest of the other libraries.
fn compare(file: Option<&str>) {
    let body = body(file);
    let mut rows: Vec<Row> = DECODERS
        .iter()
        .map(|(name, decode)| Row {
            name,
            decode: *decode,
            failure: decode(&body).err(),
            times: Vec::new(),
        })
        .collect();
    for _ in 0..ROUNDS {
        for row in rows.iter_mut().filter(|row| row.failure.is_none()) {
            let started = Instant::now();
            for _ in 0..REPEAT {
                let _ = (row.decode)(black_box(&body));
            }
            row.times.push(started.elapsed() / REPEAT);
        }
    }
    for row in &mut rows {
        row.times.sort();
    }
    let peers = rows[2..4].iter().filter_map(Row::median);
    let fastest_peer = peers.min();
    println!("{} bytes, {ROUNDS} rounds", body.len());
    println!("| Decoder | Best | Median | Throughput | Speed | Instructions |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (index, row) in rows.iter().enumerate() {
        let Some(median) = row.median() else {
            let reason = row.failure.as_deref().unwrap_or("it was not measured");
            println!("| {} | fails: {reason} | | | | |", row.name);
            continue;
        };
        let micros = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
        let speed = fastest_peer.map_or_else(String::new, |peer| {
            format!("{:.2}", peer.as_secs_f64() / median.as_secs_f64())
        });
        let throughput = body.len() as f64 / median.as_secs_f64() / 1e6;
        let instructions = instructions(index, file).map_or_else(
            || "-".to_owned(),
            |count| format!("{:.2} million", count as f64 / 1e6),
        );
        println!(
            "| {} | {} | {} | {throughput:.0} MB/s | {speed} | {instructions} |",
            row.name,
            micros(row.times[0]),
            micros(median),
        );
    }
}

struct Row {
    name: &'static str,
    decode: Decode,
    /// Why the page cannot be decoded.
    failure: Option<String>,
    /// Duration of one decoding in each round.
    times: Vec<Duration>,
}

impl Row {
    fn median(&self) -> Option<Duration> {
        self.times.get(self.times.len() / 2).copied()
    }
}

/// Returns the number of instructions of one decoding: the difference between two runs with different numbers of
/// decodings.
fn instructions(index: usize, file: Option<&str>) -> Option<u64> {
    const FEW: u64 = 2;
    const MANY: u64 = 12;
    let count = |decodings: u64| -> Option<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().ok()?)
            .args(["--only", &index.to_string(), &decodings.to_string()])
            .args(file)
            .stdout(Stdio::null())
            .output()
            .ok()?;
        let report = String::from_utf8_lossy(&output.stderr);
        let (_, collected) = report.split_once("Collected :")?;
        collected.split_whitespace().next()?.parse().ok()
    };
    Some((count(MANY)? - count(FEW)?) / (MANY - FEW))
}
