//! Redaction of secrets in errors, logs and excerpts: by their value if it is known, otherwise by the name in front of it.

mod escapes;
mod headers;
mod json;
mod known;
mod text;

use url::Url;

pub(crate) use headers::{RedactedHeaders, is_secret_header};
pub(crate) use json::redact_json;
pub(crate) use known::KnownSecrets;
pub(crate) use text::redact;

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

/// Returns whether a parameter or member of this name is secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET_NAMES
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Returns whether the value at a JSON path is secret.
pub(crate) fn is_secret_path(path: &str) -> bool {
    path.split(['.', '[']).any(is_secret)
}

/// Maximum length of an error code in bytes.
const MAX_ERROR_CODE_LEN: usize = 40;

/// Returns whether the value of a member with a secret name is an error code: `ERR_TAKEN`, `invalid_type` or 404. OAuth
/// and the validation of other software both use the name `code`.
fn is_error_code(name: &str, value: &str) -> bool {
    if !name.eq_ignore_ascii_case("code") || value.is_empty() || value.len() > MAX_ERROR_CODE_LEN {
        return false;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.len() <= 4;
    }
    value.split(['_', '-', '.', ' ']).all(is_word)
}

/// Returns whether a text is a word in lower case, upper case or camel case. Random letters are not: their case varies.
fn is_word(text: &str) -> bool {
    let is_upper = |byte: u8| byte.is_ascii_uppercase();
    let capitals = text.bytes().filter(|byte| is_upper(*byte)).count();
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (capitals == text.len() || capitals <= text.len() / 4 + 1)
        && text.len() <= MAX_WORD_LEN
}

/// Maximum length of a word in bytes. An authorization code without digits and separators is longer.
const MAX_WORD_LEN: usize = 20;

/// Returns a URL or host name without user name, password, query and fragment, which may be secret.
pub(crate) fn redact_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url
        .split_once("://")
        .map_or((None, url), |(scheme, rest)| (Some(scheme), rest));
    // Without a user name, an `@` belongs to the path: `https://a.example/@alice`.
    let has_no_user = scheme.is_some()
        && Url::parse(url).is_ok_and(|url| url.username().is_empty() && url.password().is_none());
    let shown = match rest.rsplit_once('@').filter(|_| !has_no_user) {
        Some((before, host)) if scheme.is_some() || before.contains(':') => format!("…@{host}"),
        _ => rest.to_owned(),
    };
    scheme.map_or_else(|| shown.clone(), |scheme| format!("{scheme}://{shown}"))
}

#[cfg(test)]
mod tests;
