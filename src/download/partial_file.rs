//! Partially downloaded file, `<name>.part`, and the validator of its content, `<name>.part.etag`.
//!
//! Both names can be guessed, and the folder may be one that others can write to. So a new file is only created where
//! nothing is, and an existing one is only continued if it is a file of its own: no link that leads elsewhere.

mod safe_open;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::fetch::Sink;
use crate::error::{Error, FileAction};
use crate::tasks::run_io;

/// Maximum length in bytes of a stored validator. Real ones are shorter than 100 bytes.
const MAX_VALIDATOR_LEN: usize = 1024;

pub(super) struct PartialFile {
    target: PathBuf,
    path: PathBuf,
    validator_path: PathBuf,
    /// Created by the first write, so that a refused download leaves no file.
    file: Option<File>,
    length: u64,
    validator: Option<String>,
    was_restarted: bool,
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

impl PartialFile {
    /// Prepares the partial file for `target`. Keeps the content of an earlier download if `resume` is set and
    /// its validator is stored.
    pub(super) async fn open(target: &Path, resume: bool) -> Result<Self, Error> {
        let path = with_suffix(target, ".part");
        let validator_path = with_suffix(target, ".part.etag");
        let folder = target.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() {
            let folder = folder.to_owned();
            let folder = run_io(|| fs::metadata(folder)).await;
            folder.map_err(|error| Error::file(FileAction::Write, target, error))?;
        }
        for path in [&path, &validator_path] {
            let checked = safe_open::refuse_link(path).await;
            checked.map_err(|error| Error::file(FileAction::Write, path, error))?;
        }
        let mut partial = Self {
            target: target.to_owned(),
            path,
            validator_path,
            file: None,
            length: 0,
            validator: None,
            was_restarted: false,
        };
        if resume {
            let resumed = partial.resume().await;
            resumed.map_err(|error| partial.write_error(error))?;
        }
        Ok(partial)
    }

    /// Continues an earlier download. Only the validator shows whether the host still has the same file.
    async fn resume(&mut self) -> io::Result<()> {
        let validator = safe_open::read(&self.validator_path, MAX_VALIDATOR_LEN).await;
        let (Ok(validator), Some(mut file)) = (validator, safe_open::existing(&self.path).await?)
        else {
            return Ok(());
        };
        self.length = file.seek(io::SeekFrom::End(0)).await?;
        (self.file, self.validator) = (Some(file), Some(validator));
        Ok(())
    }

    fn write_error(&self, error: io::Error) -> Error {
        Error::file(FileAction::Write, &self.path, error)
    }

    /// Returns whether the bytes from before this download are part of the file.
    pub(super) fn was_resumed(&self) -> bool {
        !self.was_restarted
    }

    /// Syncs the file to disk and moves it to the target path, replacing an existing file.
    pub(super) async fn finish(mut self) -> Result<(), Error> {
        let moved = async {
            self.file().await?.flush().await?;
            let file = match self.file.take() {
                Some(file) => Some(file.into_std().await),
                None => None,
            };
            let (path, target) = (self.path.clone(), self.target.clone());
            // With the functions of the standard library, because those of tokio would start tasks of other types.
            let sync_and_move = move || {
                file.map_or(Ok(()), |file| file.sync_all())?;
                fs::rename(path, target)
            };
            run_io(sync_and_move).await
        };
        let moved = moved.await;
        moved.map_err(|error| Error::file(FileAction::Write, &self.target, error))?;
        // A validator that cannot be deleted is harmless: without a partial file it only validates 0 bytes.
        let _removed = run_io(|| fs::remove_file(self.validator_path)).await;
        Ok(())
    }

    /// Ends a download that failed. What cannot be continued is removed.
    pub(super) async fn abandon(mut self, error: &Error) {
        let is_useless = self.length == 0
            || self.validator.is_none()
            || matches!(error, Error::FileTooLarge { .. });
        if is_useless && self.file.is_some() {
            // The error of the download matters more.
            let _removed = self.remove().await;
        }
    }

    /// Returns the file, which is created if there is none yet.
    async fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                self.remove().await?;
                let file = safe_open::create(&self.path).await?;
                let validator = self.validator.as_deref();
                if let Some(validator) = validator.filter(|text| text.len() <= MAX_VALIDATOR_LEN) {
                    let mut stored = safe_open::create(&self.validator_path).await?;
                    stored.write_all(validator.as_bytes()).await?;
                    stored.flush().await?;
                }
                file
            }
        };
        Ok(self.file.insert(file))
    }

    /// Removes the files. A link is removed, and not what it leads to.
    async fn remove(&mut self) -> io::Result<()> {
        self.file = None;
        for path in [self.path.clone(), self.validator_path.clone()] {
            match run_io(|| fs::remove_file(path)).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Sink for PartialFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn validator(&self) -> Option<&str> {
        self.validator.as_deref()
    }

    async fn restart(&mut self, validator: Option<&str>) -> Result<(), Error> {
        if self.file.is_some() {
            let removed = self.remove().await;
            removed.map_err(|error| self.write_error(error))?;
        }
        (self.length, self.was_restarted) = (0, true);
        self.validator = validator.map(str::to_owned);
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = async { self.file().await?.write_all(bytes).await };
        let written = written.await;
        written.map_err(|error| self.write_error(error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let flushed = file.flush().await;
        flushed.map_err(|error| self.write_error(error))
    }
}
