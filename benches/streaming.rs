//! Events per second of one stream over loopback, on one core: from the socket to the program, decoded.

#![recursion_limit = "256"]

mod stream_server;
mod timeline;

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mastodon_sdk::{Mastodon, StreamTransport, VersionCheck};
use tokio::runtime::Builder;

use self::stream_server::{every_field, numbered, sent_event, serve, socket_event, take, usual};

fn streaming(criterion: &mut Criterion) {
    let payloads = [
        ("delete", vec!["116000000000000000".to_owned(); 20_000]),
        ("update, usual", numbered(usual())),
        ("update, every field", numbered(every_field())),
    ];
    for (title, payloads) in payloads {
        let name = title.split(',').next().unwrap();
        for transport in [
            StreamTransport::ServerSentEvents,
            StreamTransport::WebSocket,
        ] {
            let event = match transport {
                StreamTransport::ServerSentEvents => sent_event,
                _ => socket_event,
            };
            let events = payloads.iter().flat_map(|payload| event(name, payload));
            let url = serve(events.collect());
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let mastodon = Mastodon::builder(&url)
                .version_check(VersionCheck::Off)
                .build()
                .unwrap();
            let call = mastodon.stream_user().catch_up(false).transport(transport);
            let mut events = runtime.block_on(async { call.await.unwrap() });
            let mut group = criterion.benchmark_group(format!("streaming/{title}"));
            group.throughput(Throughput::Elements(1));
            group.bench_function(format!("{transport:?}"), |bencher| {
                bencher.iter_custom(|count| {
                    let began = Instant::now();
                    runtime.block_on(take(&mut events, name, count));
                    began.elapsed()
                });
            });
            group.finish();
            println!(
                "{title}: {} bytes, {} MB resident",
                payloads[0].len(),
                resident()
            );
        }
    }
}

/// The memory that the process has, where the system tells.
fn resident() -> String {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.map_or("?".to_owned(), |pages| ((pages * 4096) >> 20).to_string())
}

criterion_group!(benches, streaming);
criterion_main!(benches);
