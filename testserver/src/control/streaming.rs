//! Streaming connections: list, close, silence, send events.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ControlError;
use super::create::create;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use super::requests::wait;
use crate::seed::Reference;
use crate::streaming::{Streaming, StreamingConnection, Transport};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/streaming/connections", "Lists the open streaming connections, oldest first.", list: ConnectionsQuery => Vec<ConnectionInfo>),
    endpoint!(DELETE "/streaming/connections", "Cuts all streaming connections, as a restart of the streaming server does.", cut_all: Empty => Empty),
    endpoint!(DELETE "/streaming/connections/{id}", "Cuts a streaming connection, as a network failure does.", cut: Empty => Empty),
    endpoint!(POST "/streaming/connections/{id}/close", "Closes a streaming connection: with a code, or as the end of the response.", close: Close => Empty),
    endpoint!(POST "/streaming/connections/{id}/stall", "Stops sending on a streaming connection. It stays open.", stall: Empty => Empty),
    endpoint!(POST "/streaming/events", "Sends an event now to all open streams of a user that have it.", send: SentEvent => SentTo),
    endpoint!(POST "/streaming/heartbeat", "Sends a heartbeat on every streaming connection.", heartbeat: Empty => Empty),
];

/// Waits for connections.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct ConnectionsQuery {
    /// Waits until there are exactly so many connections.
    wait_for: Option<usize>,
    /// Waits until all connections together have exactly so many subscriptions.
    wait_for_subscriptions: Option<usize>,
    /// Seconds to wait. Default: 10.
    timeout: Option<f64>,
}

/// Open streaming connection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ConnectionInfo {
    id: u64,
    transport: TransportName,
    /// User whose access token opened the connection.
    username: String,
    /// Subscribed channels. Each is the name of the channel, followed by the hashtag or list ID if it has one.
    streams: Vec<Vec<String>>,
}

/// Transport of a streaming connection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum TransportName {
    ServerSentEvents,
    Websocket,
}

/// How a WebSocket is closed.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Close {
    /// Code of the close frame. Default: 1000.
    #[serde(default = "normal_closure")]
    #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
    code: u16,
    #[serde(default)]
    reason: String,
}

fn normal_closure() -> u16 {
    1000
}

/// Event to send.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct SentEvent {
    /// User who receives the event.
    user: Reference,
    /// Name of the event, such as `notification`.
    event: String,
    /// Payload. Default: a sample.
    #[serde(default)]
    payload: Option<Value>,
}

/// Recipients of an event.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SentTo {
    /// Number of streams that the event was sent to.
    streams: usize,
}

async fn send(call: &Call, input: SentEvent) -> Result<SentTo, ControlError> {
    let SentEvent {
        user,
        event,
        payload,
    } = input;
    let user = create(call, |seeder| seeder.local_user("user", &user))?;
    let username = call
        .shared
        .state()
        .accounts
        .get(&user)
        .map_or_else(String::new, |account| account.username.clone());
    let sent = Streaming(&call.shared).send_event(&username, &event, payload.as_ref());
    let streams = sent.map_err(|error| {
        ControlError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("event: {error}"))
    })?;
    Ok(SentTo { streams })
}

async fn list(call: &Call, query: ConnectionsQuery) -> Result<Vec<ConnectionInfo>, ControlError> {
    let streaming = Streaming(&call.shared);
    if let Some(expected) = query.wait_for {
        let reached = streaming.wait_for_connections(expected);
        wait(query.timeout, reached, || {
            format!(
                "there are {} connections, not {expected}",
                streaming.connections().len()
            )
        })
        .await?;
    }
    if let Some(expected) = query.wait_for_subscriptions {
        let reached = streaming.wait_for_subscriptions(expected);
        wait(query.timeout, reached, || {
            let connections = streaming.connections();
            let count: usize = connections
                .iter()
                .map(|connection| connection.streams.len())
                .sum();
            format!("there are {count} subscriptions, not {expected}")
        })
        .await?;
    }
    let connections = streaming.connections_with_ids().into_iter();
    Ok(connections
        .map(|(id, connection)| info(id, connection))
        .collect())
}

fn info(id: u64, connection: StreamingConnection) -> ConnectionInfo {
    let transport = if connection.transport == Transport::WebSocket {
        TransportName::Websocket
    } else {
        TransportName::ServerSentEvents
    };
    ConnectionInfo {
        id,
        transport,
        username: connection.username,
        streams: connection.streams,
    }
}

/// Returns `Ok` if the connection that the path names was found.
fn found(call: &Call, act: impl FnOnce(u64) -> bool) -> Result<Empty, ControlError> {
    let id = call.path_param();
    if id.parse().is_ok_and(act) {
        return Ok(Empty {});
    }
    Err(ControlError::not_found(format!(
        "there is no open streaming connection {id}"
    )))
}

async fn cut_all(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.hub.cut_all();
    Ok(Empty {})
}

async fn cut(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    found(call, |id| call.shared.hub.cut_connection(id))
}

async fn close(call: &Call, input: Close) -> Result<Empty, ControlError> {
    if !(1000..=4999).contains(&input.code) {
        let message = "code: a code of a close frame is from 1000 to 4999";
        return Err(ControlError::new(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    found(call, |id| {
        call.shared
            .hub
            .close_connection(id, input.code, &input.reason)
    })
}

async fn stall(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    found(call, |id| call.shared.hub.stall_connection(id))
}

async fn heartbeat(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.hub.send_heartbeats();
    Ok(Empty {})
}
