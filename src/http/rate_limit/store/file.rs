//! The store of the processes of one machine.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use fs4::FileExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    BucketState, CountedBucket, Decision, FinishedRequest, RateLimitStore, Reservation, StoreFuture,
};
use crate::error::{Error, FileAction};
use crate::http::rate_limit::RateLimitStatus;

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
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Counts {
    /// When the file was written, in milliseconds since 1970.
    written_at: u64,
    buckets: BTreeMap<String, BucketState>,
}

/// How far the clock of the machine may be set back, in milliseconds, before the counts are discarded.
const MAX_SET_BACK: u64 = 2_000;

/// Maximum size of a file in bytes. A larger one is not a file of this store.
const MAX_SIZE: u64 = 64 << 20;

impl FileRateLimitStore {
    /// Opens a store in a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        fs::create_dir_all(&folder)
            .map_err(|error| Error::file(FileAction::Write, &folder, error))?;
        Ok(Self {
            folder: folder.into(),
        })
    }

    /// Changes the counts of a server on a thread for blocking operations.
    async fn change<T: Send + 'static>(
        &self,
        server: &str,
        change: impl FnOnce(&mut Counts, u64) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (folder, name) = (Arc::clone(&self.folder), file_name(server));
        let changed = tokio::task::spawn_blocking(move || {
            let path = folder.join(&name);
            change_file(&folder, &name, change)
                .map_err(|error| Error::file(FileAction::Write, &path, error))
        });
        let changed = changed.await;
        changed.unwrap_or_else(|error| Err(Error::internal(format!("the thread failed: {error}"))))
    }
}

/// Returns the name of the file of a server.
fn file_name(server: &str) -> String {
    let hash = Sha256::digest(server.as_bytes());
    let hash: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{hash}.json")
}

/// Changes a file while it is locked.
fn change_file<T>(
    folder: &Path,
    name: &str,
    change: impl FnOnce(&mut Counts, u64) -> T,
) -> io::Result<T> {
    // The file itself is replaced, so another one is locked. The operating system unlocks it if the process is killed.
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(format!("{name}.lock")))?;
    FileExt::lock(&lock)?;
    let path = folder.join(name);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut counts = read(&path)?;
    if now.saturating_add(MAX_SET_BACK) < counts.written_at {
        counts.buckets.clear();
    }
    let result = change(&mut counts, now);
    counts.buckets.retain(|_, state| now < state.expires_at());
    counts.written_at = now;
    write(folder, name, &counts)?;
    Ok(result)
}

/// Reads a file. One that does not exist or cannot be decoded is empty: the rate limits are then unknown.
fn read(path: &Path) -> io::Result<Counts> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_SIZE => return Ok(Counts::default()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Counts::default()),
        Err(error) => return Err(error),
    }
    Ok(serde_json::from_slice(&fs::read(path)?).unwrap_or_default())
}

/// Replaces a file.
fn write(folder: &Path, name: &str, counts: &Counts) -> io::Result<()> {
    // Only the process that holds the lock writes this file.
    let temporary = folder.join(format!("{name}.new"));
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec(counts)?)?;
    drop(file);
    fs::rename(&temporary, folder.join(name))
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
                counts.buckets.extend(keys.into_iter().zip(states));
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
                    let state = counts.buckets.entry(request.bucket.key()).or_default();
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
                counts
                    .buckets
                    .entry(key)
                    .or_default()
                    .set_status(status, now);
            };
            self.change(&bucket.server, set).await
        })
    }

    fn is_single_address(&self) -> bool {
        true
    }
}

fn server(bucket: Option<&CountedBucket>) -> &str {
    bucket.map_or("", |bucket| bucket.server.as_str())
}
