//! Throughput of one stream over loopback, on one core: from the socket to the decoded event.

#![recursion_limit = "256"]

mod stream_server;
mod timeline;

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mastodon_sdk::Mastodon;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::StreamTransport;
use tokio::runtime::Builder;

use self::stream_server::{
    distinct_ids, every_field, serve, sse_event, take, typical, websocket_event, with_distinct_ids,
};

fn streaming(criterion: &mut Criterion) {
    let payloads = [
        ("delete", distinct_ids().collect()),
        ("update, typical", with_distinct_ids(typical())),
        ("update, every field", with_distinct_ids(every_field())),
    ];
    for (title, payloads) in payloads {
        let name = title.split(',').next().unwrap();
        for transport in [
            StreamTransport::ServerSentEvents,
            StreamTransport::WebSocket,
        ] {
            let event = match transport {
                StreamTransport::ServerSentEvents => sse_event,
                _ => websocket_event,
            };
            let events = payloads.iter().flat_map(|payload| event(name, payload));
            let url = serve(events.collect());
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let mastodon = Mastodon::builder(&url)
                .access_token("token")
                .version_check(VersionCheck::Off)
                .build()
                .unwrap();
            let call = mastodon.stream_user().backfill(false).transport(transport);
            let mut events = runtime.block_on(async { call.await.unwrap() });
            let mut group = criterion.benchmark_group(format!("streaming/{title}"));
            group.throughput(Throughput::Elements(1));
            group.bench_function(format!("{transport:?}"), |bencher| {
                bencher.iter_custom(|count| {
                    let started = Instant::now();
                    runtime.block_on(take(&mut events, name, count));
                    started.elapsed()
                });
            });
            group.finish();
            println!(
                "{title}: {} bytes, {} MB resident",
                payloads[0].len(),
                resident_megabytes()
            );
        }
    }
}

/// Resident memory of the process in MB, or `?` if it is unknown.
fn resident_megabytes() -> String {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.map_or("?".to_owned(), |pages| ((pages * 4096) >> 20).to_string())
}

criterion_group!(benches, streaming);
criterion_main!(benches);
