//! Leases: one worker at a time acts under a name.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::names::{MAX_RECORD, check_name};
use super::{Acquired, CheckpointStore, LeaseId};
use crate::error::Error;
use crate::hex::random_hex;
use crate::tasks::spawn;

/// Maximum time between two checks of a lease that another worker holds.
const MAX_POLL: Duration = Duration::from_secs(1);

/// Minimum time between two checks.
const MIN_POLL: Duration = Duration::from_millis(20);

/// Minimum duration of a lease. Below that, delays of the network would end it.
const MIN_DURATION: Duration = Duration::from_millis(100);

/// Maximum duration of a lease: one day.
const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);

/// The right to act under a name: this worker has it, and no other one.
///
/// A task extends the lease three times per duration, until its last clone is dropped; another worker can take it then at
/// once. If the process is killed, stalled, or cut off from the store, another worker takes the lease when it has
/// expired. All operations of this worker then fail with [`Error::LeaseLost`], and it should stop.
///
/// Cheap to clone; clones share the lease.
#[doc(alias("lock", "leader election"))]
#[derive(Clone)]
pub struct Lease(Arc<Holder>);

/// Ends the lease when the last clone is dropped. The claims and the renewal own [`Inner`] only.
struct Holder {
    inner: Arc<Inner>,
    renewal: AbortHandle,
}

/// The lease without the right to end it.
pub(super) struct Inner {
    pub(super) store: Arc<dyn CheckpointStore>,
    pub(super) id: LeaseId,
    /// Items that this process is handling.
    pub(super) claimed: Mutex<HashSet<String>>,
    is_lost: watch::Sender<bool>,
}

impl Lease {
    /// Waits until no other worker holds the lease, and takes it for `duration`, which is extended as long as the lease
    /// is in use. While another worker holds it, the store is queried once per second.
    ///
    /// The duration is the time after which a killed worker is replaced: from 100 milliseconds to one day; usually 30
    /// seconds. It should be longer than a call takes, because a server may still carry out the last call of a killed
    /// worker.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be reached, [`Error::IllegalArgument`] if the name or the duration is invalid.
    pub async fn acquire(
        store: Arc<dyn CheckpointStore>,
        name: &str,
        duration: Duration,
    ) -> Result<Self, Error> {
        let owner = check_arguments(name, duration)?;
        loop {
            match store.acquire(name, &owner, duration).await? {
                Acquired::Granted { fence } => {
                    return Ok(Self::start(store, name, owner, fence, duration));
                }
                Acquired::Held { expires_in } => {
                    sleep(expires_in.clamp(MIN_POLL, MAX_POLL)).await;
                }
            }
        }
    }

    /// Takes the lease as [`acquire`](Self::acquire) does, or returns `None` if another worker holds it.
    ///
    /// # Errors
    ///
    /// The same as [`acquire`](Self::acquire).
    pub async fn try_acquire(
        store: Arc<dyn CheckpointStore>,
        name: &str,
        duration: Duration,
    ) -> Result<Option<Self>, Error> {
        let owner = check_arguments(name, duration)?;
        match store.acquire(name, &owner, duration).await? {
            Acquired::Granted { fence } => {
                Ok(Some(Self::start(store, name, owner, fence, duration)))
            }
            Acquired::Held { .. } => Ok(None),
        }
    }

    fn start(
        store: Arc<dyn CheckpointStore>,
        name: &str,
        owner: String,
        fence: u64,
        duration: Duration,
    ) -> Self {
        tracing::info!(lease = name, fence, "lease taken");
        let inner = Arc::new(Inner {
            store,
            id: LeaseId {
                name: name.to_owned(),
                owner,
                fence,
            },
            claimed: Mutex::default(),
            is_lost: watch::Sender::new(false),
        });
        let renewal = spawn(&Handle::current(), renew(Arc::clone(&inner), duration));
        Self(Arc::new(Holder { inner, renewal }))
    }

    pub(super) fn inner(&self) -> &Arc<Inner> {
        &self.0.inner
    }

    /// Returns the name of the lease.
    pub fn name(&self) -> &str {
        &self.inner().id.name
    }

    /// Returns whether another worker has taken the lease, as far as is known.
    pub fn is_lost(&self) -> bool {
        *self.inner().is_lost.borrow()
    }

