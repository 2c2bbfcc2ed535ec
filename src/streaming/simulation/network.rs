//! The network between the client and the model server, with its failures.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use mastodon_test_server::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::cable::{End, Switch, cable};
use super::envelopes::Envelopes;
use super::random::Random;
use super::schedule::Proxy;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::http::test_network::{Connecting, Connection, Network};

/// A network whose failures are set by a schedule.
#[derive(Clone)]
pub(super) struct SimulatedNetwork(Arc<Mutex<State>>);

struct State {
    server: Arc<TestServer>,
    random: Random,
    proxy: Proxy,
    envelopes: Envelopes,
    host: Host,
    rest: Service,
    streaming: Service,
    /// Connections of streams.
    streams: Vec<Switch>,
    history: History,
}

/// What happened in the network.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Times of the requests for streams.
    pub(super) attempts: Vec<Instant>,
    /// Changes of the host.
    pub(super) hosts: Vec<(Instant, Host)>,
    /// Times from which and until which streams could fail.
    pub(super) disturbances: Vec<(Instant, Instant)>,
}

/// Whether the host accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Up,
    Refuses,
    /// Connections fail only after a timeout.
    Unreachable,
}

/// How a service responds to requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Works,
    /// A proxy responds with a web page of this status.
    Page(u16),
    /// The server refuses with this status and Mastodon's JSON.
    Refuses(u16),
    /// The server fails with this status, and an error that repeats the request.
    Echoes(u16),
    /// A stream that ends at once and requests another attempt without a delay.
    RetryAtOnce,
    /// A redirect within the origin.
    Redirects,
    Hangs,
}

impl Service {
    /// Returns the response to the head of a request. It is empty if there is none.
    fn response(self, head: &str) -> String {
        let (status, header, body) = match self {
            Self::Works | Self::Hangs => return String::new(),
            Self::Page(status) => {
                let page = "<html><body>Bad gateway</body></html>".to_owned();
                (status, "content-type: text/html".to_owned(), page)
            }
            Self::Refuses(status) => {
                let error = r#"{"error":"This action is not allowed"}"#.to_owned();
                (status, "content-type: application/json".to_owned(), error)
            }
            Self::Echoes(status) => {
                let error = serde_json::json!({ "error": format!("cannot handle {head}") });
                let header = "content-type: application/json".to_owned();
                (status, header, error.to_string())
            }
            Self::RetryAtOnce => {
                let header = "content-type: text/event-stream".to_owned();
                (200, header, "retry: 0\n\n".to_owned())
            }
            Self::Redirects => {
                let target = head.split(' ').nth(1).unwrap_or_default();
                let separator = if target.contains('?') { '&' } else { '?' };
                let header = format!("location: {target}{separator}{MOVED}");
                (301, header, String::new())
            }
        };
        let length = body.len();
        format!(
            "HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
    }
}

/// Parameter of a request that was redirected.
const MOVED: &str = "moved=1";

/// Path of the WebSocket.
const WEBSOCKET: &str = STREAM_OPEN_WEBSOCKET.path;

/// Time after which a connection to an unreachable host fails.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl SimulatedNetwork {
    pub(super) fn new(
        server: Arc<TestServer>,
        random: Random,
        proxy: Proxy,
        envelopes: Envelopes,
    ) -> Self {
        Self(Arc::new(Mutex::new(State {
            server,
            random,
            proxy,
            envelopes,
            host: Host::Up,
            rest: Service::Works,
            streaming: Service::Works,
            streams: Vec::new(),
            history: History::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_host(&self, host: Host) {
        let mut state = self.lock();
        state.host = host;
        state.history.hosts.push((Instant::now(), host));
        // An attempt that has begun fails later.
        state.disturb(CONNECT_TIMEOUT);
        if host != Host::Up {
            state.streams.drain(..).for_each(|stream| stream.cut());
        }
    }

    pub(super) fn set_rest(&self, service: Service) {
        self.lock().rest = service;
    }

    pub(super) fn set_streaming(&self, service: Service) {
        let mut state = self.lock();
        state.streaming = service;
        state.disturb(Duration::ZERO);
    }

    pub(super) fn cut_streams(&self) {
        let mut state = self.lock();
        state.disturb(Duration::ZERO);
        state.streams.drain(..).for_each(|stream| stream.cut());
    }

    pub(super) fn silence_streams(&self) {
        let mut state = self.lock();
        state.disturb(Duration::from_secs(60));
        state.streams.drain(..).for_each(|stream| stream.silence());
    }

    pub(super) fn history(&self) -> History {
        self.lock().history.clone()
    }

    async fn open(&self, uri: &Uri) -> io::Result<Box<dyn Connection>> {
        let is_stream = uri.path().starts_with(WEBSOCKET);
        let (host, latency) = {
            let mut state = self.lock();
            if is_stream {
                state.history.attempts.push(Instant::now());
            }
            (state.host, state.random.millis(1..=20))
        };
        sleep(latency).await;
        match host {
            Host::Up => {}
            Host::Refuses => return Err(io::ErrorKind::ConnectionRefused.into()),
            Host::Unreachable => {
                sleep(CONNECT_TIMEOUT).await;
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        let mut state = self.lock();
        let is_websocket = uri.path() == WEBSOCKET;
        let envelopes = if is_websocket {
            state.envelopes
        } else {
            Envelopes::Usual
        };
        let (client, server, switch) = cable(latency, envelopes);
        let is_moved = uri.query().is_some_and(|query| query.ends_with(MOVED));
        let service = match (state.streaming, state.proxy) {
            _ if !is_stream => state.rest,
            (Service::Works, Proxy::Redirects) if !is_moved => Service::Redirects,
            (Service::Works, Proxy::NoWebSockets(status)) if is_websocket => Service::Page(status),
            (service, _) => service,
        };
        match service {
            Service::Works => state.server.serve_connection(server),
            service => {
                tokio::spawn(respond(server, service));
            }
        }
        if is_stream {
            state.streams.retain(Switch::is_open);
            state.streams.push(switch);
        }
        Ok(Box::new(client))
    }
}

impl State {
    /// Records that streams may fail until this time from now.
    fn disturb(&mut self, duration: Duration) {
        let now = Instant::now();
        self.history.disturbances.push((now, now + duration));
    }
}

/// Sends a response after the head of a request, or waits for the client to give up.
async fn respond(mut connection: End, service: Service) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let response = service.response(&String::from_utf8_lossy(&head));
    if response.is_empty() {
        let _client_gave_up = connection.read_u8().await;
        return;
    }
    let _client_gone = connection.write_all(response.as_bytes()).await;
}

impl Network for SimulatedNetwork {
    fn connect(&self, uri: &Uri) -> Connecting<'_> {
        let uri = uri.clone();
        Box::pin(async move { self.open(&uri).await })
    }
}
