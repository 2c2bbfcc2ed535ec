//! Log of the requests that clients sent.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use http_body::{Frame, SizeHint};
use serde::Serialize;
use tokio::sync::watch;

use crate::clock::iso8601;
use crate::server::Shared;

/// Maximum number of kept requests. Older ones are dropped.
const MAX_KEPT: usize = 1000;
/// Maximum number of bytes of a body that are kept.
const MAX_BODY: usize = 16 << 10;
/// Headers and query parameters whose values are not kept.
const SECRET_HEADERS: [&str; 3] = ["authorization", "cookie", "sec-websocket-protocol"];
const SECRET_PARAMETERS: [&str; 2] = ["access_token", "bearer_token"];
const REDACTED: &str = "[redacted]";

/// Request that a client sent. Returned by [`TestServer::requests`](crate::TestServer::requests).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LoggedRequest {
    /// Position in the order in which the requests arrived. The first one is 1.
    pub number: u64,
    /// Time of the server's clock, in ISO 8601.
    pub received_at: String,
    /// Request method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query string. The values of access tokens are omitted.
    pub query: String,
    /// Headers by lowercase name. The values of secrets are omitted.
    pub headers: BTreeMap<String, String>,
    /// The first 16 KiB of the body as text.
    pub body: String,
    /// Whether the body was longer.
    pub is_body_truncated: bool,
    /// User of the access token: `username`, or `username@domain` for an account of another server.
    pub user: Option<String>,
    /// Status of the response. `None` if the connection was closed without one.
    pub status: Option<u16>,
}

/// Requests that clients sent.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Mutex<VecDeque<LoggedRequest>>,
    received: AtomicU64,
    changed: watch::Sender<()>,
}

impl RequestLog {
    fn lock(&self) -> MutexGuard<'_, VecDeque<LoggedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the requests in the order in which they arrived.
    pub(crate) fn all(&self) -> Vec<LoggedRequest> {
        let mut requests: Vec<LoggedRequest> = self.lock().iter().cloned().collect();
        requests.sort_by_key(|request| request.number);
        requests
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Waits until a condition on the requests is true.
    pub(crate) async fn wait_until(&self, condition: impl Fn(&[LoggedRequest]) -> bool) {
        let mut changed = self.changed.subscribe();
        while !condition(&self.all()) {
            // The sender is owned by `self`, so waiting cannot fail.
            let _closed = changed.changed().await;
        }
    }

    fn push(&self, request: LoggedRequest) {
        let mut requests = self.lock();
        if requests.len() >= MAX_KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
        drop(requests);
        self.changed.send_replace(());
    }
}

/// Request that is being processed. Dropping it adds the request to the log.
pub(crate) struct Recording {
    log: Arc<RequestLog>,
    request: Option<LoggedRequest>,
    body: Arc<Mutex<Captured>>,
}

impl Recording {
    /// Starts to record a request. Returns it with a body that records what is read from it.
    pub(crate) fn start(shared: &Shared, request: Request) -> (Self, Request) {
        let log = Arc::clone(&shared.request_log);
        let headers = request.headers().iter().map(|(name, value)| {
            let value = if SECRET_HEADERS.contains(&name.as_str()) {
                REDACTED.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), value)
        });
        let query = request.uri().query().unwrap_or_default();
        let entry = LoggedRequest {
            number: log.received.fetch_add(1, Ordering::Relaxed) + 1,
            received_at: iso8601(shared.clock.now()),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: without_tokens(query),
            headers: headers.collect(),
            body: String::new(),
            is_body_truncated: false,
            user: user(shared, &request),
            status: None,
        };
        let body = Arc::<Mutex<Captured>>::default();
        let recording = Self {
            log,
            request: Some(entry),
            body: Arc::clone(&body),
        };
        let request = request.map(|inner| {
            Body::new(RecordedBody {
                inner,
                captured: body,
            })
        });
        (recording, request)
    }

    /// Sets the status of the response, and adds the request to the log.
    pub(crate) fn finish(mut self, status: Option<u16>) {
        if let Some(request) = &mut self.request {
            request.status = status;
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(mut request) = self.request.take() {
            let captured = self.body.lock().unwrap_or_else(PoisonError::into_inner);
            request.body = String::from_utf8_lossy(&captured.bytes).into_owned();
            request.is_body_truncated = captured.is_truncated;
            self.log.push(request);
        }
    }
}

/// Reads the body of a request that is not processed, so that the log has it. Long bodies are not read.
pub(crate) async fn read_body(request: Request) {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length <= MAX_BODY) {
        // A body that cannot be read is logged up to that place.
        let _unreadable = axum::body::to_bytes(request.into_body(), MAX_BODY).await;
    }
}

/// Returns a query without the values of access tokens.
fn without_tokens(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.contains(&name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns the user of the access token of a request.
fn user(shared: &Shared, request: &Request) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION);
    let bearer = header.and_then(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| token.trim().to_owned())
    });
    let subprotocol = || {
        let value = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL)?;
        Some(value.to_str().ok()?.trim().to_owned())
    };
    let parameter = || {
        let query = request.uri().query()?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let (_, token) = pairs.find(|(name, _)| SECRET_PARAMETERS.contains(&name.as_ref()))?;
        Some(token.into_owned())
    };
    let token = bearer.or_else(parameter).or_else(subprotocol)?;
    let state = shared.state();
    let user = state.tokens.get(&token)?.user?;
    state.accounts.get(&user).map(crate::state::Account::acct)
}

/// The part of a body that is kept.
#[derive(Debug, Default)]
struct Captured {
    bytes: Vec<u8>,
    is_truncated: bool,
}

/// Body that records what is read from it.
struct RecordedBody {
    inner: Body,
    captured: Arc<Mutex<Captured>>,
}

impl HttpBody for RecordedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            let mut captured = self.captured.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_BODY - captured.bytes.len();
            let kept = data.len().min(room);
            captured.bytes.extend_from_slice(&data[..kept]);
            captured.is_truncated |= kept < data.len();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
