//! A server that repeats the same events as fast as the client reads them, and a function that reads them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use mastodon_sdk::streaming::{EventStream, StreamEvent};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

/// Number of statuses with different IDs. It exceeds the size of the SDK's cache, which drops duplicates.
const DISTINCT_IDS: u64 = 20_000;

/// Different IDs of statuses.
pub(crate) fn distinct_ids() -> impl Iterator<Item = String> {
    (0..DISTINCT_IDS).map(|n| (116_000_000_000_000_000 + n).to_string())
}

/// Copies of a status with different IDs, as JSON.
pub(crate) fn with_distinct_ids(mut status: Value) -> Vec<String> {
    let copies = distinct_ids().map(|id| {
        status["id"] = id.into();
        status.to_string()
    });
    copies.collect()
}

/// A server-sent event.
pub(crate) fn sse_event(name: &str, payload: &str) -> Vec<u8> {
    format!("event: {name}\ndata: {payload}\n\n").into_bytes()
}

/// An event in a WebSocket message.
pub(crate) fn websocket_event(name: &str, payload: &str) -> Vec<u8> {
    let event = json!({ "stream": ["user"], "event": name, "payload": payload });
    text_frame(&event.to_string())
}

/// Reads `count` events with this name, and panics at any other API event.
pub(crate) async fn take(events: &mut EventStream, name: &str, count: u64) {
    let mut taken = 0;
    while taken < count {
        match events
            .try_next()
            .await
            .unwrap()
            .expect("the stream should not have ended")
        {
            StreamEvent::Connected | StreamEvent::Heartbeat => {}
            event if event.name() == Some(name) && !matches!(event, StreamEvent::Malformed(_)) => {
                taken += 1;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A status with a value for every field.
pub(crate) fn every_field() -> Value {
    serde_json::from_slice::<Vec<Value>>(&super::timeline::body())
        .unwrap()
        .swap_remove(1)
}

/// A status without attachments, mentions and a preview card, like most statuses.
pub(crate) fn typical() -> Value {
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

/// An unmasked WebSocket text frame.
fn text_frame(text: &str) -> Vec<u8> {
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

/// Starts a server without a separate streaming host that repeats `bytes` on each connection. Returns its URL.
pub(crate) fn serve(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = Arc::new(bytes);
    thread::spawn(move || {
        for socket in listener.incoming() {
            let bytes = Arc::clone(&bytes);
            thread::spawn(move || handle(socket.unwrap(), &bytes));
        }
    });
    url
}

fn handle(mut socket: TcpStream, bytes: &[u8]) {
    let mut head = [0; 4096];
    let length = socket.peek(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_lowercase();
    if head.contains("upgrade: websocket") {
        let mut socket = tungstenite::accept(socket).unwrap();
        // The SDK waits for the response to a ping before the stream is open.
        if head.contains("user-agent: mastodon-sdk") {
            let _ping = socket.read().unwrap();
            socket.flush().unwrap();
        }
        while socket.get_mut().write_all(bytes).is_ok() {}
        return;
    }
    socket.read_exact(&mut vec![0; length]).unwrap();
    if !head.starts_with("get /api/v1/streaming/") {
        let _closed =
            socket.write_all(b"HTTP/1.1 404 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        return;
    }
    let _closed = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    while socket.write_all(bytes).is_ok() {}
}
