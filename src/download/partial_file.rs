//! Partially downloaded file, `<name>.part`, and the validator of its content, `<name>.part.etag`.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::fetch::Sink;
use crate::error::{Error, FileAction};

/// Maximum length in bytes of a stored validator. Real ones are shorter than 100 bytes.
const MAX_VALIDATOR_LEN: usize = 1024;

pub(super) struct PartialFile {
    target: PathBuf,
    path: PathBuf,
    validator_path: PathBuf,
    file: fs::File,
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
    /// Opens the partial file for `target`. Keeps the content of an earlier download if `resume` is set and
    /// its validator is stored.
    pub(super) async fn open(target: &Path, resume: bool) -> Result<Self, Error> {
        let path = with_suffix(target, ".part");
        let validator_path = with_suffix(target, ".part.etag");
        let write_error = |error| Error::file(FileAction::Write, &path, error);
        let validator = if resume {
            fs::read_to_string(&validator_path).await.ok()
        } else {
            None
        };
        let mut options = fs::OpenOptions::new();
        // Only the validator shows whether the host still has the same file.
        options
            .write(true)
            .create(true)
            .truncate(validator.is_none());
        let file = options.open(&path).await.map_err(write_error)?;
        let length = file.metadata().await.map_err(write_error)?.len();
        let mut partial = Self {
            target: target.to_owned(),
            path,
            validator_path,
            file,
            length,
            validator,
            was_restarted: false,
        };
        let end = io::SeekFrom::Start(length);
        let sought = tokio::io::AsyncSeekExt::seek(&mut partial.file, end).await;
        sought.map_err(|error| partial.write_error(error))?;
        Ok(partial)
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
            self.file.flush().await?;
            self.file.sync_all().await?;
            fs::rename(&self.path, &self.target).await
        };
        let moved = moved.await;
        moved.map_err(|error| Error::file(FileAction::Write, &self.target, error))?;
        // A validator that cannot be deleted is harmless: without a partial file it only validates 0 bytes.
        let _removed = fs::remove_file(&self.validator_path).await;
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
        let emptied = async {
            self.file.flush().await?;
            self.file.set_len(0).await?;
            tokio::io::AsyncSeekExt::rewind(&mut self.file).await?;
            match validator.filter(|validator| validator.len() <= MAX_VALIDATOR_LEN) {
                Some(validator) => fs::write(&self.validator_path, validator).await,
                None => match fs::remove_file(&self.validator_path).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                },
            }
        };
        let emptied = emptied.await;
        emptied.map_err(|error| self.write_error(error))?;
        (self.length, self.was_restarted) = (0, true);
        self.validator = validator.map(str::to_owned);
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.write_error(error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.write_error(error))
    }
}
