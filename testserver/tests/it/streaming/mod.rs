//! Streaming over server-sent events and WebSockets.

pub(crate) mod client;
mod connections;
mod events;
mod faults;
mod filtering;
mod hosts;
mod recipients;
mod rejections;
mod responses;
mod software;
mod streams;
mod subscriptions;
mod timing;
mod websocket;
