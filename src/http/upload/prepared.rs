//! A file that was looked at: it is there, it can be read, and it is known how long it is.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use bytes::Bytes;

use super::kind::{LOOKED_AT, ending, media_type};
use super::{Progress, Read, Source, Upload};
use crate::error::{Error, FileAction};

/// A file about to be sent.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) source: Source,
    pub(crate) name: String,
    pub(crate) mime_type: String,
    pub(crate) length: u64,
    progress: Option<Progress>,
}

/// A file being sent.
pub(crate) enum Opened {
    Bytes(Bytes),
    Read(Read),
}

impl Upload {
    /// Looks at the file. Blocks where it is on disk.
    pub(crate) fn prepare(&self) -> Result<Prepared, Error> {
        let looked = match &self.source {
            Source::Bytes(bytes) => Ok((bytes.len() as u64, bytes.clone())),
            Source::Reader(reader) => Ok((reader.length, Bytes::new())),
            Source::Path(path) => look(path),
        };
        let looked = looked.and_then(|(length, beginning)| match length {
            0 => Err(io::Error::new(ErrorKind::InvalidData, "it is empty")),
            _ => Ok((length, beginning)),
        });
        let given = self.given_name();
        let (length, beginning) = looked.map_err(|error| self.failed(error))?;
        let name = given.as_deref().unwrap_or_default();
        let mime_type = match &self.mime_type {
            Some(given) => given.clone(),
            None => media_type(&beginning, name).to_owned(),
        };
        Ok(Prepared {
            source: self.source.clone(),
            name: given.unwrap_or_else(|| format!("file{}", ending(&mime_type))),
            mime_type,
            length,
            progress: self.progress.clone(),
        })
    }

    fn failed(&self, error: io::Error) -> Error {
        let name = self.given_name();
        failed(&self.source, name.as_deref().unwrap_or("file"), error)
    }
}

impl Prepared {
    /// Begins to read it.
    pub(crate) async fn open(&self) -> io::Result<Opened> {
        match &self.source {
            Source::Bytes(bytes) => Ok(Opened::Bytes(bytes.clone())),
            Source::Path(path) => {
                let file = tokio::fs::File::open(path).await?;
                Ok(Opened::Read(Box::new(file)))
            }
            Source::Reader(reader) => reader
                .take()
                .map(Opened::Read)
                .ok_or_else(|| io::Error::other("the reader was read before; it can be sent once")),
        }
    }

    /// The whole file. Blocks where it is on disk.
    pub(crate) fn load(&self) -> Result<Bytes, Error> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::Path(path) => std::fs::read(path)
                .map(Bytes::from)
                .map_err(|error| self.failed(error)),
            Source::Reader(_) => {
                Err(self.failed(io::Error::other("a reader is read while it is sent only")))
            }
        }
    }

    /// Whether it could be sent, again or for the first time.
    pub(crate) fn can_be_read(&self) -> bool {
        match &self.source {
            Source::Bytes(_) | Source::Path(_) => true,
            Source::Reader(reader) => !reader.is_taken(),
        }
    }

    /// Width and height of an image, as far as they are known before it is sent. Blocks where it is
    /// on disk.
    pub(crate) fn image_size(&self) -> Option<(u64, u64)> {
        let size = match &self.source {
            Source::Bytes(bytes) => imagesize::blob_size(bytes),
            Source::Path(path) => imagesize::size(path),
            Source::Reader(_) => return None,
        };
        let size = size.ok()?;
        Some((size.width as u64, size.height as u64))
    }

    pub(crate) fn tell(&self, sent: u64) {
        if let Some(tell) = &self.progress {
            tell(sent, self.length);
        }
    }

    pub(crate) fn failed(&self, error: io::Error) -> Error {
        failed(&self.source, &self.name, error)
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({:?}, {} bytes)", self.name, self.length)
    }
}

fn failed(source: &Source, name: &str, error: io::Error) -> Error {
    let path = match source {
        Source::Path(path) => path,
        Source::Bytes(_) | Source::Reader(_) => Path::new(name),
    };
    Error::file(FileAction::Read, path, error)
}

/// How long a file is, and what it begins with.
fn look(path: &Path) -> io::Result<(u64, Bytes)> {
    let known = std::fs::metadata(path)?;
    if known.is_dir() {
        let reason = "it is a directory";
        return Err(io::Error::new(ErrorKind::IsADirectory, reason));
    }
    // Opening a pipe would wait for somebody to write.
    if !known.is_file() {
        let reason = "it is no plain file; use `Upload::bytes` or `Upload::reader`";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    }
    let mut beginning = Vec::with_capacity(LOOKED_AT);
    File::open(path)?
        .take(LOOKED_AT as u64)
        .read_to_end(&mut beginning)?;
    Ok((known.len(), beginning.into()))
}
