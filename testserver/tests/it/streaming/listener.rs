//! Clients that listen, with nothing in them but a socket.

use futures_util::{SinkExt, StreamExt};
use mastodon_test_server::TestServer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Error, Message};

/// What comes over a stream.
#[derive(Debug, PartialEq)]
pub(super) enum Got {
    /// The name of an event, and its payload as it came.
    Event(String, String),
    Comment(String),
    /// The end as it should be.
    End,
    /// The connection is gone, with these bytes not yet understood.
    Cut(Vec<u8>),
}

pub(super) fn event(name: &str, payload: &str) -> Got {
    Got::Event(name.to_owned(), payload.to_owned())
}

/// Somebody who reads server-sent events.
pub(super) struct Sse {
    socket: TcpStream,
    /// What came and is still wrapped into chunks.
    wrapped: Vec<u8>,
    /// What came and is no whole event yet.
    text: Vec<u8>,
    pub(super) head: String,
}

impl Sse {
    /// Opens a stream; the answer may be a refusal.
    pub(super) async fn ask(server: &TestServer, path: &str, token: &str) -> Self {
        let host = server.streaming_url().strip_prefix("ws://").unwrap();
        let mut socket = TcpStream::connect(host).await.unwrap();
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
            wrapped: Vec::new(),
            text: Vec::new(),
            head: String::from_utf8(head).unwrap(),
        }
    }

    /// Opens a stream and reads how it begins.
    pub(super) async fn open(server: &TestServer, path: &str, token: &str) -> Self {
        let mut opened = Self::ask(server, path, token).await;
        assert!(opened.head.starts_with("HTTP/1.1 200 "), "{}", opened.head);
        assert_eq!(opened.next().await, Got::Comment(")".to_owned()));
        opened
    }

    pub(super) async fn next(&mut self) -> Got {
        loop {
            if let Some(got) = self.whole() {
                return got;
            }
            match self.chunk().await {
                Some(chunk) if chunk.is_empty() => return Got::End,
                Some(chunk) => self.text.extend(chunk),
                None => return Got::Cut(std::mem::take(&mut self.text)),
            }
        }
    }

    /// The next event with its payload, heartbeats left out.
    #[track_caller]
    pub(super) fn event(&mut self) -> impl Future<Output = (String, String)> {
        async {
            loop {
                match self.next().await {
                    Got::Event(name, payload) => return (name, payload),
                    Got::Comment(_) => {}
                    other => panic!("no event but {other:?}"),
                }
            }
        }
    }

    /// The comment or the event at the beginning of what came.
    fn whole(&mut self) -> Option<Got> {
        let comment = self.text.first() == Some(&b':');
        let end: &[u8] = if comment { b"\n" } else { b"\n\n" };
        let at = self
            .text
            .windows(end.len())
            .position(|found| found == end)?;
        let block: Vec<u8> = self.text.drain(..at + end.len()).collect();
        let block = String::from_utf8(block).unwrap();
        if comment {
            return Some(Got::Comment(block.trim_end()[1..].to_owned()));
        }
        let (name, payload) = block.trim_end_matches('\n').split_once('\n').unwrap();
        let value = |line: &str, name: &str| line.strip_prefix(name).unwrap().to_owned();
        Some(Got::Event(value(name, "event: "), value(payload, "data: ")))
    }

    /// The next chunk of the body; an empty one ends it. `None` where the connection is gone.
    async fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut size = Vec::new();
        while !size.ends_with(b"\r\n") {
            size.extend(self.bytes(1).await?);
        }
        let size = String::from_utf8(size).unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let chunk = self.bytes(size + 2).await?;
        Some(chunk[..size].to_vec())
    }

    async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.wrapped.len() < count {
            let mut more = [0; 4096];
            match self.socket.read(&mut more).await {
                Ok(read) if read > 0 => self.wrapped.extend(&more[..read]),
                _ => {
                    // What was begun and never ended is for whoever asks how it ended.
                    self.text.append(&mut self.wrapped);
                    return None;
                }
            }
        }
        Some(self.wrapped.drain(..count).collect())
    }
}

/// Somebody at a WebSocket.
pub(super) struct Ws(pub(super) WebSocketStream<TcpStream>);

impl Ws {
    /// Asks for a WebSocket, with these headers.
    pub(super) async fn ask(
        server: &TestServer,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<(Self, tungstenite::handshake::client::Response), Error> {
        let base = server.streaming_url();
        let socket = TcpStream::connect(base.strip_prefix("ws://").unwrap()).await;
        let mut request = format!("{base}/api/v1/streaming{query}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let opened = tokio_tungstenite::client_async(request, socket.unwrap()).await;
        opened.map(|(socket, response)| (Self(socket), response))
    }

    pub(super) async fn open(server: &TestServer, query: &str, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let opened = Self::ask(server, query, &[("authorization", &bearer)]).await;
        opened.unwrap().0
    }

    pub(super) async fn say(&mut self, message: &Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// Subscribes to a stream and to what it needs beside its name.
    pub(super) async fn subscribe(&mut self, server: &TestServer, streams: &[Value]) {
        for stream in streams {
            let mut message = json!({ "type": "subscribe" });
            let fields = message.as_object_mut().unwrap();
            fields.extend(stream.as_object().unwrap().clone());
            self.say(&message).await;
        }
        server.streaming().subscribed(streams.len()).await;
    }

    /// The next message, pings left out.
    pub(super) async fn message(&mut self) -> Option<Result<Message, Error>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Ping(_))) => {}
                other => return other,
            }
        }
    }

    /// The next message as JSON.
    #[track_caller]
    pub(super) fn frame(&mut self) -> impl Future<Output = Value> {
        async {
            match self.message().await {
                Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
                other => panic!("no text but {other:?}"),
            }
        }
    }

    /// With what the server closes. Confirms it.
    pub(super) async fn closed(&mut self) -> Option<CloseFrame> {
        let Some(Ok(Message::Close(frame))) = self.message().await else {
            panic!("not closed");
        };
        assert!(self.message().await.is_none());
        frame
    }
}
