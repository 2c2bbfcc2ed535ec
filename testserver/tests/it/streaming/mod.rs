//! Streams as clients see them.

mod events;
mod faults;
mod hosts;
pub(crate) mod listener;
mod refusals;
mod streams;
mod watching;
mod websocket;
