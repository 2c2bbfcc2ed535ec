//! What a user relies on, over real sockets.

mod admin;
mod auth;
mod calls;
mod discovery;
mod errors_from_mastodon_py;
mod failures;
mod faults;
mod from_mastodon_py;
mod login;
mod logs;
mod lost;
mod pages;
mod posting;
mod quickstart;
mod resources;
mod retries;
mod secrets;
mod server;
mod shared;
mod shortcuts;
mod versions;
