//! Mock server: a test controls its streams; its REST lists respond automatically.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use mastodon_sdk::server::VersionCheck;
use mastodon_sdk::{Mastodon, MastodonBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::with_timeout;
use crate::support::json_response as response;

/// REST lists by path suffix, with the IDs of their items.
type Lists = Arc<Mutex<Vec<(&'static str, Vec<u64>)>>>;

/// How the REST lists respond.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    Up,
    /// Each request receives this response.
    Down(String),
    /// No request receives a response.
    Hanging,
}

/// JSON of items by ID.
type OddItems = Arc<Mutex<HashMap<u64, String>>>;

/// A mock server with REST lists and streams.
pub(super) struct StreamServer {
    pub(super) url: String,
    lists: Lists,
    /// Items that differ from the generated ones, by ID.
    odd_items: OddItems,
    /// Fixed response bodies by path suffix.
    fixed_responses: Arc<Mutex<Vec<(&'static str, String)>>>,
    requests: Arc<Mutex<Vec<String>>>,
    connections: mpsc::UnboundedReceiver<Connection>,
    /// Instance data, or `None` for a 404 response.
    pub(super) instance: Arc<Mutex<Option<String>>>,
    /// Responses that replace the next responses of lists, in order.
    pub(super) failures: Arc<Mutex<Vec<String>>>,
    rest: Arc<Mutex<Rest>>,
    /// Whether each page that is not empty links a next page.
    links_next: Arc<AtomicBool>,
}

/// A request for a stream, to which the test responds.
pub(super) struct Connection {
    /// The request head, in lower case.
    pub(super) head: String,
    pub(super) socket: Socket,
    /// Values of the query parameters: the stream of a WebSocket and its argument.
    pub(super) subscribed: Vec<String>,
    key: String,
}

/// The connection before and after an upgrade.
pub(super) enum Socket {
    Http(TcpStream),
    WebSocket(WebSocket),
}

/// A WebSocket that responds to pings automatically.
pub(super) struct WebSocket {
    pub(super) sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    /// Messages of the client.
    pub(super) received: mpsc::UnboundedReceiver<Message>,
    reader: AbortHandle,
}

impl WebSocket {
    async fn accept(socket: TcpStream) -> Self {
        let socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
        let (sink, mut stream) = socket.split();
        let (sender, received) = mpsc::unbounded_channel();
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let _receiver_dropped = sender.send(message);
            }
        });
        Self {
            sink,
            received,
            reader: reader.abort_handle(),
        }
    }

    /// Stops reading, so that pings get no response.
    pub(super) fn stop_responding(&self) {
        self.reader.abort();
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl StreamServer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, connections) = mpsc::unbounded_channel();
        let instance = format!(
            r#"{{"configuration":{{"urls":{{"streaming":"{}"}}}}}}"#,
            url.replace("http", "ws")
        );
        let server = Self {
            url,
            lists: Arc::default(),
            odd_items: Arc::default(),
            fixed_responses: Arc::default(),
            requests: Arc::default(),
            connections,
            instance: Arc::new(Mutex::new(Some(instance))),
            failures: Arc::default(),
            rest: Arc::new(Mutex::new(Rest::Up)),
            links_next: Arc::default(),
        };
        let (lists, requests) = (Arc::clone(&server.lists), Arc::clone(&server.requests));
        let odd_items = Arc::clone(&server.odd_items);
        let fixed_responses = Arc::clone(&server.fixed_responses);
        let (instance, failures) = (Arc::clone(&server.instance), Arc::clone(&server.failures));
        let (rest, links_next) = (Arc::clone(&server.rest), Arc::clone(&server.links_next));
        tokio::spawn(async move {
            let mut hanging = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                // Otherwise the kernel holds back small events until the client has acknowledged the one before, and
                // delays that by up to 40 ms of real time, in which paused time can pass.
                socket.set_nodelay(true).unwrap();
                let Some(raw) = read_head(&mut socket).await else {
                    continue;
                };
                let head = raw.to_lowercase();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                requests.lock().unwrap().push(head.clone());
                if path.contains("/api/v1/streaming") {
                    let key = raw
                        .lines()
                        .find(|line| line.to_lowercase().starts_with("sec-websocket-key:"));
                    let key = key.and_then(|line| line.split(' ').nth(1));
                    let _receiver_dropped = sender.send(Connection {
                        head,
                        key: key.unwrap_or_default().to_owned(),
                        socket: Socket::Http(socket),
                        subscribed: query_values(&raw),
                    });
                    continue;
                }
                let is_list = !path.contains("/instance");
                let down = match rest.lock().unwrap().clone() {
                    Rest::Hanging if is_list => {
                        hanging.push(socket);
                        continue;
                    }
                    Rest::Down(response) if is_list => Some(response),
                    _ => None,
                };
                let response = if let Some(response) = down {
                    response
                } else if path.starts_with("/api/v2/instance") {
                    let instance = instance.lock().unwrap();
                    instance
                        .as_ref()
                        .map_or_else(|| response(404, "", "{}"), |json| response(200, "", json))
                } else if path.starts_with("/api/v1/instance") {
                    response(200, "", "{}")
                } else if failures.lock().unwrap().is_empty() {
                    let fixed_responses = fixed_responses.lock().unwrap();
                    let fixed = fixed_responses.iter().find_map(|(suffix, body)| {
                        path.ends_with(suffix).then(|| response(200, "", body))
                    });
                    fixed.unwrap_or_else(|| {
                        let links_next = links_next.load(Ordering::Relaxed);
                        list_page(
                            &lists.lock().unwrap(),
                            &odd_items.lock().unwrap(),
                            &path,
                            links_next,
                        )
                    })
                } else {
                    failures.lock().unwrap().remove(0)
                };
                let _closed = socket.write_all(response.as_bytes()).await;
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

    /// Adds items to the list with this path suffix, and creates it if necessary.
    pub(super) fn add_to_list(&self, path: &'static str, ids: impl IntoIterator<Item = u64>) {
        add_to(&self.lists, path, ids);
    }

    /// Adds items to the list after a delay, as a list that is served by a database replica.
    pub(super) fn add_to_list_later(&self, path: &'static str, ids: Vec<u64>, delay: Duration) {
        let lists = Arc::clone(&self.lists);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            add_to(&lists, path, ids);
        });
    }

    /// Sets how the REST lists respond from now on.
    pub(super) fn set_rest(&self, rest: Rest) {
        *self.rest.lock().unwrap() = rest;
    }

    /// Links a next page on each page that is not empty, as some software does.
    pub(super) fn link_next_pages(&self) {
        self.links_next.store(true, Ordering::Relaxed);
    }

    /// Sets the JSON of the item with this ID in all lists.
    pub(super) fn set_item(&self, id: u64, json: &str) {
        self.odd_items.lock().unwrap().insert(id, json.to_owned());
    }

    /// Sets the response body for paths with this suffix.
    pub(super) fn set_response(&self, path: &'static str, body: String) {
        let mut responses = self.fixed_responses.lock().unwrap();
        responses.retain(|(suffix, _)| *suffix != path);
        responses.push((path, body));
    }

    /// Waits for the next stream request.
    pub(super) async fn next_request(&mut self) -> Connection {
        let request = with_timeout("a stream request", self.connections.recv());
        request.await.unwrap()
    }

    /// Waits for the next stream request and accepts it.
    pub(super) async fn accept(&mut self) -> Connection {
        self.next_request().await.accept().await
    }

    /// Accepts a stream request that is pending.
    pub(super) async fn try_accept(&mut self) -> Option<Connection> {
        let connection = self.connections.try_recv().ok()?;
        Some(connection.accept().await)
    }

    /// Whether no stream request is pending.
    pub(super) fn has_no_stream_request(&mut self) -> bool {
        self.connections.try_recv().is_err()
    }

    /// Paths of all requests so far for REST lists.
    pub(super) fn list_requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let lines = requests.iter().filter_map(|head| head.lines().next());
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
    /// Opens the stream.
    async fn accept(mut self) -> Self {
        if self.key.is_empty() {
            self.respond("200 OK", "text/event-stream", "").await;
            return self;
        }
        self.upgrade().await
    }

    /// Sends a response.
    pub(super) async fn respond(&mut self, status: &str, content_type: &str, body: &str) {
        let close = if body.is_empty() {
            ""
        } else {
            "connection: close\r\n"
        };
        let head =
            format!("HTTP/1.1 {status}\r\n{close}content-type: {content_type}\r\n\r\n{body}");
        self.send(&head).await;
    }

    /// Responds with an error.
    pub(super) async fn reject(mut self, status: &str, message: &str) {
        self.respond(
            status,
            "application/json",
            &format!(r#"{{"error":"{message}"}}"#),
        )
        .await;
    }

    /// Accepts the upgrade to a WebSocket.
    pub(super) async fn upgrade(mut self) -> Self {
        let accepted = derive_accept_key(self.key.as_bytes());
        self.send(&format!(
            "HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accepted}\r\n\r\n"
        ))
        .await;
        if let Socket::Http(socket) = self.socket {
            self.socket = Socket::WebSocket(WebSocket::accept(socket).await);
        }
        self
    }

    /// Waits for the next text message of the client. `None` if the client has disconnected.
    pub(super) async fn next_message(&mut self) -> Option<Value> {
        let Socket::WebSocket(socket) = &mut self.socket else {
            panic!("not a WebSocket");
        };
        loop {
            if let Message::Text(text) = socket.received.recv().await? {
                return Some(serde_json::from_str(&text).unwrap());
            }
        }
    }

    /// Sends raw text over HTTP, or a WebSocket message.
    pub(super) async fn send(&mut self, text: &str) {
        match &mut self.socket {
            Socket::Http(socket) => socket.write_all(text.as_bytes()).await.unwrap(),
            Socket::WebSocket(socket) => socket.sink.send(Message::text(text)).await.unwrap(),
        }
    }

    /// Sends raw bytes over HTTP.
    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        let Socket::Http(socket) = &mut self.socket else {
            panic!("not an HTTP connection");
        };
        socket.write_all(bytes).await.unwrap();
    }

    /// Sends an event of the requested stream.
    pub(super) async fn send_event(&mut self, name: &str, payload: &str) {
        let stream = &self.subscribed;
        let text = match self.socket {
            Socket::Http(_) => format!("event: {name}\ndata: {payload}\n\n"),
            Socket::WebSocket(_) => {
                json!({ "stream": stream, "event": name, "payload": payload }).to_string()
            }
        };
        self.send(&text).await;
    }

    /// Sends new statuses with these IDs.
    pub(super) async fn send_statuses(&mut self, ids: impl IntoIterator<Item = u64>) {
        for id in ids {
            self.send_event("update", &status(id)).await;
        }
    }

    /// Sends heartbeats until the returned guard is dropped, which closes the connection.
    pub(super) fn send_heartbeats(mut self) -> HeartbeatGuard {
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(15)).await;
                match &mut self.socket {
                    Socket::Http(_) => self.send(":thump\n").await,
                    Socket::WebSocket(socket) => {
                        let ping = Message::Ping("".into());
                        socket.sink.send(ping).await.unwrap();
                    }
                }
            }
        });
        HeartbeatGuard(task.abort_handle())
    }

    /// Closes the WebSocket with a code and a reason.
    pub(super) async fn close(&mut self, code: u16, reason: &str) {
        let Socket::WebSocket(socket) = &mut self.socket else {
            panic!("not a WebSocket");
        };
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        let close = Message::Close(Some(frame));
        socket.sink.send(close).await.unwrap();
    }

    /// Waits until the client closes the connection.
    pub(super) async fn wait_until_closed(mut self) {
        let Socket::Http(socket) = &mut self.socket else {
            while self.next_message().await.is_some() {}
            return;
        };
        let mut bytes = [0; 64];
        while !matches!(socket.read(&mut bytes).await, Ok(0) | Err(_)) {}
    }
}

