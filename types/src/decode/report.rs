//! Descriptions of wrong values, with their JSON paths.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use super::parser::Parser;

/// Maximum length of the value in a [`Problem`] in bytes.
const MAX_FOUND_LEN: usize = 120;

/// A value cannot be read. The state of the parser contains the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// What a value should have been.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// A type, such as "a string".
    Type(&'static str),
    /// A field of an object.
    Field(&'static str),
    /// JSON syntax.
    Syntax(&'static str),
    /// What another decoder expects.
    Message(String),
}

impl Expected {
    fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Type(text) | Self::Syntax(text) => Cow::Borrowed(text),
            Self::Field(name) => Cow::Owned(format!("the field `{name}`")),
            Self::Message(text) => Cow::Owned(text.clone()),
        }
    }
}

/// The reason why a value cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) at: usize,
    pub(super) expected: Expected,
    /// Whether the text is not JSON, so that the end of the value cannot be found.
    pub(super) is_fatal: bool,
}

/// A wrong value that was tolerated. A [`Problem`] describes it.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) at: usize,
    pub(super) expected: Expected,
}

/// What is wrong in a document, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) failure: Option<Failure>,
    /// Values that were tolerated.
    pub(super) issues: Vec<Issue>,
    /// Items of the outermost list that were left out.
    pub(super) rejected: Vec<RejectedSpan>,
}

/// An item of a list that cannot be read. A [`RejectedItem`] describes it.
#[derive(Clone, Debug)]
pub(super) struct RejectedSpan {
    pub(super) list_start: usize,
    pub(super) index: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) issue: Issue,
}

/// A value that differs from the documented type and was tolerated.
///
/// A wrong value of an optional field is absent from the decoded entity, a date that the calendar does not have
/// is replaced by the nearest one, a number in a string is converted, and an item of a list that cannot be read
/// is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Path to the value, such as `[3].account.created_at`. `.` is the whole document.
    pub path: String,
    /// The start of the value as JSON.
    pub found: String,
    /// What was expected instead, such as `an integer`.
    pub expected: String,
}

impl Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            path,
            found,
            expected,
        } = self;
        write!(f, "{path}: expected {expected}, found {found}")
    }
}

/// An item of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedItem {
    /// Position in the list that the server sent, starting at 0.
    pub position: usize,
    /// Why it cannot be read: the first value that is wrong.
    pub problem: Problem,
    /// The item as the server sent it.
    pub json: String,
}

/// The reason why a document cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonError {
    /// Path to the value. `.` is the whole document.
    pub path: String,
    /// The start of the value as JSON; empty if the text is not JSON.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// Byte offset of the value.
    pub offset: usize,
    /// Whether the text is JSON as far as it was read.
    pub is_json: bool,
}

impl Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {}", self.expected)?;
        if !self.found.is_empty() {
            write!(f, ", found {}", self.found)?;
        }
        Ok(())
    }
}

impl std::error::Error for JsonError {}

impl Default for Failure {
    fn default() -> Self {
        Self {
            at: 0,
            expected: Expected::Type("another value"),
            is_fatal: false,
        }
    }
}

impl Failure {
    pub(super) fn describe(&self, text: &str) -> JsonError {
        let found = if self.is_fatal {
            String::new()
        } else {
            found(text, self.at)
        };
        JsonError {
            path: path(text, self.at),
            found,
            expected: self.expected.text().into_owned(),
            offset: char_boundary(text, self.at),
            is_json: !self.is_fatal,
        }
    }
}

impl Issue {
    pub(super) fn describe(&self, text: &str) -> Problem {
        Problem {
            path: path(text, self.at),
            found: found(text, self.at),
            expected: self.expected.text().into_owned(),
        }
    }
}

/// Describes items that cannot be read.
pub(super) fn rejected(text: &str, items: &[RejectedSpan]) -> Vec<RejectedItem> {
    // All items of a list have the same path, so the document is searched once for each list.
    let mut list: Option<(usize, String)> = None;
    let mut rejected = Vec::with_capacity(items.len());
    for item in items {
        let prefix = match &list {
            Some((start, prefix)) if *start == item.list_start => prefix,
            _ => {
                &list
                    .insert((item.list_start, path(text, item.list_start)))
                    .1
            }
        };
        let json = text.get(item.start..item.end).unwrap_or_default();
        let issue = Issue {
            at: item.issue.at.saturating_sub(item.start),
            expected: item.issue.expected.clone(),
        };
        let mut problem = issue.describe(json);
        let mut path = prefix.trim_start_matches('.').to_owned();
        push(&mut path, "[", item.index, "]");
        match problem.path.as_str() {
            "." => {}
            inner if inner.starts_with('[') => path.push_str(inner),
            inner => push(&mut path, ".", inner, ""),
        }
        problem.path = path;
        rejected.push(RejectedItem {
            position: item.index,
            problem,
            json: json.to_owned(),
        });
    }
    rejected
}

