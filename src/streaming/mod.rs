//! Streams: events as they happen, for as long as the program runs.
//!
//! A stream is followed by a task of its own ([`session`]), which opens connections ([`connection`]), reads
//! events off them ([`sse`], or [`websocket`] for all streams of a client together), asks the REST API for
//! what happened between two connections ([`catch_up`], [`fill`]), and hands everything over through a
//! bounded queue ([`queue`]) to the program ([`stream`]).
//!
//! What is told exactly once is seen to by two things: how far each list is ([`progress`]), after which the
//! next page is asked for, and what was told lately, by which the same thing is known again when it comes
//! the other way, or twice.

mod backoff;
mod catch_up;
mod connect;
mod connection;
mod event;
mod fill;
#[cfg(feature = "websocket")]
mod frame;
#[rustfmt::skip]
#[allow(unused_qualifications, clippy::large_enum_variant)]
#[path = "../../generated/streaming.rs"]
mod generated;
#[cfg(all(any(test, fuzzing), feature = "websocket"))]
pub(crate) mod fuzzing;
#[cfg(feature = "websocket")]
mod hub;
mod listener;
mod open;
mod progress;
mod queue;
mod race;
mod session;
mod sse;
mod stream;
#[cfg(feature = "websocket")]
mod trial;
#[cfg(feature = "websocket")]
mod websocket;

pub use event::{CaughtUp, Disconnected, MalformedEvent, Missing, MissingReason, UnknownEvent};
pub use generated::{Channel, StreamCallbacks, StreamEvent, StreamListener};
pub use open::{OpeningStream, StreamCall, StreamTransport, WhenFull};
pub use progress::{EventKind, ResumePoint};
pub use stream::{EventStream, StreamHandle};

/// Names that the generated code uses.
mod prelude {
    pub(crate) use crate::call::endpoint::Endpoint;
    pub(crate) use crate::call::endpoints::*;
    pub(crate) use crate::client::Mastodon;
    pub(crate) use crate::entities::*;
}
