//! Server-sent events, as the HTML standard says that they are read.

use std::borrow::Cow;
use std::time::Duration;

use memchr::memchr2;

/// Reads frames out of bytes, however these are cut. It holds one event at most, of a bounded size.
#[derive(Debug)]
pub(crate) struct Parser {
    limit: usize,
    /// A line whose end has not come yet.
    line: Vec<u8>,
    line_too_large: bool,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
    first_line: bool,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    too_large: bool,
    /// What is held was handed out, and makes room for the next event.
    handed_out: bool,
    id: String,
    last_id: String,
    retry: Option<Duration>,
}

/// What stands between two blank lines, or a comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    Event {
        name: Cow<'a, str>,
        data: Cow<'a, str>,
    },
    /// A comment, such as a heartbeat.
    Comment,
    /// An event that was larger than the bound; it was not kept.
    TooLarge { name: Cow<'a, str> },
}

enum Kind {
    Event,
    Comment,
    TooLarge,
}

/// What an event without a name is called.
pub(super) const NAMELESS: &str = "message";

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Parser {
    /// One that keeps events of at most so many bytes.
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
            handed_out: false,
            id: String::new(),
            last_id: String::new(),
            retry: None,
        }
    }

    /// The next frame out of the bytes, which are taken from their front; `None` when all are taken.
    pub(crate) fn next(&mut self, bytes: &mut &[u8]) -> Option<Frame<'_>> {
        let kind = self.advance(bytes)?;
        let name = if self.name.is_empty() {
            Cow::Borrowed(NAMELESS)
        } else {
            lossy(&self.name)
        };
        Some(match kind {
            Kind::Comment => Frame::Comment,
            Kind::TooLarge => Frame::TooLarge { name },
            Kind::Event => Frame::Event {
                name,
                data: lossy(&self.data),
            },
        })
    }

    /// The id of the last event, for the server that is asked to go on after it.
    pub(crate) fn last_id(&self) -> &str {
        &self.last_id
    }

    /// How long the server wants to be left alone before it is asked again.
    pub(crate) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn advance(&mut self, bytes: &mut &[u8]) -> Option<Kind> {
        if std::mem::take(&mut self.handed_out) {
            self.forget();
        }
        loop {
            let (byte, _) = bytes.split_first()?;
            if std::mem::take(&mut self.after_cr) && *byte == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\r', b'\n', bytes) else {
                self.keep(bytes);
                *bytes = &[];
                return None;
            };
            let whole = &bytes[..end];
            self.after_cr = bytes[end] == b'\r';
            *bytes = &bytes[end + 1..];
            let kind = if self.line.is_empty() && whole.len() <= self.limit {
                self.line(whole)
            } else {
                self.keep(whole);
                let mut line = std::mem::take(&mut self.line);
                let kind = self.line(&line);
                line.clear();
                self.line = line;
                kind
            };
            if kind.is_some() {
                return kind;
            }
        }
    }

    /// Keeps the beginning of a line until its end comes.
    fn keep(&mut self, piece: &[u8]) {
        let room = self.limit - self.line.len().min(self.limit);
        self.line_too_large |= piece.len() > room;
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn line(&mut self, mut line: &[u8]) -> Option<Kind> {
        let cut = std::mem::take(&mut self.line_too_large);
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        if line[0] == b':' {
            return Some(Kind::Comment);
        }
        if cut {
            self.too_large = true;
            return None;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => self.add(value),
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

    fn add(&mut self, value: &[u8]) {
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

    fn dispatch(&mut self) -> Option<Kind> {
        self.last_id.clone_from(&self.id);
        if self.too_large {
            self.handed_out = true;
            return Some(Kind::TooLarge);
        }
        if self.has_data {
            self.handed_out = true;
            return Some(Kind::Event);
        }
        self.forget();
        None
    }

    fn forget(&mut self) {
        self.name.clear();
        self.data.clear();
        (self.has_data, self.too_large) = (false, false);
    }
}

/// The text of bytes. That they are one is quickly seen; what is none is replaced at leisure.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests;
