//! What a user relies on, over real sockets.

mod auth;
mod blocking;
mod calls;
mod discovery;
mod documented;
mod download;
mod errors_from_mastodon_py;
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
mod login;
mod logs;
mod lost;
mod media;
mod pages;
mod posting;
mod push;
mod quickstart;
mod retries;
mod samples;
mod secrets;
mod server;
mod shared;
mod shortcuts;
mod streams;
mod surprises;
mod uploads;
mod versions;
