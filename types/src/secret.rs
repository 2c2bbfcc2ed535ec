//! Secrets: strings that `Debug` does not show.

use std::fmt;

use secrecy::ExposeSecret;

/// A secret string, such as an access token.
///
/// `Debug` shows a placeholder, there is no `Display`, and the memory is overwritten on drop.
#[derive(Clone)]
pub struct SecretString(secrecy::SecretString);

impl SecretString {
    /// Returns the secret. Keep it out of logs, errors and URLs.
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

/// Writes the secret itself, so that credentials can be stored. Protect the destination.
impl serde::Serialize for SecretString {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

crate::decode_from_string!(SecretString, "a string", |secret| secret.into());
crate::deserialize!(SecretString);

impl From<String> for SecretString {
    fn from(secret: String) -> SecretString {
        SecretString(secret.into())
    }
}

impl From<&str> for SecretString {
    fn from(secret: &str) -> SecretString {
        SecretString(secret.into())
    }
}

impl From<&String> for SecretString {
    fn from(secret: &String) -> SecretString {
        secret.as_str().into()
    }
}

impl From<&SecretString> for SecretString {
    fn from(secret: &SecretString) -> SecretString {
        secret.clone()
    }
}

/// Placeholder for a secret.
pub const REDACTED: &str = "[redacted]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_secret() {
        let secret = SecretString::from("hunter2");
        assert_eq!(format!("{secret:?}"), REDACTED);
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""hunter2""#);
    }
}
