//! Reading a home timeline of 40 statuses, beside the least and the most that serde_json does with it.

#![recursion_limit = "256"]

mod timeline;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mastodon_sdk::Status;
use serde::de::IgnoredAny;
use serde_json::Value;

fn decode(criterion: &mut Criterion) {
    let body = timeline::body();
    nothing_is_dropped(&body);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("statuses", |bencher| {
        // As the runtime does it: UTF-8 is checked once.
        bencher.iter(|| {
            let text = std::str::from_utf8(black_box(&body)).unwrap();
            serde_json::from_str::<Vec<Status>>(text).unwrap()
        });
    });
    group.bench_function("untyped", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Value>(black_box(&body)).unwrap());
    });
    group.bench_function("syntax alone", |bencher| {
        bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&body)).unwrap());
    });
    group.finish();
}

/// A figure for a page whose fields are thrown away unread would be worth nothing.
fn nothing_is_dropped(body: &[u8]) {
    let statuses: Vec<Status> = serde_json::from_slice(body).unwrap();
    let (sent, kept) = (
        serde_json::from_slice(body).unwrap(),
        serde_json::to_value(&statuses).unwrap(),
    );
    assert_eq!(lost(&sent, &kept, "statuses"), Vec::<String>::new());
}

/// The ways to values that were sent and are gone.
fn lost(sent: &Value, kept: &Value, path: &str) -> Vec<String> {
    match (sent, kept) {
        (Value::Object(sent), Value::Object(kept)) => sent
            .iter()
            .filter(|(_, value)| !value.is_null())
            .flat_map(|(key, value)| {
                lost(
                    value,
                    kept.get(key).unwrap_or(&Value::Null),
                    &format!("{path}.{key}"),
                )
            })
            .collect(),
        (Value::Array(sent), Value::Array(kept)) => sent
            .iter()
            .zip(kept)
            .enumerate()
            .flat_map(|(at, (sent, kept))| lost(sent, kept, &format!("{path}[{at}]")))
            .collect(),
        (_, Value::Null) => vec![path.to_owned()],
        _ => Vec::new(),
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
