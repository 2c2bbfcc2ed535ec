//! Fault injection: failures that clients have to handle, for the requests and streams that a test selects.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, header};
use serde_json::Value;

use crate::response::Response;
use crate::seed::SeedResult;
use change::{Body, Change, Pointer};

mod change;
mod spec;

pub(crate) use spec::FaultSpec;

/// A fault that applies to the next matching requests, or to the next events of matching streams.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::{Fault, TestServer};
///
/// let server = TestServer::start().await?;
/// server.inject(Fault::status(503).times(2).on("GET", "/api/v1/timelines/"));
/// server.inject(Fault::disconnect_in_event().on("GET", "/api/v1/streaming/user"));
/// # Ok(())
/// # }
/// ```
///
/// # Changed responses
///
/// [`patch_json`](Self::patch_json) and the functions after it process a request as usual and change the response.
/// They also change the payloads of stream events. All matching changes apply to the same response or event, in the
/// order of injection. A change waits for a response that it can apply to: the values that contain the changed value
/// must exist. [`pending_faults`](crate::TestServer::pending_faults) shows whether a change has been applied.
///
/// A pointer is a JSON pointer (RFC 6901). The segment `*` matches all items of an array or all members of an
/// object. The empty pointer is the complete body.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use mastodon_test_server::{Fault, TestServer};
/// use serde_json::json;
///
/// let server = TestServer::start().await?;
/// // Every status of the next home timeline has a malformed date in its card.
/// let malformed = Fault::patch_json("/*/card", json!({ "published_at": "0000-00-00" }));
/// server.inject(malformed.on("GET", "/api/v1/timelines/home"));
/// // The next event whose payload has an account: no user name.
/// server.inject(Fault::remove_json("/account/username").on("GET", "/api/v1/streaming"));
/// // A display name in ISO 8859-1, and a number that is too large for a float.
/// let account = "/api/v1/accounts/verify_credentials";
/// server.inject(Fault::patch_json_raw("/display_name", *b"\"Jos\xe9\"").on("GET", account));
/// server.inject(Fault::patch_json_raw("/followers_count", "1e999").on("GET", account));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    remaining: usize,
    method: Option<String>,
    path_prefix: String,
    /// ID and description, if the control API or a seed has injected it.
    source: Option<Arc<(u64, FaultSpec)>>,
}

#[derive(Clone, Debug)]
pub(crate) enum FaultKind {
    Latency(Duration),
    RateLimited,
    Response(u16, Vec<(HeaderName, String)>, Vec<u8>),
    Disconnect,
    LostResponse,
    /// Status of a proxy, or a closed connection, after this time.
    Interrupted(Duration, Option<u16>),
    TruncatedBody,
    Stream(StreamFault),
    Change(Change),
}

/// Fault of an open stream.
#[derive(Clone, Debug)]
pub(crate) enum StreamFault {
    DisconnectInEvent,
    DisconnectInCharacter,
    Duplicate,
    Delay(Duration),
    ExtraEvent(String, String),
    Garbage(Bytes),
    Stall,
    Close(u16, String),
}

impl StreamFault {
    /// Whether the fault can apply to this message. `None` is a heartbeat.
    fn can_apply_to(&self, message: Option<&[u8]>) -> bool {
        match self {
            Self::Garbage(_) | Self::Stall | Self::Close(..) => true,
            Self::DisconnectInCharacter => message.is_some_and(|message| !message.is_ascii()),
            _ => message.is_some(),
        }
    }
}

