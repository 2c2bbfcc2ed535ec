//! Files in folders that others may be able to write to: links are not followed, and files that only their owner can read
//! are replaced atomically.
//!
//! On Windows, new files and folders have the permissions of the folder that they are in: the standard library cannot set
//! others.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::hex::random_hex;

/// Exclusive lock of a folder. The operating system ends it with the process.
pub(crate) struct FolderLock {
    /// Closing it unlocks the folder.
    _file: File,
}

impl FolderLock {
    /// Waits until no other process has the lock, and takes it.
    pub(crate) fn acquire(path: &Path) -> io::Result<Self> {
        let mut options = private_options();
        options.read(true).write(true).create(true).truncate(false);
        let file = open_own(&mut options, path)?;
        file.lock()?;
        Ok(Self { _file: file })
    }
}

/// Creates a folder that only its owner can use, unless it exists.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    #[allow(unused_mut, reason = "only Unix has modes")]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_folder = std::fs::symlink_metadata(path)?.is_dir();
            let reason = "it is a symbolic link or a file instead of a folder; delete it";
            is_folder
                .then_some(())
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, reason))
        }
        created => created,
    }
}

/// Reads a file; `None` if it does not exist. Fails if it is larger than `max` bytes.
pub(crate) fn read(path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
    let file = match open_own(OpenOptions::new().read(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    read_limited(file, max).map(Some)
}

/// Reads the rest of a file. Fails if it is larger than `max` bytes.
pub(crate) fn read_limited(file: File, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        let reason = format!("the file is larger than {max} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(bytes)
}

/// Replaces a file atomically by one that only its owner can read, and flushes it to the disk.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |file| {
        file.write_all(bytes)?;
        file.sync_all()
    })?;
    sync_folder(path)
}

/// Replaces a file as [`replace`] does, but does not wait for the disk: a crash of the machine may lose it.
pub(crate) fn replace_without_flush(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(bytes))
}

fn replace_with(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let random = random_hex().map_err(io::Error::other)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{random}.tmp"));
    let temporary = path.with_file_name(name);
    let written = || {
        // A file or link of this name is not opened.
        let mut file = private_options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        write(&mut file)?;
        std::fs::rename(&temporary, path)
    };
    written().inspect_err(|_| {
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
        // The folder of a path without one is the current folder.
        let is_current = folder.as_os_str().is_empty();
        let folder = if is_current { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn open_own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = without_links(options).open(path).map_err(|error| {
        // For a link, the operating system returns "too many levels of symbolic links".
        let metadata = std::fs::symlink_metadata(path).ok();
        let refused = metadata.map(|metadata| refuse_others(&metadata));
        refused.and_then(Result::err).unwrap_or(error)
    })?;
    refuse_others(&file.metadata()?)?;
    Ok(file)
}

/// Makes the opening of a symbolic link fail. Check the metadata of the open file with [`refuse_others`].
pub(crate) fn without_links(options: &mut OpenOptions) -> &mut OpenOptions {
    // The second flag keeps a named pipe from blocking until another program opens it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(options, FILE_FLAG_OPEN_REPARSE_POINT);
    options
}

/// Opens a link itself instead of what it leads to.
#[cfg(windows)]
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// Fails unless it is a regular file without another name.
pub(crate) fn refuse_others(metadata: &Metadata) -> io::Result<()> {
    let refuse = |reason| Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    if metadata.file_type().is_symlink() {
        return refuse(
            "it is a symbolic link, which may lead to a file of someone else; delete it",
        );
    }
    if !metadata.is_file() {
        return refuse("it is not a regular file; delete it");
    }
    if link_count(metadata) > 1 {
        return refuse("it has another name as well, and may be a file of someone else; delete it");
    }
    Ok(())
}

#[cfg(unix)]
fn link_count(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

/// The standard library does not return the number on Windows.
#[cfg(not(unix))]
fn link_count(_: &Metadata) -> u64 {
    1
}
