//! WebSocket transport: one connection with any number of subscriptions.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response as HttpResponse;
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

use super::hub::Command;
use super::requests::{RequestKind, Requests, SubscriptionRequest};
use super::{
    HubConnection, Labels, Registration, StreamError, Subscription, Transport, authenticate,
    find_stream, query, query_delay, register,
};
use crate::server::Shared;
use crate::state::{State, Token};

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);
/// Time that the client has to confirm a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of a client message in bytes.
const MAX_MESSAGE_BYTES: usize = 64 << 10;
const BINARY_NOT_SUPPORTED: &str = "The mastodon streaming server does not support binary messages";

type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) fn is_upgrade_request(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Upgrades a request to a WebSocket connection.
pub(super) fn open(shared: &Arc<Shared>, path: String, mut request: Request) -> HttpResponse {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let key = key.map(|key| derive_accept_key(key.as_bytes()));
    let key = key.and_then(|key| HeaderValue::try_from(key).ok());
    let (Some(key), Some(upgrade)) = (key, upgrade) else {
        let error = StreamError::bad_request("Not a WebSocket");
        return error.into_upgrade_response(&shared.hub.behavior());
    };
    let params = query(&request);
    // The lock is held until the connection is registered, so that revoking the token closes the connection.
    let state = shared.state();
    let token = match authenticate(&state, headers, &params) {
        Ok(token) => token,
        Err(error) => return error.into_upgrade_response(&shared.hub.behavior()),
    };
    let connection = register(
        shared,
        &state,
        Transport::WebSocket,
        path,
        &token,
        Vec::new(),
    );
    let mut session = Session {
        shared: Arc::clone(shared),
        token,
        requests: Requests::default(),
    };
    // Of a repeated parameter, the first value counts.
    let stream = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "stream")
        .map(|(_, stream)| stream.into_owned());
    let stream = stream.filter(|stream| !stream.is_empty());
    let first_message = stream.and_then(|stream| {
        let request = SubscriptionRequest {
            kind: RequestKind::Subscribe,
            stream,
            params,
        };
        session.start(&state, &connection.registration, request)
    });
    drop(state);
    tokio::spawn(session.run(connection, upgrade, first_message));
    switching_protocols(key, headers.get(header::SEC_WEBSOCKET_PROTOCOL))
}

