//! From bytes to types: quickly when all is well, and with the exact place when not.

use http::StatusCode;
use mastodon_types::__private as types;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::endpoint::Endpoint;
use crate::error::{DecodeError, Error, excerpt};
use crate::secret::is_secret;
use crate::transport::RawResponse;

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(
    endpoint: &'static Endpoint,
    response: &RawResponse,
) -> Result<T, Error> {
    // Checked once for all its texts: one after the other they would cost a sixth more.
    std::str::from_utf8(&response.body)
        .ok()
        .and_then(|text| serde_json::from_str(text).ok())
        .map_or_else(|| second_chance(endpoint, response), Ok)
}

/// Reads again, slowly, for the sake of a good message. Answers without a value (`{}`, zero bytes,
/// anything) and texts that are no JSON come this way as well.
fn second_chance<T: DeserializeOwned>(
    endpoint: &'static Endpoint,
    response: &RawResponse,
) -> Result<T, Error> {
    let body = &response.body;
    let no_content = response.status == StatusCode::NO_CONTENT && body.is_empty();
    if (no_content || size_of::<T>() == 0)
        && let Ok(nothing) = serde_json::from_str("null")
    {
        return Ok(nothing);
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            let (place, reason) = (error.valid_up_to(), "it is not UTF-8".to_owned());
            return Err(undecodable(endpoint, response, ".", place, reason));
        }
    };
    if serde_json::from_str::<IgnoredAny>(text).is_err()
        && let Ok(value) = serde_json::from_str(&serde_json::Value::from(text).to_string())
    {
        return Ok(value);
    }
    types::decode(text).map_err(|lost| {
        let reason = if text.is_empty() {
            "the answer is empty".to_owned()
        } else if lost.path.split(['.', '[']).any(is_secret) {
            // The parser's words show the value.
            "it is not what it should be".to_owned()
        } else {
            response.secrets.hide(&lost.error.to_string())
        };
        let place = types::error_offset(text, &lost.error);
        undecodable(endpoint, response, &lost.path, place, reason)
    })
}

fn undecodable(
    endpoint: &'static Endpoint,
    response: &RawResponse,
    path: &str,
    place: usize,
    reason: String,
) -> Error {
    Error::Decode(Box::new(DecodeError {
        endpoint: endpoint.name,
        status: response.status,
        path: path.to_owned(),
        reason,
        excerpt: excerpt(response, place),
    }))
}
