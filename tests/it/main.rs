//! What a user relies on, over real sockets.

mod admin;
mod auth;
mod calls;
mod discovery;
mod failures;
mod faults;
mod from_mastodon_py;
mod logs;
mod lost;
mod pages;
mod posting;
mod quickstart;
mod resources;
mod retries;
mod server;
mod shortcuts;
mod versions;
