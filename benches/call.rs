//! Cost of a call, compared with the same request by reqwest and serde_json alone, over loopback.
//!
//!     cargo bench --bench call

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

/// The timeline measures a whole call; the empty page measures a call without its decoding.
fn call(criterion: &mut Criterion) {
    // reqwest needs a provider for the process; the SDK sets its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    for (name, body) in [("timeline", timeline::body()), ("empty", b"[]".to_vec())] {
        for (runtime_name, mut builder) in [
            ("current thread", Builder::new_current_thread()),
            ("threads", Builder::new_multi_thread()),
        ] {
            let url = serve(&body);
            let runtime = builder.enable_all().worker_threads(2).build().unwrap();
            let mut group = criterion.benchmark_group(format!("call/{name}/{runtime_name}"));
            let mastodon = Mastodon::builder(&url)
                .access_token("token")
                .version_check(VersionCheck::Off)
                .rate_limit_mode(RateLimitMode::Wait)
                .build()
                .unwrap();
            group.bench_function("sdk", |bencher| {
                bencher.iter(|| {
                    runtime.block_on(async { mastodon.timeline_home().limit(40).await.unwrap() })
                });
            });
            let client = reqwest::Client::new();
            let address = format!("{url}/api/v1/timelines/home?limit=40");
            group.bench_function("reqwest", |bencher| {
                bencher.iter(|| {
                    runtime.block_on(async {
                        let request = client.get(&address).bearer_auth("token");
                        let body = request.send().await.unwrap().bytes().await.unwrap();
                        serde_json::from_slice::<Vec<Status>>(&body).unwrap()
                    })
                });
            });
            group.finish();
        }
    }
}

/// Starts a server that sends the same response to each request, and keeps connections open. Returns its URL.
fn serve(body: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let response = Arc::new([head.as_bytes(), body].concat());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let response = Arc::clone(&response);
            thread::spawn(move || serve_connection(&stream.unwrap(), &response));
        }
    });
    url
}

/// Responds to requests until the client closes the connection.
fn serve_connection(stream: &TcpStream, response: &[u8]) {
    stream.set_nodelay(true).unwrap();
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    while requests.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        if line.ends_with("\r\n\r\n") && (&mut &*stream).write_all(response).is_err() {
            return;
        }
        if line.ends_with("\r\n\r\n") {
            line.clear();
        }
    }
}

criterion_group!(benches, call);
criterion_main!(benches);