impl Fault {
    fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            remaining: 1,
            method: None,
            path_prefix: String::new(),
            source: None,
        }
    }

    /// Delays the response, measured in tokio's time. Can be combined with another fault.
    pub fn latency(delay: Duration) -> Self {
        Self::new(FaultKind::Latency(delay))
    }

    /// Returns 429 with the headers of an exhausted general rate limit. The request is not processed.
    pub fn rate_limited() -> Self {
        Self::new(FaultKind::RateLimited)
    }

    /// Returns the given HTTP status with an error body like Mastodon's. The request is not processed.
    pub fn status(status: u16) -> Self {
        let Response { body, .. } = Response::with_reason(status);
        Self::response(status, "application/json; charset=utf-8", body)
    }

    /// Returns the given response, for example the HTML error page of a proxy. The request is not processed.
    pub fn response(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(FaultKind::Response(
            status,
            vec![(header::CONTENT_TYPE, content_type.to_owned())],
            body.into(),
        ))
    }

    /// Adds a header to the response of [`status`](Self::status) or [`response`](Self::response), such as `Retry-After`.
    /// Has no effect on other faults.
    ///
    /// # Panics
    ///
    /// If the name is not a valid header name.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let Ok(name) = HeaderName::try_from(name) else {
            panic!("`{name}` is not a header name");
        };
        if let FaultKind::Response(_, headers, _) = &mut self.kind {
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value.to_owned()));
        }
        self
    }

    /// Closes the connection without a response. The request is not processed.
    pub fn disconnect() -> Self {
        Self::new(FaultKind::Disconnect)
    }

    /// Processes the request, then closes the connection without a response.
    pub fn lost_response() -> Self {
        Self::new(FaultKind::LostResponse)
    }

    /// Closes the connection without a response if the server is still working on the request after this time, measured
    /// in tokio's time. The server finishes a POST request nevertheless.
    pub fn disconnect_after(time: Duration) -> Self {
        Self::new(FaultKind::Interrupted(time, None))
    }

    /// Returns this status if the server is still working on the request after this time, measured in tokio's time, as
    /// a proxy does, usually with 504. The server finishes a POST request nevertheless.
    pub fn status_after(time: Duration, status: u16) -> Self {
        Self::new(FaultKind::Interrupted(time, Some(status)))
    }

    /// Processes the request, then closes the connection in the middle of the response body.
    pub fn truncated_body() -> Self {
        Self::new(FaultKind::TruncatedBody)
    }

    /// Closes the connection in the middle of the next event of a stream.
    pub fn disconnect_in_event() -> Self {
        Self::stream(StreamFault::DisconnectInEvent)
    }

    /// Closes the connection in the middle of a multi-byte character: in the next event of a stream that contains
    /// one.
    pub fn disconnect_in_character() -> Self {
        Self::stream(StreamFault::DisconnectInCharacter)
    }

    /// Sends the next event of a stream twice.
    pub fn duplicate_event() -> Self {
        Self::stream(StreamFault::Duplicate)
    }

    /// Delays the next event of a stream and all later ones, measured in tokio's time.
    pub fn delayed_event(delay: Duration) -> Self {
        Self::stream(StreamFault::Delay(delay))
    }

    /// Sends an additional event with the given name and payload before the next event of a stream.
    pub fn extra_event(name: &str, payload: &str) -> Self {
        Self::stream(StreamFault::ExtraEvent(name.to_owned(), payload.to_owned()))
    }

    /// Sends the given bytes before the next event or heartbeat of a stream: unchanged between server-sent events, or
    /// as the content of a WebSocket text message.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self::stream(StreamFault::Garbage(bytes.into().into()))
    }

    /// Stops sending before the next event or heartbeat of a stream. The connection stays open.
    pub fn stall() -> Self {
        Self::stream(StreamFault::Stall)
    }

    /// Closes the WebSocket with the given code instead of sending the next event or heartbeat of a stream. With
    /// server-sent events the response body ends.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::stream(StreamFault::Close(code, reason.to_owned()))
    }

    /// Replaces the values at a JSON pointer, or adds them to the objects that lack them.
    ///
    /// # Panics
    ///
    /// If the pointer is neither empty nor starts with `/`.
    pub fn patch_json(pointer: &str, value: impl Into<Value>) -> Self {
        Self::patch_json_raw(pointer, value.into().to_string())
    }

    /// Like [`patch_json`](Self::patch_json), with bytes that need not be valid JSON. They replace the value together
    /// with its quotes. `patch_json_raw("", "")` empties the body.
    ///
    /// # Panics
    ///
    /// If the pointer is neither empty nor starts with `/`.
    pub fn patch_json_raw(pointer: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::change(Change::Set(Pointer::new(pointer), bytes.into()))
    }

    /// Removes the values at a JSON pointer.
    ///
    /// # Panics
    ///
    /// If the pointer is neither empty nor starts with `/`.
    pub fn remove_json(pointer: &str) -> Self {
        Self::change(Change::Remove(Pointer::new(pointer)))
    }

    /// Puts a byte order mark (U+FEFF) before the body.
    pub fn byte_order_mark() -> Self {
        Self::change(Change::ByteOrderMark)
    }

    /// Sends only the first half of the body, with the matching content length.
    pub fn shortened_body() -> Self {
        Self::change(Change::ShortenedBody)
    }

    /// Sets the `Content-Type` of the response. The body stays the same.
    pub fn content_type(content_type: &str) -> Self {
        Self::change(Change::Header(
            header::CONTENT_TYPE,
            content_type.to_owned(),
        ))
    }

    /// Sets a header of the response.
    ///
    /// # Panics
    ///
    /// If the name is not a valid header name.
    pub fn header(name: &str, value: &str) -> Self {
        let Ok(name) = HeaderName::try_from(name) else {
            panic!("`{name}` is not a header name");
        };
        Self::change(Change::Header(name, value.to_owned()))
    }

    fn change(change: Change) -> Self {
        Self::new(FaultKind::Change(change))
    }

    fn stream(fault: StreamFault) -> Self {
        Self::new(FaultKind::Stream(fault))
    }

    /// Sets the number of requests or events that the fault applies to. Default: 1.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.remaining = count;
        self
    }

    /// Restricts the fault to requests with this method and path prefix, and to streams opened by such requests.
    #[must_use]
    pub fn on(mut self, method: &str, path_prefix: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        path_prefix.clone_into(&mut self.path_prefix);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.remaining > 0
            && path.starts_with(&self.path_prefix)
            && self.method.as_ref().is_none_or(|own| own == method)
    }
}

