//! What a user relies on, over real sockets.

mod auth;
mod blocking;
mod calls;
mod discovery;
mod download;
mod errors_from_mastodon_py;
mod failures;
mod faults;
mod from_mastodon_py;
mod helpers;
mod limits;
mod login;
mod logs;
mod lost;
mod pages;
mod posting;
mod quickstart;
mod retries;
mod samples;
mod secrets;
mod server;
mod shared;
mod shortcuts;
mod surprises;
mod versions;
