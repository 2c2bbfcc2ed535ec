//! Payloads of the events that the SDK itself creates, and the decoding of events.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use mastodon_types::json::{self, DecodeOptions};
use serde::de::DeserializeOwned;

use crate::call::decode::decode;
use crate::call::endpoint::Endpoint;
use crate::client::Mastodon;
use crate::error::Error;
use crate::http::RawResponse;
use crate::streaming::backfill::positions::EventKind;
use crate::streaming::generated::StreamEvent;

/// An event that this version of the SDK does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// Name of the event.
    pub name: String,
    /// Raw payload. Empty if the event has none.
    pub payload: String,
}

/// An event that cannot be decoded.
#[doc(alias("MastodonMalformedEventError"))]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MalformedEvent {
    /// Name of the event. Empty if it is unknown.
    pub name: String,
    /// Raw payload. Empty if it exceeds [`max_event_size`](crate::streaming::StreamCall::max_event_size). Of a WebSocket
    /// message that is not valid JSON, the first 1024 bytes.
    pub payload: String,
    /// The decoding error.
    pub error: Arc<Error>,
}

/// A lost connection, or a failed attempt to reconnect.
#[doc(alias("connection lost", "reconnect"))]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnected {
    /// The cause.
    pub error: Arc<Error>,
    /// Number of consecutive failures.
    pub failures: u32,
    /// Delay before the next attempt. If another stream opens the shared WebSocket earlier, this stream uses it then.
    pub retry_in: Duration,
}

/// Result of a backfill.
///
/// A backfill finds new statuses, notifications and conversations, and all changes of announcements. The REST
/// API has no record of other missed events: edits and deletions of statuses, reactions to announcements and
/// filter changes.
#[doc(alias("catch up", "missed events"))]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Backfilled {
    /// Number of backfilled events.
    pub events: usize,
    /// Events that could not be backfilled.
    pub gaps: Vec<Gap>,
}

/// A range of missing events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Gap {
    /// Kind of the missing events.
    pub kind: EventKind,
    /// ID of the last status or notification before the gap. `None` if it is unknown. After
    /// [`GapReason::LimitReached`], an ID some seconds before the last delivered one, because statuses from other
    /// servers can get such IDs later.
    pub after: Option<String>,
    /// ID of the last status or notification in the gap. `None` if it is unknown.
    pub until: Option<String>,
    /// The cause.
    pub reason: GapReason,
}

/// The reason why events are missing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GapReason {
    /// There were more events than [`max_backfill`](crate::streaming::StreamCall::max_backfill) allows.
    LimitReached,
    /// The backfill takes longer than [`backfill_timeout`](crate::streaming::StreamCall::backfill_timeout). It goes
    /// on, and the missing events are delivered in another backfill.
    TimedOut,
    /// A request failed. It is repeated later, and the missing events are then delivered in another backfill. A request
    /// that the server refuses is repeated a few times, and again at the next gap.
    FetchFailed(Arc<Error>),
    /// The start of the gap is unknown, because the list could not be fetched when the stream was opened.
    UnknownStart,
}

impl StreamEvent {
    /// Decodes an event. An event that cannot be decoded becomes [`StreamEvent::Malformed`].
    pub(crate) fn decode_or_malformed(decoder: EventDecoder, name: &str, payload: &str) -> Self {
        Self::decode(decoder, name, payload).unwrap_or_else(|error| {
            Self::Malformed(MalformedEvent {
                name: name.to_owned(),
                payload: payload.to_owned(),
                error: Arc::new(error),
            })
        })
    }

    /// Returns the approximate size in bytes of the JSON of an event whose JSON is not known.
    pub(crate) fn estimated_size(&self) -> usize {
        /// Size of a usual status without its text.
        const STATUS: usize = 4096;
        match self {
            Self::Update(status) | Self::StatusUpdate(status) => {
                STATUS + status.content.as_str().len()
            }
            Self::Notification(_) | Self::Conversation(_) => STATUS,
            Self::Malformed(event) => event.payload.len(),
            Self::Unknown(event) => event.payload.len(),
            _ => 0,
        }
    }

    /// Returns the event that replaces one larger than `limit` bytes.
    pub(crate) fn too_large(endpoint: &'static Endpoint, name: &str, limit: usize) -> Self {
        let reason =
            format!("an event exceeds {limit} bytes; raise the limit with `max_event_size`");
        Self::Malformed(MalformedEvent {
            name: name.to_owned(),
            payload: String::new(),
            error: Arc::new(Error::stream(endpoint.name, reason)),
        })
    }
}

/// How events are decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventDecoder {
    /// The endpoint in errors.
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) keep_unknown_fields: bool,
}

impl EventDecoder {
    pub(crate) fn new(client: &Mastodon, endpoint: &'static Endpoint) -> Self {
        Self {
            endpoint,
            keep_unknown_fields: client.core().settings.keep_unknown_fields,
        }
    }
}

/// Decodes a JSON payload.
pub(crate) fn decode_payload<T: DeserializeOwned>(
    decoder: EventDecoder,
    payload: &str,
) -> Result<T, Error> {
    let EventDecoder {
        endpoint,
        keep_unknown_fields,
    } = decoder;
    let options = DecodeOptions::default().keep_unknown_fields(keep_unknown_fields);
    if let Ok(decoded) = json::decode_with(payload, options)
        && decoded.problems.is_empty()
    {
        return Ok(decoded.value);
    }
    // Logs the problems, or creates the error.
    let mut response = RawResponse::new(StatusCode::OK, payload.to_owned());
    response.keep_unknown_fields = keep_unknown_fields;
    decode(endpoint, &response)
}
