//! What a stream tells besides the events of the API.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::generated::StreamEvent;
use super::progress::EventKind;
use crate::call::decode::decode;
use crate::call::endpoint::Endpoint;
use crate::error::Error;
use crate::http::RawResponse;

/// An event that this version of the SDK does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// The name of the event.
    pub name: String,
    /// What came with it, as it came; empty where nothing did.
    pub payload: String,
}

/// An event that cannot be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MalformedEvent {
    /// The name of the event; empty where even that cannot be read.
    pub name: String,
    /// What came with it, as it came; empty where it was larger than a stream keeps.
    pub payload: String,
    /// Why it cannot be read.
    pub error: Arc<Error>,
}

/// A connection that was lost, or one that could not be opened in its place.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnected {
    /// Why.
    pub why: Arc<Error>,
    /// How often in a row it failed so far.
    pub failures: u32,
    /// The time until the next attempt.
    pub retry_in: Duration,
}

/// What became of the gap between two connections.
///
/// New statuses, notifications and conversations were told, and what became of announcements. What else
/// happened meanwhile leaves no trace that could be asked for: edits and deletions of statuses, reactions to
/// announcements, changes of filters.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CaughtUp {
    /// How many events were told late.
    pub events: usize,
    /// What could not be told.
    pub missing: Vec<Missing>,
}

/// A part of a gap that stays empty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Missing {
    /// What is missing.
    pub kind: EventKind,
    /// The id after which it is missing: of a status, or of a notification. `None` where it is not known.
    pub after: Option<String>,
    /// The id up to which it is missing, itself included. `None` where it is not known.
    pub until: Option<String>,
    /// Why.
    pub reason: MissingReason,
}

/// Why a part of a gap stays empty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MissingReason {
    /// It was more than `max_catch_up` allows.
    TooMuch,
    /// The server could not be asked. Where it may answer another time it is asked again, and what it
    /// tells then comes late.
    Failed(Arc<Error>),
    /// Where the gap began is not known, because the server could not be asked before.
    NoBeginning,
}

impl StreamEvent {
    /// Reads an event; one that cannot be read is an event, too.
    pub(super) fn of(endpoint: &'static Endpoint, name: &str, payload: &str) -> Self {
        Self::read(endpoint, name, payload).unwrap_or_else(|error| {
            Self::Malformed(MalformedEvent {
                name: name.to_owned(),
                payload: payload.to_owned(),
                error: Arc::new(error),
            })
        })
    }

    /// The place of an event that was too large to be kept.
    pub(super) fn too_large(endpoint: &'static Endpoint, name: &str, limit: usize) -> Self {
        let reason =
            format!("an event is larger than {limit} bytes; allow more with `max_event_size`");
        Self::Malformed(MalformedEvent {
            name: name.to_owned(),
            payload: String::new(),
            error: Arc::new(Error::stream(endpoint.name, reason)),
        })
    }
}

/// Reads a payload. A good message costs time only where one is needed.
pub(super) fn json<T: DeserializeOwned>(
    endpoint: &'static Endpoint,
    payload: &str,
) -> Result<T, Error> {
    serde_json::from_str(payload).or_else(|_| {
        let answer = RawResponse::new(StatusCode::OK, payload.to_owned());
        decode(endpoint, &answer)
    })
}
