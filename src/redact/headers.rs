//! Headers without secrets.

use std::fmt;

use http::HeaderMap;
use mastodon_types::__private::REDACTED;

use super::{KnownSecrets, redact};

/// Ends of the names of headers that identify a user or a session.
const SECRET_HEADERS: [&str; 6] = [
    "authorization",
    "cookie",
    "password",
    "sec-websocket-protocol",
    "secret",
    "token",
];

/// Returns whether the value of a header of this name, in lower case, is secret.
pub(crate) fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.ends_with(secret))
}

/// Debug output of headers without secrets. Proxies and servers repeat what they receive in headers, too.
pub(crate) struct RedactedHeaders<'a>(pub(crate) &'a HeaderMap, pub(crate) &'a KnownSecrets);

impl fmt::Debug for RedactedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(headers, known) = self;
        let shown = headers.iter().map(|(name, value)| {
            let name = name.as_str();
            let is_secret = value.is_sensitive() || is_secret_header(name);
            let text = if is_secret {
                REDACTED.to_owned()
            } else {
                redact(&known.redact(&String::from_utf8_lossy(value.as_bytes())))
            };
            (name, text)
        });
        f.debug_map().entries(shown).finish()
    }
}
