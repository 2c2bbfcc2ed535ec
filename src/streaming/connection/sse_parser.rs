//! Parser of server-sent events, as the HTML standard defines them.

use std::borrow::Cow;
use std::time::Duration;

use memchr::memchr2;

/// Incremental parser: accepts bytes in chunks of any size and buffers at most one event of a bounded size.
#[derive(Debug)]
pub(crate) struct Parser {
    limit: usize,
    /// Beginning of a line whose end is not received yet.
    line: Vec<u8>,
    line_too_large: bool,
    /// The last byte was a CR; an LF directly after it belongs to the same line end.
    after_cr: bool,
    first_line: bool,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    too_large: bool,
    /// The buffered event was returned and is cleared before the next one.
    dispatched: bool,
    id: String,
    last_event_id: String,
    retry: Option<Duration>,
}

/// An event or a comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Event {
        name: Cow<'a, str>,
        data: Cow<'a, str>,
    },
    /// A comment, such as a heartbeat.
    Comment,
    /// An event that exceeded the limit. Its data is discarded.
    TooLarge { name: Cow<'a, str> },
}

enum FrameKind {
    Event,
    Comment,
    TooLarge,
}

/// Name of an event without an `event` field.
pub(crate) const DEFAULT_EVENT_NAME: &str = "message";

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Parser {
    /// Creates a parser for events of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            line_too_large: false,
            after_cr: false,
            first_line: true,
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            too_large: false,
            dispatched: false,
            id: String::new(),
            last_event_id: String::new(),
            retry: None,
        }
    }

    /// Returns the next frame and removes its bytes from the front of `bytes`, or returns `None` when all
    /// bytes are consumed.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Frame<'_>> {
        let kind = self.advance(bytes)?;
        let name = if self.name.is_empty() {
            Cow::Borrowed(DEFAULT_EVENT_NAME)
        } else {
            lossy(&self.name)
        };
        Some(match kind {
            FrameKind::Comment => Frame::Comment,
            FrameKind::TooLarge => Frame::TooLarge { name },
            FrameKind::Event => Frame::Event {
                name,
                data: lossy(&self.data),
            },
        })
    }

    /// Returns the ID of the last event, for the `Last-Event-ID` header.
    pub(crate) fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Returns the reconnection delay requested by the server.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn advance(&mut self, bytes: &mut &[u8]) -> Option<FrameKind> {
        if std::mem::take(&mut self.dispatched) {
            self.clear_event();
        }
        loop {
            let (byte, _) = bytes.split_first()?;
            if std::mem::take(&mut self.after_cr) && *byte == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', bytes) else {
                self.buffer_partial(bytes);
                *bytes = &[];
                return None;
            };
            let part = &bytes[..end];
            self.after_cr = bytes[end] == b'\r';
            *bytes = &bytes[end + 1..];
            let kind = if self.line.is_empty() && part.len() <= self.limit {
                self.process_line(part)
            } else {
                self.buffer_partial(part);
                let mut line = std::mem::take(&mut self.line);
                let kind = self.process_line(&line);
                line.clear();
                self.line = line;
                kind
            };
            if kind.is_some() {
                return kind;
            }
        }
    }

    /// Buffers a part of a line, up to the limit.
    fn buffer_partial(&mut self, part: &[u8]) {
        let remaining = self.limit - self.line.len().min(self.limit);
        self.line_too_large |= part.len() > remaining;
        self.line
            .extend_from_slice(&part[..part.len().min(remaining)]);
    }

    fn process_line(&mut self, mut line: &[u8]) -> Option<FrameKind> {
        let is_truncated = std::mem::take(&mut self.line_too_large);
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        if line[0] == b':' {
            return Some(FrameKind::Comment);
        }
        if is_truncated {
            self.too_large = true;
            return None;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.append_data(value),
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let number = std::str::from_utf8(value).unwrap_or_default();
                self.retry = number.parse().ok().map(Duration::from_millis);
            }
            _ => {}
        }
        None
    }

    fn append_data(&mut self, value: &[u8]) {
        if self.too_large || self.data.len() + value.len() >= self.limit {
            self.too_large = true;
            self.data.clear();
            return;
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        self.has_data = true;
    }

    fn dispatch(&mut self) -> Option<FrameKind> {
        self.last_event_id.clone_from(&self.id);
        if self.too_large {
            self.dispatched = true;
            return Some(FrameKind::TooLarge);
        }
        if self.has_data {
            self.dispatched = true;
            return Some(FrameKind::Event);
        }
        self.clear_event();
        None
    }

    fn clear_event(&mut self) {
        self.name.clear();
        self.data.clear();
        (self.has_data, self.too_large) = (false, false);
    }
}

/// Decodes UTF-8. Valid input is borrowed; invalid bytes are replaced in a copy.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests;
