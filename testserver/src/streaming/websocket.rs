//! The WebSocket, which carries several streams at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, FrameHeader, Utf8Bytes};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::hub::Order;
use super::{Place, Refusal, Seat, Subscription, Transport, named, query, seat, token};
use crate::params::{Params, parse};
use crate::server::Shared;
use crate::state::Token;

const HEARTBEAT: Duration = Duration::from_secs(30);
/// How long the other side has to confirm that the connection is closed.
const CLOSING: Duration = Duration::from_secs(30);
/// The longest message that is read.
const MAX_MESSAGE: usize = 64 << 10;
const BINARY: &str = "The mastodon streaming server does not support binary messages";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) fn is_asked_for(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Lets the request's connection become a WebSocket.
pub(super) fn open(shared: &Arc<Shared>, path: String, mut request: Request) -> Response<Body> {
    let params = query(&request);
    let token = match token(shared, request.headers(), &params) {
        Ok(token) => token,
        Err(refusal) => return refusal.into_bare_response(),
    };
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY);
    let key = key.map(|key| derive_accept_key(key.as_bytes()));
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let (Some(key), Some(upgrade)) = (key, upgrade) else {
        return Refusal::bad("Not a WebSocket").into_bare_response();
    };
    let session = Session {
        shared: Arc::clone(shared),
        token,
    };
    let (first, mut greeting) = (params.filled("stream"), None);
    let seat = seat(
        shared,
        Transport::WebSocket,
        path,
        &session.token,
        Vec::new(),
    );
    if let Some(name) = first {
        greeting = session.subscribe(&seat.place, &name, &params);
    }
    let headers = request.headers();
    let protocol = headers.get(header::SEC_WEBSOCKET_PROTOCOL).cloned();
    tokio::spawn(session.run(seat, upgrade, greeting));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::try_from(key) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// Somebody at the other end of a WebSocket.
struct Session {
    shared: Arc<Shared>,
    token: Token,
}

impl Session {
    async fn run(self, mut seat: Seat, upgrade: OnUpgrade, greeting: Option<String>) {
        let cut = Arc::clone(&seat.cut);
        let talk = async {
            let Ok(upgraded) = upgrade.await else { return };
            let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE));
            let io = TokioIo::new(upgraded);
            let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            // Whatever ends it, the other side sees it.
            let _ended = self.talk(&mut seat, &mut socket, greeting).await;
        };
        tokio::select! {
            biased;
            () = cut.notified() => {}
            () = talk => {}
        }
    }

    /// Sends what comes in and follows what the other side asks, until either has enough.
    async fn talk(
        &self,
        seat: &mut Seat,
        socket: &mut Socket,
        greeting: Option<String>,
    ) -> tungstenite::Result<()> {
        if let Some(greeting) = greeting {
            socket.send(Message::text(greeting)).await?;
        }
        let mut beats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut alive = true;
        loop {
            let orders = tokio::select! {
                order = seat.orders.recv() => match order {
                    Some(order) => vec![order],
                    None => return Ok(()),
                },
                message = socket.next() => {
                    let answer = match message {
                        None => return Ok(()),
                        Some(Ok(Message::Text(text))) => self.follow(&seat.place, &text),
                        Some(Ok(Message::Binary(_))) => {
                            return close(socket, CloseCode::Unsupported, BINARY).await;
                        }
                        Some(Ok(Message::Pong(_))) => {
                            alive = true;
                            None
                        }
                        Some(Ok(_)) => None,
                        Some(Err(error)) => return Err(error),
                    };
                    if let Some(answer) = answer {
                        socket.send(Message::text(answer)).await?;
                    }
                    continue;
                }
                _ = beats.tick() => {
                    if !alive {
                        return Ok(());
                    }
                    alive = false;
                    // What is due by now is an event, too.
                    drop(self.shared.state());
                    seat.place.heartbeat()
                }
            };
            for order in orders {
                match order {
                    Order::Send(text) => send(socket, text).await?,
                    Order::Raw(bytes) => raw(socket, &bytes, bytes.len()).await?,
                    Order::Beat => socket.send(Message::Ping(Bytes::new())).await?,
                    Order::Wait(by) => sleep(by).await,
                    Order::Cut(whole, at) => {
                        raw(socket, &whole, at).await?;
                        return Ok(());
                    }
                    Order::Silence => return until_gone(seat, socket).await,
                    Order::Close(code, reason) => {
                        return close(socket, code.into(), &reason).await;
                    }
                    Order::End => {
                        socket.close(None).await?;
                        return confirmed(socket).await;
                    }
                }
            }
        }
    }

    /// Does what a message asks. Tells what to answer; what is understood has no answer.
    fn follow(&self, place: &Place, text: &str) -> Option<String> {
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let params = parse::of_json(message)?;
        let name = params.list("stream").into_iter().next();
        let name = name.unwrap_or_default();
        match params.text("type")?.as_str() {
            "subscribe" => self.subscribe(place, &name, &params),
            "unsubscribe" => self.unsubscribe(place, &name, &params),
            _ => None,
        }
    }

    fn subscribe(&self, place: &Place, name: &str, params: &Params) -> Option<String> {
        let found = Subscription::new(&self.shared.state(), &self.token, named(name), params);
        match found {
            Ok(subscription) => {
                place.subscribe(subscription);
                None
            }
            Err(refusal) => Some(refusal.frame().to_string()),
        }
    }

    fn unsubscribe(&self, place: &Place, name: &str, params: &Params) -> Option<String> {
        let state = self.shared.state();
        match Subscription::resolve(&state, &self.token, named(name), params) {
            Ok(subscription) => {
                place.unsubscribe(&subscription);
                None
            }
            Err(_) => Some(json!({ "error": "Error unsubscribing from channel" }).to_string()),
        }
    }
}

async fn send(socket: &mut Socket, text: Bytes) -> tungstenite::Result<()> {
    let text = Utf8Bytes::try_from(text)?;
    socket.send(Message::Text(text)).await
}

/// Sends a text message of these bytes, whatever they are, or just the first of them.
async fn raw(socket: &mut Socket, whole: &[u8], length: usize) -> tungstenite::Result<()> {
    socket.flush().await?;
    let header = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    let mut frame = Vec::new();
    header.format(whole.len() as u64, &mut frame)?;
    frame.extend(whole.iter().take(length));
    let io = socket.get_mut();
    io.write_all(&frame).await?;
    io.flush().await?;
    Ok(())
}

/// Reads and sends nothing any more, until the other side gives up.
async fn until_gone(seat: &mut Seat, socket: &mut Socket) -> tungstenite::Result<()> {
    let drained = async { while seat.orders.recv().await.is_some() {} };
    let gone = async {
        let mut ignored = [0; 1024];
        while socket.get_mut().read(&mut ignored).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    tokio::select! {
        () = drained => {}
        gone = gone => gone?,
    }
    Ok(())
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &str) -> tungstenite::Result<()> {
    let reason = reason.into();
    socket.close(Some(CloseFrame { code, reason })).await?;
    confirmed(socket).await
}

/// Waits for the other side to confirm that the connection is closed.
async fn confirmed(socket: &mut Socket) -> tungstenite::Result<()> {
    let closed = async { while let Some(Ok(_)) = socket.next().await {} };
    // Who does not confirm in time is cut.
    let _late = timeout(CLOSING, closed).await;
    Ok(())
}
