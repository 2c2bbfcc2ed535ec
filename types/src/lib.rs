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
//! assert_eq!(status.content.to_text(), "Hello");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Entities in tests
//!
//! With the Cargo feature `test-util`, each entity has a function `sample`, which returns an example with the fields that
//! a current server sends. A test changes what matters to it:
//!
//! ```
//! use mastodon_types::{Html, Status, Visibility};
//!
//! fn is_public_question(status: &Status) -> bool {
//!     status.visibility == Visibility::Public && status.content.to_text().ends_with('?')
//! }
//!
//! let mut status = Status::sample();
//! assert!(!is_public_question(&status));
//! status.content = Html::escape("Who likes crabs?");
//! assert!(is_public_question(&status));
//! ```
//!
//! Entities are `#[non_exhaustive]`, because servers add fields. They are therefore made by `sample` or by decoding, not
//! as literals. Samples fit together: the status is by the account of `Account::sample`, and mentions what its HTML links
//! to. Objects that a status has only in some cases, such as a poll, are samples of their own:
//! `status.poll = Some(Poll::sample())`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "blurhash")]
mod blurhash;
mod decode;
mod encode;
/// Entities, their IDs and enums.
#[rustfmt::skip]
#[allow(clippy::large_enum_variant)]
#[path = "../generated/entities/mod.rs"]
pub mod entities;
pub mod filters;
#[cfg(test)]
#[allow(dead_code, unreachable_pub, unused_imports)]
mod golden;
pub mod html;
mod id;
pub mod json;
mod open_enum;
#[cfg(feature = "test-util")]
mod samples;
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
pub use html::Html;
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
