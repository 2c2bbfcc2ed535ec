//! Files whose existence, length and MIME type have been checked before the request is sent.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use bytes::Bytes;

use super::mime::{SNIFF_LEN, extension, sniff_mime_type};
use super::{BoxReader, ProgressCallback, Source, Upload};
use crate::error::{Error, FileAction};
use crate::tasks::run_io;

/// A file that is ready to be sent.
#[derive(Clone)]
pub(crate) struct PreparedFile {
    source: Source,
    pub(crate) name: String,
    pub(crate) mime_type: String,
    pub(crate) length: u64,
    on_progress: Option<ProgressCallback>,
}

/// A file that is being sent.
pub(crate) enum OpenFile {
    Bytes(Bytes),
    Reader(BoxReader),
}

impl Upload {
    /// Checks the file and determines its length, name and MIME type. Blocks on disk access.
    pub(crate) fn prepare(&self) -> Result<PreparedFile, Error> {
        let inspected = match &self.source {
            Source::Bytes(bytes) => Ok((bytes.len() as u64, bytes.clone())),
            Source::Reader(reader) => Ok((reader.length, Bytes::new())),
            Source::Path(path) => inspect(path),
        };
        let inspected = inspected.and_then(|(length, prefix)| match length {
            0 => Err(io::Error::new(ErrorKind::InvalidData, "it is empty")),
            _ => Ok((length, prefix)),
        });
        let (length, prefix) = inspected.map_err(|error| self.file_error(error))?;
        let known_name = self.known_file_name();
        let mime_type = match &self.mime_type {
            Some(mime_type) => mime_type.clone(),
            None => sniff_mime_type(&prefix, known_name.as_deref().unwrap_or_default()).to_owned(),
        };
        Ok(PreparedFile {
            source: self.source.clone(),
            name: known_name.unwrap_or_else(|| format!("file{}", extension(&mime_type))),
            mime_type,
            length,
            on_progress: self.on_progress.clone(),
        })
    }

    fn file_error(&self, error: io::Error) -> Error {
        let name = self.known_file_name();
        file_error(&self.source, name.as_deref().unwrap_or("file"), error)
    }
}

impl PreparedFile {
    /// Opens the file for one attempt of the request.
    pub(crate) async fn open(&self) -> io::Result<OpenFile> {
        match &self.source {
            Source::Bytes(bytes) => Ok(OpenFile::Bytes(bytes.clone())),
            Source::Path(path) => {
                let path = path.clone();
                let file = run_io(|| File::open(path)).await?;
                Ok(OpenFile::Reader(Box::new(tokio::fs::File::from_std(file))))
            }
            Source::Reader(reader) => reader.take().map(OpenFile::Reader).ok_or_else(|| {
                io::Error::other("the reader has already been consumed; it can be sent only once")
            }),
        }
    }

    /// Reads the whole file into memory. Blocks on disk access.
    pub(crate) fn load(&self) -> Result<Bytes, Error> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::Path(path) => std::fs::read(path)
                .map(Bytes::from)
                .map_err(|error| self.file_error(error)),
            Source::Reader(_) => Err(self.file_error(io::Error::other(
                "a reader can be read only while it is sent",
            ))),
        }
    }

    /// Returns whether another attempt can read the file: a reader can be read only once.
    pub(crate) fn can_be_read(&self) -> bool {
        match &self.source {
            Source::Bytes(_) | Source::Path(_) => true,
            Source::Reader(reader) => !reader.is_taken(),
        }
    }

    /// Returns the width and height of an image in pixels; `None` for readers and other files. Blocks on disk
    /// access.
    pub(crate) fn image_size(&self) -> Option<(u64, u64)> {
        let size = match &self.source {
            Source::Bytes(bytes) => imagesize::blob_size(bytes),
            Source::Path(path) => imagesize::size(path),
            Source::Reader(_) => return None,
        };
        let size = size.ok()?;
        Some((size.width as u64, size.height as u64))
    }

    pub(crate) fn report_progress(&self, sent: u64) {
        if let Some(callback) = &self.on_progress {
            callback(sent, self.length);
        }
    }

    pub(crate) fn file_error(&self, error: io::Error) -> Error {
        file_error(&self.source, &self.name, error)
    }
}

impl fmt::Debug for PreparedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedFile({:?}, {} bytes)", self.name, self.length)
    }
}

fn file_error(source: &Source, name: &str, error: io::Error) -> Error {
    let path = match source {
        Source::Path(path) => path,
        Source::Bytes(_) | Source::Reader(_) => Path::new(name),
    };
    Error::file(FileAction::Read, path, error)
}

/// Returns the length of a file and its first [`SNIFF_LEN`] bytes.
fn inspect(path: &Path) -> io::Result<(u64, Bytes)> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        let reason = "it is a directory";
        return Err(io::Error::new(ErrorKind::IsADirectory, reason));
    }
    // Opening a named pipe would block until another process writes to it.
    if !metadata.is_file() {
        let reason = "it is not a regular file; use `Upload::bytes` or `Upload::reader`";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    let mut prefix = Vec::with_capacity(SNIFF_LEN);
    File::open(path)?
        .take(SNIFF_LEN as u64)
        .read_to_end(&mut prefix)?;
    Ok((metadata.len(), prefix.into()))
}
