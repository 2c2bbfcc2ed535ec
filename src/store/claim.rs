//! Claims: items that are handled once.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::lease::Inner;
use super::names::{KEEP_CLAIMS, check_name};
use super::{ClaimState, Lease};
use crate::error::Error;
use crate::hex::hash_hex;

/// An item that the worker has claimed, such as a mention that it is about to answer.
///
/// [`Lease::claim`] creates it. A claim that is dropped without [`complete`](Self::complete), because the worker
/// failed or was killed, can be claimed again.
#[doc(alias("exactly once", "deduplication"))]
#[must_use = "an item is handled again unless its claim is completed"]
pub struct Claim {
    lease: Arc<Inner>,
    item: String,
    key: String,
    is_repeated: bool,
}

impl Lease {
    /// Claims an item before it is handled: a mention before it is answered, or a status before it is posted. Returns
    /// `None` if it was completed already, or if this process is handling it.
    ///
    /// `item` names the item within the lease, such as the ID of the mention. Claims are kept for 14 days.
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`] if another worker has taken the lease, [`Error::Store`] if the store cannot be reached. The
    /// item must not be handled then.
    pub async fn claim(&self, item: &str) -> Result<Option<Claim>, Error> {
        check_name("claim", "item", item)?;
        let inner = self.inner();
        if !inner.claimed().insert(item.to_owned()) {
            return Ok(None);
        }
        let mut claim = Claim {
            lease: Arc::clone(inner),
            item: item.to_owned(),
            key: derive_key(&inner.id.name, item),
            is_repeated: false,
        };
        let claimed = inner.store.claim(&inner.id, item, &claim.key, KEEP_CLAIMS);
        match inner.check(claimed.await)? {
            ClaimState::New => Ok(Some(claim)),
            ClaimState::Repeated { key } => {
                claim.key = key;
                claim.is_repeated = true;
                Ok(Some(claim))
            }
            ClaimState::Completed => Ok(None),
        }
    }
}

impl Claim {
    /// Returns the idempotency key for the post that handles the item. All workers use the same key for an item, so
    /// servers that know such keys post it once, even if an earlier worker was killed before it could note that it had
    /// posted.
    pub fn idempotency_key(&self) -> &str {
        &self.key
    }

    /// Returns whether an earlier worker, or an earlier attempt of this one, has claimed the item and not completed it:
    /// it may have been handled or not.
    ///
    /// Servers keep idempotency keys for one hour, and some know none. Check whether the item is handled, before you
    /// handle it again; for a reply, with [`status_has_reply`](crate::Mastodon::status_has_reply).
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// Records that the item was handled. No worker can claim it again.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be reached. The item is then claimed again by the next worker, with the same
    /// key.
    pub async fn complete(self) -> Result<(), Error> {
        let lease = &self.lease;
        let completed = lease
            .store
            .complete(&lease.id.name, &self.item, KEEP_CLAIMS);
        completed.await
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.lease.claimed().remove(&self.item);
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("lease", &self.lease.id.name)
            .field("item", &self.item)
            .field("is_repeated", &self.is_repeated)
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Returns the items that this process is handling.
    fn claimed(&self) -> std::sync::MutexGuard<'_, std::collections::HashSet<String>> {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the idempotency key of an item. It is the same for all workers, even if the store has lost its data.
fn derive_key(lease: &str, item: &str) -> String {
    // The length separates the two names.
    let length = (lease.len() as u64).to_le_bytes();
    hash_hex(&[&length, lease.as_bytes(), item.as_bytes()])
}
