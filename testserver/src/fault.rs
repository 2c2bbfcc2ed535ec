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
/// server.inject(Fault::cut_in_event().on("GET", "/api/v1/streaming/user"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: Kind,
    left: usize,
    verb: Option<String>,
    path: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Latency(Duration),
    RateLimited,
    Answer(u16, String, Vec<u8>),
    Cut,
    LostAnswer,
    Truncated,
    Stream(StreamFault),
}

/// What goes wrong with a stream that is open.
#[derive(Clone, Debug)]
pub(crate) enum StreamFault {
    CutInEvent,
    CutInCharacter,
    Duplicate,
    Delay(Duration),
    Event(String, String),
    Garbage(Bytes),
    Silence,
    Close(u16, String),
}

impl StreamFault {
    /// Whether it can strike this message; a heartbeat is `None`.
    fn fits(&self, message: Option<&[u8]>) -> bool {
        match self {
            Self::Garbage(_) | Self::Silence | Self::Close(..) => true,
            Self::CutInCharacter => message.is_some_and(|message| !message.is_ascii()),
            _ => message.is_some(),
        }
    }
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            left: 1,
            verb: None,
            path: String::new(),
        }
    }

    /// The answer comes later, by tokio's time. Goes together with another fault.
    pub fn latency(by: Duration) -> Self {
        Self::new(Kind::Latency(by))
    }

    /// 429, as if the limit on all requests were reached; nothing else is done.
    pub fn rate_limited() -> Self {
        Self::new(Kind::RateLimited)
    }

    /// A status with an error as Mastodon writes it; nothing else is done.
    pub fn status(status: u16) -> Self {
        let reason = axum::http::StatusCode::from_u16(status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        let body = serde_json::json!({ "error": reason.unwrap_or("Error") });
        Self::answer(
            status,
            "application/json; charset=utf-8",
            body.to_string().into_bytes(),
        )
    }

    /// Any answer, such as the web page of a proxy whose server is down; nothing else is done.
    pub fn answer(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(Kind::Answer(status, content_type.to_owned(), body.into()))
    }

    /// The connection is cut without an answer, and nothing is done.
    pub fn cut() -> Self {
        Self::new(Kind::Cut)
    }

    /// The request is carried out, and then the connection is cut without an answer.
    pub fn lost_answer() -> Self {
        Self::new(Kind::LostAnswer)
    }

    /// The request is carried out, and the connection is cut in the middle of the answer's body.
    pub fn truncated() -> Self {
        Self::new(Kind::Truncated)
    }

    /// The connection is cut in the middle of a stream's next event.
    pub fn cut_in_event() -> Self {
        Self::stream(StreamFault::CutInEvent)
    }

    /// The connection is cut in the middle of a character: in a stream's next event that has one of more than
    /// one byte.
    pub fn cut_in_character() -> Self {
        Self::stream(StreamFault::CutInCharacter)
    }

    /// A stream's next event comes twice.
    pub fn duplicate() -> Self {
        Self::stream(StreamFault::Duplicate)
    }

    /// A stream's next event comes later, by tokio's time, and so does all that follows it.
    pub fn late_event(by: Duration) -> Self {
        Self::stream(StreamFault::Delay(by))
    }

    /// Before a stream's next event comes another one, of any name and payload.
    pub fn event(name: &str, payload: &str) -> Self {
        Self::stream(StreamFault::Event(name.to_owned(), payload.to_owned()))
    }

    /// Before a stream's next event or heartbeat come these bytes: as they are between server-sent events,
    /// as a text message over a WebSocket.
    pub fn garbage(bytes: impl Into<Vec<u8>>) -> Self {
        Self::stream(StreamFault::Garbage(bytes.into().into()))
    }

    /// In place of a stream's next event or heartbeat comes nothing, and nothing after it either; the
    /// connection stays open.
    pub fn silence() -> Self {
        Self::stream(StreamFault::Silence)
    }

    /// In place of a stream's next event or heartbeat the WebSocket is closed with this code; server-sent
    /// events just end.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::stream(StreamFault::Close(code, reason.to_owned()))
    }

    fn stream(fault: StreamFault) -> Self {
        Self::new(Kind::Stream(fault))
    }

    /// How many requests or events it strikes; one if not said.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.left = requests;
        self
    }

    /// Strikes only requests with this method whose path begins so, and what the streams carry that they
    /// opened.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.verb = Some(method.to_ascii_uppercase());
        path.clone_into(&mut self.path);
        self
    }

    fn strikes(&self, verb: &str, path: &str) -> bool {
        self.left > 0
            && path.starts_with(&self.path)
            && self.verb.as_ref().is_none_or(|wanted| wanted == verb)
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
    pub(crate) fn strike(&self, verb: &str, path: &str) -> (Option<Duration>, Option<Kind>) {
        let (mut delay, mut other) = (None, None);
        let mut faults = self.lock();
        for fault in faults.iter_mut().filter(|fault| fault.strikes(verb, path)) {
            match &fault.kind {
                Kind::Latency(by) if delay.is_none() => delay = Some(*by),
                Kind::Latency(_) | Kind::Stream(_) => continue,
                kind if other.is_none() => other = Some(kind.clone()),
                _ => continue,
            }
            fault.left -= 1;
        }
        faults.retain(|fault| fault.left > 0);
        (delay, other)
    }

    /// What strikes a message of the stream that a request to this path opened; a heartbeat is `None`.
    pub(crate) fn strike_stream(&self, path: &str, message: Option<&[u8]>) -> Option<StreamFault> {
        let mut faults = self.lock();
        let struck = faults.iter_mut().find_map(|fault| match &fault.kind {
            Kind::Stream(kind) if kind.fits(message) && fault.strikes("GET", path) => {
                let kind = kind.clone();
                fault.left -= 1;
                Some(kind)
            }
            _ => None,
        });
        faults.retain(|fault| fault.left > 0);
        struck
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
