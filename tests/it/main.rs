//! What a user relies on, over real sockets.

mod calls;
mod failures;
mod pages;
mod quickstart;
mod resources;
mod server;
