//! Connections in memory, with a latency, that can be cut and silenced.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::envelopes::Envelopes;

/// The side of the server.
const SERVER: usize = 1;

/// Bytes that a direction holds before its writer waits.
const CAPACITY: usize = 256 << 10;

/// A connection between a client and a server.
#[derive(Debug)]
pub(super) struct Cable {
    latency: Duration,
    envelopes: Envelopes,
    /// The directions to each end.
    to: [Direction; 2],
    is_cut: bool,
    is_silent: bool,
}

#[derive(Debug, Default)]
struct Direction {
    chunks: VecDeque<(Instant, VecDeque<u8>)>,
    size: usize,
    is_closed: bool,
    is_reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// One end of a cable.
#[derive(Debug)]
pub(super) struct End {
    cable: Arc<Mutex<Cable>>,
    side: usize,
    arrival: Option<Pin<Box<Sleep>>>,
}

/// Switches a cable off.
#[derive(Clone, Debug)]
pub(super) struct Switch(Arc<Mutex<Cable>>);

/// Returns both ends of a new cable: that of the client and that of the server.
pub(super) fn cable(latency: Duration, envelopes: Envelopes) -> (End, End, Switch) {
    let cable = Arc::new(Mutex::new(Cable {
        latency,
        envelopes,
        to: Default::default(),
        is_cut: false,
        is_silent: false,
    }));
    let end = |side| End {
        cable: Arc::clone(&cable),
        side,
        arrival: None,
    };
    (end(0), end(1), Switch(Arc::clone(&cable)))
}

fn lock(cable: &Mutex<Cable>) -> MutexGuard<'_, Cable> {
    cable.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cable {
    fn wake_all(&mut self) {
        for direction in &mut self.to {
            let wakers = [direction.reader.take(), direction.writer.take()];
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    fn check(&self) -> io::Result<()> {
        if self.is_cut {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Switch {
    /// Ends the connection without a close frame: both ends get an error.
    pub(super) fn cut(&self) {
        let mut cable = lock(&self.0);
        cable.is_cut = true;
        cable.wake_all();
    }

    /// Nothing arrives from now on, and neither end is notified.
    pub(super) fn silence(&self) {
        lock(&self.0).is_silent = true;
    }

    pub(super) fn is_open(&self) -> bool {
        let cable = lock(&self.0);
        !cable.is_cut && cable.to.iter().all(|direction| !direction.is_reader_gone)
    }
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let mut cable = lock(&this.cable);
        cable.check()?;
        let is_silent = cable.is_silent;
        let direction = &mut cable.to[this.side];
        direction.reader = Some(context.waker().clone());
        if is_silent {
            return Poll::Pending;
        }
        let Some((arrival, chunk)) = direction.chunks.front_mut() else {
            return if direction.is_closed {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        };
        let arrival = *arrival;
        if arrival > Instant::now() {
            let sleep = this.arrival.insert(Box::pin(sleep_until(arrival)));
            if sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
        let mut read = 0;
        while buffer.remaining() > 0 && !chunk.is_empty() {
            let (bytes, _) = chunk.as_slices();
            let length = bytes.len().min(buffer.remaining());
            buffer.put_slice(&bytes[..length]);
            chunk.drain(..length);
            read += length;
        }
        if chunk.is_empty() {
            direction.chunks.pop_front();
        }
        direction.size -= read;
        if let Some(writer) = direction.writer.take() {
            writer.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut cable = lock(&self.cable);
        cable.check()?;
        let arrival = Instant::now() + cable.latency;
        let envelopes = cable.envelopes;
        let direction = &mut cable.to[1 - self.side];
        if direction.is_reader_gone {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if direction.size >= CAPACITY {
            direction.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        direction.size += bytes.len();
        let mut chunk = bytes.to_vec();
        if self.side == SERVER {
            envelopes.rewrite(&mut chunk);
        }
        direction.chunks.push_back((arrival, chunk.into()));
        if let Some(reader) = direction.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut cable = lock(&self.cable);
        let direction = &mut cable.to[1 - self.side];
        direction.is_closed = true;
        if let Some(reader) = direction.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut cable = lock(&self.cable);
        cable.to[1 - self.side].is_closed = true;
        cable.to[self.side].is_reader_gone = true;
        cable.wake_all();
    }
}
