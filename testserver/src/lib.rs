#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod behavior;
mod builder;
mod clock;
mod fault;
mod media_files;
mod media_info;
/// Route table generated from the small test specification of the generator. Compiling it here proves that the
/// generated code is valid.
#[cfg(test)]
#[rustfmt::skip]
#[allow(dead_code, unreachable_pub)]
#[path = "../../codegen/tests/small/expected/testserver/generated/routes/mod.rs"]
mod golden;
mod connection;
mod handlers;
mod hashtags;
mod ids;
mod languages;
mod limits;
mod paging;
mod params;
mod posting;
mod posting_behavior;
mod push;
mod random;
mod rate_limit;
mod render;
mod response;
pub mod route;
#[rustfmt::skip]
#[path = "../generated/routes/mod.rs"]
pub mod routes;
mod router;
mod seconds;
mod server;
mod state;
mod streaming;
mod text;

pub use behavior::Behavior;
pub use builder::TestServerBuilder;
pub use clock::Clock;
pub use fault::Fault;
pub use posting::IdempotencyKeys;
pub use posting_behavior::PostingBehavior;
pub use push::{PushMessage, PushMessages};
pub use server::TestServer;
pub use streaming::{
    Labels, Streaming, StreamingBehavior, StreamingConnection, TokenLocations, Transport,
};
