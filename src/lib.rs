//! The Mastodon API for Rust: typed methods for every endpoint, generated from a reviewed specification.
//!
//! Start with [`Mastodon`]. Each of its methods returns a call: required parameters are arguments, optional
//! ones are set on the call, and `.await` sends it.
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
//!     println!("{}: {}", status.account.acct, status.content.to_text());
//! }
//! let older = page.next().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find what
//!
//! - The [`guide`] has a chapter on each subject, from the first post on: logging in, paging, streaming, bots, media, push
//!   messages, moderation, rate limits, errors, other servers, testing.
//! - The page of [`Mastodon`] lists all methods, by resource, with an example of each. The search finds a method by its name
//!   in Mastodon.py, and by other words: `boost`, `dm`, `upload`.
//! - The crate root contains the types that most applications use: the client, [`Error`], [`Page`], the
//!   [entities], their IDs and enums. All other types are in a module for their subject.
//!
//! # Cargo features
//!
//! | Feature | Effect |
//! | --- | --- |
//! | `rustls` (default) | TLS by rustls with ring |
//! | `streaming` (default) | Streams of events: the module `streaming` |
//! | `blocking` | `.wait()` for programs that are not asynchronous: the module `blocking` |
//! | `blurhash` | Decodes the blurhashes of media into images |
//! | `chrono` | Times of the crate `chrono` as arguments |
//! | `native-tls` | TLS by the library of the operating system, without `rustls`: `default-features = false` |
//! | `other-servers` | Methods, entities and fields that only servers other than Mastodon have |
//! | `push` | Push messages: the module `push` |
//! | `redis` | A store in Redis: rate limits, positions of streams and claims, shared by processes and machines |
//! | `rustls-aws-lc` | TLS by rustls with aws-lc |
//! | `socks` | SOCKS proxies |
//! | `test-util` | An example of each entity, for tests: `Status::sample()` |
//! | `webpki-roots` | Root certificates of Mozilla in the program, for container images without any |
//! | `websocket` | One WebSocket for all streams of a client, instead of one connection per stream |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[macro_use]
pub mod call;

// The documentation of `Mastodon` lists its methods in the order of these modules.
mod client;

pub mod auth;

#[cfg(feature = "streaming")]
pub mod streaming;

#[cfg(feature = "push")]
pub mod push;

mod download;
mod endpoints;

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod error;
mod facts;
mod files;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod golden;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hex;
mod http;
#[cfg(test)]
mod layers;
mod redact;
mod serde_impls;
mod sorted;
pub mod store;
mod tasks;
#[cfg(test)]
#[path = "../types/src/text_strategy.rs"]
mod text_strategy;

/// Calls with optional parameters: one type per method, with a setter for each parameter.
pub mod methods {
    pub use crate::endpoints::methods::*;
    pub use crate::endpoints::{
        AccountFindCall, Bulk, BulkItem, StatusFindCall, ThreadPostCall, WaitUntilCall,
    };
}

/// Entities, their IDs and enums: the types that the API returns.
pub mod entities {
    pub use mastodon_types::entities::*;
}

/// Endpoint metadata: path, parameters, scopes, rate limit, paging.
pub mod endpoint {
    pub use crate::call::endpoint::{
        AlreadyApplied, AlternativeRoute, Auth, Encoding, Endpoint, LostResponse, OnDuplicate,
        Paging, PagingStyle, Param, ParamLocation, Verification,
    };
    pub use crate::facts::{ServerSupport, Support};
}

/// Filters that the client applies itself.
pub mod filters {
    pub use mastodon_types::filters::*;
}

/// Media: uploads, downloads, limits.
pub mod media {
    pub use crate::client::MediaLimits;
    pub use crate::download::{Download, DownloadSource, DownloadedFile, FileDownload};
    pub use crate::endpoints::media::*;
    pub use crate::http::upload::Upload;
    #[cfg(feature = "blurhash")]
    pub use mastodon_types::{BlurhashError, Pixels};
}

/// Rate limits: modes, buckets, status, and the stores that count requests.
pub mod rate_limit {
    pub use crate::facts::RateLimitBucket;
    pub use crate::http::rate_limit::store::{
        BucketState, CountedBucket, Decision, FileRateLimitStore, FinishedRequest,
        MemoryRateLimitStore, Outcome, RateLimitStore, Reservation, StoreFuture, Ticket, Wait,
        WindowReport,
    };
    pub use crate::http::rate_limit::{RateLimitMode, RateLimitStatus, RateLimitWait};
}

/// The server: version, software, limits of statuses, access to timelines.
pub mod server {
    pub use crate::call::version_check::VersionCheck;
    pub use crate::endpoints::{
        InstanceCall, SplitError, SplitOptions, TimelineFeed, TimelineOrigin,
    };
    pub use crate::facts::{ParseVersionError, ServerVersion, Software, StatusLimits, Version};
}

/// Connections: requests and responses that the callbacks of the builder see.
pub mod transport {
    pub use crate::http::hooks::{OutgoingRequest, RequestOutcome};
}

pub use ::http::Method;
#[doc(inline)]
pub use call::page::Page;
pub use client::{Mastodon, MastodonBuilder};
pub use entities::*;
#[doc(inline)]
pub use error::Error;
pub use facts::{Scope, Scopes};
pub use jiff::{self, Timestamp};
pub use mastodon_types::{
    Cursor, Html, ParseEnumError, PlainText, SecretString, Time, TimeOutOfRange, UnknownFields,
    UnknownValue, html, json,
};
#[doc(inline)]
pub use media::Upload;
pub use reqwest;

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Compiles the examples of a page of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../docs/reliability.md")]
struct Reliability;
