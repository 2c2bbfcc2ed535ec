//! Redaction of secrets in errors, logs and excerpts.

use mastodon_types::__private::REDACTED;
use mastodon_types::SecretString;

/// Names of secret parameters and members, in requests and responses.
const SECRET_NAMES: [&str; 13] = [
    "access_token",
    "auth",
    "authorization",
    "bearer_token",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "p256dh",
    "password",
    "private_key",
    "refresh_token",
    "token",
];

/// Minimum length of a secret to search for: a shorter one would match by chance.
const MIN_LEN: usize = 4;

/// Returns whether a parameter or member of this name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET_NAMES
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}

/// The secrets of one request: its access token and secret parameters. Servers repeat what they
/// receive, so these values are redacted in everything that is reported about the response.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownSecrets(Vec<SecretString>);

impl KnownSecrets {
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// Returns the string with these secrets redacted, whether they appear verbatim, in JSON or in a query.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        let long = |secret: &&SecretString| secret.expose().len() >= MIN_LEN;
        for secret in self.0.iter().filter(long).map(SecretString::expose) {
            let json = serde_json::Value::from(secret).to_string();
            let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            for form in [secret, json.trim_matches('"'), query.as_str()] {
                if redacted.contains(form) {
                    redacted = redacted.replace(form, REDACTED);
                }
            }
        }
        redacted
    }
}

/// Redacts the values of secret members in a JSON value. Validation messages about a member, such as
/// those about a password, are kept.
pub(crate) fn redact_json(value: &mut serde_json::Value) {
    fn walk(is_secret_value: bool, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    let is_message = matches!(name.as_str(), "error" | "description");
                    walk(!is_message && (is_secret_value || is_secret(name)), value);
                }
            }
            serde_json::Value::Array(items) => items
                .iter_mut()
                .for_each(|item| walk(is_secret_value, item)),
            serde_json::Value::String(_) | serde_json::Value::Number(_) if is_secret_value => {
                *value = REDACTED.into();
            }
            _ => {}
        }
    }
    walk(false, value);
}

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
        let (name, tail) = after.split_at(end);
        out.push_str(name);
        let Some(tail) = tail.strip_prefix('"') else {
            rest = tail;
            continue;
        };
        out.push('"');
        rest = tail;
        let value = tail.trim_start().strip_prefix(':').map(str::trim_start);
        if let Some(value) = value.filter(|_| is_secret(name)) {
            out.push_str(&tail[..tail.len() - value.len()]);
            let end = end_of_value(value);
            if matches!(&value[..end], "" | "null" | "true" | "false") {
                out.push_str(&value[..end]);
            } else {
                out.push('"');
                out.push_str(REDACTED);
                out.push('"');
            }
            rest = &value[end..];
        }
    }
    out.push_str(rest);
    redact_query(&out)
}

/// Returns the string with the values of secret query parameters redacted: `code=…`.
fn redact_query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('=') {
        out.push_str(before);
        out.push('=');
        let name = before
            .rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .next();
        let end = after
            .find(['&', '"', '\'', '<', ';', ',', ' ', '\n', '\r'])
            .unwrap_or(after.len());
        let is_redacted = end > 0 && name.is_some_and(is_secret);
        if is_redacted {
            out.push_str(REDACTED);
        }
        rest = &after[if is_redacted { end } else { 0 }..];
    }
    out.push_str(rest);
    out
}

/// Returns a URL or host name without user name, password, query and fragment, which may be secret.
pub(crate) fn redact_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url
        .split_once("://")
        .map_or((None, url), |(scheme, rest)| (Some(scheme), rest));
    let shown = match rest.rsplit_once('@') {
        Some((before, host)) if scheme.is_some() || before.contains(':') => format!("…@{host}"),
        _ => rest.to_owned(),
    };
    scheme.map_or_else(|| shown.clone(), |scheme| format!("{scheme}://{shown}"))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    #[test]
    fn json_members_with_secret_names_are_redacted() {
        let text =
            r#"{"access_token": "abc\"def", "scope":"read","nested":{"client_secret":"x"}, "n":1}"#;
        assert_eq!(
            redact(text),
            r#"{"access_token": "[redacted]", "scope":"read","nested":{"client_secret":"[redacted]"}, "n":1}"#
        );
    }

    #[test]
    fn a_secret_that_the_excerpt_truncates_is_redacted() {
        for cut in [r#"{"access_token":"abcde"#, r#"{"access_token":["abcde"#] {
            assert_eq!(redact(cut), r#"{"access_token":"[redacted]""#);
        }
        assert_eq!(redact(r#"plain "quoted" text"#), r#"plain "quoted" text"#);
    }

    #[test]
    fn a_secret_of_any_json_type_is_redacted() {
        for value in ["[\"abc\",\"abd\"]", "{\"value\":\"abc]}\"}", "123", "-1.5"] {
            let text = format!(r#"{{"password" : {value}, "scope":"read"}}"#);
            assert_eq!(
                redact(&text),
                r#"{"password" : "[redacted]", "scope":"read"}"#
            );
            let mut json = serde_json::from_str(&text).unwrap();
            redact_json(&mut json);
            let shown = json.to_string();
            assert!(!shown.contains("abc") && !shown.contains('1'), "{shown}");
        }
        assert_eq!(redact(r#"{"auth":null,"n":1}"#), r#"{"auth":null,"n":1}"#);
        assert_eq!(
            redact("see /?state=1&code=abc&x=2"),
            "see /?state=1&code=[redacted]&x=2"
        );
    }

    #[test]
    fn validation_messages_about_a_secret_member_are_kept() {
        let body = serde_json::json!({"details": {"password": [{"error": "ERR_TOO_SHORT", "description": "is short"}]}});
        let mut shown = body.clone();
        redact_json(&mut shown);
        assert_eq!(shown, body);
    }

    proptest! {
        #[test]
        fn a_secret_is_redacted_next_to_any_text(before in unicode_text(), secret in unicode_text(), after in unicode_text()) {
            let is_distinct = |text: &str| !text.contains(&secret);
            prop_assume!(secret.len() >= MIN_LEN && [&before, &after, REDACTED].into_iter().all(is_distinct));
            let known = KnownSecrets::new(vec![secret.as_str().into()]);
            let redacted = known.redact(&format!("{before}\u{0}{secret}\u{0}{after}"));
            prop_assert!(is_distinct(&redacted), "{redacted}");
        }

        #[test]
        fn any_text_of_a_secret_member_is_redacted(secret in unicode_text(), other in unicode_text()) {
            let json = serde_json::json!({ "password": secret, "title": other }).to_string();
            let redacted = redact(&json);
            let start = r#"{"password":"[redacted]","title":""#;
            prop_assert!(redacted.starts_with(start), "{redacted}");
        }
    }
}
