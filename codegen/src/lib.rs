//! The generator of mastodon-sdk.
//!
//! The YAML of `spec/` goes through four stages, each a module: [`load`] reads it, [`check`] finds
//! every mistake, [`model`] resolves it, and [`emit`] writes an output each.

pub mod check;
pub mod emit;

pub mod load;
pub mod model;
pub mod names;
pub mod problem;
pub mod spec;
