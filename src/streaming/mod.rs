//! Streams: events as they happen, for as long as the program runs.
//!
//! A stream is followed by a task of its own ([`session`]), which opens connections ([`connect`]), reads
//! events off them ([`sse`]), asks the REST API for what happened between two connections ([`catch_up`]),
//! and hands everything over through a bounded queue ([`queue`]) to the program ([`stream`]).

mod backoff;
mod catch_up;
mod connect;
mod event;
mod fill;
#[rustfmt::skip]
#[allow(unused_qualifications, clippy::large_enum_variant)]
#[path = "../../generated/streaming.rs"]
mod generated;
mod listener;
mod open;
mod progress;
mod queue;
mod race;
mod session;
mod sse;
mod stream;

pub use event::{CaughtUp, Disconnected, MalformedEvent, Missing, MissingReason, UnknownEvent};
pub use generated::{Channel, StreamCallbacks, StreamEvent, StreamListener};
pub use open::{OpeningStream, StreamCall, WhenFull};
pub use progress::{EventKind, ResumePoint};
pub use stream::{EventStream, StreamHandle};

pub(crate) use connect::Shared;
