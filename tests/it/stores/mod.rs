//! Stores of leases, positions, claims and rate limits: in one process, and shared by several.

mod contract;
// Modes and symbolic links.
#[cfg(unix)]
mod files;
mod redis;
mod redis_server;
mod shared_limits;
mod takeover;
mod worker;
