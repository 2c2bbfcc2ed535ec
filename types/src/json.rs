//! Decodes JSON as the SDK decodes responses, and reports what was tolerated.
//!
//! A wrong value does not make the values around it unreadable: an optional field is absent, and an item of a list is
//! left out. [`Decoded`] lists both.
//!
//! ```
//! use mastodon_types::{PreviewCard, json};
//!
//! let decoded = json::decode::<PreviewCard>(r#"{"url": "https://a.example", "published_at": "57171-08-04"}"#)?;
//! assert_eq!(decoded.value.published_at, None);
//! assert_eq!(decoded.problems[0].path, "published_at");
//! # Ok::<(), json::JsonError>(())
//! ```
//!
//! `serde_json::from_str` and other deserializers return the same values, but report no problems and no rejected items,
//! and are slower.

pub use crate::decode::{
    DecodeOptions, Decoded, JsonError, Problem, RejectedItem, decode, decode_bytes, decode_with,
};
