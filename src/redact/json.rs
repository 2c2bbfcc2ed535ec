//! Redaction in decoded JSON.

use mastodon_types::__private::REDACTED;
use serde_json::Value;

use super::{KnownSecrets, is_error_code, is_secret, redact};

/// Redacts the known secrets and the values of secret members in a JSON value. Validation messages about a member, such
/// as those about a password, and error codes are kept.
pub(crate) fn redact_json(value: &mut Value, known: &KnownSecrets) {
    let context = Context {
        known,
        secret_name: None,
        has_messages: false,
    };
    context.redact(value);
}

/// Names of members whose own members are fields of the request with validation messages.
const MESSAGES: [&str; 5] = ["details", "error", "error_details", "errors", "fieldErrors"];

/// Where a value is.
#[derive(Clone, Copy)]
struct Context<'a> {
    known: &'a KnownSecrets,
    /// Name of the secret member that the value belongs to.
    secret_name: Option<&'a str>,
    /// Whether the values are validation messages.
    has_messages: bool,
}

impl Context<'_> {
    fn redact(self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, mut value) in std::mem::take(members) {
                    self.member(&name).redact(&mut value);
                    members.insert(self.known.redact(&name), value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::String(text) => *text = self.redacted_text(text),
            Value::Number(number) => {
                let number = number.to_string();
                if self.redacted_text(&number) != number {
                    *value = REDACTED.into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Returns the context of a member.
    fn member<'b>(self, name: &'b str) -> Context<'b>
    where
        Self: 'b,
    {
        let is_message = matches!(name, "error" | "description" | "message");
        let own_name = is_secret(name).then_some(name);
        Context {
            known: self.known,
            secret_name: own_name.or(self.secret_name).filter(|_| !is_message),
            has_messages: self.has_messages || MESSAGES.contains(&name),
        }
    }

    fn redacted_text(self, text: &str) -> String {
        let text = self.known.redact(text);
        match self.secret_name {
            Some(name) if is_error_code(name, &text) => text,
            Some(_) if self.has_messages && is_sentence(&text) => text,
            Some(_) => REDACTED.to_owned(),
            // The text itself may be JSON or a query.
            None => redact(&text),
        }
    }
}

/// Maximum length of a word of a sentence in bytes. Languages that do not separate words have longer ones.
const MAX_WORD_LEN: usize = 20;

/// Returns whether a text consists of words, as validation messages do, and not of random characters.
fn is_sentence(text: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_number = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_text = word
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '\'' | '-' | '_'));
        is_number || is_text && (word.len() <= MAX_WORD_LEN || !word.is_ascii())
    };
    let is_ascii_word = text.is_ascii() && !text.contains(' ');
    !is_ascii_word && text.split_whitespace().all(is_word)
}
