//! Streaming: server events in real time, with automatic reconnection and backfill.
//!
//! A stream reconnects when its connection is lost. Events that happened in between are fetched from the
//! REST API and delivered first, in order. Each event is delivered once. If events cannot be recovered, the
//! stream reports the gap. If the REST API fails or is slow, live events are delivered after 10 seconds, and the
//! missed ones later.
//!
//! Server-sent events use one connection per stream. With the feature `websocket`, all streams of a client
//! share one WebSocket, if the server's software allows it.
//!
//! ```no_run
//! # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
//! use mastodon_sdk::streaming::StreamEvent;
//!
//! let mut events = mastodon.stream_user().await?;
//! while let Some(event) = events.try_next().await? {
//!     match event {
//!         StreamEvent::Update(status) => println!("{}", status.content.to_text()),
//!         StreamEvent::Disconnected(lost) => eprintln!("{}", lost.error),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What to expect from Mastodon
//!
//! - Events are not in the order of their IDs: a status from another server has the time of its creation in its ID.
//! - [`StreamEvent::Delete`] means that a status is removed from the timeline. It may still exist: if the user mutes or
//!   blocks an account, its statuses are removed from the home timeline.
//! - Public and hashtag streams are silent if the server has disabled the live feed (`timelines_access` in the
//!   instance's configuration).
//! - [`StreamEvent::FiltersChanged`] is sent only before Mastodon 4.3.
//! - Hashtags are compared without case and accents. Some cannot be streamed; see [`EventStream::is_polled`].
//!
//! Mastodon's documentation: <https://docs.joinmastodon.org/methods/streaming/>

// Each open stream runs a task (`stream`) that opens connections (`connection`, or a subscription of the
// shared WebSocket, `subscription`) and passes events through a bounded queue to the application. After a
// reconnect, `backfill` fetches the missed events. The positions delivered in the last seconds decide where a backfill
// starts, and a cache of recently delivered events removes duplicates between the stream and the lists.

mod backfill;
mod connection;
mod errors;
#[cfg(all(any(test, fuzzing), feature = "websocket"))]
pub(crate) mod fuzzing;
#[rustfmt::skip]
#[allow(clippy::large_enum_variant)]
#[path = "../../generated/streaming.rs"]
mod generated;
mod hashtag;
pub(crate) mod select;
#[cfg(all(test, feature = "websocket"))]
mod simulation;
mod stream;
#[cfg(feature = "websocket")]
mod subscription;
mod support;

pub use backfill::checkpoint::Checkpoint;
pub use backfill::positions::EventKind;
pub use generated::calls::*;
pub use generated::{Channel, StreamCallbacks, StreamEvent, StreamListener};
pub use stream::event::{Backfilled, Disconnected, Gap, GapReason, MalformedEvent, UnknownEvent};
pub use stream::open::{
    ConnectFuture, MediaFilter, NoFilter, OverflowPolicy, StreamCall, StreamTransport,
};
pub use stream::{EventStream, StreamHandle};

/// Names that the generated code uses.
#[allow(
    unused_imports,
    reason = "some are used only for servers other than Mastodon"
)]
mod prelude {
    pub(crate) use http::Method;

    pub(crate) use crate::call::endpoint::{Auth, Endpoint};
    pub(crate) use crate::call::endpoints::*;
    pub(crate) use crate::client::Mastodon;
    pub(crate) use crate::entities::*;
    pub(crate) use crate::facts::support::Server;
    pub(crate) use crate::facts::{ServerSupport, servers};
}
