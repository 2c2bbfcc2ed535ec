//! The least that servers send of what most tests need.

use serde_json::{Value, json};

pub(crate) fn account(id: &str, acct: &str) -> Value {
    json!({ "id": id, "username": acct, "acct": acct, "created_at": "2026-01-01T00:00:00.000Z" })
}

/// The object with these members beside or in place of its own.
pub(crate) fn with(mut object: Value, more: &Value) -> Value {
    let more = more.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(more);
    object
}

/// A status of bob that mentions alice and carol, with further or other fields.
pub(crate) fn status(more: &[(&str, Value)]) -> Value {
    let mention =
        |id: &str, acct: &str| json!({ "id": id, "username": acct, "acct": acct, "url": "" });
    let mut status = json!({
        "id": "5", "created_at": "2026-01-01T00:00:00.000Z", "account": account("2", "bob"),
        "content": "<p>Hi</p>", "visibility": "unlisted", "spoiler_text": "", "sensitive": false,
        "mentions": [mention("1", "alice"), mention("3", "carol@b.example")],
    });
    for (name, value) in more {
        status[*name] = value.clone();
    }
    status
}
