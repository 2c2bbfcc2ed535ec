//! A file that is not whole yet: its bytes under another name, and beside them what tells the host which
//! file it was.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::fetch::Sink;
use crate::error::{Error, FileAction};

/// The longest validator that is kept; hosts send a few dozen characters.
const MAX_VALIDATOR: usize = 1024;

pub(super) struct Part {
    target: PathBuf,
    path: PathBuf,
    /// Where the validator is kept.
    note: PathBuf,
    file: fs::File,
    length: u64,
    validator: Option<String>,
    restarted: bool,
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

impl Part {
    /// Opens what an earlier download left, if it can be continued, or begins anew.
    pub(super) async fn open(target: &Path, resume: bool) -> Result<Self, Error> {
        let (path, note) = (beside(target, ".part"), beside(target, ".part.etag"));
        let failed = |error| Error::file(FileAction::Write, &path, error);
        let validator = if resume {
            fs::read_to_string(&note).await.ok()
        } else {
            None
        };
        let mut options = fs::OpenOptions::new();
        // Without a validator there is no telling whether the host still has the same file.
        options
            .write(true)
            .create(true)
            .truncate(validator.is_none());
        let file = options.open(&path).await.map_err(failed)?;
        let length = file.metadata().await.map_err(failed)?.len();
        let mut part = Self {
            target: target.to_owned(),
            path,
            note,
            file,
            length,
            validator,
            restarted: false,
        };
        let end = io::SeekFrom::Start(length);
        let sought = tokio::io::AsyncSeekExt::seek(&mut part.file, end).await;
        sought.map_err(|error| part.failed(error))?;
        Ok(part)
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::file(FileAction::Write, &self.path, error)
    }

    /// Whether the bytes that were there at the beginning are still those of the file.
    pub(super) fn was_continued(&self) -> bool {
        !self.restarted
    }

    /// Puts the file where it belongs, once all of it is on the disk.
    pub(super) async fn complete(mut self) -> Result<(), Error> {
        let written = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            fs::rename(&self.path, &self.target).await
        };
        let written = written.await;
        written.map_err(|error| Error::file(FileAction::Write, &self.target, error))?;
        // Without its part the note says nothing; if it stays, nobody is misled.
        let _removed = fs::remove_file(&self.note).await;
        Ok(())
    }
}

impl Sink for Part {
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
            match validator.filter(|validator| validator.len() <= MAX_VALIDATOR) {
                Some(validator) => fs::write(&self.note, validator).await,
                None => match fs::remove_file(&self.note).await {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                },
            }
        };
        let emptied = emptied.await;
        emptied.map_err(|error| self.failed(error))?;
        (self.length, self.restarted) = (0, true);
        self.validator = validator.map(str::to_owned);
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.failed(error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| self.failed(error))
    }
}
