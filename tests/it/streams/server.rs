//! A server whose streams a test plays by hand, and whose lists answer by themselves.

use std::sync::{Arc, Mutex};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use mastodon_sdk::{Mastodon, MastodonBuilder, VersionCheck};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::in_time;
use crate::server::json as answer;

/// The lists that the REST API has, each with the ids of its items, oldest first.
type Lists = Arc<Mutex<Vec<(&'static str, Vec<u64>)>>>;

/// A server that streams.
pub(super) struct StreamServer {
    pub(super) url: String,
    lists: Lists,
    /// Answers that are the same until they are changed, each known by the end of its path.
    pages: Arc<Mutex<Vec<(&'static str, String)>>>,
    seen: Arc<Mutex<Vec<String>>>,
    connections: mpsc::UnboundedReceiver<Connection>,
    /// What the server says of itself; `None` for a page that is not there.
    pub(super) instance: Arc<Mutex<Option<String>>>,
    /// Answers in place of those of the lists, in order.
    pub(super) failures: Arc<Mutex<Vec<String>>>,
}

/// A request for a stream that waits for the test to answer it.
pub(super) struct Connection {
    /// The head of the request, in lower case.
    pub(super) head: String,
    pub(super) socket: Wire,
    /// The stream that the address of a WebSocket asks for.
    pub(super) subscribed: Vec<String>,
    key: String,
}

/// What the connection is by now.
pub(super) enum Wire {
    Http(TcpStream),
    WebSocket(WebSocket),
}

/// A WebSocket that answers pings by itself.
pub(super) struct WebSocket {
    pub(super) sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    /// What the client sent.
    pub(super) heard: mpsc::UnboundedReceiver<Message>,
    reading: AbortHandle,
}

impl WebSocket {
    async fn accept(socket: TcpStream) -> Self {
        let socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
        let (sink, mut stream) = socket.split();
        let (sender, heard) = mpsc::unbounded_channel();
        let reading = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let _nobody_wants_it = sender.send(message);
            }
        });
        Self {
            sink,
            heard,
            reading: reading.abort_handle(),
        }
    }

    /// Answers nothing any more.
    pub(super) fn fall_silent(&self) {
        self.reading.abort();
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl StreamServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, connections) = mpsc::unbounded_channel();
        let own = format!(
            r#"{{"configuration":{{"urls":{{"streaming":"{}"}}}}}}"#,
            url.replace("http", "ws")
        );
        let server = Self {
            url,
            lists: Arc::default(),
            pages: Arc::default(),
            seen: Arc::default(),
            connections,
            instance: Arc::new(Mutex::new(Some(own))),
            failures: Arc::default(),
        };
        let (lists, seen) = (Arc::clone(&server.lists), Arc::clone(&server.seen));
        let pages = Arc::clone(&server.pages);
        let (instance, failures) = (Arc::clone(&server.instance), Arc::clone(&server.failures));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let Some(raw) = head(&mut socket).await else {
                    continue;
                };
                let head = raw.to_lowercase();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                seen.lock().unwrap().push(head.clone());
                if path.starts_with("/api/v1/streaming") {
                    let key = raw
                        .lines()
                        .find(|line| line.to_lowercase().starts_with("sec-websocket-key:"));
                    let key = key.and_then(|line| line.split(' ').nth(1));
                    let _over = sender.send(Connection {
                        head,
                        key: key.unwrap_or_default().to_owned(),
                        socket: Wire::Http(socket),
                        subscribed: subscribed(&raw),
                    });
                    continue;
                }
                let answer = if path.starts_with("/api/v2/instance") {
                    let instance = instance.lock().unwrap();
                    instance
                        .as_ref()
                        .map_or_else(|| answer(404, "", "{}"), |own| answer(200, "", own))
                } else if path.starts_with("/api/v1/instance") {
                    answer(200, "", "{}")
                } else if failures.lock().unwrap().is_empty() {
                    let fixed =
                        pages.lock().unwrap().iter().find_map(|(end, page)| {
                            path.ends_with(end).then(|| answer(200, "", page))
                        });
                    fixed.unwrap_or_else(|| list(&lists.lock().unwrap(), &path))
                } else {
                    failures.lock().unwrap().remove(0)
                };
                let _cut = socket.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    pub(super) fn builder(&self) -> MastodonBuilder {
        Mastodon::builder(&self.url)
            .access_token("hunter2")
            .version_check(VersionCheck::Off)
    }

    pub(super) fn client(&self) -> Mastodon {
        self.builder().build().unwrap()
    }

    /// Puts items into a list, known by the end of its path.
    pub(super) fn list(&self, path: &'static str, ids: impl IntoIterator<Item = u64>) {
        let mut lists = self.lists.lock().unwrap();
        if !lists.iter().any(|(known, _)| *known == path) {
            lists.push((path, Vec::new()));
        }
        let (_, items) = lists.iter_mut().find(|(known, _)| *known == path).unwrap();
        items.extend(ids);
    }

    /// Lets paths with this end have this answer.
    pub(super) fn page(&self, path: &'static str, answer: String) {
        let mut pages = self.pages.lock().unwrap();
        pages.retain(|(known, _)| *known != path);
        pages.push((path, answer));
    }

    /// The next request for a stream.
    pub(super) async fn next(&mut self) -> Connection {
        let request = in_time("a request for a stream", self.connections.recv());
        request.await.unwrap()
    }

    /// The next request for a stream, answered.
    pub(super) async fn accept(&mut self) -> Connection {
        let mut connection = self.next().await;
        if connection.key.is_empty() {
            connection.answer("200 OK", "text/event-stream", "").await;
            return connection;
        }
        connection.upgrade().await
    }

    /// Whether nobody asks for a stream.
    pub(super) fn is_left_alone(&mut self) -> bool {
        self.connections.try_recv().is_err()
    }

    /// The first lines of the requests so far that are not for streams.
    pub(super) fn asked(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let lines = seen.iter().filter_map(|head| head.lines().next());
        lines
            .filter(|line| !line.contains("/streaming") && !line.contains("/instance"))
            .map(|line| {
                line.trim_start_matches("get ")
                    .trim_end_matches(" http/1.1")
                    .to_owned()
            })
            .collect()
    }
}

