//! WebSocket handshake.

use http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::host::streaming_host;
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::error::Error;
use crate::streaming::generated::Channel;

pub(crate) type WebSocket = WebSocketStream<reqwest::Upgraded>;

/// Maximum size of a message in bytes. A larger message closes the connection; `max_event_size` limits single
/// events.
const MAX_MESSAGE_SIZE: usize = 16 << 20;

/// Opens a WebSocket. The URL contains the first channel, because some servers support no other way to
/// subscribe.
pub(crate) async fn open_websocket(
    client: &Mastodon,
    channel: &Channel,
) -> Result<WebSocket, Error> {
    let (core, endpoint) = (client.core(), &STREAM_OPEN_WEBSOCKET);
    let base = streaming_host(client).await?;
    let mut request = Request::new(core, endpoint).with("stream", channel.name());
    if let Some((name, value)) = channel.argument() {
        request.set(name, value.to_owned());
    }
    let mut request = request.http_to(&base)?;
    let key = generate_key();
    let headers = request.headers_mut();
    headers.remove(header::ACCEPT);
    for (name, value) in [
        (header::CONNECTION, "Upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let key_value =
        HeaderValue::try_from(&key).map_err(|error| Error::internal(error.to_string()))?;
    headers.insert(header::SEC_WEBSOCKET_KEY, key_value);
    let timeout = core.settings.timeout;
    let response = core
        .transport
        .open_http1(endpoint.name, request, core.token.as_ref(), timeout)
        .await?;
    let host = || base.host_str().unwrap_or_default().to_owned();
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        if response.status().is_success() {
            return Err(Error::NotMastodon {
                endpoint: endpoint.name,
                host: host(),
                is_write: false,
            });
        }
        let error = core.transport.read_error(endpoint.name, response, timeout);
        return Err(error.await);
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
        .max_message_size(Some(MAX_MESSAGE_SIZE))
        .max_frame_size(Some(MAX_MESSAGE_SIZE));
    Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
}
