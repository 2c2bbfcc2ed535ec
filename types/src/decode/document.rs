//! Decodes whole documents.

use serde::de::DeserializeOwned;

use super::buffer::{keep_buffer, take_buffer};
use super::deserializer::{Json, Stopped};
use super::parser::Parser;
use super::report::{self, Expected, JsonError, Problem, RejectedItem};

/// Options of [`decode_with`] and [`decode_bytes`].
///
/// ```
/// use mastodon_types::{Status, json};
///
/// let text = r#"{"id": "1", "content": "", "account": {"id": "2", "acct": "a"}, "mood": "happy"}"#;
/// let options = json::DecodeOptions::default().keep_unknown_fields(true);
/// let status: Status = json::decode_with(text, options)?.value;
/// assert_eq!(status.unknown_fields.get("mood").unwrap(), "happy");
/// # Ok::<(), json::JsonError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct DecodeOptions {
    /// Whether entities keep the fields that this version of the SDK does not know. Default: false.
    pub keep_unknown_fields: bool,
}

impl DecodeOptions {
    /// Sets whether entities keep the fields that this version of the SDK does not know.
    #[must_use]
    pub fn keep_unknown_fields(mut self, keep: bool) -> Self {
        self.keep_unknown_fields = keep;
        self
    }
}

/// A decoded document, with what was tolerated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// Values that differ from the documented type and were tolerated, at most 100.
    pub problems: Vec<Problem>,
    /// Items of the outermost list that cannot be read and are not in the value, at most 1,000.
    pub rejected: Vec<RejectedItem>,
}

/// Decodes JSON to an entity, or to a type that contains entities, and reports what was tolerated. Faster than
/// `serde_json::from_str`, with the same value.
///
/// ```
/// use mastodon_types::{Tag, json};
///
/// let decoded = json::decode::<Vec<Tag>>(r#"[{"name": "rust"}, null, {"name": "mastodon"}]"#)?;
/// assert_eq!(decoded.value.len(), 2);
/// assert_eq!(decoded.rejected[0].position, 1);
/// # Ok::<(), json::JsonError>(())
/// ```
///
/// # Errors
///
/// If the text is not JSON, or the outermost value cannot be read: its type is wrong, or a field that it needs is
/// missing. The error has the path, the value and what was expected.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<Decoded<T>, JsonError> {
    decode_with(text, DecodeOptions::default())
}

/// The same as [`decode`], with options.
///
/// # Errors
///
/// The same as [`decode`].
pub fn decode_with<T: DeserializeOwned>(
    text: &str,
    options: DecodeOptions,
) -> Result<Decoded<T>, JsonError> {
    decode_text(text, options, None)
}

/// The same as [`decode_with`], for bytes. Invalid UTF-8 in a string is replaced by U+FFFD.
///
/// # Errors
///
/// The same as [`decode`].
pub fn decode_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    options: DecodeOptions,
) -> Result<Decoded<T>, JsonError> {
    // Validating UTF-8 once for the whole document instead of for each string saves about one sixth of the time.
    match std::str::from_utf8(bytes) {
        Ok(text) => decode_text(text, options, None),
        Err(error) => decode_text(
            &String::from_utf8_lossy(bytes),
            options,
            Some(error.valid_up_to()),
        ),
    }
}

fn decode_text<T: DeserializeOwned>(
    text: &str,
    options: DecodeOptions,
    invalid_utf8_at: Option<usize>,
) -> Result<Decoded<T>, JsonError> {
    let mut parser = start(text, options, invalid_utf8_at);
    let read = T::deserialize(Json(&mut parser));
    keep_buffer(&mut parser);
    match read {
        Ok(value) => {
            let (problems, rejected) = finish(&mut parser)?;
            Ok(Decoded {
                value,
                problems,
                rejected,
            })
        }
        Err(Stopped(message)) => Err(failure(&mut parser, message)),
    }
}

// The rest of `decode_text` does not depend on the type, and is compiled once.

fn start(text: &str, options: DecodeOptions, invalid_utf8_at: Option<usize>) -> Parser<'_> {
    let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark_len = text.len() - without_mark.len();
    let mut parser = Parser::new(without_mark);
    parser.state.keep_unknown = options.keep_unknown_fields;
    parser.state.buffer = take_buffer();
    if let Some(at) = invalid_utf8_at {
        parser.record(at.saturating_sub(mark_len), Expected::Type("valid UTF-8"));
    }
    parser
}

fn finish(parser: &mut Parser<'_>) -> Result<(Vec<Problem>, Vec<RejectedItem>), JsonError> {
    if parser.end().is_err() {
        return Err(failure(parser, None));
    }
    let issues = parser.state.issues().iter();
    let problems = issues.map(|issue| issue.describe(parser.text)).collect();
    Ok((
        problems,
        report::rejected(parser.text, parser.state.rejected()),
    ))
}

#[cold]
fn failure(parser: &mut Parser<'_>, message: Option<String>) -> JsonError {
    if !parser.state.has_failed() {
        let message = message.unwrap_or_else(|| "another value".to_owned());
        let _ = parser.fail::<()>(Expected::Message(message));
    }
    parser.describe_failure()
}
