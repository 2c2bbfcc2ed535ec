//! What a user relies on, over real sockets.

mod admin;
mod auth;
mod calls;
mod failures;
mod faults;
mod from_mastodon_py;
mod logs;
mod pages;
mod posting;
mod quickstart;
mod resources;
mod server;
mod shortcuts;
mod streams;
