//! The path to a value that cannot be decoded, such as `[3].account.created_at`.
//!
//! The decoders of objects, lists and maps record their position while an error passes through them. The
//! second pass that finds the path is therefore the same code as the first; a wrapper around the
//! deserializer would compile every entity twice.

use std::cell::RefCell;
use std::fmt::{Display, Write};

use serde::de::DeserializeOwned;

/// A decoding error and its position.
#[derive(Debug)]
pub struct PathError {
    /// The path to the value. `.` is the whole document.
    pub path: String,
    /// The error.
    pub error: serde_json::Error,
}

enum Segment {
    Key(String),
    Index(usize),
}

thread_local! {
    /// The segments from the innermost outwards, during [`decode`] only.
    static SEGMENTS: RefCell<Option<Vec<Segment>>> = const { RefCell::new(None) };
}

/// Records that the error is in the value of a key.
#[cold]
pub(super) fn record_key(key: &str) {
    record(|| Segment::Key(key.to_owned()));
}

/// Records that the error is in an item of a list.
#[cold]
pub(super) fn record_index(index: usize) {
    record(|| Segment::Index(index));
}

fn record(segment: impl FnOnce() -> Segment) {
    SEGMENTS.with_borrow_mut(|segments| {
        if let Some(segments) = segments {
            segments.push(segment());
        }
    });
}

/// Decodes JSON that has failed to decode before, to find the path of the error.
pub fn decode<T: DeserializeOwned>(json: &str) -> Result<T, PathError> {
    SEGMENTS.set(Some(Vec::new()));
    let decoded = serde_json::from_str(json);
    let segments = SEGMENTS.take().unwrap_or_default();
    decoded.map_err(|error| PathError {
        path: path(json, &error, &segments),
        error,
    })
}

fn path(json: &str, error: &serde_json::Error, segments: &[Segment]) -> String {
    let mut path = String::new();
    // serde decodes a list at the top level itself and records nothing.
    let before = &json[..error_offset(json, error)];
    if before.trim_start().starts_with('[') {
        push_segment(&mut path, "[", item_index(before), "]");
    }
    for segment in segments.iter().rev() {
        match segment {
            Segment::Index(index) => push_segment(&mut path, "[", index, "]"),
            Segment::Key(key) if path.is_empty() => path.push_str(key),
            Segment::Key(key) => push_segment(&mut path, ".", key, ""),
        }
    }
    if path.is_empty() {
        path.push('.');
    }
    path
}

fn push_segment(path: &mut String, prefix: &str, segment: impl Display, suffix: &str) {
    // Writing to a string cannot fail.
    let _ = write!(path, "{prefix}{segment}{suffix}");
}

/// Returns the byte offset at which the error occurred.
pub fn error_offset(json: &str, error: &serde_json::Error) -> usize {
    let lines = json.split_inclusive('\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    char_boundary(json, before + error.column())
}

/// Returns the last character boundary at or before an offset.
pub fn char_boundary(text: &str, offset: usize) -> usize {
    let mut offsets = (0..=offset.min(text.len())).rev();
    offsets
        .find(|offset| text.is_char_boundary(*offset))
        .unwrap_or(0)
}

/// Returns the index of the item of the outermost list in which the JSON ends.
fn item_index(json: &str) -> usize {
    let (mut depth, mut index) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => index += 1,
            _ => {}
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::entities::{PostedStatus, Status};

    fn error_path<T: DeserializeOwned + std::fmt::Debug>(value: &Value) -> String {
        decode::<T>(&value.to_string()).unwrap_err().path
    }

    fn status() -> Value {
        let (time, empty) = ("2026-01-31T12:00:00.000Z", "");
        let account = json!({
            "id": "1", "username": "a", "acct": "a", "url": empty, "display_name": empty,
            "note": empty, "avatar": empty, "header": empty, "created_at": time,
        });
        json!({
            "id": "1", "account": account, "created_at": time, "uri": empty, "content": empty,
            "visibility": "public",
        })
    }

    #[test]
    fn path_contains_keys_and_indexes() {
        let mut wrong = status();
        wrong["account"]["created_at"] = json!("yesterday");
        assert_eq!(error_path::<Status>(&wrong), "account.created_at");
        let punctuation = "a,b]\"\\";
        let mut first = status();
        first["content"] = json!(punctuation);
        assert_eq!(
            error_path::<Vec<Status>>(&json!([first, status(), wrong, status()])),
            "[2].account.created_at"
        );
        let mut wrong = status();
        wrong["media_attachments"] = json!([{"id": "1", "type": "image"}, {"id": []}]);
        assert_eq!(error_path::<Status>(&wrong), "media_attachments[1].id");
        assert_eq!(
            error_path::<PostedStatus>(&wrong),
            "media_attachments[1].id"
        );
    }

    #[test]
    fn path_of_a_missing_field_is_that_of_its_object() {
        let mut wrong = status();
        wrong["account"] = json!({"id": "1"});
        assert_eq!(error_path::<Status>(&wrong), "account");
        assert_eq!(error_path::<Vec<Status>>(&json!([status(), {}])), "[1]");
    }

    #[test]
    fn path_of_the_whole_document_is_a_dot() {
        assert_eq!(error_path::<Status>(&json!("text")), ".");
        assert_eq!(error_path::<Vec<Status>>(&json!({})), ".");
    }

    #[test]
    fn segments_are_kept_for_one_document_only() {
        let mut wrong = status();
        wrong["account"] = json!({"id": []});
        assert_eq!(error_path::<Status>(&wrong), "account.id");
        // Outside `decode` nothing is recorded.
        assert!(serde_json::from_str::<Status>(&wrong.to_string()).is_err());
        assert!(SEGMENTS.with_borrow(Option::is_none));
        assert_eq!(error_path::<Status>(&json!([])), ".");
    }
}
