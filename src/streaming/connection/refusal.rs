//! Responses and WebSocket messages that refuse a stream, as errors without secrets.

use crate::call::core::Core;
use crate::call::endpoint::Endpoint;
#[cfg(feature = "websocket")]
use crate::call::endpoints::STREAM_OPEN_WEBSOCKET;
use crate::error::{ApiErrorKind, Error};
use crate::http::response::Authorization;
use crate::http::{RawResponse, api_error};
#[cfg(feature = "websocket")]
use crate::redact::redact;

/// Reads a response that refuses a stream.
pub(super) async fn read_refusal(
    core: &Core,
    endpoint: &'static Endpoint,
    response: reqwest::Response,
) -> Error {
    let timeout = core.settings.timeout;
    let read = core.transport.read_opened(endpoint.name, response, timeout);
    match read.await {
        Ok(response) => refusal(core, endpoint, response),
        Err(error) => error,
    }
}

/// Returns the error of a response, or of a WebSocket message in the form of one, that refuses a stream. Servers repeat
/// what they receive, so the access token is redacted.
pub(crate) fn refusal(
    core: &Core,
    endpoint: &'static Endpoint,
    mut response: RawResponse,
) -> Error {
    response.secrets = core.secrets.clone();
    response.authorization = Authorization {
        has_token: Some(core.token.is_some()),
        scopes: endpoint.scopes,
    };
    let mut error = api_error(endpoint.name, &response);
    if let Error::Api(error) = &mut error {
        error.message = message_text(&error.message).to_owned();
        if error.is_own && error.message == UNKNOWN_LIST {
            error.kind = ApiErrorKind::NotFound;
            error.advice = Some("the list does not exist, or belongs to another user".to_owned());
        }
    }
    error
}

/// Message, with status 401, of a list that does not exist or belongs to another user.
pub(crate) const UNKNOWN_LIST: &str = "Not authorized to stream this list";

/// Returns the message of the streaming server. Before Mastodon 4.3 it starts with `Error: `.
pub(crate) fn message_text(message: &str) -> &str {
    message.strip_prefix("Error: ").unwrap_or(message)
}

/// Redacts a text from the server that is not a response, such as the reason for which it closes a WebSocket.
#[cfg(feature = "websocket")]
pub(crate) fn redact_text(core: &Core, text: &str) -> String {
    redact(&core.secrets.redact(text))
}

/// Returns whether a WebSocket was refused because the request did not arrive as one: a proxy has removed its header
/// `Upgrade`. Mastodon refuses a stream that it does not know only after the handshake.
#[cfg(feature = "websocket")]
pub(crate) fn is_upgrade_refused(error: &Error) -> bool {
    error.api().is_some_and(|error| {
        error.endpoint == STREAM_OPEN_WEBSOCKET.name && matches!(error.status.as_u16(), 400 | 426)
    })
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::call::endpoints::STREAM_LIST;
    use crate::client::Mastodon;

    #[test]
    fn refused_list_is_missing_and_the_token_is_not_wrong() {
        let client = Mastodon::builder("https://mastodon.example").access_token("hunter2");
        let client = client.build().unwrap();
        for prefix in ["", "Error: "] {
            let body = format!(r#"{{"error":"{prefix}Not authorized to stream this list"}}"#);
            let response = RawResponse::new(StatusCode::UNAUTHORIZED, body);
            let error = refusal(client.core(), &STREAM_LIST, response);
            assert_eq!(error.api().unwrap().kind, ApiErrorKind::NotFound);
            let expected = "stream_list (401 Unauthorized): Not authorized to stream this list; the list does not exist, or belongs to another user";
            assert_eq!(error.to_string(), expected);
        }
    }
}
