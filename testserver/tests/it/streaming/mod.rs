//! Streaming over server-sent events and WebSockets.

pub(crate) mod client;
mod connections;
mod events;
mod faults;
mod hosts;
mod rejections;
mod streams;
mod websocket;
