//! Where a server streams, and opening a connection to it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderValue, header};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::generated::{Channel, StreamEvent};
use super::open::Settings;
use super::sse::{Frame, Parser};
use crate::call::decode::decode;
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::{STREAM_HEALTHY, STREAM_OPEN_WEBSOCKET};
use crate::call::request::Request;
use crate::client::{Mastodon, require_encryption};
use crate::error::{Error, TimeoutSetting};
use crate::http::headers::header_str;
use crate::http::redirect::location;
use crate::http::transport::root_cause;

/// What the streams of a client share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// The origin that streams, once it is known.
    host: Mutex<Option<Url>>,
    #[cfg(feature = "websocket")]
    pub(super) socket: super::websocket::Slot,
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, Option<Url>> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The origin that streams: the one that the server names, the one that it redirects to, or itself.
pub(super) async fn host(client: &Mastodon) -> Result<Url, Error> {
    if let Some(known) = client.inner.extensions.get::<Shared>().known().clone() {
        return Ok(known);
    }
    let found = match named(client).await? {
        Some(named) => named,
        None => redirected(client).await?,
    };
    if client.core().token.is_some() {
        require_encryption(&found, &client.core().settings)?;
    }
    *client.inner.extensions.get::<Shared>().known() = Some(found.clone());
    Ok(found)
}

/// Forgets it, so that a server that moved its streams is asked again where they are.
pub(super) fn forget_host(client: &Mastodon) {
    *client.inner.extensions.get::<Shared>().known() = None;
}

/// What the server's description of itself says.
async fn named(client: &Mastodon) -> Result<Option<Url>, Error> {
    let described: serde_json::Value = match client.fetch_instance().await {
        Ok((endpoint, raw)) => decode(endpoint, &raw).unwrap_or_default(),
        Err(error) if error.is_retryable() => return Err(error),
        Err(_) => return Ok(None),
    };
    let newest = &described["configuration"]["urls"]["streaming"];
    let older = &described["urls"]["streaming_api"];
    let named = newest.as_str().or(older.as_str()).unwrap_or_default();
    if named.is_empty() {
        return Ok(None);
    }
    origin(named).map(Some).ok_or_else(|| {
        Error::stream(
            STREAM_OPEN_WEBSOCKET.name,
            format!("the server names `{named}` as the address of its streams, which is none"),
        )
    })
}

/// Where the server itself sends those who ask it for streams.
async fn redirected(client: &Mastodon) -> Result<Url, Error> {
    let (inner, endpoint) = (client.core(), &STREAM_OPEN_WEBSOCKET);
    let request = Request::new(client.core(), endpoint).http()?;
    let timeout = inner.settings.timeout;
    // The token stays here until it is known where to.
    let answer = inner
        .transport
        .open(endpoint.name, request, None, timeout)
        .await?;
    let target = location(&answer, &inner.base);
    Ok(target
        .and_then(|target| origin(target.as_str()))
        .unwrap_or_else(|| inner.base.clone()))
}

