//! What a user relies on, over real sockets.

mod auth;
mod blocking;
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
mod samples;
mod server;
mod shortcuts;
mod surprises;
