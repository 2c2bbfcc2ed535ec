//! The tolerant decoder: accepts values of other JSON types than the documented ones.
//!
//! [`object`] decodes entities field by field, [`scalar`] strings, numbers and dates of any JSON type,
//! [`collection`] lists and maps, [`raw`] values that must be inspected first. [`path`] reports where
//! in the JSON an error occurred.

mod collection;
mod object;
pub(crate) mod path;
mod raw;
mod scalar;

pub use object::{Entries, Fields, Object, decode_object, require};
pub use raw::{capture_raw, from_raw, has_key};
pub use scalar::LenientScalar;
