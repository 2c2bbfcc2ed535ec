//! Decoding a home timeline of 40 statuses, compared with two passes of serde_json over the same bytes: into an
//! untyped value, and a syntax check that keeps nothing.
//!
//!     cargo bench --bench decode

#![recursion_limit = "256"]

mod timeline;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mastodon_sdk::Status;
use mastodon_sdk::json::{self, DecodeOptions};
use serde::de::IgnoredAny;
use serde_json::Value;

fn decode(criterion: &mut Criterion) {
    let body = timeline::body();
    assert_nothing_is_dropped(&body);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("statuses", |bencher| {
        // As in the runtime.
        bencher.iter(|| {
            json::decode_bytes::<Vec<Status>>(black_box(&body), DecodeOptions::default()).unwrap()
        });
    });
    group.bench_function("statuses with serde_json", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Vec<Status>>(black_box(&body)).unwrap());
    });
    group.bench_function("untyped", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Value>(black_box(&body)).unwrap());
    });
    group.bench_function("syntax only", |bencher| {
        bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&body)).unwrap());
    });
    group.finish();
}

/// Checks that every field of the page is decoded. Otherwise the figures could not be compared.
fn assert_nothing_is_dropped(body: &[u8]) {
    let statuses: Vec<Status> = serde_json::from_slice(body).unwrap();
    let (sent, decoded) = (
        serde_json::from_slice(body).unwrap(),
        serde_json::to_value(&statuses).unwrap(),
    );
    assert_eq!(
        dropped_paths(&sent, &decoded, "statuses"),
        Vec::<String>::new()
    );
}

/// JSON paths of values that were sent and are missing after decoding.
fn dropped_paths(sent: &Value, decoded: &Value, path: &str) -> Vec<String> {
    match (sent, decoded) {
        (Value::Object(sent), Value::Object(decoded)) => sent
            .iter()
            .filter(|(_, value)| !value.is_null())
            .flat_map(|(key, value)| {
                dropped_paths(
                    value,
                    decoded.get(key).unwrap_or(&Value::Null),
                    &format!("{path}.{key}"),
                )
            })
            .collect(),
        (Value::Array(sent), Value::Array(decoded)) => sent
            .iter()
            .zip(decoded)
            .enumerate()
            .flat_map(|(index, (sent, decoded))| {
                dropped_paths(sent, decoded, &format!("{path}[{index}]"))
            })
            .collect(),
        (_, Value::Null) => vec![path.to_owned()],
        _ => Vec::new(),
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
