//! Headers of the application, on all requests to its server.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error::Error;

/// Headers that the application adds to all requests to its server. Their values can be secret, so `Debug` prints names
/// only.
#[derive(Clone, Default)]
pub(crate) struct DefaultHeaders {
    headers: HeaderMap,
    /// Why a header cannot be set.
    invalid: Option<String>,
}

impl DefaultHeaders {
    /// Sets a header. An invalid one is reported by [`check`](Self::check).
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match parse_header(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(reason) => {
                let reason = format!("`header`: the header `{name}` cannot be set: {reason}");
                self.invalid.get_or_insert(reason);
            }
        }
    }

    /// Fails if a header is invalid or one that the SDK sets.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.invalid {
            None => Ok(()),
            Some(reason) => Err(Error::configuration("header", reason.as_str())),
        }
    }

    /// Adds the headers to a request that does not have them.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

impl fmt::Debug for DefaultHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.headers.keys()).finish()
    }
}

/// Parses a header that an application sets. The error says what is wrong.
pub(crate) fn parse_header(
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = HeaderName::try_from(name).map_err(|_| "its name is not valid")?;
    if let Some(reason) = reserved_header(&name) {
        return Err(reason);
    }
    let mut value = HeaderValue::try_from(value)
        .map_err(|_| "its value contains characters that a header cannot contain")?;
    // It can be a password of a proxy in front of the server.
    value.set_sensitive(true);
    Ok((name, value))
}

/// Returns why an application cannot set a header; `None` if it can.
pub(crate) fn reserved_header(name: &HeaderName) -> Option<&'static str> {
    Some(match *name {
        header::AUTHORIZATION => "the SDK sets it; use `access_token` of the builder",
        header::PROXY_AUTHORIZATION => {
            "the SDK sets it; add the user name and the password to the URL of the `proxy`"
        }
        header::USER_AGENT => "the SDK sets it; use `user_agent` of the builder",
        header::HOST
        | header::CONNECTION
        | header::UPGRADE
        | header::TE
        | header::TRAILER
        | header::TRANSFER_ENCODING
        | header::CONTENT_LENGTH
        | header::CONTENT_TYPE
        | header::CONTENT_ENCODING
        | header::ACCEPT_ENCODING
        | header::EXPECT
        | header::RANGE
        | header::IF_RANGE
        | header::SEC_WEBSOCKET_ACCEPT
        | header::SEC_WEBSOCKET_EXTENSIONS
        | header::SEC_WEBSOCKET_KEY
        | header::SEC_WEBSOCKET_PROTOCOL
        | header::SEC_WEBSOCKET_VERSION => {
            "the SDK sets it, because it belongs to the connection or the body"
        }
        ref other if matches!(other.as_str(), "keep-alive" | "proxy-connection") => {
            "the SDK sets it, because it belongs to the connection or the body"
        }
        _ => return None,
    })
}
