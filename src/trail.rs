//! The way to a value that could not be read, such as `[3].account.created_at`.
//!
//! The readers of objects, lists and mappings note where they were when an error passes them on its
//! way out. So a second reading for the sake of the message is the same code as the first; a wrapper
//! around the deserializer would have every entity compiled once more.

use std::cell::RefCell;
use std::fmt::{Display, Write};

use serde::de::DeserializeOwned;

/// Why a text could not be read, and where.
pub(crate) struct Lost {
    /// The way to the value; a point is the whole.
    pub(crate) path: String,
    pub(crate) error: serde_json::Error,
}

enum Step {
    Key(String),
    Index(usize),
}

thread_local! {
    /// The steps from the innermost outwards, while someone wants to know them.
    static STEPS: RefCell<Option<Vec<Step>>> = const { RefCell::new(None) };
}

/// Notes that the error comes from under a key.
#[cold]
pub(crate) fn key(key: &str) {
    note(|| Step::Key(key.to_owned()));
}

/// Notes that the error comes from an item of a list.
#[cold]
pub(crate) fn index(index: usize) {
    note(|| Step::Index(index));
}

fn note(step: impl FnOnce() -> Step) {
    STEPS.with_borrow_mut(|steps| {
        if let Some(steps) = steps {
            steps.push(step());
        }
    });
}

/// Reads a text that is expected to fail, to learn where.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Lost> {
    STEPS.set(Some(Vec::new()));
    let read = serde_json::from_str(text);
    let steps = STEPS.take().unwrap_or_default();
    read.map_err(|error| Lost {
        path: path(text, &error, &steps),
        error,
    })
}

fn path(text: &str, error: &serde_json::Error, steps: &[Step]) -> String {
    let mut path = String::new();
    // A list that is the whole text is read by serde itself, which notes nothing.
    let before = &text[..offset(text, error)];
    if before.trim_start().starts_with('[') {
        step(&mut path, "[", item(before), "]");
    }
    for each in steps.iter().rev() {
        match each {
            Step::Index(index) => step(&mut path, "[", index, "]"),
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => step(&mut path, ".", key, ""),
        }
    }
    if path.is_empty() {
        path.push('.');
    }
    path
}

fn step(path: &mut String, before: &str, step: impl Display, after: &str) {
    // Writing to a text cannot fail.
    let _ = write!(path, "{before}{step}{after}");
}

/// Where in the text the error was met, in bytes.
pub(crate) fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n');
    let before: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    boundary(text, before + error.column())
}

/// The place, or the nearest one before it, where the text can be cut.
pub(crate) fn boundary(text: &str, at: usize) -> usize {
    let places = (0..=at.min(text.len())).rev();
    let mut places = places.skip_while(|at| !text.is_char_boundary(*at));
    places.next().unwrap_or(0)
}

/// Which item of the outermost list the text breaks off in.
fn item(text: &str) -> usize {
    let (mut depth, mut items) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => items += 1,
            _ => {}
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{PostedStatus, Status};
    use serde_json::{Value, json};

    fn way<T: DeserializeOwned + std::fmt::Debug>(value: &Value) -> String {
        read::<T>(&value.to_string()).unwrap_err().path
    }

    fn status() -> Value {
        let (moment, empty) = ("2026-01-31T12:00:00.000Z", "");
        let account = json!({
            "id": "1", "username": "a", "acct": "a", "url": empty, "display_name": empty,
            "note": empty, "avatar": empty, "header": empty, "created_at": moment,
        });
        json!({
            "id": "1", "account": account, "created_at": moment, "uri": empty, "content": empty,
            "visibility": "public",
        })
    }

    #[test]
    fn the_way_leads_through_objects_lists_and_mappings_to_the_value() {
        let mut wrong = status();
        wrong["account"]["created_at"] = json!("yesterday");
        assert_eq!(way::<Status>(&wrong), "account.created_at");
        let strange = "a,b]\"\\";
        let mut first = status();
        first["content"] = json!(strange);
        assert_eq!(
            way::<Vec<Status>>(&json!([first, status(), wrong, status()])),
            "[2].account.created_at"
        );
        let mut wrong = status();
        wrong["media_attachments"] = json!([{"id": "1", "type": "image"}, {"id": []}]);
        assert_eq!(way::<Status>(&wrong), "media_attachments[1].id");
        assert_eq!(way::<PostedStatus>(&wrong), "media_attachments[1].id");
    }

    #[test]
    fn what_is_missing_is_missing_from_the_object_and_the_whole_is_a_point() {
        let mut wrong = status();
        wrong["account"] = json!({"id": "1"});
        assert_eq!(way::<Status>(&wrong), "account");
        assert_eq!(way::<Vec<Status>>(&json!([status(), {}])), "[1]");
        assert_eq!(way::<Status>(&json!("text")), ".");
        assert_eq!(way::<Vec<Status>>(&json!({})), ".");
    }

    #[test]
    fn what_was_noted_for_one_text_is_not_told_of_the_next() {
        let mut wrong = status();
        wrong["account"] = json!({"id": []});
        assert_eq!(way::<Status>(&wrong), "account.id");
        // Nobody asked, so nothing is kept.
        assert!(serde_json::from_str::<Status>(&wrong.to_string()).is_err());
        assert!(STEPS.with_borrow(Option::is_none));
        assert_eq!(way::<Status>(&json!([])), ".");
    }
}
