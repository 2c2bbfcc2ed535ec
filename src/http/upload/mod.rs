//! Files in request bodies.

mod mime;
mod prepared;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncRead;

pub(crate) use prepared::{OpenFile, PreparedFile};

/// A file to upload: bytes in memory, a path, or a reader.
///
/// Paths and readers are streamed while the request is sent, in chunks of at most 64 KiB, so the size of the
/// file does not affect memory use. Methods that take a file accept `impl Into<Upload>`: a `&str` or a path
/// is the path of a file, `Vec<u8>` and `Bytes` are its content.
///
/// ```
/// use mastodon_sdk::Upload;
/// let from_path = Upload::from("photos/cat.jpg");
/// let from_memory = Upload::bytes(vec![0xff, 0xd8, 0xff]).file_name("cat.jpg");
/// let with_progress =
///     Upload::path("video.mp4").on_progress(|sent, total| println!("{sent} of {total} bytes"));
/// ```
///
/// Mastodon's documentation: <https://docs.joinmastodon.org/methods/media/>
#[doc(alias("file", "attachment", "multipart"))]
#[derive(Clone)]
#[must_use = "an upload does nothing until a call sends it"]
pub struct Upload {
    source: Source,
    file_name: Option<String>,
    mime_type: Option<String>,
    on_progress: Option<ProgressCallback>,
}

#[derive(Clone)]
enum Source {
    Bytes(Bytes),
    Path(PathBuf),
    Reader(Reader),
}

/// Called with the number of bytes sent and the total.
type ProgressCallback = Arc<dyn Fn(u64, u64) + Send + Sync>;

type BoxReader = Box<dyn AsyncRead + Send + Unpin>;

/// A reader that is consumed by the first clone that is sent.
#[derive(Clone)]
struct Reader {
    reader: Arc<Mutex<Option<BoxReader>>>,
    length: u64,
}

impl Reader {
    fn take(&self) -> Option<BoxReader> {
        self.lock().take()
    }

    fn is_taken(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<BoxReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    fn new(source: Source) -> Self {
        Self {
            source,
            file_name: None,
            mime_type: None,
            on_progress: None,
        }
    }

    /// Uploads bytes in memory.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Source::Bytes(bytes.into()))
    }

    /// Uploads a file on disk. The file is opened again for each attempt of the request.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::new(Source::Path(path.into()))
    }

    /// Uploads `length` bytes from a reader, such as an open file or the body of another response.
    ///
    /// The request fails if the reader ends before or continues after `length` bytes. The MIME type is
    /// derived from the file name only: set [`file_name`](Self::file_name) or
    /// [`mime_type`](Self::mime_type).
    ///
    /// A reader can be read once. The request is not retried after reading has started, and of all clones
    /// of the upload only the first one that is sent succeeds.
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        let reader: BoxReader = Box::new(reader);
        let reader = Arc::new(Mutex::new(Some(reader)));
        Self::new(Source::Reader(Reader { reader, length }))
    }

    /// File name. Default: the file name of the path, otherwise `file` with the extension of the
    /// MIME type.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// MIME type, such as `image/png`. Default: detected from the first bytes of the file, then
    /// from its file name; `application/octet-stream` if both are unknown.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = Some(mime_type.into());
        self
    }

    /// Calls `callback` with the number of bytes passed to the connection and the total number of bytes of
    /// the file.
    ///
    /// The callback runs after each chunk of at most 64 KiB and must not block. A retried request starts
    /// again at 0.
    pub fn on_progress(mut self, callback: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(callback));
        self
    }

    /// Returns the file name that was set, or that of the path.
    fn known_file_name(&self) -> Option<String> {
        let from_path = || match &self.source {
            Source::Path(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
            Source::Bytes(_) | Source::Reader(_) => None,
        };
        self.file_name.clone().or_else(from_path)
    }
}

/// Compares source, file name and MIME type. A reader equals its clones.
impl PartialEq for Upload {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.source, &other.source) {
            (Source::Bytes(one), Source::Bytes(two)) => one == two,
            (Source::Path(one), Source::Path(two)) => one == two,
            (Source::Reader(one), Source::Reader(two)) => Arc::ptr_eq(&one.reader, &two.reader),
            _ => false,
        };
        same && self.file_name == other.file_name && self.mime_type == other.mime_type
    }
}

impl Eq for Upload {}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.known_file_name();
        let name = name.as_deref().unwrap_or("file");
        match &self.source {
            Source::Bytes(bytes) => write!(f, "Upload({name:?}, {} bytes)", bytes.len()),
            Source::Path(path) => write!(f, "Upload({path:?})"),
            Source::Reader(reader) => {
                write!(f, "Upload({name:?}, reader of {} bytes)", reader.length)
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
    /// Uploads the file at this path.
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
