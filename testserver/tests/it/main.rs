//! The server as clients see it, over real sockets.

mod accounts;
mod actions;
mod client;
mod discovery;
mod editing;
mod gathered;
mod media;
mod polls;
mod profile;
mod quotes;
mod relationships;
mod schedule;
mod server;
mod signup;
mod statuses;
mod tags;
mod timelines;
