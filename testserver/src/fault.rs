//! Faults on request: what a client must live with, on the requests that a test picks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;

/// Something that goes wrong with the next requests, or with those of them that match; or with what open
/// streams carry next.
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
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: FaultKind,
    remaining: usize,
    method: Option<String>,
    path_prefix: String,
}

#[derive(Clone, Debug)]
pub(crate) enum FaultKind {
    Latency(Duration),
    RateLimited,
    Response(u16, String, Vec<u8>),
    Disconnect,
    LostResponse,
    TruncatedBody,
    Stream(StreamFault),
}

/// What goes wrong with a stream that is open.
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
    /// Whether it can strike this message; a heartbeat is `None`.
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
        }
    }

    /// The answer comes later, by tokio's time. Goes together with another fault.
    pub fn latency(by: Duration) -> Self {
        Self::new(FaultKind::Latency(by))
    }

    /// 429, as if the limit on all requests were reached; nothing else is done.
    pub fn rate_limited() -> Self {
        Self::new(FaultKind::RateLimited)
    }

    /// A status with an error as Mastodon writes it; nothing else is done.
    pub fn status(status: u16) -> Self {
        let reason = axum::http::StatusCode::from_u16(status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        let body = serde_json::json!({ "error": reason.unwrap_or("Error") });
        Self::response(
            status,
            "application/json; charset=utf-8",
            body.to_string().into_bytes(),
        )
    }

    /// Any answer, such as the web page of a proxy whose server is down; nothing else is done.
    pub fn response(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(FaultKind::Response(
            status,
            content_type.to_owned(),
            body.into(),
        ))
    }

    /// The connection is cut without an answer, and nothing is done.
    pub fn disconnect() -> Self {
        Self::new(FaultKind::Disconnect)
    }

    /// The request is carried out, and then the connection is cut without an answer.
    pub fn lost_response() -> Self {
        Self::new(FaultKind::LostResponse)
    }

    /// The request is carried out, and the connection is cut in the middle of the answer's body.
    pub fn truncated_body() -> Self {
        Self::new(FaultKind::TruncatedBody)
    }

    /// The connection is cut in the middle of a stream's next event.
    pub fn disconnect_in_event() -> Self {
        Self::stream(StreamFault::DisconnectInEvent)
    }

    /// The connection is cut in the middle of a character: in a stream's next event that has one of more than
    /// one byte.
    pub fn disconnect_in_character() -> Self {
        Self::stream(StreamFault::DisconnectInCharacter)
    }

    /// A stream's next event comes twice.
    pub fn duplicate_event() -> Self {
        Self::stream(StreamFault::Duplicate)
    }

    /// A stream's next event comes later, by tokio's time, and so does all that follows it.
    pub fn delayed_event(by: Duration) -> Self {
        Self::stream(StreamFault::Delay(by))
    }

    /// Before a stream's next event comes another one, of any name and payload.
    pub fn extra_event(name: &str, payload: &str) -> Self {
        Self::stream(StreamFault::ExtraEvent(name.to_owned(), payload.to_owned()))
    }

    /// Before a stream's next event or heartbeat come these bytes: as they are between server-sent events,
    /// as a text message over a WebSocket.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self::stream(StreamFault::Garbage(bytes.into().into()))
    }

    /// In place of a stream's next event or heartbeat comes nothing, and nothing after it either; the
    /// connection stays open.
    pub fn stall() -> Self {
        Self::stream(StreamFault::Stall)
    }

    /// In place of a stream's next event or heartbeat the WebSocket is closed with this code; server-sent
    /// events just end.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::stream(StreamFault::Close(code, reason.to_owned()))
    }

    fn stream(fault: StreamFault) -> Self {
        Self::new(FaultKind::Stream(fault))
    }

    /// How many requests or events it strikes; one if not said.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.remaining = requests;
        self
    }

    /// Strikes only requests with this method whose path begins so, and what the streams carry that they
    /// opened.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        path.clone_into(&mut self.path_prefix);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.remaining > 0
            && path.starts_with(&self.path_prefix)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
    }
}

/// The faults that wait for their requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn inject(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What strikes a request: a delay, and what else goes wrong. The fault injected first comes first.
    pub(crate) fn apply(&self, method: &str, path: &str) -> (Option<Duration>, Option<FaultKind>) {
        let (mut delay, mut other) = (None, None);
        let mut faults = self.lock();
        for fault in faults
            .iter_mut()
            .filter(|fault| fault.matches(method, path))
        {
            match &fault.kind {
                FaultKind::Latency(by) if delay.is_none() => delay = Some(*by),
                FaultKind::Latency(_) | FaultKind::Stream(_) => continue,
                kind if other.is_none() => other = Some(kind.clone()),
                _ => continue,
            }
            fault.remaining -= 1;
        }
        faults.retain(|fault| fault.remaining > 0);
        (delay, other)
    }

    /// What strikes a message of the stream that a request to this path opened; a heartbeat is `None`.
    pub(crate) fn apply_to_stream(
        &self,
        path: &str,
        message: Option<&[u8]>,
    ) -> Option<StreamFault> {
        let mut faults = self.lock();
        let applied = faults.iter_mut().find_map(|fault| match &fault.kind {
            FaultKind::Stream(kind) if kind.can_apply_to(message) && fault.matches("GET", path) => {
                let kind = kind.clone();
                fault.remaining -= 1;
                Some(kind)
            }
            _ => None,
        });
        faults.retain(|fault| fault.remaining > 0);
        applied
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
