//! A stateful Mastodon server in memory, for testing clients and bots offline.
//!
//! The endpoints, their scopes and their parameters come from the specification of mastodon-sdk; what
//! they do is written by hand. An endpoint that is not simulated answers 501.

mod clock;
mod fault;
mod media_info;
/// The routes of the generator's own small test specification: what it writes has to compile.
#[cfg(test)]
#[rustfmt::skip]
#[allow(dead_code, unreachable_pub)]
#[path = "../../codegen/tests/small/expected/testserver/generated/routes/mod.rs"]
mod golden;
mod connection;
mod handlers;
mod ids;
mod languages;
mod limits;
mod paging;
mod params;
mod push;
mod rate_limit;
mod render;
mod response;
pub mod route;
#[rustfmt::skip]
#[path = "../generated/routes/mod.rs"]
pub mod routes;
mod router;
mod server;
mod state;
mod streaming;
mod text;

pub use clock::Clock;
pub use fault::Fault;
pub use push::{PushMessage, PushMessages};
pub use server::{TestServer, TestServerBuilder};
pub use streaming::{Streaming, StreamingConnection, Transport};
