//! Server-sent events transport: one subscription per connection.

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
use super::{
    HubConnection, Labels, StreamError, Subscription, Transport, authenticate, query, query_delay,
    register,
};
use crate::connection::Peer;
use crate::server::Shared;

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);

/// Opens a stream if the request is authorized.
pub(super) async fn open(
    shared: &Arc<Shared>,
    peer: &Peer,
    path: String,
    request: Request,
) -> Result<HttpResponse, StreamError> {
    if shared.hub.behavior().labels == Labels::GoToSocial {
        return Err(StreamError::not_found("Not Found"));
    }
    let (params, headers) = (query(&request), request.into_parts().0.headers);
    let has_old_forms = shared.hub.behavior().old_forms;
    let stream = Subscription::stream_for_path(&path, &params);
    if stream.is_none() && !has_old_forms {
        return Err(StreamError::bad_request("Unknown channel requested"));
    }
    authenticate(&shared.state(), &headers, &params)?;
    let stream = stream.ok_or(StreamError::not_found("Not found"))?;
    let delay = query_delay(shared, stream.name);
    if !delay.is_zero() {
        sleep(delay).await;
    }
    // The lock is held until the connection is registered, so that revoking the token closes the connection.
    let state = shared.state();
    let token = authenticate(&state, &headers, &params)?;
    let subscription = Subscription::new(&state, &token, Some(stream), &params)?;
    let connection = register(
        shared,
        &state,
        Transport::Sse,
        path,
        &token,
        vec![subscription],
    );
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
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(if has_old_forms {
            "no-store"
        } else {
            "private, no-store"
        }),
    );
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
        _closed = deliver(&shared, &mut connection, &chunks) => {}
    }
}

/// Executes commands until the stream ends. An error means that the client has disconnected.
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
            biased;
            command = connection.commands.recv() => match command {
                Some(command) => vec![command],
                None => return Ok(()),
            },
            _ = heartbeats.tick() => {
                // Due tasks produce events even if no request triggers them.
                drop(shared.state());
                connection.registration.heartbeat_commands()
            }
        };
        for command in commands {
            match command {
                Command::Send(mut data) => {
                    // The streaming server writes the two lines of an event separately.
                    let name = data.iter().position(|byte| *byte == b'\n');
                    send(data.split_to(name.map_or(0, |end| end + 1))).await?;
                    send(data).await?;
                }
                Command::SendRaw(bytes) => send(bytes).await?,
                Command::Heartbeat if shared.hub.behavior().old_forms => {
                    send(Bytes::from_static(b":thump\n")).await?;
                }
                Command::Heartbeat => send(Bytes::from_static(b":thump\n\n")).await?,
                Command::Delay(delay) => sleep(delay).await,
                Command::SendPartAndCut(message, length) => {
                    send(message.slice(..length.min(message.len()))).await?;
                    chunks.send(Chunk::Break).await?;
                    // The body fails, hyper closes the connection and drops the receiver.
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
    /// Fails the body, so that the connection is closed.
    Break,
}

/// Response body of an event stream.
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
            // hyper flushes its write buffer only when the body is pending, so that the part before is sent.
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
