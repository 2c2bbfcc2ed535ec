//! Streaming over server-sent events and WebSockets.

pub(crate) mod client;
mod connections;
mod events;
mod faults;
mod hosts;
mod rejections;
mod software;
mod streams;
mod subscriptions;
mod timing;
mod websocket;