/// Returns the response 101 that completes the upgrade.
fn switching_protocols(key: HeaderValue, protocol: Option<&HeaderValue>) -> HttpResponse {
    let mut response = HttpResponse::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, key);
    // The first of several subprotocols is accepted.
    let protocol = protocol.and_then(|protocols| protocols.as_bytes().split(|c| *c == b',').next());
    if let Some(protocol) =
        protocol.and_then(|name| HeaderValue::from_bytes(name.trim_ascii()).ok())
    {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// WebSocket session of a client.
struct Session {
    shared: Arc<Shared>,
    token: Token,
    requests: Requests,
}

impl Session {
    async fn run(
        mut self,
        mut connection: HubConnection,
        upgrade: OnUpgrade,
        first_message: Option<String>,
    ) {
        let cut = Arc::clone(&connection.cut);
        let serving = async {
            let Ok(upgraded) = upgrade.await else { return };
            let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES));
            let io = TokioIo::new(upgraded);
            let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            // A socket error ends the session. The client notices the closed connection.
            let _ended = self
                .serve(&mut connection, &mut socket, first_message)
                .await;
        };
        tokio::select! {
            biased;
            () = cut.notified() => {}
            () = serving => {}
        }
    }

    /// Executes commands and handles client messages until the connection is closed.
    async fn serve(
        &mut self,
        connection: &mut HubConnection,
        socket: &mut Socket,
        first_message: Option<String>,
    ) -> tungstenite::Result<()> {
        if let Some(first_message) = first_message {
            socket.send(Message::text(first_message)).await?;
        }
        // One timer pings all connections, so the first ping can come at any time within the interval.
        let first = self.shared.hub.next_heartbeat(HEARTBEAT_INTERVAL);
        let mut heartbeats = interval_at(first, HEARTBEAT_INTERVAL);
        let mut has_received_pong = true;
        loop {
            let commands = tokio::select! {
                biased;
                command = connection.commands.recv() => match command {
                    Some(command) => vec![command],
                    None => return Ok(()),
                },
                message = socket.next() => match message.transpose()? {
                    Some(message) => {
                        has_received_pong |= matches!(message, Message::Pong(_));
                        self.handle_message(&connection.registration, &message)
                    }
                    None => return Ok(()),
                },
                request = self.requests.next() => {
                    let state = self.shared.state();
                    let reply = self.finish(&state, &connection.registration, &request);
                    reply.map(|text| Command::Send(text.into())).into_iter().collect()
                }
                _ = heartbeats.tick() => {
                    // A client that has not responded to the previous ping is disconnected.
                    if !std::mem::take(&mut has_received_pong) {
                        return Ok(());
                    }
                    // Due tasks produce events even if no request triggers them.
                    drop(self.shared.state());
                    connection.registration.heartbeat_commands()
                }
            };
            for command in commands {
                if execute(command, connection, socket).await?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Returns the commands that respond to a client message.
    fn handle_message(&mut self, registration: &Registration, message: &Message) -> Vec<Command> {
        match message {
            Message::Text(text) => {
                let request = SubscriptionRequest::from_json(text);
                let request = request.filter(|request| {
                    let labels = self.shared.hub.behavior().labels;
                    labels == Labels::Mastodon || request.is_known_to_gotosocial()
                });
                let reply = request.and_then(|request| {
                    let shared = Arc::clone(&self.shared);
                    self.start(&shared.state(), registration, request)
                });
                reply
                    .map(|text| Command::Send(text.into()))
                    .into_iter()
                    .collect()
            }
            Message::Binary(_) => {
                vec![Command::Close(
                    CloseCode::Unsupported.into(),
                    BINARY_NOT_SUPPORTED.to_owned(),
                )]
            }
            _ => Vec::new(),
        }
    }

    /// Carries out a request, or queues it until its database query ends. Returns an error message; success has no
    /// reply.
    fn start(
        &mut self,
        state: &State,
        registration: &Registration,
        request: SubscriptionRequest,
    ) -> Option<String> {
        let delay = query_delay(&self.shared, &request.stream);
        if delay.is_zero() {
            return self.finish(state, registration, &request);
        }
        self.requests.queue(Instant::now() + delay, request);
        None
    }

    /// Carries out a request whose database query has ended. Returns an error message; success has no reply.
    fn finish(
        &self,
        state: &State,
        registration: &Registration,
        request: &SubscriptionRequest,
    ) -> Option<String> {
        let (stream, params) = (find_stream(&request.stream), &request.params);
        match request.kind {
            RequestKind::Subscribe => match Subscription::new(state, &self.token, stream, params) {
                Ok(subscription) => registration.subscribe(subscription),
                Err(error) => {
                    let message = error.to_message(&self.shared.hub.behavior());
                    return Some(message.to_string());
                }
            },
            RequestKind::Unsubscribe => {
                match Subscription::resolve(state, &self.token, stream, params) {
                    Ok(subscription) => registration.unsubscribe(&subscription),
                    Err(_) => {
                        let message = json!({ "error": "Error unsubscribing from channel" });
                        return Some(message.to_string());
                    }
                }
            }
        }
        None
    }
}

/// Executes a command. Breaks if the connection is finished.
async fn execute(
    command: Command,
    connection: &mut HubConnection,
    socket: &mut Socket,
) -> tungstenite::Result<ControlFlow<()>> {
    match command {
        Command::Send(text) => send(socket, text).await?,
        Command::SendRaw(bytes) => send_raw(socket, &bytes, bytes.len()).await?,
        Command::Heartbeat => socket.send(Message::Ping(Bytes::new())).await?,
        Command::Delay(delay) => sleep(delay).await,
        Command::SendPartAndCut(message, length) => {
            send_raw(socket, &message, length).await?;
            return Ok(ControlFlow::Break(()));
        }
        Command::Stall => {
            stall(connection, socket).await?;
            return Ok(ControlFlow::Break(()));
        }
        Command::Close(code, reason) => {
            let (code, reason) = (code.into(), reason.into());
            close(socket, Some(CloseFrame { code, reason })).await?;
            return Ok(ControlFlow::Break(()));
        }
        Command::End => {
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

/// Sends the first `length` bytes of a text frame with the given content. The content can be invalid UTF-8.
async fn send_raw(socket: &mut Socket, content: &[u8], length: usize) -> tungstenite::Result<()> {
    socket.flush().await?;
    let header = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    let mut frame = Vec::new();
    header.format(content.len() as u64, &mut frame)?;
    frame.extend(content.iter().take(length));
    let io = socket.get_mut();
    io.write_all(&frame).await?;
    io.flush().await?;
    Ok(())
}

/// Sends nothing and ignores all input until the client closes the connection.
async fn stall(connection: &mut HubConnection, socket: &mut Socket) -> tungstenite::Result<()> {
    let commands_drained = async { while connection.commands.recv().await.is_some() {} };
    let client_closed = async {
        let mut ignored = [0; 1024];
        while socket.get_mut().read(&mut ignored).await? > 0 {}
        Ok::<(), io::Error>(())
    };
    tokio::select! {
        biased;
        () = commands_drained => {}
        result = client_closed => result?,
    }
    Ok(())
}

/// Sends a close frame and waits for the client to confirm it.
async fn close(socket: &mut Socket, frame: Option<CloseFrame>) -> tungstenite::Result<()> {
    socket.close(frame).await?;
    let confirmed = async { while let Some(Ok(_)) = socket.next().await {} };
    // After the timeout the connection is closed without confirmation.
    let _late = timeout(CLOSE_TIMEOUT, confirmed).await;
    Ok(())
}