/// A connection over which only heartbeats are sent.
pub(super) struct HeartbeatGuard(AbortHandle);

impl Drop for HeartbeatGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn add_to(lists: &Lists, path: &'static str, ids: impl IntoIterator<Item = u64>) {
    let mut lists = lists.lock().unwrap();
    if !lists.iter().any(|(suffix, _)| *suffix == path) {
        lists.push((path, Vec::new()));
    }
    let list = lists.iter_mut().find(|(suffix, _)| *suffix == path);
    list.unwrap().1.extend(ids);
}

/// The values of the query parameters of a request.
fn query_values(head: &str) -> Vec<String> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(_, value)| value.into_owned()).collect()
}

async fn read_head(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A page of a list as Mastodon returns it: newest first, `min_id` directly after the position.
fn list_page(
    lists: &[(&str, Vec<u64>)],
    odd_items: &HashMap<u64, String>,
    path: &str,
    links_next: bool,
) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let Some((name, ids)) = lists.iter().find(|(name, _)| path.ends_with(name)) else {
        return response(404, "", r#"{"error":"Record not found"}"#);
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
        .map(|id| match (odd_items.get(id), *name) {
            (Some(json), _) => json.clone(),
            (None, "/notifications") => notification(*id),
            (None, "/conversations") => conversation(*id, *id),
            (None, _) => status(*id),
        })
        .collect();
    let link = match page.first() {
        Some(oldest) if links_next => {
            format!("link: <http://127.0.0.1{path}?max_id={oldest}>; rel=\"next\"\r\n")
        }
        _ => String::new(),
    };
    response(200, &link, &format!("[{}]", items.join(",")))
}

fn account() -> &'static str {
    r#"{"id":"1","username":"ada","acct":"ada","url":"https://a.example/@ada","created_at":"2024-01-01T00:00:00Z"}"#
}

/// A timestamp derived from an ID.
fn created_at(id: u64) -> String {
    let second = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(id).unwrap()).unwrap();
    second.to_string()
}

pub(super) fn status(id: u64) -> String {
    format!(
        r#"{{"id":"{id}","created_at":"{}","content":"No. {id}","visibility":"public","account":{}}}"#,
        created_at(id),
        account()
    )
}

pub(super) fn notification(id: u64) -> String {
    format!(
        r#"{{"id":"{id}","type":"follow","created_at":"{}","account":{}}}"#,
        created_at(id),
        account()
    )
}

pub(super) fn conversation(id: u64, last: u64) -> String {
    format!(
        r#"{{"id":"{id}","unread":true,"accounts":[],"last_status":{}}}"#,
        status(last)
    )
}
