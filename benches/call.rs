//! Cost of a call, compared with the same request by reqwest and serde_json alone, over loopback.
//!
//!     cargo bench --bench call
//!
//! Both sides alternate in one process, so that whatever else runs on the machine slows both down. Prints a table with the
//! best and the median round of each side. An argument selects the rows whose name contains it.

#![recursion_limit = "256"]

mod timeline;

use std::future::Future;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mastodon_sdk::rate_limit::RateLimitMode;
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Mastodon, Status};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// Headers of a response of Mastodon. The limit is one that the benchmark does not reach.
const HEADERS: [(&str, &str); 15] = [
    ("content-type", "application/json; charset=utf-8"),
    ("date", "Fri, 07 Aug 2026 12:00:00 GMT"),
    ("server", "Mastodon"),
    ("cache-control", "private, no-store"),
    ("content-security-policy", "default-src 'none'"),
    ("etag", "W/\"4f53cda18c2baa0c0354bb5f9a3ecbe5\""),
    (
        "link",
        "<https://social.example/api/v1/timelines/home?limit=40&max_id=116000000000000000>; rel=\"next\", <https://social.example/api/v1/timelines/home?limit=40&min_id=116000000000000039>; rel=\"prev\"",
    ),
    ("referrer-policy", "same-origin"),
    ("vary", "Authorization, Origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-ratelimit-limit", "1000000"),
    ("x-ratelimit-remaining", "999999"),
    ("x-ratelimit-reset", "2026-08-07T12:05:00.123456Z"),
    ("x-request-id", "f6f54a4b-8f17-4d3c-a1e4-8f1a3f9f0a52"),
];

/// One row of the table.
struct Row {
    name: String,
    runtime: Runtime,
    sdk: Mastodon,
    reqwest: reqwest::Client,
    address: String,
    /// Number of calls at the same time.
    at_once: usize,
    /// Number of calls per round.
    calls: usize,
}

/// Fastest and median time per call.
#[derive(Clone, Copy)]
struct Times {
    best: Duration,
    median: Duration,
}

impl Row {
    /// Runs rounds of both sides in turn, and prints the row.
    fn run(&self, rounds: usize) {
        let (mut by_hand, mut sdk) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            // Neither side is always the first.
            if round % 2 == 0 {
                by_hand.push(self.time_by_hand());
                sdk.push(self.time_sdk());
            } else {
                sdk.push(self.time_sdk());
                by_hand.push(self.time_by_hand());
            }
        }
        let (by_hand, sdk) = (times(by_hand), times(sdk));
        let ratio = |sdk: Duration, by_hand: Duration| sdk.as_secs_f64() / by_hand.as_secs_f64();
        println!(
            "{:<65} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>6.2} {:>6.2}",
            self.name,
            micros(by_hand.best),
            micros(by_hand.median),
            micros(sdk.best),
            micros(sdk.median),
            ratio(sdk.best, by_hand.best),
            ratio(sdk.median, by_hand.median),
        );
    }

    fn time_sdk(&self) -> Duration {
        let mastodon = self.sdk.clone();
        self.time(move || {
            let call = mastodon.timeline_home().limit(40);
            async move { drop(call.await.unwrap()) }
        })
    }

    fn time_by_hand(&self) -> Duration {
        let (client, address) = (self.reqwest.clone(), self.address.clone());
        self.time(move || {
            let request = client.get(&address).bearer_auth("token");
            async move {
                let body = request.send().await.unwrap().bytes().await.unwrap();
                drop(serde_json::from_slice::<Vec<Status>>(&body).unwrap());
            }
        })
    }

    /// Returns the time per call of one round.
    fn time<F>(&self, call: impl Fn() -> F + Clone + Send + Sync + 'static) -> Duration
    where
        F: Future<Output = ()> + Send,
    {
        let each = self.calls / self.at_once;
        let started = Instant::now();
        self.runtime.block_on(async {
            let task = || {
                let call = call.clone();
                tokio::spawn(async move {
                    for _ in 0..each {
                        call().await;
                    }
                })
            };
            let tasks: Vec<_> = (0..self.at_once).map(|_| task()).collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        started.elapsed() / u32::try_from(each * self.at_once).unwrap()
    }
}

fn times(mut rounds: Vec<Duration>) -> Times {
    rounds.sort();
    Times {
        best: rounds[0],
        median: rounds[rounds.len() / 2],
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Http1,
    Http2,
}

/// Starts a server that sends the same response to each request, and keeps connections open. Returns its URL.
///
/// One thread serves all connections. With one thread per connection, the kernel can run that of one side on the client's
/// processor and that of the other side on another one, which takes longer to wake than the call itself.
fn serve(body: &[u8], protocol: Protocol) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = body.to_vec();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(accept(listener, protocol, body));
    });
    url
}

