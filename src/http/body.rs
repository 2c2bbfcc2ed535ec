//! Request bodies: bytes, and files that are streamed while they are sent.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::io::AsyncReadExt;

use crate::error::Error;
use crate::http::upload::{OpenFile, PreparedFile};

/// Maximum number of bytes that are read from a file at once.
const CHUNK_LEN: usize = 64 << 10;

/// Body of a request. Cheap to clone. Each clone can be sent, except that a reader can be read only once.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Bytes(Bytes),
    Segments(Arc<[Segment]>),
}

/// Part of a body.
#[derive(Clone, Debug)]
pub(crate) enum Segment {
    Bytes(Bytes),
    File(PreparedFile),
}

impl Segment {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.length,
        }
    }
}

impl Body {
    /// Returns whether another attempt can send the body: a reader can be read only once.
    pub(crate) fn can_be_sent(&self) -> bool {
        match self {
            Self::Bytes(_) => true,
            Self::Segments(segments) => segments.iter().all(|segment| match segment {
                Segment::Bytes(_) => true,
                Segment::File(file) => file.can_be_read(),
            }),
        }
    }

    /// Reads the whole body into memory. Blocks on disk access.
    pub(crate) fn load(&self) -> Result<Bytes, Error> {
        let segments = match self {
            Self::Bytes(bytes) => return Ok(bytes.clone()),
            Self::Segments(segments) => segments,
        };
        let mut loaded = BytesMut::new();
        for segment in segments.iter() {
            match segment {
                Segment::Bytes(bytes) => loaded.extend_from_slice(bytes),
                Segment::File(file) => loaded.extend_from_slice(&file.load()?),
            }
        }
        Ok(loaded.freeze())
    }

    /// Returns the body for one attempt, which records its progress in `progress`.
    pub(crate) fn to_reqwest(&self, progress: &Arc<UploadProgress>) -> reqwest::Body {
        match self {
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::Segments(segments) => reqwest::Body::wrap(UploadBody {
                remaining: segments.iter().map(Segment::length).sum(),
                segments: Arc::clone(segments),
                next: 0,
                state: State::BetweenSegments,
                progress: Arc::clone(progress),
            }),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

/// State of a body that is being sent, shared with the task that waits for the response.
#[derive(Debug, Default)]
pub(crate) struct UploadProgress {
    sent: AtomicU64,
    error: Mutex<Option<Error>>,
}

impl UploadProgress {
    /// Returns the number of bytes of files that were passed to the connection.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Takes the error of the file that could not be read completely.
    pub(crate) fn take_error(&self) -> Option<Error> {
        self.lock().take()
    }

    fn set_error(&self, error: Error) -> io::Error {
        *self.lock() = Some(error);
        io::Error::other("a file cannot be read")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Body with files, for one attempt.
struct UploadBody {
    segments: Arc<[Segment]>,
    next: usize,
    remaining: u64,
    state: State,
    progress: Arc<UploadProgress>,
}

/// The mutexes are never locked. They only make the state `Sync`, which reqwest requires of a body.
enum State {
    BetweenSegments,
    Opening(Mutex<Pin<Box<dyn Future<Output = io::Result<OpenFile>> + Send>>>),
    Reading { file: Mutex<OpenFile>, sent: u64 },
}

impl http_body::Body for UploadBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let bytes = ready!(this.poll_bytes(context))?;
        Poll::Ready(bytes.map(|bytes| {
            this.remaining = this.remaining.saturating_sub(bytes.len() as u64);
            Ok(Frame::data(bytes))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }

    fn is_end_stream(&self) -> bool {
        self.next == self.segments.len() && matches!(self.state, State::BetweenSegments)
    }
}

impl UploadBody {
    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            match &mut self.state {
                State::BetweenSegments => match self.segments.get(self.next) {
                    None => return Poll::Ready(Ok(None)),
                    Some(Segment::Bytes(bytes)) => {
                        self.next += 1;
                        return Poll::Ready(Ok(Some(bytes.clone())));
                    }
                    Some(Segment::File(file)) => {
                        let file = file.clone();
                        let opening = Box::pin(async move { file.open().await });
                        self.state = State::Opening(Mutex::new(opening));
                    }
                },
                State::Opening(opening) => {
                    let opening = opening.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let opened = ready!(opening.as_mut().poll(context));
                    let file = opened.map_err(|error| self.fail(error))?;
                    self.state = State::Reading {
                        file: Mutex::new(file),
                        sent: 0,
                    };
                }
                State::Reading { file, sent } => {
                    let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let sent = *sent;
                    let chunk = ready!(poll_chunk(file, context));
                    let chunk = chunk.map_err(|error| self.fail(error))?;
                    if let Some(chunk) = self.accept_chunk(sent, chunk)? {
                        return Poll::Ready(Ok(Some(chunk)));
                    }
                }
            }
        }
    }

    /// Checks a chunk against the announced length of the file and counts it. Returns `None` at the end of
    /// the file.
    fn accept_chunk(&mut self, sent_before: u64, chunk: Bytes) -> io::Result<Option<Bytes>> {
        let Some(Segment::File(file)) = self.segments.get(self.next) else {
            return Ok(None);
        };
        let sent = sent_before + chunk.len() as u64;
        let length = file.length;
        let mismatch = if sent > length {
            Some(format!("it is longer than {length} bytes"))
        } else {
            (chunk.is_empty() && sent < length)
                .then(|| format!("it ended after {sent} of {length} bytes"))
        };
        if let Some(mismatch) = mismatch {
            let reason = format!("{mismatch}; its length changed, or was specified incorrectly");
            return Err(self.fail(io::Error::other(reason)));
        }
        if chunk.is_empty() {
            self.next += 1;
            self.state = State::BetweenSegments;
            return Ok(None);
        }
        self.progress
            .sent
            .fetch_add(chunk.len() as u64, Ordering::Relaxed);
        file.report_progress(sent);
        if let State::Reading { sent: count, .. } = &mut self.state {
            *count = sent;
        }
        Ok(Some(chunk))
    }

    fn fail(&self, error: io::Error) -> io::Error {
        match self.segments.get(self.next) {
            Some(Segment::File(file)) => self.progress.set_error(file.file_error(error)),
            _ => error,
        }
    }
}

/// Reads up to [`CHUNK_LEN`] bytes; the chunk is empty at the end of the file.
fn poll_chunk(file: &mut OpenFile, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    match file {
        OpenFile::Bytes(bytes) => {
            let chunk = bytes.split_to(bytes.len().min(CHUNK_LEN));
            Poll::Ready(Ok(chunk))
        }
        OpenFile::Reader(reader) => {
            let mut buffer = BytesMut::with_capacity(CHUNK_LEN);
            ready!(pin!(reader.read_buf(&mut buffer)).poll(context))?;
            Poll::Ready(Ok(buffer.freeze()))
        }
    }
}

impl fmt::Debug for UploadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadBody({} bytes remaining)", self.remaining)
    }
}
