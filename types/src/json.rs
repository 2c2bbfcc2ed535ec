//! Decoding JSON directly, faster than with serde_json, with a report of what was tolerated.
//!
//! `serde_json::from_str` and other deserializers decode the same values in the same way, but report no problems
//! and no rejected items.

pub use crate::decode::{
    DecodeOptions, Decoded, JsonError, Problem, RejectedItem, decode, decode_bytes, decode_with,
};
