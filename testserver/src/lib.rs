#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod addresses;
mod authentication;
mod base_url;
mod behavior;
mod builder;
mod clock;
mod cors;
mod fault;
mod features;
mod federation;
mod feed_behavior;
mod feed_controls;
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
mod control;
mod handlers;
mod hashtags;
mod http;
mod ids;
mod languages;
mod limit_settings;
mod limits;
mod locale;
mod paging;
mod params;
mod posting;
mod posting_behavior;
mod push;
mod random;
mod rate_limit;
mod render;
mod request_log;
mod requests;
mod response;
pub mod route;
#[rustfmt::skip]
#[path = "../generated/routes/mod.rs"]
pub mod routes;
mod router;
mod samples;
mod seconds;
mod seed;
mod server;
mod settings;
mod staff;
mod state;
mod streaming;
mod text;
mod throttles;
#[cfg(feature = "tls")]
mod tls;

pub use behavior::Behavior;
pub use builder::TestServerBuilder;
pub use clock::Clock;
pub use fault::Fault;
pub use feed_behavior::FeedBehavior;
pub use posting::IdempotencyKeys;
pub use posting_behavior::PostingBehavior;
pub use push::{PushMessage, PushMessages};
pub use request_log::LoggedRequest;
pub use server::TestServer;
pub use settings::{Audience, InstanceSettings};
pub use state::{Email, EmailKind};
pub use state::{FeedAccess, FeedAccessSettings};
pub use streaming::{
    Labels, Streaming, StreamingBehavior, StreamingConnection, TokenLocations, Transport,
};

/// JSON Schema of seed files ([`TestServerBuilder::seed_file`]).
pub const SEED_SCHEMA: &str = control::SEED_SCHEMA;
/// OpenAPI document of the control API under `/_test/`. The server returns it for `/_test/openapi.json`.
pub const CONTROL_OPENAPI: &str = control::OPENAPI;
