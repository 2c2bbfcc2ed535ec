//! The server as clients see it, over real sockets.

mod actions;
mod client;
mod editing;
mod media;
mod polls;
mod quotes;
mod schedule;
mod server;
mod statuses;
mod timelines;
