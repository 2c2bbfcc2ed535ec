//! What a user relies on, over real sockets.

mod admin;
mod auth;
mod calls;
mod download;
#[allow(
    clippy::duplicate_mod,
    reason = "what the examples share belongs to each of them"
)]
mod examples;
mod failures;
mod faults;
mod from_mastodon_py;
mod helpers;
mod limits;
mod logs;
mod pages;
mod posting;
mod quickstart;
mod resources;
mod server;
mod shortcuts;
