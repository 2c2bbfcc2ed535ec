//! Streams as clients see them.

mod events;
mod faults;
mod hosts;
mod listener;
mod refusals;
mod streams;
mod watching;
mod websocket;
