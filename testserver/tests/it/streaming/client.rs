//! Minimal streaming clients, so that tests see exactly what the server sends.

use futures_util::{SinkExt, StreamExt};
use mastodon_test_server::{StreamingBehavior, TestServer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Error, Message};

/// What a stream sends.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    /// The name of an event and its raw payload.
    Event(String, String),
    Comment(String),
    /// The regular end of the body.
    End,
    /// The connection was lost, with these bytes of an incomplete event.
    Disconnected(Vec<u8>),
}

/// Changes the timing and rules of a server.
pub(crate) fn set_behavior(server: &TestServer, change: impl FnOnce(&mut StreamingBehavior)) {
    let mut behavior = server.streaming().behavior();
    change(&mut behavior);
    server.streaming().set_behavior(behavior);
}

pub(crate) fn event(name: &str, payload: &str) -> Received {
    Received::Event(name.to_owned(), payload.to_owned())
}

/// Connects without Nagle's algorithm, which delays a second message in real time. Paused time would not wait for it.
async fn connect(host: &str) -> TcpStream {
    let socket = TcpStream::connect(host).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// A client of server-sent events.
pub(crate) struct SseClient {
    socket: TcpStream,
    /// Bytes received, still in chunked encoding.
    encoded: Vec<u8>,
    /// Decoded bytes that are not a complete event yet.
    decoded: Vec<u8>,
    pub(crate) head: String,
}

impl SseClient {
    /// Requests a stream. The response may be an error.
    pub(crate) async fn request(server: &TestServer, path: &str, token: &str) -> Self {
        let host = server.streaming_url().strip_prefix("ws://").unwrap();
        let mut socket = connect(host).await;
        let request = format!(
            "GET /api/v1/streaming{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match socket.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => break,
            }
        }
        Self {
            socket,
            encoded: Vec::new(),
            decoded: Vec::new(),
            head: String::from_utf8(head).unwrap(),
        }
    }

    /// Opens a stream and reads the initial comment.
    pub(crate) async fn open(server: &TestServer, path: &str, token: &str) -> Self {
        let mut client = Self::request(server, path, token).await;
        assert!(client.head.starts_with("HTTP/1.1 200 "), "{}", client.head);
        assert_eq!(client.next().await, Received::Comment(")".to_owned()));
        client
    }

    /// Returns the next event or comment, or how the stream ended.
    pub(crate) async fn next(&mut self) -> Received {
        loop {
            if let Some(received) = self.take_complete() {
                return received;
            }
            match self.read_chunk().await {
                Some(chunk) if chunk.is_empty() => return Received::End,
                Some(chunk) => self.decoded.extend(chunk),
                None => return Received::Disconnected(std::mem::take(&mut self.decoded)),
            }
        }
    }

    /// Returns the name and payload of the next event. Skips heartbeats.
    pub(crate) async fn next_event(&mut self) -> (String, String) {
        loop {
            match self.next().await {
                Received::Event(name, payload) => return (name, payload),
                Received::Comment(_) => {}
                other => panic!("expected an event, received {other:?}"),
            }
        }
    }

    /// Returns the next bytes of the body, which need not be UTF-8. The server sends each event at once.
    pub(crate) async fn next_bytes(&mut self) -> Vec<u8> {
        self.read_chunk().await.unwrap()
    }

    /// Takes a complete comment or event from the decoded bytes.
    fn take_complete(&mut self) -> Option<Received> {
        // The blank line after a heartbeat is no event.
        while self.decoded.first() == Some(&b'\n') {
            self.decoded.remove(0);
        }
        let is_comment = self.decoded.first() == Some(&b':');
        let end: &[u8] = if is_comment { b"\n" } else { b"\n\n" };
        let position = self
            .decoded
            .windows(end.len())
            .position(|window| window == end)?;
        let block: Vec<u8> = self.decoded.drain(..position + end.len()).collect();
        let block = String::from_utf8(block).unwrap();
        if is_comment {
            return Some(Received::Comment(block.trim_end()[1..].to_owned()));
        }
        let (name, payload) = block.trim_end_matches('\n').split_once('\n').unwrap();
        let value = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
        Some(Received::Event(
            value(name, "event: "),
            value(payload, "data: "),
        ))
    }

    /// Reads the next chunk of the body. The last chunk is empty. Returns `None` if the
    /// connection is lost.
    async fn read_chunk(&mut self) -> Option<Vec<u8>> {
        let mut size = Vec::new();
        while !size.ends_with(b"\r\n") {
            size.extend(self.read_bytes(1).await?);
        }
        let size = String::from_utf8(size).unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let chunk = self.read_bytes(size + 2).await?;
        Some(chunk[..size].to_vec())
    }

    async fn read_bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.encoded.len() < count {
            let mut buffer = [0; 4096];
            match self.socket.read(&mut buffer).await {
                Ok(read) if read > 0 => self.encoded.extend(&buffer[..read]),
                _ => {
                    // `Received::Disconnected` includes an incomplete chunk.
                    self.decoded.append(&mut self.encoded);
                    return None;
                }
            }
        }
        Some(self.encoded.drain(..count).collect())
    }
}

