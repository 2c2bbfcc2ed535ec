//! A store in files, for processes on one machine.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::names::MAX_RECORD;
use super::{Acquired, CheckpointStore, ClaimState, LeaseId, StoreFuture};
use crate::error::{Error, FileAction};
use crate::files::{FolderLock, create_folder, read, replace};
use crate::hex::hash_hex;
use crate::serde_impls::{deserialize_struct, from_json_bytes, serialize_struct};
use crate::tasks::run_blocking;

/// A [`CheckpointStore`] in a folder, for any number of processes on one machine.
///
/// Files are replaced atomically and flushed to the disk, and only their owner can read them (mode 600). Symbolic links
/// are not followed. Do not use it on a network file system: its locks and clocks may fail.
///
/// On Windows, files have no mode. They have the permissions of the folder of the store, so use one in the user's profile,
/// such as `%APPDATA%`.
///
/// ```no_run
/// # async fn example() -> Result<(), mastodon_sdk::Error> {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use mastodon_sdk::store::{FileStore, Lease};
/// let store = Arc::new(FileStore::open("/var/lib/my-bot")?);
/// let lease = Lease::acquire(store, "my-bot", Duration::from_secs(30)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileStore {
    folder: Arc<Path>,
}

/// Content of the file of a lease.
#[derive(Default)]
struct LeaseFile {
    fence: u64,
    owner: String,
    /// Milliseconds since 1970.
    expires_at: u64,
}

serialize_struct!(LeaseFile {
    fence,
    owner,
    expires_at
});
deserialize_struct!(LeaseFile {
    fence: required,
    owner: required,
    expires_at: required
});

/// Content of the file of a claim.
struct ClaimFile {
    /// Idempotency key; `None` if the item was completed.
    key: Option<String>,
    /// Milliseconds since 1970.
    expires_at: u64,
}

serialize_struct!(ClaimFile { key, expires_at });
deserialize_struct!(ClaimFile {
    key: required,
    expires_at: required
});

/// Maximum length of an encoded name that is the name of a file, in bytes.
const MAX_FILE_NAME: usize = 120;

impl FileStore {
    /// Opens the store in a folder, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)
            .and_then(|()| folder.canonicalize())
            .map(|folder| Self {
                folder: folder.into(),
            })
            .map_err(|error| Error::file(FileAction::Write, &folder, error))
    }

    /// Runs an operation on the folder of a lease, while no other process does. Blocks a thread, not the caller's task.
    fn run<'a, T: Send + 'static>(
        &self,
        name: &str,
        action: FileAction,
        operation: impl FnOnce(&LeaseFolder<'_>) -> io::Result<Result<T, Error>> + Send + 'static,
    ) -> StoreFuture<'a, T> {
        let path = self.folder.join(file_name(name));
        let failed = |error| Error::internal(format!("cannot access the files: {error}"));
        let work = move || {
            let result = match lock(&path) {
                Ok(_lock) => operation(&LeaseFolder(&path)),
                Err(error) => Err(error),
            };
            result.unwrap_or_else(|error| Err(Error::file(action, &path, error)))
        };
        // Started when the future is awaited, not before.
        Box::pin(async move { run_blocking(failed, work).await })
    }
}

/// Creates the folder of a lease if it does not exist, and locks it.
fn lock(path: &Path) -> io::Result<FolderLock> {
    create_folder(path)?;
    create_folder(&path.join("records"))?;
    create_folder(&path.join("claims"))?;
    FolderLock::acquire(&path.join("lock"))
}

/// The folder of a lease, locked.
struct LeaseFolder<'a>(&'a Path);

