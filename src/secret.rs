//! Secrets: what they are called, and how they stay out of sight.

pub(crate) use mastodon_types::__private::REDACTED;
pub(crate) use mastodon_types::SecretString;

use crate::params::{Group, Value};

/// Names under which secrets travel, in requests and in answers.
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

/// Whether what travels under this name is to be kept out of sight.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET_NAMES
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}

/// The secrets that a request carries, to be kept out of all that is told of its answer: servers
/// repeat what they were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// The token, and every value under a secret name, however deep it lies.
    pub(crate) fn of(token: Option<&SecretString>, values: &Group) -> Self {
        let mut secrets: Vec<SecretString> = token.cloned().into_iter().collect();
        for (name, value) in values.iter() {
            collect(is_secret(name), value, &mut secrets);
        }
        Self(secrets)
    }

    /// A copy of a text without them, whether they stand there as they are, in JSON or in a query.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        let long = |secret: &&SecretString| secret.expose().len() >= SHORTEST;
        for secret in self.0.iter().filter(long).map(SecretString::expose) {
            let json = serde_json::Value::from(secret).to_string();
            let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            for form in [secret, json.trim_matches('"'), query.as_str()] {
                if shown.contains(form) {
                    shown = shown.replace(form, REDACTED);
                }
            }
        }
        shown
    }
}

/// The shortest secret that is looked for in texts: a shorter one stands there by chance.
const SHORTEST: usize = 4;

fn collect(secret: bool, value: &Value, into: &mut Vec<SecretString>) {
    match value {
        Value::Text(text) if secret => into.push(text.as_ref().into()),
        Value::List(items) => items.iter().for_each(|item| collect(secret, item, into)),
        Value::Map(entries) => {
            for (name, value) in entries {
                collect(secret || is_secret(name), value, into);
            }
        }
        _ => {}
    }
}

/// Takes the values of secret members out of whole JSON. What is told of a member, as a refusal
/// tells what is wrong with a password, stays.
pub(crate) fn redact_json(value: &mut serde_json::Value) {
    fn walk(secret: bool, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    let told = matches!(name.as_str(), "error" | "description");
                    walk(!told && (secret || is_secret(name)), value);
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| walk(secret, item)),
            serde_json::Value::String(_) | serde_json::Value::Number(_) if secret => {
                *value = REDACTED.into();
            }
            _ => {}
        }
    }
    walk(false, value);
}

/// A copy of a JSON text (or a piece of one) with the values of secret members taken out.
///
/// It works on the text, because an excerpt is seldom whole JSON.
pub(crate) fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        out.push('"');
        let end = end_of_string(after);
        let (word, tail) = after.split_at(end);
        out.push_str(word);
        let Some(tail) = tail.strip_prefix('"') else {
            rest = tail;
            continue;
        };
        out.push('"');
        rest = tail;
        let value = tail.trim_start().strip_prefix(':').map(str::trim_start);
        if let Some(value) = value.filter(|_| is_secret(word)) {
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

/// A copy of a text with the values of secret parameters taken out: `code=…`.
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
        let hidden = end > 0 && name.is_some_and(is_secret);
        if hidden {
            out.push_str(REDACTED);
        }
        rest = &after[if hidden { end } else { 0 }..];
    }
    out.push_str(rest);
    out
}

/// Where a JSON value ends, or the text, if that is sooner.
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

/// Where a JSON string that has begun ends: at its closing quote, or with the text.
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
    use super::*;

    #[test]
    fn members_with_secret_names_are_taken_out_of_json() {
        let text =
            r#"{"access_token": "abc\"def", "scope":"read","nested":{"client_secret":"x"}, "n":1}"#;
        assert_eq!(
            redact(text),
            r#"{"access_token": "[redacted]", "scope":"read","nested":{"client_secret":"[redacted]"}, "n":1}"#
        );
    }

    #[test]
    fn a_secret_that_the_excerpt_cuts_off_is_taken_out_too() {
        for cut in [r#"{"access_token":"abcde"#, r#"{"access_token":["abcde"#] {
            assert_eq!(redact(cut), r#"{"access_token":"[redacted]""#);
        }
        assert_eq!(redact(r#"plain "quoted" text"#), r#"plain "quoted" text"#);
    }
    #[test]
    fn a_secret_is_taken_out_whatever_its_shape() {
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
    fn what_is_said_of_a_secret_member_stays() {
        let told = serde_json::json!({"details": {"password": [{"error": "ERR_TOO_SHORT", "description": "is short"}]}});
        let mut shown = told.clone();
        redact_json(&mut shown);
        assert_eq!(shown, told);
    }

    #[test]
    fn secrets_that_were_sent_are_found_in_every_form() {
        let keys = Group::new().with("auth", "push key+1");
        let values = Group::new()
            .with("subscription", Group::new().with("keys", keys))
            .with("password", "quote\"d é")
            .with("code", "abc")
            .with("q", "harmless");
        let secrets = Secrets::of(Some(&"hunter2".into()), &values);
        for text in [
            "hunter2",
            "x push key+1",
            "push+key%2B1",
            "quote\"d é",
            r#"{"a":"quote\"d é"}"#,
            "quote%22d+%C3%A9",
        ] {
            let shown = secrets.hide(text);
            assert!(
                shown.contains(REDACTED) && shown.len() < text.len() + REDACTED.len(),
                "{shown}"
            );
            assert!(
                !shown.contains("hunter") && !shown.contains("quote") && !shown.contains("key"),
                "{shown}"
            );
        }
        assert_eq!(
            secrets.hide("harmless abc"),
            "harmless abc",
            "too short to be looked for"
        );
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }
}