impl Connection {
    pub(super) async fn answer(&mut self, status: &str, kind: &str, body: &str) {
        let end = if body.is_empty() {
            ""
        } else {
            "connection: close\r\n"
        };
        let head = format!("HTTP/1.1 {status}\r\n{end}content-type: {kind}\r\n\r\n{body}");
        self.send(&head).await;
    }

    /// Refuses it.
    pub(super) async fn refuse(mut self, status: &str, error: &str) {
        self.answer(
            status,
            "application/json",
            &format!(r#"{{"error":"{error}"}}"#),
        )
        .await;
    }

    /// Makes it a WebSocket.
    pub(super) async fn upgrade(mut self) -> Self {
        let accepted = derive_accept_key(self.key.as_bytes());
        self.send(&format!(
            "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accepted}\r\n\r\n"
        ))
        .await;
        if let Wire::Http(socket) = self.socket {
            self.socket = Wire::WebSocket(WebSocket::accept(socket).await);
        }
        self
    }

    /// The next message of the client; `None` once it is gone.
    pub(super) async fn hear(&mut self) -> Option<Value> {
        let Wire::WebSocket(socket) = &mut self.socket else {
            panic!("no WebSocket");
        };
        loop {
            if let Message::Text(text) = socket.heard.recv().await? {
                return Some(serde_json::from_str(&text).unwrap());
            }
        }
    }

    /// Sends bytes, or a message.
    pub(super) async fn send(&mut self, text: &str) {
        match &mut self.socket {
            Wire::Http(socket) => socket.write_all(text.as_bytes()).await.unwrap(),
            Wire::WebSocket(socket) => socket.sink.send(Message::text(text)).await.unwrap(),
        }
    }

    /// Sends bytes as they are.
    pub(super) async fn bytes(&mut self, bytes: &[u8]) {
        let Wire::Http(socket) = &mut self.socket else {
            panic!("a WebSocket");
        };
        socket.write_all(bytes).await.unwrap();
    }

    /// Sends an event of the stream that was subscribed to.
    pub(super) async fn event(&mut self, name: &str, payload: &str) {
        let stream = &self.subscribed;
        let text = match self.socket {
            Wire::Http(_) => format!("event: {name}\ndata: {payload}\n\n"),
            Wire::WebSocket(_) => {
                json!({ "stream": stream, "event": name, "payload": payload }).to_string()
            }
        };
        self.send(&text).await;
    }

    /// Sends new statuses with these ids.
    pub(super) async fn statuses(&mut self, ids: impl IntoIterator<Item = u64>) {
        for id in ids {
            self.event("update", &status(id)).await;
        }
    }

    /// Waits until the client closes it.
    pub(super) async fn closed(mut self) {
        let Wire::Http(socket) = &mut self.socket else {
            while self.hear().await.is_some() {}
            return;
        };
        let mut bytes = [0; 64];
        while !matches!(socket.read(&mut bytes).await, Ok(0) | Err(_)) {}
    }
}

/// The stream in the address of a request: its name, and what it needs beside that.
fn subscribed(head: &str) -> Vec<String> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(_, value)| value.into_owned()).collect()
}

async fn head(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A page of a list as the real server makes it: newest first, `min_id` next to the position.
fn list(lists: &[(&str, Vec<u64>)], path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some((name, ids)) = lists.iter().find(|(name, _)| path.ends_with(name)) else {
        return answer(404, "", r#"{"error":"Record not found"}"#);
    };
    let number = |key: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(key))?;
        pair.parse::<u64>().ok()
    };
    let limit = usize::try_from(number("limit=").unwrap_or(20)).unwrap();
    let mut ids: Vec<u64> = ids.clone();
    ids.sort_unstable();
    let page: Vec<u64> = match number("min_id=") {
        Some(after) => ids
            .into_iter()
            .filter(|id| *id > after)
            .take(limit)
            .collect(),
        None => ids.split_off(ids.len().saturating_sub(limit)),
    };
    let items: Vec<String> = page
        .iter()
        .rev()
        .map(|id| match *name {
            "/notifications" => notification(*id),
            "/conversations" => conversation(*id, *id),
            _ => status(*id),
        })
        .collect();
    answer(200, "", &format!("[{}]", items.join(",")))
}

fn account() -> &'static str {
    r#"{"id":"1","username":"ada","acct":"ada","url":"https://a.example/@ada","created_at":"2024-01-01T00:00:00Z"}"#
}

/// The second of its id is the time of a thing.
fn time(id: u64) -> String {
    let second = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(id).unwrap()).unwrap();
    second.to_string()
}

pub(super) fn status(id: u64) -> String {
    format!(
        r#"{{"id":"{id}","created_at":"{}","content":"No. {id}","visibility":"public","account":{}}}"#,
        time(id),
        account()
    )
}

pub(super) fn notification(id: u64) -> String {
    format!(
        r#"{{"id":"{id}","type":"follow","created_at":"{}","account":{}}}"#,
        time(id),
        account()
    )
}

pub(super) fn conversation(id: u64, last: u64) -> String {
    format!(
        r#"{{"id":"{id}","unread":true,"accounts":[],"last_status":{}}}"#,
        status(last)
    )
}
