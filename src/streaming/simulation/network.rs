//! The network between the client and the model server, with its failures.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use mastodon_test_server::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use super::cable::{End, Switch, cable};
use super::random::Random;
use crate::http::test_network::{Connection, Network};

/// A network of which a schedule decides what works.
#[derive(Clone)]
pub(super) struct SimulatedNetwork(Arc<Mutex<State>>);

struct State {
    server: Arc<TestServer>,
    random: Random,
    host: Host,
    rest: Service,
    streaming: Service,
    /// Connections of streams.
    streams: Vec<Switch>,
    /// Times of the requests for streams.
    attempts: Vec<Instant>,
}

/// Whether the host accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Up,
    Refuses,
    /// Connections fail only after a timeout.
    Unreachable,
}

/// How requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Works,
    /// A proxy answers with a web page of this status.
    Page(u16),
    /// The server refuses with this status and Mastodon's JSON.
    Refuses(u16),
    Hangs,
}

impl Service {
    /// Returns the response, if the server does not answer itself.
    fn response(self) -> Option<String> {
        let (status, content_type, body) = match self {
            Self::Works => return None,
            Self::Hangs => return Some(String::new()),
            Self::Page(status) => (status, "text/html", "<html><body>Bad gateway</body></html>"),
            Self::Refuses(status) => (
                status,
                "application/json",
                r#"{"error":"This action is not allowed"}"#,
            ),
        };
        let length = body.len();
        Some(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        ))
    }
}

/// Time after which a connection to an unreachable host fails.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl SimulatedNetwork {
    pub(super) fn new(server: Arc<TestServer>, random: Random) -> Self {
        Self(Arc::new(Mutex::new(State {
            server,
            random,
            host: Host::Up,
            rest: Service::Works,
            streaming: Service::Works,
            streams: Vec::new(),
            attempts: Vec::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_host(&self, host: Host) {
        let mut state = self.lock();
        state.host = host;
        if host != Host::Up {
            state.streams.drain(..).for_each(|stream| stream.cut());
        }
    }

    pub(super) fn set_rest(&self, service: Service) {
        self.lock().rest = service;
    }

    pub(super) fn set_streaming(&self, service: Service) {
        self.lock().streaming = service;
    }

    pub(super) fn cut_streams(&self) {
        self.lock()
            .streams
            .drain(..)
            .for_each(|stream| stream.cut());
    }

    pub(super) fn silence_streams(&self) {
        self.lock()
            .streams
            .drain(..)
            .for_each(|stream| stream.silence());
    }

    /// Returns the times of the requests for streams.
    pub(super) fn attempts(&self) -> Vec<Instant> {
        self.lock().attempts.clone()
    }

    async fn open(&self, is_stream: bool) -> io::Result<Box<dyn Connection>> {
        let (host, latency) = {
            let mut state = self.lock();
            if is_stream {
                state.attempts.push(Instant::now());
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
        let (client, server, switch) = cable(latency);
        let service = if is_stream {
            state.streaming
        } else {
            state.rest
        };
        match service.response() {
            Some(response) => {
                tokio::spawn(respond(server, response));
            }
            None => state.server.serve_connection(server),
        }
        if is_stream {
            state.streams.retain(Switch::is_open);
            state.streams.push(switch);
        }
        Ok(Box::new(client))
    }
}

/// Sends a response after the head of a request, or waits for the client to give up.
async fn respond(mut connection: End, response: String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    if response.is_empty() {
        let _client_gave_up = connection.read_u8().await;
        return;
    }
    let _client_gone = connection.write_all(response.as_bytes()).await;
}

impl Network for SimulatedNetwork {
    fn connect(
        &self,
        uri: &Uri,
    ) -> Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + '_>> {
        let is_stream = uri.path().starts_with("/api/v1/streaming");
        Box::pin(self.open(is_stream))
    }
}