impl LeaseFolder<'_> {
    fn lease(&self) -> io::Result<LeaseFile> {
        Ok(read_json(&self.0.join("lease.json"))?.unwrap_or_default())
    }

    fn set_lease(&self, lease: &LeaseFile) -> io::Result<()> {
        write_json(&self.0.join("lease.json"), lease)
    }

    /// Returns whether no later lease than this one was granted. Notes its fence if the file was lost.
    fn check_fence(&self, lease: &LeaseId) -> io::Result<Result<(), Error>> {
        let mut current = self.lease()?;
        if current.fence > lease.fence {
            return Ok(Err(Error::lease_lost(&lease.name)));
        }
        if current.fence < lease.fence {
            current.fence = lease.fence;
            self.set_lease(&current)?;
        }
        Ok(Ok(()))
    }

    fn record(&self, name: &str) -> PathBuf {
        self.0.join("records").join(file_name(name))
    }

    fn claim(&self, item: &str) -> PathBuf {
        self.0.join("claims").join(file_name(item))
    }

    fn keep_claim(&self, item: &str, key: Option<String>, keep: Duration) -> io::Result<()> {
        let expires_at = millis_after(keep);
        write_json(&self.claim(item), &ClaimFile { key, expires_at })
    }

    /// Removes the claims that have expired.
    fn remove_expired_claims(&self) -> io::Result<()> {
        let now = millis_after(Duration::ZERO);
        for entry in std::fs::read_dir(self.0.join("claims"))? {
            let path = entry?.path();
            // A file that cannot be read is not removed: it may be somebody else's.
            if let Ok(Some(ClaimFile { expires_at, .. })) = read_json(&path)
                && expires_at <= now
            {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl CheckpointStore for FileStore {
    fn acquire<'a>(
        &'a self,
        name: &'a str,
        owner: &'a str,
        duration: Duration,
    ) -> StoreFuture<'a, Acquired> {
        let owner = owner.to_owned();
        self.run(name, FileAction::Write, move |folder| {
            let (lease, now) = (folder.lease()?, millis_after(Duration::ZERO));
            if !lease.owner.is_empty() && lease.owner != owner && lease.expires_at > now {
                let expires_in = Duration::from_millis(lease.expires_at - now);
                return Ok(Ok(Acquired::Held { expires_in }));
            }
            // The time makes it grow even if the file was deleted.
            let fence = now.max(lease.fence.saturating_add(1));
            let expires_at = millis_after(duration);
            folder.set_lease(&LeaseFile {
                fence,
                owner,
                expires_at,
            })?;
            folder.remove_expired_claims()?;
            Ok(Ok(Acquired::Granted { fence }))
        })
    }

    fn renew<'a>(&'a self, lease: &'a LeaseId, duration: Duration) -> StoreFuture<'a, ()> {
        let lease = lease.clone();
        self.run(&lease.name.clone(), FileAction::Write, move |folder| {
            let current = folder.lease()?;
            // A lease that was ended is not extended.
            let is_ended = current.fence == lease.fence && current.owner != lease.owner;
            if current.fence > lease.fence || is_ended {
                return Ok(Err(Error::lease_lost(&lease.name)));
            }
            folder.set_lease(&LeaseFile {
                fence: lease.fence,
                owner: lease.owner,
                expires_at: millis_after(duration),
            })?;
            Ok(Ok(()))
        })
    }

    fn release<'a>(&'a self, lease: &'a LeaseId) -> StoreFuture<'a, ()> {
        let lease = lease.clone();
        self.run(&lease.name.clone(), FileAction::Write, move |folder| {
            if folder.lease()?.fence == lease.fence {
                folder.set_lease(&LeaseFile {
                    fence: lease.fence,
                    ..LeaseFile::default()
                })?;
            }
            Ok(Ok(()))
        })
    }

    fn load<'a>(&'a self, name: &'a str, record: &'a str) -> StoreFuture<'a, Option<String>> {
        let record = record.to_owned();
        self.run(name, FileAction::Read, move |folder| {
            let bytes = read(&folder.record(&record), MAX_RECORD)?;
            let text = bytes.map(|bytes| String::from_utf8(bytes).map_err(invalid_data));
            Ok(Ok(text.transpose()?))
        })
    }

    fn save<'a>(
        &'a self,
        lease: &'a LeaseId,
        record: &'a str,
        value: &'a str,
    ) -> StoreFuture<'a, ()> {
        let (id, record, value) = (lease.clone(), record.to_owned(), value.to_owned());
        self.run(&lease.name, FileAction::Write, move |folder| {
            if let Err(error) = folder.check_fence(&id)? {
                return Ok(Err(error));
            }
            replace(&folder.record(&record), value.as_bytes())?;
            Ok(Ok(()))
        })
    }

    fn claim<'a>(
        &'a self,
        lease: &'a LeaseId,
        item: &'a str,
        key: &'a str,
        keep: Duration,
    ) -> StoreFuture<'a, ClaimState> {
        let (id, item, key) = (lease.clone(), item.to_owned(), key.to_owned());
        self.run(&lease.name, FileAction::Write, move |folder| {
            if let Err(error) = folder.check_fence(&id)? {
                return Ok(Err(error));
            }
            let now = millis_after(Duration::ZERO);
            let claim = read_json(&folder.claim(&item))?;
            Ok(Ok(match claim {
                Some(ClaimFile { key, expires_at }) if expires_at > now => match key {
                    Some(key) => ClaimState::Repeated { key },
                    None => ClaimState::Completed,
                },
                _ => {
                    folder.keep_claim(&item, Some(key), keep)?;
                    ClaimState::New
                }
            }))
        })
    }

    fn complete<'a>(&'a self, name: &'a str, item: &'a str, keep: Duration) -> StoreFuture<'a, ()> {
        let item = item.to_owned();
        self.run(name, FileAction::Write, move |folder| {
            Ok(Ok(folder.keep_claim(&item, None, keep)?))
        })
    }
}

/// Returns the name of the file for a name. Long names are replaced by a hash.
fn file_name(name: &str) -> String {
    let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    if encoded.len() <= MAX_FILE_NAME {
        return encoded;
    }
    // No encoded name contains a hyphen.
    format!("sha256-{}", hash_hex(&[name.as_bytes()]))
}

/// Returns the time after a duration, in milliseconds since 1970.
fn millis_after(duration: Duration) -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = time.unwrap_or_default().saturating_add(duration);
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<Option<T>> {
    let Some(bytes) = read(path, MAX_RECORD)? else {
        return Ok(None);
    };
    let value = from_json_bytes(&bytes);
    value.map(Some).map_err(|error| {
        let name = path.file_name().unwrap_or_default();
        invalid_data(format!("{name:?} is invalid: {error}; delete it"))
    })
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    replace(path, &serde_json::to_vec(value)?)
}

fn invalid_data(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
