//! Stores: what a worker must not forget, and what several workers share.
//!
//! A *worker* is a process that acts for an account, such as a bot. When it is restarted, or replaced by another one on
//! another machine, the next worker continues where the last one stopped:
//!
//! - A [`Lease`] makes sure that one worker at a time acts under a name. It expires if its worker is killed or stalled,
//!   and another worker then takes it. A worker that has lost its lease can no longer write.
//! - The lease saves *records*: positions of streams ([`Checkpoint`](crate::streaming::Checkpoint)), the ID up to which
//!   a list was fetched, or any other value that serde can serialize.
//! - A [`Claim`] marks an item, such as a mention, before the worker answers it, and contains the idempotency key of the
//!   answer. The next worker repeats an answer that may not have been posted with the same key.
//!
//! [`MemoryStore`] is for one process and for tests, [`FileStore`] for processes on one machine, and `RedisStore`, with
//! the Cargo feature `redis`, for any number of machines. Other databases implement [`CheckpointStore`].
//!
//! ```no_run
//! # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
//! use std::sync::Arc;
//! use std::time::Duration;
//! use mastodon_sdk::store::{FileStore, Lease};
//! use mastodon_sdk::NotificationType;
//! use mastodon_sdk::streaming::StreamEvent;
//!
//! let store = Arc::new(FileStore::open("state")?);
//! // Waits until no other worker acts for the account.
//! let lease = Lease::acquire(store, "alice@example.org", Duration::from_secs(30)).await?;
//! let mut events = mastodon.stream_user_notifications().resume_from(&lease, "notifications").await?;
//! while let Some(event) = events.try_next().await? {
//!     if let StreamEvent::Notification(notification) = event
//!         && notification.kind == NotificationType::Mention
//!         && let Some(mention) = &notification.status
//!         && let Some(claim) = lease.claim(mention.id.as_str()).await?
//!     {
//!         // If an earlier worker may have posted the answer, look for it first.
//!         if !claim.is_repeated() || !mastodon.status_has_reply(mention).await? {
//!             mastodon
//!                 .status_reply(mention, "Hello!")
//!                 .idempotency_key(claim.idempotency_key())
//!                 .await?;
//!         }
//!         claim.complete().await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
#![cfg_attr(
    not(feature = "streaming"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the text links to a type behind the Cargo feature"
    )
)]

mod claim;
mod file;
mod lease;
mod memory;
mod names;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "streaming")]
mod stream;

use std::fmt;
use std::time::Duration;

pub use self::claim::Claim;
pub use self::file::FileStore;
pub use self::lease::Lease;
pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::{RedisStore, RedisStoreBuilder};
#[cfg(feature = "streaming")]
pub use self::stream::ResumedStream;
pub use crate::http::rate_limit::store::StoreFuture;

/// A store of leases, and of the records and claims of their holders.
///
/// Applications use it through a [`Lease`]. Implement it for a database of your own: each operation is atomic, and
/// times are measured by the clock of the database, because clocks of workers differ. Report failures of the database
/// with [`Error::store`](crate::Error::store).
///
/// # Fencing
///
/// Each time that a lease is granted, it gets a larger number than ever before: its *fence*. An operation with a fence
/// that is smaller than the largest one granted fails with [`Error::LeaseLost`](crate::Error::LeaseLost) and changes nothing. So a worker that
/// was stalled while another one took its lease cannot overwrite newer records. An expired lease that nobody took remains
/// valid.
///
/// If the store has lost its data, it accepts any fence, and remembers it.
pub trait CheckpointStore: fmt::Debug + Send + Sync {
    /// Grants the lease `name` for `duration`, unless another owner holds it.
    ///
    /// The owner is a random string, one for each attempt to become the holder. An owner that holds the lease already is
    /// granted it again: the response to an earlier request may have been lost.
    fn acquire<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        duration: Duration,
    ) -> StoreFuture<'a, Acquired>;

    /// Extends the lease: it expires `duration` from now.
    fn renew<'a>(&'a self, lease: &'a LeaseId, duration: Duration) -> StoreFuture<'a, ()>;

    /// Ends the lease, so that another worker can take it at once. Does nothing if another one has it.
    fn release<'a>(&'a self, lease: &'a LeaseId) -> StoreFuture<'a, ()>;

    /// Returns a record that a holder of the lease `name` has saved.
    fn load<'a>(&'a self, name: &'a str, record: &'a str) -> StoreFuture<'a, Option<String>>;

    /// Saves a record, replacing the earlier one of the same name.
    fn save<'a>(
        &'a self,
        lease: &'a LeaseId,
        record: &'a str,
        value: &'a str,
    ) -> StoreFuture<'a, ()>;

    /// Claims an item. The claim is kept for `keep`, and contains `key` unless the item was claimed before.
    fn claim<'a>(
        &'a self,
        lease: &'a LeaseId,
        item: &'a str,
        key: &'a str,
        keep: Duration,
    ) -> StoreFuture<'a, ClaimState>;

    /// Marks an item as completed, and keeps that for `keep`. This does not need the lease: it remains true that the item
    /// was completed, even if the lease was lost meanwhile.
    fn complete<'a>(&'a self, name: &'a str, item: &'a str, keep: Duration) -> StoreFuture<'a, ()>;
}

/// Identifies the holder of a lease to a [`CheckpointStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseId {
    /// Name of the lease.
    pub name: String,
    /// Random string of the holder.
    pub owner: String,
    /// Number that grows with each grant of the lease.
    pub fence: u64,
}

impl LeaseId {
    /// Creates an ID, for tests of a store.
    pub fn new(name: impl Into<String>, owner: impl Into<String>, fence: u64) -> Self {
        Self {
            name: name.into(),
            owner: owner.into(),
            fence,
        }
    }
}

/// Result of [`CheckpointStore::acquire`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a store has no other answer")]
pub enum Acquired {
    /// The lease is granted.
    Granted {
        /// Its fence: larger than each one before.
        fence: u64,
    },
    /// Another owner holds the lease.
    Held {
        /// Time until it expires, unless its holder extends it.
        expires_in: Duration,
    },
}

/// Result of [`CheckpointStore::claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a store has no other answer")]
pub enum ClaimState {
    /// The item was not claimed before.
    New,
    /// The item was claimed before, and not completed.
    Repeated {
        /// Idempotency key of the first claim.
        key: String,
    },
    /// The item was completed.
    Completed,
}
