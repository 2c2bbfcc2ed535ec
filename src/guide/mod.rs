//! The guide: from the first post to programs with many accounts.
//!
//! Each chapter is short, and its examples are complete: they are compiled, and run against a test server, with each
//! version of the crate.
//!
//! 1. [Your first post in five minutes](first_post)
//! 2. [Logging in](logging_in)
//! 3. [Paging](paging)
//! 4. [Streaming](streaming_events)
//! 5. [Bots that survive restarts](bots)
//! 6. [Media](media_files)
//! 7. [Scheduled posts, threads and polls](posts)
//! 8. [Push messages](push_messages)
//! 9. [Moderation](moderation)
//! 10. [Rate limits and many accounts](rate_limits)
//! 11. [Errors](errors)
//! 12. [Other servers than Mastodon](other_servers)
//! 13. [Proxies and TLS](proxies_and_tls)
//! 14. [Blocking programs](blocking_programs)
//! 15. [Testing](testing)
//! 16. [Logging with `tracing`](logging)
//! 17. [Requests that the SDK does not know](unknown_requests)
//! 18. [Storing entities](stored_entities)
//! 19. [Migrating from Mastodon.py](from_mastodon_py)
//!
//! The methods themselves, with an example of each, are in the documentation of [`Mastodon`](crate::Mastodon).
#![cfg_attr(
    not(all(feature = "blocking", feature = "push", feature = "streaming")),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "chapters link to modules behind Cargo features"
    )
)]

// The chapters are files, so that they can be read and edited as text. Only rustdoc compiles this module.

#[doc = include_str!("../../docs/guide/first_post.md")]
pub mod first_post {}

#[doc = include_str!("../../docs/guide/logging_in.md")]
pub mod logging_in {}

#[doc = include_str!("../../docs/guide/paging.md")]
pub mod paging {}

#[doc = include_str!("../../docs/guide/streaming_events.md")]
pub mod streaming_events {}

#[doc = include_str!("../../docs/guide/bots.md")]
pub mod bots {}

#[doc = include_str!("../../docs/guide/media_files.md")]
pub mod media_files {}

#[doc = include_str!("../../docs/guide/posts.md")]
pub mod posts {}

#[doc = include_str!("../../docs/guide/push_messages.md")]
pub mod push_messages {}

#[doc = include_str!("../../docs/guide/moderation.md")]
pub mod moderation {}

#[doc = include_str!("../../docs/guide/rate_limits.md")]
pub mod rate_limits {}

#[doc = include_str!("../../docs/guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../../docs/guide/other_servers.md")]
pub mod other_servers {}

#[doc = include_str!("../../docs/guide/proxies_and_tls.md")]
pub mod proxies_and_tls {}

#[doc = include_str!("../../docs/guide/blocking_programs.md")]
pub mod blocking_programs {}

#[doc = include_str!("../../docs/guide/testing.md")]
pub mod testing {}

#[doc = include_str!("../../docs/guide/logging.md")]
pub mod logging {}

#[doc = include_str!("../../docs/guide/unknown_requests.md")]
pub mod unknown_requests {}

#[doc = include_str!("../../docs/guide/stored_entities.md")]
pub mod stored_entities {}

#[doc = include_str!("../../docs/guide/from_mastodon_py.md")]
pub mod from_mastodon_py {}
