//! Streaming throughput, from the socket to the decoded status, compared with two other Rust clients:
//! mastodon-async over server-sent events and megalodon over a WebSocket.
//!
//!     cargo bench --manifest-path benches/peers/Cargo.toml --bench streaming

#![recursion_limit = "256"]

#[path = "../stream_server/mod.rs"]
mod stream_server;
#[path = "../timeline/mod.rs"]
mod timeline;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::TryStreamExt;
use mastodon_async::entities::event::Event;
use mastodon_sdk::Mastodon;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::streaming::StreamTransport;
use megalodon::streaming::Message;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use self::stream_server::{
    every_field, serve, sse_event, take, typical, websocket_event, with_distinct_ids,
};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn streaming(criterion: &mut Criterion) {
    for (title, status) in [("typical", typical()), ("every field", every_field())] {
        let statuses = with_distinct_ids(status);
        let serve_as = |event: fn(&str, &str) -> Vec<u8>| {
            let events = statuses.iter().flat_map(|status| event("update", status));
            serve(events.collect())
        };
        let (sse, websocket) = (serve_as(sse_event), serve_as(websocket_event));
        let mut group = criterion.benchmark_group(format!("streaming/{title}"));
        group.throughput(Throughput::Elements(1));
        for (transport, url) in [
            (StreamTransport::ServerSentEvents, &sse),
            (StreamTransport::WebSocket, &websocket),
        ] {
            let runtime = one_thread();
            let mastodon = Mastodon::builder(url)
                .access_token("token")
                .version_check(VersionCheck::Off)
                .build()
                .unwrap();
            let call = mastodon.stream_user().backfill(false).transport(transport);
            let mut events = runtime.block_on(async { call.await.unwrap() });
            group.bench_function(format!("mastodon-sdk, {transport:?}"), |bencher| {
                bencher.iter_custom(|count| {
                    let started = Instant::now();
                    runtime.block_on(take(&mut events, "update", count));
                    started.elapsed()
                });
            });
        }
        let runtime = one_thread();
        let client = mastodon_async::Mastodon::from(mastodon_async::Data {
            base: sse.into(),
            ..Default::default()
        });
        let events = runtime.block_on(client.stream_user()).unwrap();
        let mut events = pin!(events.into_stream());
        group.bench_function("mastodon-async, ServerSentEvents", |bencher| {
            bencher.iter_custom(|count| {
                let started = Instant::now();
                runtime.block_on(async {
                    for _ in 0..count {
                        let (event, _) = events.try_next().await.unwrap().unwrap();
                        assert!(matches!(event, Event::Update(_)));
                    }
                });
                started.elapsed()
            });
        });
        let runtime = one_thread();
        let counter = Arc::new(Counter::default());
        let listener = runtime.spawn(listen(websocket, Arc::clone(&counter)));
        group.bench_function("megalodon, WebSocket", |bencher| {
            bencher.iter_custom(|count| {
                let goal = counter.count.load(Ordering::Relaxed) + count;
                counter.goal.store(goal, Ordering::Relaxed);
                let started = Instant::now();
                runtime.block_on(counter.reached.notified());
                started.elapsed()
            });
        });
        listener.abort();
        group.finish();
    }
}

/// Number of events that a callback received.
#[derive(Default)]
struct Counter {
    count: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
}

async fn listen(url: String, counter: Arc<Counter>) {
    // Without instance data, megalodon uses this URL as the streaming URL.
    let url = url.replace("http", "ws");
    let client = megalodon::generator(megalodon::SNS::Mastodon, url, None, None).unwrap();
    let stream = client.user_streaming().await;
    let callback = move |message| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        assert!(matches!(message, Message::Update(_)));
        let count = counter.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count == counter.goal.load(Ordering::Relaxed) {
            counter.reached.notify_one();
        }
        Box::pin(async {})
    };
    stream.listen(Box::new(callback)).await;
}

criterion_group!(benches, streaming);
criterion_main!(benches);
