//! Events per second of one stream over loopback, on one core: from the socket to the program, decoded.

#![recursion_limit = "256"]

mod timeline;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mastodon_sdk::{EventStream, Mastodon, StreamEvent, StreamTransport, VersionCheck};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio_tungstenite::tungstenite;

/// How many statuses are sent before the first comes again: more than the client remembers, which tells
/// none twice.
const DISTINCT: u64 = 5000;

fn streaming(criterion: &mut Criterion) {
    let numbered = |mut status: Value| -> Vec<String> {
        (0..DISTINCT)
            .map(|n| {
                status["id"] = (116_000_000_000_000_000_u64 + n).to_string().into();
                status.to_string()
            })
            .collect()
    };
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
            let event = |payload: &String| match transport {
                StreamTransport::ServerSentEvents => {
                    format!("event: {name}\ndata: {payload}\n\n").into_bytes()
                }
                _ => message(
                    &json!({ "stream": ["user"], "event": name, "payload": payload }).to_string(),
                ),
            };
            let url = serve(payloads.iter().flat_map(event).collect());
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

/// Takes so many events; anything else would mean that the stream is not what is measured.
async fn take(events: &mut EventStream, name: &str, count: u64) {
    let mut taken = 0;
    while taken < count {
        match events
            .try_next()
            .await
            .unwrap()
            .expect("the stream goes on")
        {
            StreamEvent::Connected | StreamEvent::Heartbeat => {}
            event if event.name() == Some(name) && !matches!(event, StreamEvent::Malformed(_)) => {
                taken += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn every_field() -> Value {
    serde_json::from_slice::<Vec<Value>>(&timeline::body())
        .unwrap()
        .swap_remove(1)
}

/// What most statuses are: a text, its author, nothing else.
fn usual() -> Value {
    let mut status = every_field();
    for (field, empty) in [
        ("card", Value::Null),
        ("media_attachments", json!([])),
        ("mentions", json!([])),
    ] {
        status[field] = empty;
    }
    status
}

/// A text message of a WebSocket, as servers send it.
fn message(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(length @ 0..126) => bytes.push(length as u8),
        Ok(length) => {
            bytes.push(126);
            bytes.extend(length.to_be_bytes());
        }
        Err(_) => {
            bytes.push(127);
            bytes.extend((text.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// A server that names no other host of streams, and sends the same bytes over each without end.
fn serve(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = Arc::new(bytes);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let bytes = Arc::clone(&bytes);
            thread::spawn(move || answer(socket.unwrap(), &bytes));
        }
    });
    url
}

fn answer(mut socket: TcpStream, bytes: &[u8]) {
    let mut head = [0; 4096];
    let length = socket.peek(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    if head.contains("upgrade: websocket") {
        let mut socket = tungstenite::accept(socket).unwrap();
        // The client asks whether its subscription was read.
        let _ping = socket.read().unwrap();
        socket.flush().unwrap();
        while socket.get_mut().write_all(bytes).is_ok() {}
        return;
    }
    socket.read_exact(&mut vec![0; length]).unwrap();
    if !head.starts_with("get /api/v1/streaming/") {
        let _gone =
            socket.write_all(b"HTTP/1.1 404 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        return;
    }
    let _gone = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    while socket.write_all(bytes).is_ok() {}
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
