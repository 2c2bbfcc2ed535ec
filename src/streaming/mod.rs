//! Streaming: server events, with automatic reconnection and backfill.
//!
//! Each open stream runs a task ([`stream`]) that opens connections ([`connection`]) and passes events
//! through a bounded queue to the application. With the feature `websocket`, all streams of a client share
//! one WebSocket ([`subscription`]); server-sent events use one connection per stream. After a reconnect,
//! missed events are fetched from the REST API ([`backfill`]).
//!
//! Each event is delivered once. The newest positions of each list decide where a backfill starts, and a
//! cache of recently delivered events removes duplicates between the stream and the lists.

mod backfill;
mod connection;
#[cfg(all(any(test, fuzzing), feature = "websocket"))]
pub(crate) mod fuzzing;
#[rustfmt::skip]
#[allow(unused_qualifications, clippy::large_enum_variant)]
#[path = "../../generated/streaming.rs"]
mod generated;
mod select;
mod stream;
#[cfg(feature = "websocket")]
mod subscription;

pub use backfill::checkpoint::Checkpoint;
pub use backfill::positions::EventKind;
pub use generated::{Channel, StreamCallbacks, StreamEvent, StreamListener};
pub use stream::event::{Backfilled, Disconnected, Gap, GapReason, MalformedEvent, UnknownEvent};
pub use stream::open::{ConnectFuture, OverflowPolicy, StreamCall, StreamTransport};
pub use stream::{EventStream, StreamHandle};

/// Names that the generated code uses.
mod prelude {
    pub(crate) use crate::call::endpoint::Endpoint;
    pub(crate) use crate::call::endpoints::*;
    pub(crate) use crate::client::Mastodon;
    pub(crate) use crate::entities::*;
}
