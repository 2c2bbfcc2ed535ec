//! Secrets: what they are called, and how they stay out of sight.

use std::fmt;

use secrecy::ExposeSecret;

/// A secret text, such as an access token.
///
/// `Debug` hides it, and its memory is overwritten when it is dropped. It has no `Display`.
#[derive(Clone)]
pub struct SecretString(secrecy::SecretString);

impl SecretString {
    /// Reads the secret. Keep what it gives out of logs, errors and URLs.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl PartialEq for SecretString {
    fn eq(&self, other: &SecretString) -> bool {
        self.expose() == other.expose()
    }
}

/// Writes the secret itself, so that credentials can be stored; keep what it is written to safe.
impl serde::Serialize for SecretString {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> serde::Deserialize<'de> for SecretString {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(Into::into)
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> SecretString {
        SecretString(text.into())
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> SecretString {
        SecretString(text.into())
    }
}

impl From<&String> for SecretString {
    fn from(text: &String) -> SecretString {
        text.as_str().into()
    }
}

impl From<&SecretString> for SecretString {
    fn from(secret: &SecretString) -> SecretString {
        secret.clone()
    }
}

/// What stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";

/// Names under which secrets travel, in requests and in answers.
const SECRET_NAMES: [&str; 12] = [
    "access_token",
    "auth",
    "authorization",
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
        rest = tail;
        let Some(value) = tail
            .strip_prefix('"')
            .map(str::trim_start)
            .and_then(|t| t.strip_prefix(':'))
        else {
            if let Some(tail) = tail.strip_prefix('"') {
                out.push('"');
                rest = tail;
            }
            continue;
        };
        let value = value.trim_start();
        out.push_str(&tail[..tail.len() - value.len()]);
        rest = value;
        if is_secret(word)
            && let Some(inner) = value.strip_prefix('"')
        {
            out.push('"');
            out.push_str(REDACTED);
            rest = &inner[end_of_string(inner)..];
            if let Some(tail) = rest.strip_prefix('"') {
                out.push('"');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
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
    fn debug_hides_the_secret() {
        assert!(!format!("{:?}", SecretString::from("hunter2")).contains("hunter2"));
    }

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
        assert_eq!(
            redact(r#"{"access_token":"abcde"#),
            r#"{"access_token":"[redacted]"#
        );
        assert_eq!(redact(r#"plain "quoted" text"#), r#"plain "quoted" text"#);
    }
}
