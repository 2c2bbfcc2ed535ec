//! A stateful Mastodon server in memory, for testing clients and bots offline.
//!
//! The endpoints, their scopes and their parameters come from the specification of mastodon-sdk; what
//! they do is written by hand. An endpoint that is not simulated answers 501.

mod clock;
mod file;
mod handlers;
mod ids;
mod params;
mod render;
mod reply;
pub mod route;
#[rustfmt::skip]
#[path = "../generated/routes.rs"]
pub mod routes;
mod router;
mod server;
mod state;
mod text;

pub use clock::Clock;
pub use server::TestServer;
