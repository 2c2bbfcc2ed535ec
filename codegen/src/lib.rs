//! The generator of mastodon-sdk.
//!
//! The YAML of `spec/` goes through four stages, each a module: [`load`] reads it, [`check`] finds
//! every mistake, [`model`] resolves it, and [`emit`] writes an output each. Beside them stand the tools
//! of those who keep the specification: [`diff`] compares two of them, [`history`] tells what each
//! server version brought.

pub mod check;
pub mod diff;
pub mod emit;
pub mod history;
pub mod load;
pub mod model;
pub mod names;
pub mod problem;
pub mod spec;
