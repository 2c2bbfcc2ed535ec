//! Reads response bodies up to a limit. The limit is that of the decompressed body: a few kilobytes of a compressed body
//! can be gigabytes.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;

/// Maximum length in bytes of the body of an error response. Mastodon's have a few hundred bytes, and no more is needed
/// of the page of a proxy.
pub(crate) const MAX_ERROR_LEN: usize = 64 << 10;

/// Maximum length of a body in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyLimit {
    /// A longer body is an error.
    Reject(usize),
    /// A longer body is cut off, and the rest is neither read nor decompressed.
    Truncate(usize),
}

impl BodyLimit {
    /// Returns the limit for a response with this status. `max_body`: the maximum length of the body of a successful
    /// response.
    pub(crate) fn new(status: StatusCode, max_body: usize) -> Self {
        if status.is_success() {
            Self::Reject(max_body)
        } else {
            Self::Truncate(max_body.min(MAX_ERROR_LEN))
        }
    }
}

/// Why a body cannot be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It is longer than this number of bytes.
    TooLarge(usize),
    /// No further bytes arrived in time.
    TimedOut,
    /// The connection was lost, or the body cannot be decompressed.
    Failed(reqwest::Error),
}

/// Reads a body. `timeout`: maximum time between two chunks.
pub(crate) async fn read_body(
    response: &mut reqwest::Response,
    limit: BodyLimit,
    timeout: Duration,
) -> Result<Bytes, ReadError> {
    let (BodyLimit::Reject(max) | BodyLimit::Truncate(max)) = limit;
    if let (BodyLimit::Reject(_), Some(length)) = (limit, response.content_length())
        && length > max as u64
    {
        return Err(ReadError::TooLarge(max));
    }
    // A body that arrives in one chunk, as most do, is not copied.
    let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
    while let Some(mut chunk) = next_chunk(response, timeout).await? {
        let room = max - first.len() - joined.len();
        let is_full = chunk.len() > room;
        match limit {
            BodyLimit::Reject(_) if is_full => return Err(ReadError::TooLarge(max)),
            BodyLimit::Reject(_) => {}
            BodyLimit::Truncate(_) => chunk.truncate(room),
        }
        if first.is_empty() && joined.is_empty() {
            first = chunk;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&chunk);
        }
        if is_full {
            break;
        }
    }
    Ok(if joined.is_empty() {
        first
    } else {
        joined.freeze()
    })
}

async fn next_chunk(
    response: &mut reqwest::Response,
    timeout: Duration,
) -> Result<Option<Bytes>, ReadError> {
    // Decompressing takes time even if the whole body has arrived: other tasks of the thread must run in between.
    tokio::task::coop::consume_budget().await;
    match tokio::time::timeout(timeout, response.chunk()).await {
        Ok(chunk) => chunk.map_err(ReadError::Failed),
        Err(_) => Err(ReadError::TimedOut),
    }
}
