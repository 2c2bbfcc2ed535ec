//! WebSocket handshake.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use super::host::streaming_host;
use super::refusal::read_refusal;
use super::request::open;
use crate::call::core::Core;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::transport::open::HttpVersion;
use crate::streaming::generated::Channel;
use crate::streaming::support::{TokenLocation, streaming_support};

pub(crate) type WebSocket = WebSocketStream<reqwest::Upgraded>;

/// Maximum size of a message in bytes. A larger message closes the connection; `max_event_size` limits single
/// events.
const MAX_MESSAGE_SIZE: usize = 16 << 20;

/// Size of the buffer for received messages in bytes, which each WebSocket holds. Events have a few kilobytes. Its free
/// part is filled with zeros before each read, so that a larger one is slower, too.
const READ_BUFFER_SIZE: usize = 16 << 10;

/// Opens a WebSocket. The URL contains the first channel, because some servers support no other way to
/// subscribe.
///
/// Some software ignores the header `Authorization`. Only such a server receives the token elsewhere, and only at its own
/// origin: proxies log URLs and subprotocols.
pub(crate) async fn open_websocket(
    client: &Mastodon,
    channel: &Channel,
) -> Result<WebSocket, Error> {
    let core = client.core();
    let base = streaming_host(client).await?;
    let mut locations: &[_] = &[TokenLocation::Header];
    if core.token.is_some() && base.origin() == core.base.origin() {
        locations = streaming_support(client).await.token;
    }
    let key = generate_key();
    let (last, others) = locations
        .split_last()
        .unwrap_or((&TokenLocation::Header, &[]));
    for location in others {
        let response = request_upgrade(core, &base, channel, &key, *location).await?;
        if !matches!(response.status().as_u16(), 401 | 403) {
            return accept(core, &base, &key, response).await;
        }
    }
    let response = request_upgrade(core, &base, channel, &key, *last).await?;
    accept(core, &base, &key, response).await
}

/// Sends the handshake, with the access token in one location.
async fn request_upgrade(
    core: &Arc<Core>,
    base: &Url,
    channel: &Channel,
    key: &str,
    location: TokenLocation,
) -> Result<reqwest::Response, Error> {
    let mut request = Request::new(core, &STREAM_OPEN_WEBSOCKET).with("stream", channel.name());
    if let Some((name, value)) = channel.argument() {
        request.set(name, value.to_owned());
    }
    let token = core.token.as_ref();
    if let (TokenLocation::Query, Some(token)) = (location, token) {
        request.set("access_token", token.secret().expose().to_owned());
    }
    let mut request = request.http_to(base)?;
    let headers = request.headers_mut();
    headers.remove(header::ACCEPT);
    for (name, value) in [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let key = HeaderValue::try_from(key).map_err(|error| Error::internal(error.to_string()))?;
    headers.insert(header::SEC_WEBSOCKET_KEY, key);
    if let (TokenLocation::Subprotocol, Some(token)) = (location, token) {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, token.subprotocol()?);
    }
    let authorization = token.filter(|_| location == TokenLocation::Header);
    let version = HttpVersion::Http1;
    open(
        core,
        &STREAM_OPEN_WEBSOCKET,
        request,
        authorization,
        version,
    )
    .await
}

/// Returns the WebSocket that the server has opened.
async fn accept(
    core: &Core,
    base: &Url,
    key: &str,
    response: reqwest::Response,
) -> Result<WebSocket, Error> {
    let endpoint = &STREAM_OPEN_WEBSOCKET;
    let host = || base.host_str().unwrap_or_default().to_owned();
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        if response.status().is_success() {
            return Err(Error::NotMastodon {
                endpoint: endpoint.name.into(),
                host: host(),
                is_write: false,
            });
        }
        return Err(read_refusal(core, endpoint, response).await);
    }
    let accept = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    if accept.is_none_or(|accept| accept != derive_accept_key(key.as_bytes()).as_str()) {
        let reason = format!("{} returned a wrong `Sec-WebSocket-Accept` header", host());
        return Err(Error::stream(endpoint.name, reason));
    }
    let upgraded = response.upgrade().await.map_err(|error| {
        let error = error.without_url();
        let reason = format!("the WebSocket upgrade failed: {error}");
        Error::stream(endpoint.name, reason)
    })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_SIZE)
        .max_message_size(Some(MAX_MESSAGE_SIZE))
        .max_frame_size(Some(MAX_MESSAGE_SIZE));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}
