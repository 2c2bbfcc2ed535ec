//! A string whose value `Debug` does not print.

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

/// Replacement of a redacted value.
pub(crate) const REDACTED: &str = "[redacted]";