async fn accept(listener: TcpListener, protocol: Protocol, body: Vec<u8>) {
    let headers = HEADERS.map(|(name, value)| format!("{name}: {value}\r\n"));
    let head = format!(
        "HTTP/1.1 200 OK\r\n{}content-length: {}\r\n\r\n",
        headers.concat(),
        body.len()
    );
    let response = Bytes::from([head.as_bytes(), &body].concat());
    let body = Bytes::from(body);
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        match protocol {
            Protocol::Http1 => tokio::spawn(serve_http1(stream, response.clone())),
            Protocol::Http2 => tokio::spawn(serve_http2(stream, body.clone())),
        };
    }
}

/// Responds to requests until the client closes the connection.
async fn serve_http1(stream: TcpStream, response: Bytes) {
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    while requests
        .read_line(&mut line)
        .await
        .is_ok_and(|size| size > 0)
    {
        let is_end = line == "\r\n";
        line.clear();
        if is_end && requests.get_mut().write_all(&response).await.is_err() {
            return;
        }
    }
}

async fn serve_http2(stream: TcpStream, body: Bytes) {
    let respond = service_fn(move |_: Request<Incoming>| {
        let mut response = Response::builder();
        for (name, value) in HEADERS {
            response = response.header(name, value);
        }
        let response = response.body(Body::from(body.clone()));
        async { response }
    });
    let _closed = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), respond)
        .await;
}

fn main() {
    // reqwest needs a provider for the process; the SDK sets its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs each row once.
    let is_test = !arguments.iter().any(|argument| argument == "--bench");
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    println!(
        "{:<65} {:>17} {:>17} {:>13}",
        "Microseconds per call", "by hand", "SDK", "SDK / by hand"
    );
    println!(
        "{:<65} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6}",
        "", "best", "median", "best", "median", "best", "median"
    );
    let bodies = [
        ("empty page", b"[]".to_vec()),
        ("full page", timeline::body()),
    ];
    let mut rows = Vec::new();
    for (body_name, body) in &bodies {
        for threads in [1, 2] {
            for (at_once, calls) in [(1, 200), (100, 1_000)] {
                let unit = if threads == 1 { "thread" } else { "threads" };
                let name = format!("{body_name}, {threads} {unit}, {at_once} at once");
                rows.push((name, body, threads, at_once, calls, Protocol::Http1, 41));
            }
        }
    }
    for (name, protocol) in [("HTTP/1.1", Protocol::Http1), ("HTTP/2", Protocol::Http2)] {
        let name = format!("10,000 calls over {name}, empty page, 2 threads, 100 at once");
        rows.push((name, &bodies[0].1, 2, 100, 10_000, protocol, 9));
    }
    for (name, body, threads, at_once, calls, protocol, rounds) in rows {
        if filter.is_some_and(|filter| !name.contains(filter.as_str())) {
            continue;
        }
        let url = serve(body, protocol);
        let by_prior_knowledge = move |builder: reqwest::ClientBuilder| match protocol {
            Protocol::Http1 => builder,
            Protocol::Http2 => builder.http2_prior_knowledge(),
        };
        let mut runtime = match threads {
            1 => Builder::new_current_thread(),
            _ => Builder::new_multi_thread(),
        };
        let row = Row {
            name,
            runtime: runtime.enable_all().worker_threads(2).build().unwrap(),
            sdk: Mastodon::builder(&url)
                .access_token("token")
                .version_check(VersionCheck::Off)
                .rate_limit_mode(RateLimitMode::Wait)
                .http_client(by_prior_knowledge)
                .build()
                .unwrap(),
            reqwest: by_prior_knowledge(reqwest::Client::builder())
                .build()
                .unwrap(),
            address: format!("{url}/api/v1/timelines/home?limit=40"),
            at_once,
            calls: if is_test { at_once } else { calls },
        };
        row.run(if is_test { 1 } else { rounds });
    }
}
