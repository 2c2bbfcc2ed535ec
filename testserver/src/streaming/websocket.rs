//! The WebSocket, which carries several streams at once.

use std::io;
use std::ops::ControlFlow;
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
use crate::state::{State, Token};

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
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let key = key.map(|key| derive_accept_key(key.as_bytes()));
    let key = key.and_then(|key| HeaderValue::try_from(key).ok());
    let (Some(key), Some(upgrade)) = (key, upgrade) else {
        return Refusal::bad("Not a WebSocket").into_bare_response();
    };
    let params = query(&request);
    // A token must not be revoked before there is something to end.
    let state = shared.state();
    let token = match token(&state, headers, &params) {
        Ok(token) => token,
        Err(refusal) => return refusal.into_bare_response(),
    };
    let seat = seat(shared, Transport::WebSocket, path, &token, Vec::new());
    let session = Session {
        shared: Arc::clone(shared),
        token,
    };
    let first = params.filled("stream");
    let greeting = first.and_then(|name| session.subscribe(&state, &seat.place, &name, &params));
    drop(state);
    tokio::spawn(session.run(seat, upgrade, greeting));
    switched(key, headers.get(header::SEC_WEBSOCKET_PROTOCOL))
}

/// The answer that lets the connection change.
fn switched(key: HeaderValue, protocol: Option<&HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    if let Some(protocol) = protocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol.clone());
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
                message = socket.next() => match message.transpose()? {
                    Some(message) => {
                        alive |= matches!(message, Message::Pong(_));
                        self.hear(&seat.place, &message)
                    }
                    None => return Ok(()),
                },
                _ = beats.tick() => {
                    // Whoever has not answered the last one is gone.
                    if !std::mem::take(&mut alive) {
                        return Ok(());
                    }
                    // What is due by now is an event, too.
                    drop(self.shared.state());
                    seat.place.heartbeat()
                }
            };
            for order in orders {
                if obey(order, seat, socket).await?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// What to do about a message.
    fn hear(&self, place: &Place, message: &Message) -> Vec<Order> {
        match message {
            Message::Text(text) => {
                let answer = self.follow(place, text);
                answer
                    .map(|text| Order::Send(text.into()))
                    .into_iter()
                    .collect()
            }
            Message::Binary(_) => {
                vec![Order::Close(
                    CloseCode::Unsupported.into(),
                    BINARY.to_owned(),
                )]
            }
            _ => Vec::new(),
        }
    }

    /// Does what a message asks. Tells what to answer; what is understood has no answer.
    fn follow(&self, place: &Place, text: &str) -> Option<String> {
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        let params = parse::of_json(message)?;
        let name = params.list("stream").into_iter().next();
        let name = name.unwrap_or_default();
        let state = self.shared.state();
        match params.text("type")?.as_str() {
            "subscribe" => self.subscribe(&state, place, &name, &params),
            "unsubscribe" => self.unsubscribe(&state, place, &name, &params),
            _ => None,
        }
    }

    fn subscribe(
        &self,
        state: &State,
        place: &Place,
        name: &str,
        params: &Params,
    ) -> Option<String> {
        match Subscription::new(state, &self.token, named(name), params) {
            Ok(subscription) => {
                place.subscribe(subscription);
                None
            }
            Err(refusal) => Some(refusal.frame().to_string()),
        }
    }

    fn unsubscribe(
        &self,
        state: &State,
        place: &Place,
        name: &str,
        params: &Params,
    ) -> Option<String> {
        match Subscription::resolve(state, &self.token, named(name), params) {
            Ok(subscription) => {
                place.unsubscribe(&subscription);
                None
            }
            Err(_) => Some(json!({ "error": "Error unsubscribing from channel" }).to_string()),
        }
    }
}

/// Does what is to be done next. Tells whether that was the end.
async fn obey(
    order: Order,
    seat: &mut Seat,
    socket: &mut Socket,
) -> tungstenite::Result<ControlFlow<()>> {
    match order {
        Order::Send(text) => send(socket, text).await?,
        Order::Raw(bytes) => raw(socket, &bytes, bytes.len()).await?,
        Order::Beat => socket.send(Message::Ping(Bytes::new())).await?,
        Order::Wait(by) => sleep(by).await,
        Order::Cut(whole, at) => {
            raw(socket, &whole, at).await?;
            return Ok(ControlFlow::Break(()));
        }
        Order::Silence => {
            until_gone(seat, socket).await?;
            return Ok(ControlFlow::Break(()));
        }
        Order::Close(code, reason) => {
            let (code, reason) = (code.into(), reason.into());
            close(socket, Some(CloseFrame { code, reason })).await?;
            return Ok(ControlFlow::Break(()));
        }
        Order::End => {
            close(socket, None).await?;
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
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

/// Closes the connection, and waits for the other side to confirm that.
async fn close(socket: &mut Socket, frame: Option<CloseFrame>) -> tungstenite::Result<()> {
    socket.close(frame).await?;
    let confirmed = async { while let Some(Ok(_)) = socket.next().await {} };
    // Who does not confirm in time is cut.
    let _late = timeout(CLOSING, confirmed).await;
    Ok(())
}
