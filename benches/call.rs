//! What a call costs beside reqwest and serde_json by hand: the same bytes, the same types, over loopback.

#![recursion_limit = "256"]

mod timeline;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Mastodon, Status};
use tokio::runtime::Builder;

/// Statuses for the whole of a call; an empty page for what a call costs besides its decoding.
fn call(criterion: &mut Criterion) {
    // The bare client wants one for the whole process; the SDK brings its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    for (name, body) in [("timeline", timeline::body()), ("empty", b"[]".to_vec())] {
        for (runtime, mut builder) in [
            ("current thread", Builder::new_current_thread()),
            ("threads", Builder::new_multi_thread()),
        ] {
            let url = serve(&body);
            let runtime_of = builder.enable_all().worker_threads(2).build().unwrap();
            let mut group = criterion.benchmark_group(format!("call/{name}/{runtime}"));
            let mastodon = Mastodon::builder(&url)
                .access_token("token")
                .version_check(VersionCheck::Off)
                .rate_limit_mode(RateLimitMode::Wait)
                .build()
                .unwrap();
            group.bench_function("sdk", |bencher| {
                bencher.iter(|| {
                    runtime_of.block_on(async { mastodon.timeline_home().limit(40).await.unwrap() })
                });
            });
            let client = reqwest::Client::new();
            let address = format!("{url}/api/v1/timelines/home?limit=40");
            group.bench_function("by hand", |bencher| {
                bencher.iter(|| {
                    runtime_of.block_on(async {
                        let request = client.get(&address).bearer_auth("token");
                        let answer = request.send().await.unwrap().bytes().await.unwrap();
                        serde_json::from_slice::<Vec<Status>>(&answer).unwrap()
                    })
                });
            });
            group.finish();
        }
    }
}

/// A server that gives everybody the same answer, on connections that stay open.
fn serve(body: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer = Arc::new([head.as_bytes(), body].concat());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || answer_all(&stream.unwrap(), &answer));
        }
    });
    url
}

/// Ends when the client closes the connection.
fn answer_all(stream: &TcpStream, answer: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    while requests.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        if line.ends_with("\r\n\r\n") && (&mut &*stream).write_all(answer).is_err() {
            return;
        }
        if line.ends_with("\r\n\r\n") {
            line.clear();
        }
    }
}

criterion_group!(benches, call);
criterion_main!(benches);
