//! The store of the processes of one machine.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation, StoreFuture,
};
use crate::error::{Error, FileAction};
use crate::files::{FolderLock, read, replace_without_flush};
use crate::hex::hash_hex;
use crate::http::rate_limit::RateLimitStatus;
use crate::serde_impls::{deserialize_struct, from_json_bytes, serialize_struct};
use crate::sorted::SortedMap;
use crate::tasks::{Blocking, run_blocking};

/// Rate limits in a folder, for the processes of one machine.
///
/// The folder has two small files per server: the counts, and an empty file that is locked while a process changes
/// them. A file of counts is replaced as a whole, so that a process can be killed at any time. It contains hashes of
/// access tokens, and no secrets. Do not place the folder on a network file system, where locks may not work.
///
/// ```no_run
/// # fn example() -> Result<(), mastodon_sdk::Error> {
/// use std::sync::Arc;
/// use mastodon_sdk::Mastodon;
/// use mastodon_sdk::rate_limit::FileRateLimitStore;
///
/// let store = Arc::new(FileRateLimitStore::open("/var/lib/my-bot/rate-limits")?);
/// let mastodon = Mastodon::builder("mastodon.social").rate_limit_store(store).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileRateLimitStore {
    folder: Arc<Path>,
}

/// Contents of a file: the buckets of one server by their keys.
#[derive(Debug, Default)]
struct Counts {
    /// When the file was written, in milliseconds since 1970.
    written_at: u64,
    buckets: SortedMap<String, BucketState>,
}

serialize_struct!(Counts {
    written_at,
    buckets
});
deserialize_struct!(Counts {
    written_at: default,
    buckets: default
});

impl Counts {
    fn read(path: &Path, now: u64) -> io::Result<Self> {
        // A file that does not exist or cannot be decoded is empty: the rate limits are then unknown.
        let text = read(path, MAX_SIZE)?;
        let mut counts: Self = text
            .and_then(|text| from_json_bytes(&text).ok())
            .unwrap_or_default();
        if now.saturating_add(MAX_SET_BACK) < counts.written_at {
            counts.buckets.clear();
        }
        Ok(counts)
    }

    fn write(mut self, path: &Path, now: u64) -> io::Result<()> {
        self.buckets.retain(|state| now < state.expires_at());
        self.written_at = now;
        replace_without_flush(path, &serde_json::to_vec(&self)?)
    }

    fn state(&mut self, key: String) -> &mut BucketState {
        self.buckets.get_or_insert_with(key, BucketState::default)
    }
}

/// How far the clock of the machine may be set back, in milliseconds, before the counts are discarded.
const MAX_SET_BACK: u64 = 2_000;

/// Maximum size of a file in bytes. A larger one is not a file of this store.
const MAX_SIZE: usize = 64 << 20;

impl FileRateLimitStore {
    /// Opens a store in a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::file(FileAction::Write, &folder, error))?;
        Ok(Self {
            folder: folder.into(),
        })
    }

    /// Changes the counts of a server on a thread for blocking operations.
    fn change<T: Send + 'static>(
        &self,
        server: &str,
        change: impl FnOnce(&mut Counts, u64) -> T + Send + 'static,
    ) -> Blocking<T, Error> {
        let (folder, name) = (Arc::clone(&self.folder), file_name(server));
        let failed = |error| Error::internal(format!("the thread failed: {error}"));
        run_blocking(failed, move || {
            change_file(&folder, &name, change)
                .map_err(|error| Error::file(FileAction::Write, &folder.join(&name), error))
        })
    }
}

/// Returns the name of the file of a server.
fn file_name(server: &str) -> String {
    format!("{}.json", hash_hex(&[server.as_bytes()]))
}

/// Changes a file while it is locked.
fn change_file<T>(
    folder: &Path,
    name: &str,
    change: impl FnOnce(&mut Counts, u64) -> T,
) -> io::Result<T> {
    // The file itself is replaced, so another one is locked.
    let _lock = FolderLock::acquire(&folder.join(format!("{name}.lock")))?;
    let path = folder.join(name);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut counts = Counts::read(&path, now)?;
    let result = change(&mut counts, now);
    counts.write(&path, now)?;
    Ok(result)
}

impl RateLimitStore for FileRateLimitStore {
    fn reserve<'a>(&'a self, reservation: &'a Reservation) -> StoreFuture<'a, Decision> {
        Box::pin(async move {
            let server = server(reservation.buckets.first());
            let reservation = reservation.clone();
            let reserve = move |counts: &mut Counts, now| {
                let keys: Vec<_> = reservation.buckets.iter().map(CountedBucket::key).collect();
                let taken = keys.iter().map(|key| counts.buckets.remove(key));
                let mut states: Vec<_> = taken.map(Option::unwrap_or_default).collect();
                let mut borrowed: Vec<_> = states.iter_mut().collect();
                let decision = BucketState::reserve(&mut borrowed, &reservation, now);
                for (key, state) in keys.into_iter().zip(states) {
                    counts.buckets.insert(key, state);
                }
                decision
            };
            self.change(server, reserve).await
        })
    }

    fn finish<'a>(
        &'a self,
        requests: &'a [FinishedRequest],
    ) -> StoreFuture<'a, Vec<Option<RateLimitStatus>>> {
        Box::pin(async move {
            let server = server(requests.first().map(|request| &request.bucket));
            let requests = requests.to_vec();
            let finish = move |counts: &mut Counts, now| {
                let finish = |request: &FinishedRequest| {
                    let state = counts.state(request.bucket.key());
                    state.finish(request, now)
                };
                requests.iter().map(finish).collect()
            };
            self.change(server, finish).await
        })
    }

    fn set_status<'a>(
        &'a self,
        bucket: &'a CountedBucket,
        status: RateLimitStatus,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let key = bucket.key();
            let set = move |counts: &mut Counts, now| {
                counts.state(key).set_status(status, now);
            };
            self.change(&bucket.server, set).await
        })
    }

    fn is_single_address(&self) -> bool {
        true
    }
}

fn server(bucket: Option<&CountedBucket>) -> &str {
    bucket.map_or("", |bucket| &*bucket.server)
}
