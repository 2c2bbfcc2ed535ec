//! What a request carries: bytes, and files that are read while they are sent.

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
use crate::http::upload::{Opened, Prepared};

/// How much of a file is in memory at a time.
const CHUNK: usize = 64 << 10;

/// A body that is not sent yet. Clones are cheap, and each can be sent.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Bytes(Bytes),
    Pieces(Arc<[Piece]>),
}

/// A piece of a body.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Bytes(Bytes),
    File(Prepared),
}

impl Body {
    /// Whether it can be sent, again or for the first time.
    pub(crate) fn can_be_sent(&self) -> bool {
        match self {
            Self::Bytes(_) => true,
            Self::Pieces(pieces) => pieces.iter().all(|piece| match piece {
                Piece::Bytes(_) => true,
                Piece::File(file) => file.can_be_read(),
            }),
        }
    }

    /// All of it. Blocks where there are files.
    pub(crate) fn load(&self) -> Result<Bytes, Error> {
        let pieces = match self {
            Self::Bytes(bytes) => return Ok(bytes.clone()),
            Self::Pieces(pieces) => pieces,
        };
        let mut whole = BytesMut::new();
        for piece in pieces.iter() {
            match piece {
                Piece::Bytes(bytes) => whole.extend_from_slice(bytes),
                Piece::File(file) => whole.extend_from_slice(&file.load()?),
            }
        }
        Ok(whole.freeze())
    }

    /// The body for one attempt, which tells of itself in a journal.
    pub(crate) fn begin(&self, journal: &Arc<Journal>) -> reqwest::Body {
        match self {
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::Pieces(pieces) => {
                let length = |piece: &Piece| match piece {
                    Piece::Bytes(bytes) => bytes.len() as u64,
                    Piece::File(file) => file.length,
                };
                reqwest::Body::wrap(Sent {
                    left: pieces.iter().map(length).sum(),
                    pieces: Arc::clone(pieces),
                    next: 0,
                    state: State::Between,
                    journal: Arc::clone(journal),
                })
            }
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

/// What happened to a body that is under way.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    sent: AtomicU64,
    failure: Mutex<Option<Error>>,
}

impl Journal {
    /// The bytes of files that were handed on.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Why a file could not be read to its end.
    pub(crate) fn failure(&self) -> Option<Error> {
        self.lock().take()
    }

    fn fail(&self, error: Error) -> io::Error {
        *self.lock() = Some(error);
        io::Error::other("a file cannot be read")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body that is being sent.
struct Sent {
    pieces: Arc<[Piece]>,
    next: usize,
    left: u64,
    state: State,
    journal: Arc<Journal>,
}

enum State {
    Between,
    /// In a lock only because a body has to be `Sync`; nobody else ever asks for it.
    Opening(Mutex<Pin<Box<dyn Future<Output = io::Result<Opened>> + Send>>>),
    Reading {
        from: Mutex<Opened>,
        sent: u64,
    },
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let bytes = ready!(this.advance(context))?;
        Poll::Ready(bytes.map(|bytes| {
            this.left = this.left.saturating_sub(bytes.len() as u64);
            Ok(Frame::data(bytes))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }

    fn is_end_stream(&self) -> bool {
        self.next == self.pieces.len() && matches!(self.state, State::Between)
    }
}

impl Sent {
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            match &mut self.state {
                State::Between => match self.pieces.get(self.next) {
                    None => return Poll::Ready(Ok(None)),
                    Some(Piece::Bytes(bytes)) => {
                        self.next += 1;
                        return Poll::Ready(Ok(Some(bytes.clone())));
                    }
                    Some(Piece::File(file)) => {
                        let file = file.clone();
                        let opening = Box::pin(async move { file.open().await });
                        self.state = State::Opening(Mutex::new(opening));
                    }
                },
                State::Opening(opening) => {
                    let opening = opening.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let opened = ready!(opening.as_mut().poll(context));
                    let opened = opened.map_err(|error| self.fail(error))?;
                    self.state = State::Reading {
                        from: Mutex::new(opened),
                        sent: 0,
                    };
                }
                State::Reading { from, sent } => {
                    let from = from.get_mut().unwrap_or_else(PoisonError::into_inner);
                    let sent = *sent;
                    let read = ready!(read(from, context));
                    let bytes = read.map_err(|error| self.fail(error))?;
                    if let Some(bytes) = self.checked(sent, bytes)? {
                        return Poll::Ready(Ok(Some(bytes)));
                    }
                }
            }
        }
    }

    /// Holds what was read of a file against its length; `None` at its end.
    fn checked(&mut self, before: u64, bytes: Bytes) -> io::Result<Option<Bytes>> {
        let Some(Piece::File(file)) = self.pieces.get(self.next) else {
            return Ok(None);
        };
        let sent = before + bytes.len() as u64;
        let length = file.length;
        let wrong = if sent > length {
            Some(format!("it goes on after {length}"))
        } else {
            (bytes.is_empty() && sent < length).then(|| format!("it ends after {sent}"))
        };
        if let Some(wrong) = wrong {
            let reason =
                format!("{wrong} bytes, and had {length} before: it changed while it was sent");
            return Err(self.fail(io::Error::other(reason)));
        }
        if bytes.is_empty() {
            self.next += 1;
            self.state = State::Between;
            return Ok(None);
        }
        self.journal
            .sent
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        file.tell(sent);
        if let State::Reading { sent: count, .. } = &mut self.state {
            *count = sent;
        }
        Ok(Some(bytes))
    }

    fn fail(&self, error: io::Error) -> io::Error {
        match self.pieces.get(self.next) {
            Some(Piece::File(file)) => self.journal.fail(file.failed(error)),
            _ => error,
        }
    }
}

/// The next piece of a file; empty at its end.
fn read(from: &mut Opened, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    match from {
        Opened::Bytes(bytes) => {
            let piece = bytes.split_to(bytes.len().min(CHUNK));
            Poll::Ready(Ok(piece))
        }
        Opened::Read(reader) => {
            let mut buffer = BytesMut::with_capacity(CHUNK);
            ready!(pin!(reader.read_buf(&mut buffer)).poll(context))?;
            Poll::Ready(Ok(buffer.freeze()))
        }
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sent({} bytes left)", self.left)
    }
}
