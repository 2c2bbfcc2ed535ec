use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::Uri;
use mastodon_test_server::TestServer;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::time::advance;
use tokio_tungstenite::accept_async;

use super::*;
use crate::facts::ServerVersion;
use crate::http::test_network::{Connecting, Connection, Network, TestNetwork};
use crate::streaming::subscription::topics::UNUSED_SUBSCRIPTION_TTL;
use crate::streaming::{EventStream, StreamTransport};

const URL: &str = "http://127.0.0.1:1";

/// A server whose WebSocket always has another event for the client, once `is_flooding` is set. It forwards the requests
/// that it receives over the WebSocket.
struct FloodingServer {
    rest: TestServer,
    is_flooding: Arc<AtomicBool>,
    requests: mpsc::UnboundedSender<String>,
}

impl Network for FloodingServer {
    fn connect(&self, uri: &Uri) -> Connecting<'_> {
        let (client, server) = duplex(1 << 16);
        if uri.path() != STREAM_OPEN_WEBSOCKET.path {
            self.rest.serve_connection(server);
            return connected(client);
        }
        let requests = self.requests.clone();
        tokio::spawn(async move {
            let mut socket = accept_async(server).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    let _test_ended = requests.send(text.to_string());
                }
            }
        });
        connected(FloodedConnection {
            connection: client,
            is_flooding: Arc::clone(&self.is_flooding),
            events: 0,
            frame: Vec::new(),
        })
    }
}

fn connected<'a>(connection: impl Connection) -> Connecting<'a> {
    let connection: Box<dyn Connection> = Box::new(connection);
    Box::pin(async move { Ok(connection) })
}

/// The client's end of a connection to a [`FloodingServer`].
struct FloodedConnection {
    connection: DuplexStream,
    is_flooding: Arc<AtomicBool>,
    events: u64,
    /// Part of the last event that was not read yet.
    frame: Vec<u8>,
}

impl AsyncRead for FloodedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_flooding.load(Ordering::Relaxed) {
            return Pin::new(&mut self.connection).poll_read(context, buffer);
        }
        if self.frame.is_empty() {
            self.events += 1;
            self.frame = deletion_frame(self.events);
        }
        let len = buffer.remaining().min(self.frame.len());
        let rest = self.frame.split_off(len);
        buffer.put_slice(&self.frame);
        self.frame = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FloodedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

/// An event of the public stream as a WebSocket frame: an unmasked text of less than 126 bytes.
fn deletion_frame(id: u64) -> Vec<u8> {
    let text = format!(r#"{{"stream":["public"],"event":"delete","payload":"{id}"}}"#);
    let mut frame = vec![0x81, u8::try_from(text.len()).unwrap()];
    frame.extend(text.as_bytes());
    frame
}

async fn take_events(events: &mut EventStream, count: usize) {
    for _ in 0..count {
        events.next().await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn unused_subscription_ends_in_time_although_other_events_arrive_without_a_pause() {
    let is_flooding = Arc::new(AtomicBool::new(false));
    let (sender, mut requests) = mpsc::unbounded_channel();
    let rest = TestServer::builder().in_memory(URL).start().await.unwrap();
    let token = rest.token("alice", "read");
    let network = FloodingServer {
        rest,
        is_flooding: Arc::clone(&is_flooding),
        requests: sender,
    };
    let client = Mastodon::builder(URL)
        .access_token(token)
        .network(TestNetwork(Arc::new(network)))
        .server_version(ServerVersion::parse("4.6.5", None))
        .build()
        .unwrap();
    let websocket = StreamTransport::WebSocket;
    let public = client.stream_public().transport(websocket).backfill(false);
    let mut public = public.buffer(16).await.unwrap();
    let local = client.stream_local().transport(websocket);
    drop(local.backfill(false).await.unwrap());
    let mut is_unsubscribed = || {
        let mut requests = std::iter::from_fn(|| requests.try_recv().ok());
        requests.any(|request| request.contains("unsubscribe"))
    };
    is_flooding.store(true, Ordering::Relaxed);

    // In steps that are shorter than the time for which the hub waits for a slow stream.
    let step = Duration::from_millis(100);
    let mut elapsed = Duration::ZERO;
    while elapsed + step < UNUSED_SUBSCRIPTION_TTL {
        take_events(&mut public, 100).await;
        assert!(!is_unsubscribed(), "after {elapsed:?}");
        advance(step).await;
        elapsed += step;
    }
    for _ in 0..5 {
        advance(step).await;
        take_events(&mut public, 100).await;
    }

    assert!(is_unsubscribed());
}
