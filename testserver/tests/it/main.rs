//! The server as clients see it, over real sockets.

mod accounts;
mod actions;
mod client;
mod discovery;
mod editing;
mod gathered;
mod instance;
mod mastodon_py;
mod media;
mod notifications;
mod oauth;
mod platform;
mod polls;
mod profile;
mod quotes;
mod relationships;
mod schedule;
mod search;
mod server;
mod signup;
mod statuses;
mod streaming;
mod tags;
mod timelines;
