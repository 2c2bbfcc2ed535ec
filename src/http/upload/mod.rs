//! Files that travel with a request.

mod kind;
mod prepared;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncRead;

pub(crate) use prepared::{Opened, Prepared};

/// A file to send: bytes in memory, a path, or a reader. The last two are read as they are sent, a
/// piece at a time, so a large file takes no memory.
///
/// ```
/// use mastodon_sdk::Upload;
/// let from_disk = Upload::from("photos/cat.jpg");
/// let from_memory = Upload::bytes(vec![0xff, 0xd8, 0xff]).file_name("cat.jpg");
/// let watched = Upload::path("film.mp4").on_progress(|sent, of| println!("{sent} of {of} bytes"));
/// ```
#[derive(Clone)]
pub struct Upload {
    source: Source,
    file_name: Option<String>,
    mime_type: Option<String>,
    progress: Option<Progress>,
}

#[derive(Clone)]
pub(crate) enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Reader(Reader),
}

/// What is told how many bytes were sent, and how many there are.
pub(crate) type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

type Read = Box<dyn AsyncRead + Send + Unpin>;

/// What can be read once, by whichever clone comes first.
#[derive(Clone)]
pub(crate) struct Reader {
    once: Arc<Mutex<Option<Read>>>,
    length: u64,
}

impl Reader {
    fn take(&self) -> Option<Read> {
        self.lock().take()
    }

    pub(crate) fn is_taken(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Read>> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    fn of(source: Source) -> Self {
        Self {
            source,
            file_name: None,
            mime_type: None,
            progress: None,
        }
    }

    /// A file in memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::of(Source::Bytes(bytes.into()))
    }

    /// A file on disk, read each time that the request is sent.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::of(Source::Path(path.into()))
    }

    /// What comes out of a reader, `length` bytes of it; a file on disk that is open, another
    /// server's answer. Give it a name: its kind is told by that alone.
    ///
    /// A reader can be read once. So once some of it was read, the request is not sent again,
    /// whatever goes wrong; and of all clones of it the first one that is sent has the bytes.
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        let once = Arc::new(Mutex::new(Some(Box::new(reader) as Read)));
        Self::of(Source::Reader(Reader { once, length }))
    }

    /// The file name to send; unless given, that of the path, or `file` with the ending of its kind.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// The media type to send, such as `image/png`; unless given, it is told from the first bytes
    /// and the file name.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Has a function told how the sending goes on: how many bytes of the file were handed to the
    /// connection, and how many there are. It is called often, and must not block. Where the request
    /// is sent again, it begins anew.
    pub fn on_progress(mut self, tell: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(tell));
        self
    }

    fn given_name(&self) -> Option<String> {
        let of_path = || match &self.source {
            Source::Path(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Source::Bytes(_) | Source::Reader(_) => None,
        };
        self.file_name.clone().or_else(of_path)
    }
}

/// The same source, name and type; a reader is the same as its clones.
impl PartialEq for Upload {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.source, &other.source) {
            (Source::Bytes(one), Source::Bytes(two)) => one == two,
            (Source::Path(one), Source::Path(two)) => one == two,
            (Source::Reader(one), Source::Reader(two)) => Arc::ptr_eq(&one.once, &two.once),
            _ => false,
        };
        same && self.file_name == other.file_name && self.mime_type == other.mime_type
    }
}

impl Eq for Upload {}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.given_name();
        let name = name.as_deref().unwrap_or("file");
        match &self.source {
            Source::Bytes(bytes) => write!(f, "Upload({name:?}, {} bytes)", bytes.len()),
            Source::Path(path) => write!(f, "Upload({path:?})"),
            Source::Reader(reader) => {
                write!(f, "Upload({name:?}, {} bytes of a reader)", reader.length)
            }
        }
    }
}

impl From<PathBuf> for Upload {
    fn from(path: PathBuf) -> Self {
        Self::path(path)
    }
}

impl From<&Path> for Upload {
    fn from(path: &Path) -> Self {
        Self::path(path)
    }
}

impl From<&str> for Upload {
    /// The file at this path.
    fn from(path: &str) -> Self {
        Self::path(path)
    }
}

impl From<Vec<u8>> for Upload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Bytes> for Upload {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}
