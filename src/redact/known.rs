//! Secrets whose value is known.

use std::sync::Arc;

use mastodon_types::__private::REDACTED;
use mastodon_types::SecretString;

use super::escapes::{escape, may_start_escape};

/// Minimum length of a secret to search for: a shorter one would match by chance.
pub(super) const MIN_LEN: usize = 4;

/// The secrets of one request: its access token and secret parameters. Servers repeat what they
/// receive, so these values are redacted in everything that is reported about the response. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownSecrets(Arc<[SecretString]>);

/// A secret in the forms that are searched for.
struct Pattern<'a> {
    secret: &'a [u8],
    /// As servers usually encode it in JSON and in a query. Other escapes are decoded while the text is searched.
    encoded: [SecretString; 2],
}

impl<'a> Pattern<'a> {
    fn new(secret: &'a str) -> Self {
        let json = serde_json::Value::from(secret).to_string();
        let query: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        Self {
            secret: secret.as_bytes(),
            encoded: [json.trim_matches('"').into(), query.into()],
        }
    }

    /// Returns the forms of the secret without other escapes.
    fn forms(&self) -> impl Iterator<Item = &[u8]> {
        let encoded = self.encoded.iter().map(|form| form.expose().as_bytes());
        encoded.chain([self.secret])
    }

    /// Returns the length of the secret at the start of a text; `None` if it is not there.
    fn len_at_start(&self, text: &[u8]) -> Option<usize> {
        let forms = self.forms().filter(|form| text.starts_with(form));
        forms
            .map(<[u8]>::len)
            .chain(escaped_len(text, self.secret))
            .max()
    }
}

impl KnownSecrets {
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets.into())
    }

    /// Returns the string with these secrets redacted, in whatever way JSON, a URL or HTML writes their characters.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = self.0.iter().map(SecretString::expose);
        let patterns: Vec<_> = secrets
            .filter(|secret| secret.len() >= MIN_LEN)
            .map(Pattern::new)
            .collect();
        if patterns.is_empty() {
            return text.to_owned();
        }
        let mut starts = [false; 256];
        for first in patterns
            .iter()
            .flat_map(Pattern::forms)
            .filter_map(<[u8]>::first)
        {
            starts[usize::from(*first)] = true;
        }
        let mut out = String::with_capacity(text.len());
        let (mut kept, mut at) = (0, 0);
        while let Some(rest @ [first, ..]) = text.as_bytes().get(at..) {
            let may_match = starts[usize::from(*first)] || may_start_escape(*first);
            let longest = patterns
                .iter()
                .filter(|_| may_match)
                .filter_map(|pattern| pattern.len_at_start(rest))
                .max();
            match longest.and_then(|len| Some((at + len, text.get(kept..at)?))) {
                Some((end, before)) => {
                    out.push_str(before);
                    out.push_str(REDACTED);
                    (kept, at) = (end, end);
                }
                None => at += 1,
            }
        }
        out.push_str(text.get(kept..).unwrap_or_default());
        out
    }
}

/// Ends a text that was truncated before its secrets were redacted.
const ELLIPSIS: &[u8] = "…".as_bytes();

/// Maximum length of an escape that was cut off.
const MAX_CUT_ESCAPE_LEN: usize = 16;

/// Returns whether the rest of a text is the mark of its truncation, perhaps after a part of an escape.
fn is_cut_off(rest: &[u8]) -> bool {
    rest.strip_suffix(ELLIPSIS).is_some_and(|part| {
        let is_escape = |first: &u8| may_start_escape(*first) && escape(rest).is_none();
        part.len() <= MAX_CUT_ESCAPE_LEN && part.first().is_none_or(is_escape)
    })
}

/// Returns the length of a secret at the start of a text, if each of its characters is there, escaped or not. The end of
/// a text that was truncated may have the beginning of the secret only.
fn escaped_len(text: &[u8], mut secret: &[u8]) -> Option<usize> {
    let (mut len, whole) = (0, secret.len());
    while !secret.is_empty() {
        let rest = text.get(len..)?;
        if whole - secret.len() >= MIN_LEN && is_cut_off(rest) {
            return Some(len + rest.len() - ELLIPSIS.len());
        }
        let escape = escape(rest);
        let decoded = escape.and_then(|escape| {
            let secret = secret.strip_prefix(escape.bytes())?;
            Some((secret, escape.len))
        });
        let (remaining, step) = match decoded {
            Some(decoded) => decoded,
            None => (secret.strip_prefix(rest.get(..1)?)?, 1),
        };
        (secret, len) = (remaining, len + step);
    }
    Some(len)
}