/// Injected faults that still apply to requests or events.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Mutex<Vec<Fault>>,
    injected: AtomicU64,
}

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Injects the faults of a description. Returns their ID and the number of requests or events that they apply to.
    pub(crate) fn inject_spec(&self, spec: &FaultSpec) -> SeedResult<(u64, usize)> {
        let faults = spec.faults()?;
        let remaining = faults.iter().map(|fault| fault.remaining).max();
        let id = self.injected.fetch_add(1, Ordering::Relaxed) + 1;
        let source = Arc::new((id, spec.clone()));
        self.lock().extend(faults.into_iter().map(|fault| Fault {
            source: Some(Arc::clone(&source)),
            ..fault
        }));
        Ok((id, remaining.unwrap_or(0)))
    }

    /// Returns the remaining faults: their ID, the number of requests or events that they still apply to, and their
    /// description. The ID of a fault without a description is 0.
    pub(crate) fn list(&self) -> Vec<(u64, usize, Option<FaultSpec>)> {
        let mut list: Vec<(u64, usize, Option<FaultSpec>)> = Vec::new();
        for fault in self.lock().iter() {
            let Some((id, spec)) = fault.source.as_deref() else {
                list.push((0, fault.remaining, None));
                continue;
            };
            match list.iter_mut().find(|(known, ..)| known == id) {
                Some((_, remaining, _)) => *remaining = fault.remaining.max(*remaining),
                None => list.push((*id, fault.remaining, Some(spec.clone()))),
            }
        }
        list
    }

    /// Removes the faults with an ID. Returns `false` if there is none.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut faults = self.lock();
        let before = faults.len();
        faults.retain(|fault| fault.source.as_deref().is_none_or(|(own, _)| *own != id));
        faults.len() < before
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Consumes the faults of a request: a delay, and one other fault. Faults apply in the order of injection.
    pub(crate) fn take_for_request(
        &self,
        method: &str,
        path: &str,
    ) -> (Option<Duration>, Option<FaultKind>) {
        let (mut delay, mut other) = (None, None);
        let mut faults = self.lock();
        for fault in faults
            .iter_mut()
            .filter(|fault| fault.matches(method, path))
        {
            match &fault.kind {
                FaultKind::Latency(latency) if delay.is_none() => delay = Some(*latency),
                FaultKind::Latency(_) | FaultKind::Stream(_) | FaultKind::Change(_) => continue,
                kind if other.is_none() => other = Some(kind.clone()),
                _ => continue,
            }
            fault.remaining -= 1;
        }
        faults.retain(|fault| fault.remaining > 0);
        (delay, other)
    }

    /// Consumes the changes of a response, and applies them.
    pub(crate) fn change_response(&self, method: &str, path: &str, response: &mut Response) {
        if !self.has_changes() {
            return;
        }
        let mut body = Body::new(&response.body);
        self.take_changes(method, path, |change| {
            body.apply_to_response(change, response)
        });
        if let Some(changed) = body.into_changed() {
            response.body = changed;
        }
    }

    /// Consumes the changes of an event, and returns its changed payload. `None` means that it is not changed.
    pub(crate) fn changed_payload(&self, path: &str, payload: &[u8]) -> Option<Vec<u8>> {
        if !self.has_changes() {
            return None;
        }
        let mut body = Body::new(payload);
        self.take_changes("GET", path, |change| body.apply_to_event(change));
        body.into_changed()
    }

    /// Whether a response or an event may be changed. Otherwise, none has to be parsed.
    fn has_changes(&self) -> bool {
        let faults = self.lock();
        let mut kinds = faults.iter().map(|fault| &fault.kind);
        kinds.any(|kind| matches!(kind, FaultKind::Change(_)))
    }

    /// Consumes the matching changes for which `apply` returns true.
    fn take_changes(&self, method: &str, path: &str, mut apply: impl FnMut(&Change) -> bool) {
        let mut faults = self.lock();
        for fault in faults.iter_mut() {
            if let FaultKind::Change(change) = &fault.kind
                && fault.matches(method, path)
                && apply(change)
            {
                fault.remaining -= 1;
            }
        }
        faults.retain(|fault| fault.remaining > 0);
    }

    /// Returns the number of faults that have not been applied as often as requested.
    pub(crate) fn pending(&self) -> usize {
        self.lock().len()
    }

    /// Consumes the fault of a stream message. `path` is the path of the request that opened the stream. A
    /// `message` of `None` is a heartbeat.
    pub(crate) fn take_for_message(
        &self,
        path: &str,
        message: Option<&[u8]>,
    ) -> Option<StreamFault> {
        let mut faults = self.lock();
        let found = faults.iter_mut().find_map(|fault| match &fault.kind {
            FaultKind::Stream(kind) if kind.can_apply_to(message) && fault.matches("GET", path) => {
                let kind = kind.clone();
                fault.remaining -= 1;
                Some(kind)
            }
            _ => None,
        });
        faults.retain(|fault| fault.remaining > 0);
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
