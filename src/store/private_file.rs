//! Files that only their owner can read, replaced atomically. Symbolic links are not followed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use fs4::FileExt;

use crate::call::encode::random_hex;

/// Exclusive lock of a folder. The operating system ends it with the process.
pub(super) struct FolderLock(#[allow(dead_code, reason = "closing it unlocks")] File);

impl FolderLock {
    /// Waits until no other process has the lock, and takes it.
    pub(super) fn acquire(path: &Path) -> io::Result<Self> {
        let mut options = private_options();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        refuse_link(path)?;
        FileExt::lock(&file)?;
        Ok(Self(file))
    }
}

/// Creates a folder that only its owner can use, unless it exists.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refuse_link(path),
        created => created,
    }
}

/// Reads a file; `None` if it does not exist. Fails if it is larger than `max` bytes.
pub(super) fn read(path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    refuse_link(path)?;
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        let reason = format!("the file is larger than {max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(Some(bytes))
}

/// Replaces a file atomically, and flushes it to the disk.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let random = random_hex().map_err(io::Error::other)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{random}.tmp"));
    let temporary = path.with_file_name(name);
    let write = || {
        // A file or link of this name is not opened.
        let mut file = private_options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        sync_folder(path)
    };
    write().inspect_err(|_| {
        // The first error matters more.
        let _removed = std::fs::remove_file(&temporary);
    })
}

fn private_options() -> OpenOptions {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Flushes the name of a file to the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    // Windows cannot open folders as files.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn refuse_link(path: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(path)?.file_type().is_symlink() {
        let reason = format!(
            "{} is a symbolic link, which is not followed; delete it",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    Ok(())
}
