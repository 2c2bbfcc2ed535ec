//! The server as clients see it, over real sockets.

mod client;
mod server;
mod statuses;