/// A WebSocket client.
pub(crate) struct WsClient(pub(super) WebSocketStream<TcpStream>);

impl WsClient {
    /// Requests a WebSocket with the given headers.
    pub(crate) async fn request(
        server: &TestServer,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(Self, tungstenite::handshake::client::Response), Error> {
        let base = server.streaming_url();
        let socket = connect(base.strip_prefix("ws://").unwrap()).await;
        let mut request = format!("{base}/api/v1/streaming{query}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let handshake = tokio_tungstenite::client_async(request, socket).await;
        handshake.map(|(socket, response)| (Self(socket), response))
    }

    pub(crate) async fn open(server: &TestServer, query: &str, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let handshake = Self::request(server, query, &[("authorization", &bearer)]).await;
        handshake.unwrap().0
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// Subscribes to streams, given as the fields of the subscribe messages.
    pub(crate) async fn subscribe(&mut self, server: &TestServer, streams: &[Value]) {
        for stream in streams {
            let mut message = json!({ "type": "subscribe" });
            let fields = message.as_object_mut().unwrap();
            fields.extend(stream.as_object().unwrap().clone());
            self.send(&message).await;
        }
        server
            .streaming()
            .wait_for_subscriptions(streams.len())
            .await;
    }

    /// Waits until the server has processed all earlier messages.
    pub(crate) async fn synchronize(&mut self) {
        self.0.send(Message::Ping("sync".into())).await.unwrap();
        assert_eq!(
            self.0.next().await.unwrap().unwrap(),
            Message::Pong("sync".into())
        );
    }

    /// Returns the stream and the event of the next messages, as `user update`.
    pub(crate) async fn next_labels(&mut self, count: usize) -> Vec<String> {
        let mut labels = Vec::new();
        for _ in 0..count {
            let message = self.next_json().await;
            let stream = message["stream"].as_array().unwrap().iter();
            let stream: Vec<_> = stream.map(|part| part.as_str().unwrap()).collect();
            let event = message["event"].as_str().unwrap();
            labels.push(format!("{} {event}", stream.join(" ")));
        }
        labels
    }

    /// Returns the next message. Skips pings.
    pub(crate) async fn next_message(&mut self) -> Option<Result<Message, Error>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Ping(_))) => {}
                other => return other,
            }
        }
    }

    /// Returns the next message as JSON.
    pub(crate) async fn next_json(&mut self) -> Value {
        match self.next_message().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected a text message, received {other:?}"),
        }
    }

    /// Waits for the close frame, confirms it, and returns it.
    pub(crate) async fn next_close(&mut self) -> Option<CloseFrame> {
        let Some(Ok(Message::Close(frame))) = self.next_message().await else {
            panic!("expected a close frame");
        };
        assert!(self.next_message().await.is_none());
        frame
    }
}
