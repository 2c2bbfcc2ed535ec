//! Server-sent events.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response as HttpResponse;
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep};

use super::hub::Command;
use super::{HubConnection, StreamError, Subscription, Transport, authenticate, query, register};
use crate::connection::Peer;
use crate::server::Shared;

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Begins to stream, if the request may have what it asks for.
pub(super) fn open(
    shared: &Arc<Shared>,
    peer: &Peer,
    path: String,
    request: &Request,
) -> Result<HttpResponse, StreamError> {
    let params = query(request);
    let stream = Subscription::stream_for_path(&path, &params);
    let stream = stream.ok_or(StreamError::bad_request("Unknown channel requested"))?;
    // A token must not be revoked before there is something to end.
    let state = shared.state();
    let token = authenticate(&state, request.headers(), &params)?;
    let subscription = Subscription::new(&state, &token, Some(stream), &params)?;
    let connection = register(shared, Transport::Sse, path, &token, vec![subscription]);
    drop(state);
    let (chunks, body) = mpsc::channel(1);
    tokio::spawn(run(Arc::clone(shared), connection, peer.clone(), chunks));
    let mut response = HttpResponse::new(Body::new(EventBody {
        chunks: body,
        is_broken: false,
    }));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn run(
    shared: Arc<Shared>,
    mut connection: HubConnection,
    peer: Peer,
    chunks: mpsc::Sender<Chunk>,
) {
    let cut = Arc::clone(&connection.cut);
    tokio::select! {
        biased;
        () = cut.notified() => peer.cut(),
        () = chunks.closed() => {}
        _gone = deliver(&shared, &mut connection, &chunks) => {}
    }
}

/// Sends what comes in, until the stream ends. An error means that nobody reads it any more.
async fn deliver(
    shared: &Shared,
    connection: &mut HubConnection,
    chunks: &mpsc::Sender<Chunk>,
) -> Result<(), mpsc::error::SendError<Chunk>> {
    let send = |bytes: Bytes| chunks.send(Chunk::Data(bytes));
    send(Bytes::from_static(b":)\n")).await?;
    let mut heartbeats = interval_at(Instant::now() + HEARTBEAT_INTERVAL, HEARTBEAT_INTERVAL);
    loop {
        let commands = tokio::select! {
            command = connection.commands.recv() => match command {
                Some(command) => vec![command],
                None => return Ok(()),
            },
            _ = heartbeats.tick() => {
                // What is due by now is an event, too.
                drop(shared.state());
                connection.registration.heartbeat_commands()
            }
        };
        for command in commands {
            match command {
                Command::Send(bytes) | Command::SendRaw(bytes) => send(bytes).await?,
                Command::Heartbeat => send(Bytes::from_static(b":thump\n")).await?,
                Command::Delay(by) => sleep(by).await,
                Command::SendPartAndCut(whole, at) => {
                    send(whole.slice(..at.min(whole.len()))).await?;
                    chunks.send(Chunk::Break).await?;
                    // The break ends the connection, and that this.
                    chunks.closed().await;
                }
                Command::Stall => while connection.commands.recv().await.is_some() {},
                Command::Close(..) | Command::End => return Ok(()),
            }
        }
    }
}

#[derive(Debug)]
enum Chunk {
    Data(Bytes),
    Break,
}

/// The body of the answer.
struct EventBody {
    chunks: mpsc::Receiver<Chunk>,
    is_broken: bool,
}

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.is_broken {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        match self.chunks.poll_recv(cx) {
            Poll::Ready(Some(Chunk::Data(bytes))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            // What was sent before goes out only when there is nothing to be had for a moment.
            Poll::Ready(Some(Chunk::Break)) => {
                self.is_broken = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
