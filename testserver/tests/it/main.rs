//! The server as clients see it, over real sockets.

mod actions;
mod client;
mod editing;
mod instance;
mod media;
mod oauth;
mod platform;
mod polls;
mod quotes;
mod schedule;
mod server;
mod statuses;
mod timelines;
