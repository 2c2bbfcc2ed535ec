//! From bytes to types: quickly when all is well, and with the exact place when not.

use http::StatusCode;
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
    if serde_json::from_slice::<IgnoredAny>(body).is_err()
        && let Ok(text) = std::str::from_utf8(body)
        && let Ok(value) = serde_json::from_value(text.into())
    {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let error = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let path = error.path().to_string();
    let inner = error.into_inner();
    let place = body
        .split(|byte| *byte == b'\n')
        .take(inner.line().saturating_sub(1))
        .map(|line| line.len() + 1);
    let place = place.sum::<usize>() + inner.column();
    let reason = if body.is_empty() {
        "the answer is empty".to_owned()
    } else if path.split(['.', '[']).any(is_secret) {
        // The parser's words show the value.
        "it is not what it should be".to_owned()
    } else {
        response.secrets.hide(&inner.to_string())
    };
    Err(Error::Decode(Box::new(DecodeError {
        endpoint: endpoint.name,
        status: response.status,
        path,
        reason,
        excerpt: excerpt(response, place),
    })))
}
