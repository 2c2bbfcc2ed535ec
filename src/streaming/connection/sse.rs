//! Server-sent events: one connection per stream.

use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderValue, StatusCode, header};
use tokio::time::{Instant, timeout_at};

use super::host::streaming_host;
use super::refusal::read_refusal;
use super::request::open;
use super::sse_parser::{Frame, Parser};
use super::{Received, idle_timeout_error};
use crate::call::request::Request;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::headers::header_str;
use crate::http::network_error::root_cause;
use crate::http::transport::open::HttpVersion;
use crate::streaming::generated::{Channel, StreamEvent};
use crate::streaming::stream::event::EventDecoder;
use crate::streaming::stream::open::StreamSettings;
use crate::streaming::support::streaming_support;

/// Returns the request that opens a channel over server-sent events.
pub(crate) fn sse_request(client: &Mastodon, channel: &Channel) -> Request {
    let mut request = Request::new(client.core(), channel.endpoint());
    if let Some((name, value)) = channel.argument() {
        request.set(name, value.to_owned());
    }
    if channel.only_media() {
        request.set("only_media", true);
    }
    request
}

/// A connection over server-sent events.
#[derive(Debug)]
pub(crate) struct ServerSentEvents {
    decoder: EventDecoder,
    response: reqwest::Response,
    parser: Parser,
    max_event_size: usize,
    /// Received bytes that are not parsed yet.
    bytes: Bytes,
    idle_timeout: Duration,
    /// Start of the current wait for bytes. It is a field so that a dropped future does not restart the
    /// timeout.
    waiting_since: Option<Instant>,
}

impl ServerSentEvents {
    /// Opens a connection. The server resumes after `last_event_id` if it supports that.
    pub(super) async fn open(
        client: &Mastodon,
        channel: &Channel,
        last_event_id: Option<&str>,
        settings: &StreamSettings,
    ) -> Result<Self, Error> {
        let (core, endpoint) = (client.core(), channel.endpoint());
        let base = streaming_host(client).await?;
        let mut request = sse_request(client, channel).http_to(&base)?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
        // A compressor would delay events until its buffer is full.
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        if let Some(id) = last_event_id.and_then(|id| HeaderValue::try_from(id).ok()) {
            headers.insert("last-event-id", id);
        }
        let token = core.token.as_ref();
        let response = open(core, endpoint, request, token, HttpVersion::Any).await?;
        let status = response.status();
        let is_stream = status.is_success()
            && header_str(response.headers(), "content-type").is_some_and(is_event_stream);
        if !is_stream && lacks_path(status) && !streaming_support(client).await.server_sent_events {
            return Err(Error::NotProvided {
                endpoint: endpoint.name.into(),
                what: WEBSOCKETS_ONLY,
            });
        }
        if !status.is_success() {
            return Err(read_refusal(core, endpoint, response).await);
        }
        if !is_stream {
            return Err(Error::NotMastodon {
                endpoint: endpoint.name.into(),
                host: base.host_str().unwrap_or_default().to_owned(),
                is_write: false,
            });
        }
        Ok(Self {
            decoder: EventDecoder::new(client, endpoint),
            response,
            parser: Parser::new(settings.max_event_size),
            max_event_size: settings.max_event_size,
            bytes: Bytes::new(),
            idle_timeout: settings.idle_timeout,
            waiting_since: None,
        })
    }

    /// Returns the next event, or an error when the connection is closed. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Received, Error> {
        loop {
            let mut rest = &self.bytes[..];
            let frame = self.parser.next(&mut rest);
            let parsed = self.bytes.len() - rest.len();
            let event = frame.map(|frame| match frame {
                Frame::Comment => (StreamEvent::Heartbeat, 0),
                Frame::Event { name, data } => {
                    let event = StreamEvent::decode_or_malformed(self.decoder, &name, &data);
                    (event, data.len())
                }
                Frame::TooLarge { name } => {
                    let limit = self.max_event_size;
                    let event = StreamEvent::too_large(self.decoder.endpoint, &name, limit);
                    (event, 0)
                }
            });
            self.bytes.advance(parsed);
            if let Some((event, size)) = event {
                return Ok(Received { event, size });
            }
            let since = *self.waiting_since.get_or_insert_with(Instant::now);
            let chunk = timeout_at(since + self.idle_timeout, self.response.chunk()).await;
            self.waiting_since = None;
            self.bytes = match chunk {
                Ok(Ok(Some(bytes))) => bytes,
                Ok(Ok(None)) => {
                    let reason = "the server closed the connection";
                    return Err(Error::stream(self.decoder.endpoint.name, reason));
                }
                Ok(Err(error)) => {
                    let error = error.without_url();
                    return Err(Error::Stream {
                        endpoint: self.decoder.endpoint.name.into(),
                        reason: root_cause(&error),
                        source: Some(Box::new(error)),
                    });
                }
                Err(_) => return Err(idle_timeout_error(self.decoder.endpoint, self.idle_timeout)),
            };
        }
    }

    pub(super) fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    pub(super) fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }
}

/// What a server does not provide that offers streams over WebSockets only.
const WEBSOCKETS_ONLY: &str = if cfg!(feature = "websocket") {
    "server-sent events, only WebSockets; use the transport `WebSocket`"
} else {
    "server-sent events, only WebSockets; enable the Cargo feature `websocket`"
};

/// Returns whether a server that does not offer server-sent events responds with this status: it does not know the
/// path, expects a WebSocket, or responds to every path with a page.
fn lacks_path(status: StatusCode) -> bool {
    status.is_success() || matches!(status.as_u16(), 400 | 404 | 405 | 406 | 426 | 501)
}

fn is_event_stream(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("text/event-stream")
}
