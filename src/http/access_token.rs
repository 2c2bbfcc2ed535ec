//! The access token of a client.

use std::sync::OnceLock;

use http::HeaderValue;
use mastodon_types::SecretString;

use crate::error::Error;

/// An access token, with the header that contains it, which is the same in all requests.
#[derive(Debug)]
pub(crate) struct AccessToken {
    secret: SecretString,
    authorization: OnceLock<HeaderValue>,
}

impl AccessToken {
    pub(crate) const fn new(secret: SecretString) -> Self {
        Self {
            secret,
            authorization: OnceLock::new(),
        }
    }

    pub(crate) const fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Returns the value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        if let Some(known) = self.authorization.get() {
            return Ok(known.clone());
        }
        let value = header_value(&format!("Bearer {}", self.secret.expose()))?;
        Ok(self.authorization.get_or_init(|| value).clone())
    }

    /// Returns the token as the value of a header.
    #[cfg(feature = "websocket")]
    pub(crate) fn subprotocol(&self) -> Result<HeaderValue, Error> {
        header_value(self.secret.expose())
    }
}

/// Returns the value of a header that contains the access token.
fn header_value(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Error::configuration(
            "access_token",
            "the access token contains characters that are not allowed in a header",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
