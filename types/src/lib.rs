//! The types of the Mastodon API: entities, IDs and enums, with a decoder that tolerates the usual
//! deviations of servers.
//!
//! The crate `mastodon-sdk` re-exports everything and adds the client. Use this crate alone where no
//! client is needed: in servers, relays, tools, and WebAssembly front ends. It depends on no HTTP client
//! and no async runtime.
//!
//! ```
//! use mastodon_types::{Status, Visibility};
//!
//! let json = r#"{
//!     "id": 103270115826048975, "created_at": "2019-12-08T03:48:33.901Z", "visibility": "public",
//!     "content": "<p>Hello</p>", "replies_count": "2", "mentions": null,
//!     "account": { "id": "1", "username": "alice", "acct": "alice", "created_at": "2016-03-16" }
//! }"#;
//! let status: Status = serde_json::from_str(json)?;
//! assert_eq!(status.id, "103270115826048975");
//! assert_eq!(status.visibility, Visibility::Public);
//! assert_eq!((status.replies_count, status.mentions.len()), (2, 0));
//! assert_eq!(status.plain_text(), "Hello");
//! # Ok::<(), serde_json::Error>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "blurhash")]
mod blurhash;
mod decode;
/// Entities, their IDs and enums.
#[rustfmt::skip]
#[allow(clippy::large_enum_variant)]
#[path = "../generated/entities/mod.rs"]
pub mod entities;
pub mod filters;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod golden;
mod id;
pub mod json;
mod open_enum;
mod secret;
mod snowflake;
mod text;
#[cfg(test)]
mod text_strategy;
mod time;

use __private::prelude;

#[cfg(feature = "blurhash")]
pub use blurhash::{BlurhashError, Pixels};
pub use decode::UnknownFields;
pub use entities::*;
pub use id::Cursor;
pub use jiff::{self, Timestamp};
pub use open_enum::{ParseEnumError, UnknownValue};
pub use secret::SecretString;
pub use text::PlainText;
pub use time::{Time, TimeOutOfRange};

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
