//! The generator of mastodon-sdk.
//!
//! The YAML of `spec/` goes through four stages, each a module: [`load`] reads it, [`check`] finds
//! every mistake, [`model`] resolves it, and [`emit`] writes an output each. Beside them stand the tools
//! of those who keep the specification: [`diff`] compares two of them, [`history`] tells what each
//! server version brought, [`drift`] compares the specification with what others say of the API,
//! [`har`] reads recordings, and [`fmt`] brings the YAML into its one shape.

pub mod check;
pub mod diff;
pub mod drift;
pub mod emit;
pub mod fmt;
pub mod har;
pub mod history;
pub mod load;
pub mod model;
pub mod names;
pub mod problem;
pub mod spec;