/// The origin of an address, as HTTP calls it.
fn origin(address: &str) -> Option<Url> {
    let address = address
        .strip_prefix("ws")
        .map_or_else(|| address.to_owned(), |rest| format!("http{rest}"));
    let mut url = Url::parse(&address).ok()?;
    url.set_path("/");
    (url.set_username("").is_ok() && url.set_password(None).is_ok()).then_some(())?;
    url.set_query(None);
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// What opens a stream over server-sent events.
pub(super) fn request(client: &Mastodon, channel: &Channel) -> Request {
    let mut request = Request::new(client.core(), channel.endpoint());
    if let Some((name, value)) = channel.argument() {
        request.set(name, value.to_owned());
    }
    if channel.only_media() {
        request.set("only_media", true);
    }
    request
}

/// A stream over server-sent events.
#[derive(Debug)]
pub(super) struct ServerSentEvents {
    endpoint: &'static Endpoint,
    answer: reqwest::Response,
    parser: Parser,
    limit: usize,
    /// Bytes that are not read yet.
    bytes: Bytes,
    silence: Duration,
    /// Since when nothing came that was waited for. It outlasts futures that are dropped.
    waiting_since: Option<Instant>,
}

impl ServerSentEvents {
    /// Asks for the events of a stream, after the one with this id where there is one.
    pub(super) async fn open(
        client: &Mastodon,
        channel: &Channel,
        last_id: Option<&str>,
        settings: &Settings,
    ) -> Result<Self, Error> {
        let (inner, endpoint) = (client.core(), channel.endpoint());
        let base = host(client).await?;
        let mut request = request(client, channel).http_to(&base)?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/event-stream"),
        );
        // Compressed, events would wait for one another.
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        if let Some(id) = last_id.and_then(|id| HeaderValue::try_from(id).ok()) {
            headers.insert("last-event-id", id);
        }
        let (token, timeout) = (inner.token.as_ref(), inner.settings.timeout);
        let answer = inner.transport.open(endpoint.name, request, token, timeout);
        let answer = answer.await?;
        if !answer.status().is_success() {
            return Err(inner
                .transport
                .read_error(endpoint.name, answer, timeout)
                .await);
        }
        if !header_str(answer.headers(), "content-type").is_some_and(is_event_stream) {
            return Err(Error::NotMastodon {
                endpoint: endpoint.name,
                host: base.host_str().unwrap_or_default().to_owned(),
            });
        }
        Ok(Self {
            endpoint,
            answer,
            parser: Parser::new(settings.max_event_size),
            limit: settings.max_event_size,
            bytes: Bytes::new(),
            silence: settings.silence_timeout,
            waiting_since: None,
        })
    }

    /// The next event; an error when the connection is over. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<StreamEvent, Error> {
        loop {
            let mut rest = &self.bytes[..];
            let frame = self.parser.next(&mut rest);
            let read = self.bytes.len() - rest.len();
            let event = frame.map(|frame| match frame {
                Frame::Comment => StreamEvent::Heartbeat,
                Frame::Event { name, data } => StreamEvent::of(self.endpoint, &name, &data),
                Frame::TooLarge { name } => {
                    StreamEvent::too_large(self.endpoint, &name, self.limit)
                }
            });
            self.bytes.advance(read);
            if let Some(event) = event {
                return Ok(event);
            }
            let since = *self.waiting_since.get_or_insert_with(Instant::now);
            let more = timeout_at(since + self.silence, self.answer.chunk()).await;
            self.waiting_since = None;
            self.bytes = match more {
                Ok(Ok(Some(bytes))) => bytes,
                Ok(Ok(None)) => {
                    return Err(Error::stream(self.endpoint.name, "the server closed it"));
                }
                Ok(Err(error)) => {
                    let error = error.without_url();
                    return Err(Error::Stream {
                        endpoint: self.endpoint.name,
                        reason: root_cause(&error),
                        source: Some(Box::new(error)),
                    });
                }
                Err(_) => return Err(silent(self.endpoint, self.silence)),
            };
        }
    }

    pub(super) fn last_id(&self) -> &str {
        self.parser.last_id()
    }

    pub(super) fn retry(&self) -> Option<Duration> {
        self.parser.retry()
    }
}

fn is_event_stream(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/event-stream")
}

/// The error of a connection on which nothing came for too long.
pub(super) fn silent(endpoint: &Endpoint, limit: Duration) -> Error {
    Error::timeout(endpoint.name, TimeoutSetting::Idle, limit)
}

impl Mastodon {
    /// Tells whether the server's streaming works.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached. A server that says that it does not work is no error.
    pub async fn stream_healthy(&self) -> Result<bool, Error> {
        let (inner, endpoint) = (self.core(), &STREAM_HEALTHY);
        let base = host(self).await?;
        let request = Request::new(self.core(), endpoint).http_to(&base)?;
        let answer = inner
            .transport
            .open(endpoint.name, request, None, inner.settings.timeout)
            .await?;
        Ok(answer.status().is_success())
    }
}
