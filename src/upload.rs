//! Files that travel with a request.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::error::{Error, FileAction};

/// A file to send: bytes in memory, or a path that is read when the request is sent.
///
/// ```
/// use mastodon_sdk::Upload;
/// let from_disk = Upload::from("photos/cat.jpg");
/// let from_memory = Upload::bytes(vec![0xff, 0xd8, 0xff]).file_name("cat.jpg");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    source: Source,
    file_name: Option<String>,
    mime_type: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Bytes(Bytes),
    Path(PathBuf),
}

impl Upload {
    /// A file in memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Upload {
        Upload {
            source: Source::Bytes(bytes.into()),
            file_name: None,
            mime_type: None,
        }
    }

    /// A file on disk, read each time that the request is sent.
    pub fn path(path: impl Into<PathBuf>) -> Upload {
        Upload {
            source: Source::Path(path.into()),
            file_name: None,
            mime_type: None,
        }
    }

    /// The file name to send; unless given, that of the path, or `file`.
    pub fn file_name(mut self, name: impl Into<String>) -> Upload {
        self.file_name = Some(name.into());
        self
    }

    /// The media type to send, such as `image/png`; unless given, it is told from the first bytes
    /// and the file name.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Upload {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Reads the file if it is on disk. Blocks.
    pub(crate) fn load(&self) -> Result<LoadedFile, Error> {
        let bytes = match &self.source {
            Source::Bytes(bytes) => bytes.clone(),
            Source::Path(path) => std::fs::read(path)
                .map_err(|error| Error::file(FileAction::Read, path, error))?
                .into(),
        };
        let name = self.name();
        let mime_type = self
            .mime_type
            .clone()
            .unwrap_or_else(|| guess(&bytes, &name).to_owned());
        Ok(LoadedFile {
            bytes,
            name,
            mime_type,
        })
    }

    fn name(&self) -> String {
        let of_path = match &self.source {
            Source::Path(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Source::Bytes(_) => None,
        };
        self.file_name
            .clone()
            .or(of_path)
            .unwrap_or_else(|| "file".to_owned())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Bytes(bytes) => write!(f, "Upload({:?}, {} bytes)", self.name(), bytes.len()),
            Source::Path(path) => write!(f, "Upload({path:?})"),
        }
    }
}

impl From<PathBuf> for Upload {
    fn from(path: PathBuf) -> Upload {
        Upload::path(path)
    }
}

impl From<&Path> for Upload {
    fn from(path: &Path) -> Upload {
        Upload::path(path)
    }
}

impl From<&str> for Upload {
    /// The file at this path.
    fn from(path: &str) -> Upload {
        Upload::path(path)
    }
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Upload {
        Upload::bytes(bytes)
    }
}

impl From<Bytes> for Upload {
    fn from(bytes: Bytes) -> Upload {
        Upload::bytes(bytes)
    }
}

/// A file that is in memory and knows what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadedFile {
    pub(crate) bytes: Bytes,
    pub(crate) name: String,
    pub(crate) mime_type: String,
}

/// The media type, by what the file begins with, then by its name's ending.
fn guess(bytes: &[u8], name: &str) -> &'static str {
    const SIGNATURES: [(usize, &[u8], &str); 13] = [
        (0, b"\xff\xd8\xff", "image/jpeg"),
        (0, b"\x89PNG\r\n\x1a\n", "image/png"),
        (0, b"GIF8", "image/gif"),
        (8, b"WEBP", "image/webp"),
        (8, b"WAVE", "audio/wav"),
        (4, b"ftypavif", "image/avif"),
        (4, b"ftypheic", "image/heic"),
        (4, b"ftypqt", "video/quicktime"),
        (4, b"ftypM4A", "audio/mp4"),
        (4, b"ftyp", "video/mp4"),
        (0, b"OggS", "audio/ogg"),
        (0, b"fLaC", "audio/flac"),
        (0, b"ID3", "audio/mpeg"),
    ];
    const ENDINGS: [(&str, &str); 12] = [
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("heif", "image/heif"),
        ("webm", "video/webm"),
        ("mkv", "video/x-matroska"),
        ("mov", "video/quicktime"),
        ("mp3", "audio/mpeg"),
        ("aac", "audio/aac"),
        ("wma", "audio/x-ms-wma"),
        ("3gp", "video/3gpp"),
        ("csv", "text/csv"),
        ("txt", "text/plain"),
    ];
    let begins =
        |at: usize, with: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(with));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    SIGNATURES
        .iter()
        .find(|(at, with, _)| begins(*at, with))
        .map(|(_, _, mime)| *mime)
        .or_else(|| {
            ENDINGS
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(ending))
                .map(|(_, mime)| *mime)
        })
        .unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_told_from_the_bytes_before_the_name() {
        assert_eq!(guess(b"\x89PNG\r\n\x1a\n....", "cat.jpg"), "image/png");
        assert_eq!(guess(b"RIFF\0\0\0\0WEBPVP8 ", "cat"), "image/webp");
        assert_eq!(guess(b"\0\0\0\x18ftypmp42", "x"), "video/mp4");
        assert_eq!(guess(b"??", "talk.MP3"), "audio/mpeg");
        assert_eq!(guess(b"??", "unknown"), "application/octet-stream");
    }

    #[test]
    fn a_path_gives_its_file_name_and_a_missing_file_is_a_file_error() {
        let upload = Upload::from("no/such/cat.png");
        assert_eq!(upload.name(), "cat.png");
        assert!(matches!(upload.load(), Err(Error::File(_))));
    }
}
