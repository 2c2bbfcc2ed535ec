//! Redaction by name in text: JSON, a part of it, or a query.

use std::borrow::Cow;

use mastodon_types::__private::REDACTED;

use super::escapes::unescape_json;
use super::{is_error_code, is_secret};

/// Returns JSON, or a part of it, with the values of secret members redacted.
///
/// It scans the string instead of parsing it, because an excerpt is rarely valid JSON.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        out.push('"');
        let end = end_of_string(after);
        let (string, tail) = after.split_at(end);
        let name = unescaped(string);
        out.push_str(&redact_string(string, &name));
        let Some(tail) = tail.strip_prefix('"') else {
            rest = tail;
            continue;
        };
        out.push('"');
        rest = tail;
        if let Some(value) = value_after_name(tail).filter(|_| is_secret(&name)) {
            out.push_str(&tail[..tail.len() - value.len()]);
            let (value, after_value) = value.split_at(end_of_value(value));
            let is_code = is_error_code(&name, value.trim_matches('"'));
            if is_code || matches!(value, "" | "null" | "true" | "false") {
                out.push_str(value);
            } else {
                out.push('"');
                out.push_str(REDACTED);
                out.push('"');
            }
            rest = after_value;
        }
    }
    out.push_str(rest);
    redact_query(&out)
}

/// Returns the value that follows the name of a member: of JSON, or of a Ruby hash in an error page.
fn value_after_name(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let value = text.strip_prefix(':').or_else(|| text.strip_prefix("=>"))?;
    Some(value.trim_start())
}

fn unescaped(string: &str) -> Cow<'_, str> {
    if string.contains('\\') {
        unescape_json(string).into()
    } else {
        string.into()
    }
}

/// Returns a JSON string, without its quotes, with the secret members of the JSON in it redacted.
fn redact_string<'a>(string: &'a str, unescaped: &str) -> Cow<'a, str> {
    if !unescaped.contains('"') {
        return string.into();
    }
    let redacted = redact(unescaped);
    if redacted == unescaped {
        return string.into();
    }
    let escaped = serde_json::Value::from(redacted).to_string();
    let inner = escaped
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'));
    inner.unwrap_or_default().to_owned().into()
}

/// Returns the string with the values of secret query parameters redacted: `code=…`.
fn redact_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        out.push_str(before);
        out.push('=');
        let mut parts = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let name = parts.next().unwrap_or_default();
        let is_secret = is_secret(name);
        let end = if is_secret {
            let end = after.find(['&', '"', '\'', '<', ';', ',', ' ', '\n', '\r']);
            end.unwrap_or(after.len())
        } else {
            0
        };
        let is_in_query = before[..before.len() - name.len()].ends_with(['?', '&']);
        let is_redacted = end > 0 && (is_in_query || !is_error_code(name, &after[..end]));
        if is_redacted {
            out.push_str(REDACTED);
        }
        rest = if is_redacted { &after[end..] } else { after };
    }
    out.push_str(rest);
    out
}

/// Returns the offset of the end of a JSON value, or of the end of the string if the value is truncated.
fn end_of_value(text: &str) -> usize {
    let (mut depth, mut skip) = (0u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            _ if at < skip => {}
            '"' => {
                skip = at + 1 + end_of_string(&text[at + 1..]) + 1;
                if depth == 0 {
                    return skip.min(text.len());
                }
            }
            '[' | '{' => depth += 1,
            ']' | '}' if depth > 1 => depth -= 1,
            ']' | '}' if depth == 1 => return at + 1,
            ',' | ']' | '}' if depth == 0 => return at,
            c if depth == 0 && c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// Returns the offset of the closing quote of a JSON string, or of the end of the text if the string is
/// truncated.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}
