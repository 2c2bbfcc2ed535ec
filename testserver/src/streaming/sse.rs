//! Server-sent events.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Response, header};
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep};

use super::hub::Order;
use super::{Refusal, Seat, Subscription, Transport, query, seat, token};
use crate::line::Caller;
use crate::server::Shared;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Begins to stream, if the request may have what it asks for.
pub(super) fn open(
    shared: &Arc<Shared>,
    caller: &Caller,
    path: String,
    request: &Request,
) -> Result<Response<Body>, Refusal> {
    let params = query(request);
    let stream = Subscription::at_path(&path, &params);
    let stream = stream.ok_or(Refusal::bad("Unknown channel requested"))?;
    let token = token(shared, request.headers(), &params)?;
    let subscription = Subscription::new(&shared.state(), &token, Some(stream), &params)?;
    let seat = seat(shared, Transport::Sse, path, &token, vec![subscription]);
    let (pieces, body) = mpsc::channel(1);
    tokio::spawn(run(Arc::clone(shared), seat, caller.clone(), pieces));
    let mut response = Response::new(Body::new(Events {
        pieces: body,
        breaks: false,
    }));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn run(shared: Arc<Shared>, mut seat: Seat, caller: Caller, pieces: mpsc::Sender<Piece>) {
    let cut = Arc::clone(&seat.cut);
    tokio::select! {
        biased;
        () = cut.notified() => caller.cut_off(),
        () = pieces.closed() => {}
        _gone = deliver(&shared, &mut seat, &pieces) => {}
    }
}

/// Sends what comes in, until the stream ends. An error means that nobody reads it any more.
async fn deliver(
    shared: &Shared,
    seat: &mut Seat,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), mpsc::error::SendError<Piece>> {
    let send = |bytes: Bytes| pieces.send(Piece::Data(bytes));
    send(Bytes::from_static(b":)\n")).await?;
    let mut beats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    loop {
        let orders = tokio::select! {
            order = seat.orders.recv() => match order {
                Some(order) => vec![order],
                None => return Ok(()),
            },
            _ = beats.tick() => {
                // What is due by now is an event, too.
                drop(shared.state());
                seat.place.heartbeat()
            }
        };
        for order in orders {
            match order {
                Order::Send(bytes) | Order::Raw(bytes) => send(bytes).await?,
                Order::Beat => send(Bytes::from_static(b":thump\n")).await?,
                Order::Wait(by) => sleep(by).await,
                Order::Cut(whole, at) => {
                    send(whole.slice(..at.min(whole.len()))).await?;
                    pieces.send(Piece::Break).await?;
                    // The break ends the connection, and that this.
                    pieces.closed().await;
                }
                Order::Silence => while seat.orders.recv().await.is_some() {},
                Order::Close(..) | Order::End => return Ok(()),
            }
        }
    }
}

#[derive(Debug)]
enum Piece {
    Data(Bytes),
    Break,
}

/// The body of the answer.
struct Events {
    pieces: mpsc::Receiver<Piece>,
    breaks: bool,
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.breaks {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())));
        }
        match self.pieces.poll_recv(cx) {
            Poll::Ready(Some(Piece::Data(bytes))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            // What was sent before goes out only when there is nothing to be had for a moment.
            Poll::Ready(Some(Piece::Break)) => {
                self.breaks = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}