/// Returns the start of the value at an offset.
fn found(text: &str, at: usize) -> String {
    let mut parser = Parser::new(text);
    parser.state.at = char_boundary(text, at);
    let value = parser.raw().unwrap_or_default();
    if value.len() <= MAX_FOUND_LEN {
        return value.to_owned();
    }
    let end = char_boundary(value, MAX_FOUND_LEN);
    format!("{}…", value.get(..end).unwrap_or_default())
}

/// Returns the last character boundary at or before an offset.
pub fn char_boundary(text: &str, offset: usize) -> usize {
    let mut offsets = (0..=offset.min(text.len())).rev();
    offsets
        .find(|offset| text.is_char_boundary(*offset))
        .unwrap_or(0)
}

enum Segment {
    Key(String),
    Index(usize),
}

/// Returns the path to the value at an offset. `.` is the whole document.
fn path(text: &str, at: usize) -> String {
    let mut path = String::new();
    for segment in segments(text, at) {
        match segment {
            Segment::Index(index) => push(&mut path, "[", index, "]"),
            Segment::Key(key) if path.is_empty() => path.push_str(&key),
            Segment::Key(key) => push(&mut path, ".", key, ""),
        }
    }
    if path.is_empty() {
        path.push('.');
    }
    path
}

fn push(path: &mut String, prefix: &str, segment: impl Display, suffix: &str) {
    // Writing to a string cannot fail.
    let _ = write!(path, "{prefix}{segment}{suffix}");
}

/// Walks through the document down to the offset: into the values that contain it, past those that end before
/// it.
fn segments(text: &str, at: usize) -> Vec<Segment> {
    let mut parser = Parser::new(text);
    let mut segments = Vec::new();
    while let Some(open) = parser.peek() {
        let close = match open {
            b'{' => b'}',
            b'[' => b']',
            _ => break,
        };
        if parser.state.at >= at || parser.enter().is_err() {
            break;
        }
        let mut index = 0;
        let inside = loop {
            if parser.next_in(close, index == 0) != Ok(true) {
                break false;
            }
            let segment = if open == b'{' {
                let key_start = parser.state.at;
                let Ok(key) = parser.string_text().map(str::to_owned) else {
                    break false;
                };
                if parser.colon().is_err() || key_start > at {
                    break false;
                }
                Segment::Key(key)
            } else {
                parser.peek();
                Segment::Index(index)
            };
            let mark = parser.mark();
            if mark.at > at {
                break false;
            }
            let is_whole = parser.skip_value().is_ok();
            if !is_whole || at < parser.state.at {
                segments.push(segment);
                parser.rewind(mark);
                break true;
            }
            index += 1;
        };
        if !inside {
            break;
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(text: &str, value: &str) -> String {
        path(text, text.find(value).unwrap())
    }

    #[test]
    fn path_contains_keys_and_indexes() {
        let text = r#"[ {"a":"x,\"]"}, { "b" : [[], {"c\u0064": 7}], "e": [ ] } ]"#;
        assert_eq!(path_of(text, "7"), "[1].b[1].cd");
        assert_eq!(path_of(text, "[]"), "[1].b[0]");
        assert_eq!(path_of(text, "[ ]"), "[1].e");
        assert_eq!(path_of(text, "{\"a"), "[0]");
        assert_eq!(path(text, 0), ".");
        assert_eq!(path("7", 0), ".");
        assert_eq!(path(r#"{"a":{"b":1}}"#, 10), "a.b");
    }

    #[test]
    fn path_ends_where_the_text_is_cut() {
        assert_eq!(path(r#"{"a":[1,{"b":tru"#, 13), "a[1].b");
        assert_eq!(path(r#"{"a":[1,"#, 8), "a[1]");
        assert_eq!(path(r#"[{"id":"1"},{"id":"#, 18), "[1].id");
        assert_eq!(path("", 0), ".");
    }

    #[test]
    fn found_value_is_short() {
        let text = format!("[\"{}\"]", "é".repeat(500));
        let value = found(&text, 1);
        assert!(value.len() < 130 && value.ends_with('…'), "{value}");
        assert_eq!(found("[1, {\"a\": 2}]", 4), "{\"a\": 2}");
    }
}
