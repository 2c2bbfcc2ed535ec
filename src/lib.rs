//! The Mastodon API for Rust: typed methods for every endpoint, generated from a reviewed description.
//!
//! Everything begins with [`Mastodon`]. Each of its methods makes a call: required parameters are
//! arguments, optional ones are set on what it returns, and `.await` sends it.
//!
//! ```
//! # async fn example() -> Result<(), mastodon_sdk::Error> {
//! use mastodon_sdk::{Mastodon, Visibility};
//!
//! let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
//! mastodon.status_post("Hello from Rust").visibility(Visibility::Unlisted).await?;
//!
//! let page = mastodon.timeline_home().limit(40).await?;
//! for status in &page {
//!     println!("{}: {}", status.account.acct, status.content);
//! }
//! let older = page.next().await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[macro_use]
mod open_enum;
#[macro_use]
mod id;
#[macro_use]
mod call;
#[macro_use]
mod object;
mod auth;
#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod client;
mod complete;
mod decode;
mod download;
mod encode;
mod endpoint;
mod error;
mod filters;
#[rustfmt::skip]
#[path = "../generated/mod.rs"]
mod generated;
/// What the generator makes of its own small test specification, which has one of everything: what
/// an emitter writes has to compile, whether or not the API happens to use it.
#[cfg(test)]
#[rustfmt::skip]
#[allow(dead_code, missing_docs)]
#[path = "../codegen/tests/small/expected/generated/mod.rs"]
mod golden;
mod helpers;
mod known;
pub mod media;
mod page;
mod params;
#[cfg(feature = "push")]
pub mod push;
mod rate_limit;
mod request;
mod response;
mod retry;
mod secret;
mod send;
mod server_info;
mod snowflake;
mod status_check;
mod streaming;
mod text;
mod timeline_access;
mod trail;
mod transport;
mod upload;
mod version;
mod wire;

/// The calls that have options, each with its setters.
pub mod methods {
    pub use crate::generated::methods::*;
}

/// What the server answers.
pub mod entities {
    pub use crate::generated::entities::*;
}

pub use auth::{App, Credentials, LoginRequest, OUT_OF_BAND, RedirectUris, Scopes};
pub use call::{Answer, Call, CallFuture, OffsetCall, PagedCall};
pub use client::{Mastodon, MastodonBuilder};
pub use download::{Download, DownloadSource, DownloadedFile, FileDownload};
pub use endpoint::{
    Auth, Encoding, Endpoint, Paging, Param, Place, RateFamily, Repeated, Style, Then, Verb,
};
pub use entities::*;
pub use error::{ApiError, ApiErrorKind, DecodeError, Error, FieldError, FileAction, FileError};
pub use filters::{Filterable, Filtered};
pub use generated::api::Scope;
pub use id::Cursor;
pub use jiff::{self, Timestamp};
pub use open_enum::UnknownValue;
pub use page::{Items, Page, PageBody, Pages, StoredPage};
pub use params::Value;
pub use rate_limit::{Budget, RateLimit};
pub use response::{Deprecation, PendingRefresh, Response};
pub use secret::SecretString;
pub use server_info::StatusLimits;
pub use streaming::{
    Backfilled, Channel, Checkpoint, ConnectFuture, Disconnected, EventKind, EventStream, Gap,
    GapReason, MalformedEvent, OverflowPolicy, StreamCall, StreamCallbacks, StreamEvent,
    StreamHandle, StreamListener, StreamTransport, UnknownEvent,
};
pub use timeline_access::{Feed, Origin};
pub use transport::RawResponse;
pub use upload::Upload;
pub use version::{ParseVersionError, ServerVersion, Software, Version, VersionCheck};
pub use wire::Text;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

/// The program of the README, which has to compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