    /// Waits until another worker has taken the lease. Use it to stop work that does not use the store.
    pub async fn lost(&self) {
        let mut is_lost = self.inner().is_lost.subscribe();
        // The sender lives as long as the lease.
        let _closed = is_lost.wait_for(|lost| *lost).await;
    }

    /// Returns the record of this name that this worker or an earlier one has saved; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be reached, or if the record is not of this type.
    pub async fn load<T: DeserializeOwned>(&self, record: &str) -> Result<Option<T>, Error> {
        check_name("load", "record", record)?;
        let inner = self.inner();
        let Some(json) = inner.store.load(&inner.id.name, record).await? else {
            return Ok(None);
        };
        let value = serde_json::from_str(&json).map_err(|error| {
            let lease = &inner.id.name;
            let reason = format!("the record `{record}` of `{lease}` has another type: {error}");
            Error::store(reason, false)
        })?;
        Ok(Some(value))
    }

    /// Saves a record: the position of a stream, the ID up to which a list was fetched, or another value.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon, lease: mastodon_sdk::store::Lease) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::StatusId;
    /// let after: Option<StatusId> = lease.load("home").await?;
    /// let page = match after {
    ///     Some(after) => mastodon.timeline_home().min_id(after).await?,
    ///     None => mastodon.timeline_home().limit(1).await?,
    /// };
    /// if let Some(newest) = page.first() {
    ///     lease.save("home", &newest.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::LeaseLost`] if another worker has taken the lease; the record is unchanged then. [`Error::Store`] if the
    /// store cannot be reached. [`Error::IllegalArgument`] if the JSON of the value is larger than 1 MiB.
    pub async fn save<T: Serialize>(&self, record: &str, value: &T) -> Result<(), Error> {
        check_name("save", "record", record)?;
        let json = serde_json::to_string(value)
            .map_err(|error| Error::argument("save", "value", error.to_string()))?;
        if json.len() > MAX_RECORD {
            let reason = format!(
                "it has {} bytes; at most {MAX_RECORD} are allowed",
                json.len()
            );
            return Err(Error::argument("save", "value", reason));
        }
        let inner = self.inner();
        inner.check(inner.store.save(&inner.id, record, &json).await)
    }
}

impl Inner {
    /// Notes that the lease was lost, if that is the error.
    pub(super) fn check<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if matches!(result, Err(Error::LeaseLost { .. })) && !self.is_lost.send_replace(true) {
            let lease = self.id.name.as_str();
            tracing::warn!(lease, "another worker has taken the lease");
        }
        result
    }
}

/// Checks the arguments of a new lease, and returns the string of its owner.
fn check_arguments(name: &str, duration: Duration) -> Result<String, Error> {
    check_name("acquire", "name", name)?;
    if !(MIN_DURATION..=MAX_DURATION).contains(&duration) {
        let reason = format!("it must be between {MIN_DURATION:?} and one day, not {duration:?}");
        return Err(Error::argument("acquire", "duration", reason));
    }
    random_hex()
}

/// Extends the lease until it is lost.
async fn renew(inner: Arc<Inner>, duration: Duration) {
    let interval = duration / 3;
    let mut next = Instant::now() + interval;
    loop {
        sleep_until(next).await;
        next = Instant::now() + interval;
        let renewed = timeout(duration, inner.store.renew(&inner.id, duration)).await;
        match renewed.map(|result| inner.check(result)) {
            Ok(Ok(())) => {}
            Ok(Err(Error::LeaseLost { .. })) => return,
            // The store may be back before the lease expires, and no other worker can take it meanwhile.
            Ok(Err(error)) => {
                tracing::warn!(lease = inner.id.name, %error, "cannot extend the lease");
                next = Instant::now() + interval / 4;
            }
            Err(_) => {
                tracing::warn!(
                    lease = inner.id.name,
                    "the store is slow to extend the lease"
                );
            }
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.renewal.abort();
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let inner = Arc::clone(&self.inner);
        spawn(&runtime, async move {
            if let Err(error) = inner.store.release(&inner.id).await {
                tracing::debug!(lease = inner.id.name, %error, "cannot end the lease; it expires");
            }
        });
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("id", &self.inner().id)
            .field("is_lost", &self.is_lost())
            .finish_non_exhaustive()
    }
}
