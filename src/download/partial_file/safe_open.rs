//! Opens files in folders that others may be able to write to, without following links.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use tokio::fs::File;

use crate::files::{read_limited, refuse_others, without_links};
use crate::tasks::run_io;

/// Fails if there is something else than a file of its own at the path.
pub(super) async fn refuse_link(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    match run_io(|| std::fs::symlink_metadata(path)).await {
        Ok(metadata) => refuse_others(&metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Creates a file. Fails if there is anything at the path, even a link that leads nowhere.
pub(super) async fn create(path: &Path) -> io::Result<File> {
    let path = path.to_owned();
    let create = || OpenOptions::new().write(true).create_new(true).open(path);
    run_io(create).await.map(File::from_std)
}

/// Opens an existing file for writing; `None` if there is none.
pub(super) async fn existing(path: &Path) -> io::Result<Option<File>> {
    let path = path.to_owned();
    match run_io(move || open(&path, OpenOptions::new().write(true))).await {
        Ok(file) => Ok(Some(File::from_std(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file of at most `max_len` bytes.
pub(super) async fn read(path: &Path, max_len: usize) -> io::Result<String> {
    let path = path.to_owned();
    let read = move || {
        let file = open(&path, OpenOptions::new().read(true))?;
        let bytes = read_limited(file, max_len)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    };
    run_io(read).await
}

fn open(path: &Path, options: &mut OpenOptions) -> io::Result<std::fs::File> {
    let file = without_links(options).open(path)?;
    refuse_others(&file.metadata()?)?;
    Ok(file)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A link can be planted after the check of the path, so each way to open a file refuses links itself.
    #[tokio::test]
    async fn no_file_is_opened_or_created_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert!(create(&link).await.is_err());
        assert!(!victim.exists());
        std::fs::write(&victim, "precious").unwrap();
        assert!(create(&link).await.is_err());
        assert!(existing(&link).await.is_err());
        assert!(read(&link, 100).await.is_err());
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }

    #[tokio::test]
    async fn named_pipe_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let created = std::process::Command::new("mkfifo").arg(&pipe).status();
        if created.is_ok_and(|status| status.success()) {
            assert!(refuse_link(&pipe).await.is_err());
            assert!(existing(&pipe).await.is_err());
            assert!(read(&pipe, 100).await.is_err());
        }
    }

    #[tokio::test]
    async fn only_short_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "abcd").unwrap();
        assert_eq!(read(&path, 4).await.unwrap(), "abcd");
        assert!(read(&path, 3).await.is_err());
        assert!(
            existing(&folder.path().join("other"))
                .await
                .unwrap()
                .is_none()
        );
    }
}
