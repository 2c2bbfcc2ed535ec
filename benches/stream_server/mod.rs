//! A server that streams the same events without end, as fast as they are taken, and one who takes them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use mastodon_sdk::{EventStream, StreamEvent};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

/// How many statuses are sent before the first comes again: more than the SDK remembers, which tells none
/// twice.
const DISTINCT: u64 = 5000;

/// Statuses with ids of their own, as JSON.
pub(crate) fn numbered(mut status: Value) -> Vec<String> {
    (0..DISTINCT)
        .map(|n| {
            status["id"] = (116_000_000_000_000_000_u64 + n).to_string().into();
            status.to_string()
        })
        .collect()
}

/// An event of server-sent events.
pub(crate) fn sent_event(name: &str, payload: &str) -> Vec<u8> {
    format!("event: {name}\ndata: {payload}\n\n").into_bytes()
}

/// An event of a WebSocket.
pub(crate) fn socket_event(name: &str, payload: &str) -> Vec<u8> {
    let event = json!({ "stream": ["user"], "event": name, "payload": payload });
    message(&event.to_string())
}

/// Takes so many events; anything else would mean that the stream is not what is measured.
pub(crate) async fn take(events: &mut EventStream, name: &str, count: u64) {
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

/// A status with everything that a status can have.
pub(crate) fn every_field() -> Value {
    serde_json::from_slice::<Vec<Value>>(&super::timeline::body())
        .unwrap()
        .swap_remove(1)
}

/// What most statuses are: a text, its author, nothing else.
pub(crate) fn usual() -> Value {
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
pub(crate) fn serve(bytes: Vec<u8>) -> String {
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
        // Ours asks whether its subscription was read.
        if head.contains("user-agent: mastodon-sdk") {
            let _ping = socket.read().unwrap();
            socket.flush().unwrap();
        }
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
