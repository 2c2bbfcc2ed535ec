//! Entities with the fewest fields that the tests need, and other common values.

use mastodon_sdk::Upload;
use mastodon_sdk::auth::{App, OUT_OF_BAND};
use serde_json::{Value, json};

/// An account.
pub(crate) fn account(id: &str, acct: &str) -> Value {
    json!({ "id": id, "username": acct, "acct": acct, "created_at": "2026-01-01T00:00:00.000Z" })
}

/// A status of bob that mentions alice and carol, with additional or replaced fields.
pub(crate) fn status(fields: &[(&str, Value)]) -> Value {
    let mention =
        |id: &str, acct: &str| json!({ "id": id, "username": acct, "acct": acct, "url": "" });
    let mut status = json!({
        "id": "5", "created_at": "2026-01-01T00:00:00.000Z", "account": account("2", "bob"),
        "content": "<p>Hi</p>", "visibility": "unlisted", "spoiler_text": "", "sensitive": false,
        "mentions": [mention("1", "alice"), mention("3", "carol@b.example")],
    });
    for (name, value) in fields {
        status[*name] = value.clone();
    }
    status
}

/// A hashtag: the smallest entity of a paged list.
pub(crate) fn tag(name: &str) -> String {
    format!(r#"{{"id":"1","name":"{name}","url":"https://a.example/tags/{name}","history":[]}}"#)
}

/// The object with additional or replaced fields.
pub(crate) fn with_fields(mut object: Value, fields: &Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(fields);
    object
}

/// A relationship with the account 23, as JSON.
pub(crate) const RELATIONSHIP: &str = r#"{"id":"23","following":true}"#;

/// A small image.
pub(crate) fn gif() -> Upload {
    Upload::bytes(&b"GIF89a"[..]).file_name("cat.gif")
}

/// A registered OAuth application.
pub(crate) fn oauth_app() -> App {
    App::new("id", "s3cret", OUT_OF_BAND, "read write")
}
