//! Streams: statuses from the socket to the program, decoded, against the two other clients in Rust. One
//! reads server-sent events, the other one a WebSocket; the SDK does both.
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
use mastodon_sdk::{Mastodon, StreamTransport, VersionCheck};
use megalodon::streaming::Message;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use self::stream_server::{every_field, numbered, sent_event, serve, socket_event, take, usual};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn streaming(criterion: &mut Criterion) {
    for (title, status) in [("usual", usual()), ("every field", every_field())] {
        let statuses = numbered(status);
        let all = |event: fn(&str, &str) -> Vec<u8>| {
            let events = statuses.iter().flat_map(|status| event("update", status));
            serve(events.collect())
        };
        let (sent, socket) = (all(sent_event), all(socket_event));
        let mut group = criterion.benchmark_group(format!("streaming/{title}"));
        group.throughput(Throughput::Elements(1));
        for (transport, url) in [
            (StreamTransport::ServerSentEvents, &sent),
            (StreamTransport::WebSocket, &socket),
        ] {
            let runtime = one_thread();
            let mastodon = Mastodon::builder(url)
                .version_check(VersionCheck::Off)
                .build()
                .unwrap();
            let call = mastodon.stream_user().catch_up(false).transport(transport);
            let mut events = runtime.block_on(async { call.await.unwrap() });
            group.bench_function(format!("mastodon-sdk, {transport:?}"), |bencher| {
                bencher.iter_custom(|count| {
                    let began = Instant::now();
                    runtime.block_on(take(&mut events, "update", count));
                    began.elapsed()
                });
            });
        }
        let runtime = one_thread();
        let client = mastodon_async::Mastodon::from(mastodon_async::Data {
            base: sent.into(),
            ..Default::default()
        });
        let events = runtime.block_on(client.stream_user()).unwrap();
        let mut events = pin!(events.into_stream());
        group.bench_function("mastodon-async, ServerSentEvents", |bencher| {
            bencher.iter_custom(|count| {
                let began = Instant::now();
                runtime.block_on(async {
                    for _ in 0..count {
                        let (event, _) = events.try_next().await.unwrap().unwrap();
                        assert!(matches!(event, Event::Update(_)));
                    }
                });
                began.elapsed()
            });
        });
        let runtime = one_thread();
        let heard = Arc::new(Heard::default());
        let listening = runtime.spawn(listen(socket, Arc::clone(&heard)));
        group.bench_function("megalodon, WebSocket", |bencher| {
            bencher.iter_custom(|count| {
                let goal = heard.count.load(Ordering::Relaxed) + count;
                heard.goal.store(goal, Ordering::Relaxed);
                let began = Instant::now();
                runtime.block_on(heard.reached.notified());
                began.elapsed()
            });
        });
        listening.abort();
        group.finish();
    }
}

/// What a callback was told.
#[derive(Default)]
struct Heard {
    count: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
}

async fn listen(url: String, heard: Arc<Heard>) {
    // Where no instance answers, it takes the address as it is for that of the streams.
    let url = url.replace("http", "ws");
    let client = megalodon::generator(megalodon::SNS::Mastodon, url, None, None).unwrap();
    let stream = client.user_streaming().await;
    let told = move |message| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        assert!(matches!(message, Message::Update(_)));
        let count = heard.count.fetch_add(1, Ordering::Relaxed) + 1;
        if count == heard.goal.load(Ordering::Relaxed) {
            heard.reached.notify_one();
        }
        Box::pin(async {})
    };
    stream.listen(Box::new(told)).await;
}

criterion_group!(benches, streaming);
criterion_main!(benches);
