//! The files of a store.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mastodon_sdk::rate_limit::{
    CountedBucket, FileRateLimitStore, RateLimitBucket, RateLimitStore, Reservation,
};
use mastodon_sdk::store::{CheckpointStore, FileStore, Lease};

const MINUTE: Duration = Duration::from_secs(60);

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn only_the_owner_can_read_the_files_and_no_temporary_file_remains() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::open(folder.path()).unwrap());
    let lease = Lease::acquire(store, "alice@example.org", MINUTE)
        .await
        .unwrap();
    lease.save("home", &"1").await.unwrap();
    lease.save("home", &"2").await.unwrap();
    let _claim = lease.claim("mention").await.unwrap();
    let files = files(folder.path());
    assert_eq!(files.len(), 4, "lease, lock, record and claim: {files:?}");
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
        let mode = std::fs::metadata(file.parent().unwrap())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}

#[tokio::test]
async fn symbolic_links_are_neither_read_nor_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "\"secret\"").unwrap();
    let store = Arc::new(FileStore::open(folder.path().join("state")).unwrap());
    let lease = Lease::acquire(store.clone(), "bot", MINUTE).await.unwrap();
    let record = folder.path().join("state/bot/records/home");
    symlink(&victim, &record).unwrap();
    let error = lease.load::<String>("home").await.unwrap_err().to_string();
    assert!(error.contains("symbolic link"), "{error}");
    lease.save("home", &"mine").await.unwrap();
    assert!(!record.symlink_metadata().unwrap().is_symlink());
    // Folders and locks too.
    symlink(folder.path(), folder.path().join("state/other")).unwrap();
    let error = store.load("other", "home").await.unwrap_err().to_string();
    assert!(error.contains("symbolic link"), "{error}");
    std::fs::remove_file(folder.path().join("state/bot/lock")).unwrap();
    symlink(&victim, folder.path().join("state/bot/lock")).unwrap();
    let error = lease.save("home", &"other").await.unwrap_err().to_string();
    assert!(error.contains("symbolic link"), "{error}");
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "\"secret\"");
}

#[tokio::test]
async fn rate_limits_are_not_read_through_a_symbolic_link() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "{}").unwrap();
    let store = FileRateLimitStore::open(folder.path().join("limits")).unwrap();
    let bucket = CountedBucket::new("https://a.example", "bot", RateLimitBucket::General);
    let reservation = Reservation::new(vec![bucket], "test");
    store.reserve(&reservation).await.unwrap();
    let files = std::fs::read_dir(folder.path().join("limits")).unwrap();
    let counts = files.map(|file| file.unwrap().path());
    let counts = counts.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    for path in counts {
        std::fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
    }
    let error = store.reserve(&reservation).await.unwrap_err().to_string();
    assert!(error.contains("symbolic link"), "{error}");
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "{}");
}

#[tokio::test]
async fn damaged_file_is_named_and_the_fence_grows_even_without_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(FileStore::open(folder.path()).unwrap());
    let fence = async || {
        let lease = Lease::acquire(store.clone(), "bot", MINUTE).await.unwrap();
        let debug = format!("{lease:?}");
        std::mem::forget(lease);
        let digits = debug.split("fence: ").nth(1).unwrap();
        let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().unwrap()
    };
    let first = fence().await;
    std::fs::write(folder.path().join("bot/lease.json"), "{").unwrap();
    let error = Lease::try_acquire(store.clone(), "bot", MINUTE)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("\"lease.json\" is invalid"),
        "{error}"
    );
    std::fs::remove_dir_all(folder.path().join("bot")).unwrap();
    std::thread::sleep(Duration::from_millis(2));
    assert!(fence().await > first);
}
