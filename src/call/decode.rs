//! Decodes response bodies.

use http::{Method, StatusCode};
use mastodon_types::json::{
    self, DecodeOptions, Decoded, JsonError, Problem, RejectedItem, decode_bytes,
};
use serde::de::DeserializeOwned;

use super::endpoint::Endpoint;
use super::request::Request;
use crate::error::{DecodeError, EndpointName, Error};
use crate::http::RawResponse;
use crate::redact::is_secret_path;

/// What a response belongs to, in errors and logs.
#[derive(Clone, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) name: EndpointName,
    pub(crate) method: &'a Method,
    /// Whether the response may be a web page.
    pub(crate) accepts_pages: bool,
}

impl From<&'static Endpoint> for Named<'static> {
    fn from(endpoint: &'static Endpoint) -> Self {
        Self {
            name: endpoint.name.into(),
            method: &endpoint.method,
            accepts_pages: false,
        }
    }
}

impl<'a> From<&'a Request> for Named<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            name: request.name(),
            method: request.method(),
            accepts_pages: request.accepts_pages(),
        }
    }
}

/// Decodes a response and logs what was tolerated.
pub(crate) fn decode<T: DeserializeOwned>(
    endpoint: &'static Endpoint,
    response: &RawResponse,
) -> Result<T, Error> {
    decode_reporting(endpoint, response).map(|decoded| decoded.value)
}

/// Decodes a response, logs what was tolerated, and returns it.
pub(crate) fn decode_reporting<'a, T: DeserializeOwned>(
    of: impl Into<Named<'a>>,
    response: &RawResponse,
) -> Result<Decoded<T>, Error> {
    decode_named(&of.into(), response)
}

fn decode_named<T: DeserializeOwned>(
    of: &Named<'_>,
    response: &RawResponse,
) -> Result<Decoded<T>, Error> {
    let options = DecodeOptions::default().keep_unknown_fields(response.keep_unknown_fields);
    let mut decoded = match decode_bytes(&response.body, options) {
        Ok(decoded) => decoded,
        Err(failure) => match decode_replacement(response) {
            Some(decoded) => decoded,
            None => return Err(decode_error(of, response, &failure)),
        },
    };
    if !(decoded.problems.is_empty() && decoded.rejected.is_empty()) {
        report(of, response, &mut decoded.problems, &mut decoded.rejected);
    }
    Ok(decoded)
}

/// Decodes what a body that is not JSON stands for.
fn decode_replacement<T: DeserializeOwned>(response: &RawResponse) -> Option<Decoded<T>> {
    // Without iterators, because this is compiled for each type of result.
    let replacements = replacements(response, size_of::<T>() == 0);
    for replacement in &replacements {
        if let Ok(decoded) = decode_bytes(replacement.as_bytes(), DecodeOptions::default()) {
            return Some(decoded);
        }
    }
    None
}

/// Returns the JSON that is decoded instead of a body that is not JSON: that of plain text, and null for a response
/// whose content is ignored or missing.
fn replacements(response: &RawResponse, is_ignored: bool) -> Vec<String> {
    let body = &response.body;
    let no_content = response.status == StatusCode::NO_CONTENT && body.is_empty();
    let mut replacements = Vec::new();
    if no_content || is_ignored {
        replacements.push("null".to_owned());
    }
    if let Ok(text) = std::str::from_utf8(body)
        && json::decode::<serde_json::Value>(text).is_err()
    {
        replacements.push(serde_json::Value::from(text).to_string());
    }
    replacements
}

/// Logs what was tolerated, and removes secrets from it.
fn report(
    of: &Named<'_>,
    response: &RawResponse,
    problems: &mut [Problem],
    rejected: &mut [RejectedItem],
) {
    for problem in problems {
        redact_problem(response, problem);
        let Problem {
            path,
            found,
            expected,
            ..
        } = &*problem;
        let endpoint = &*of.name;
        tracing::debug!(
            endpoint,
            path,
            found,
            expected,
            "the server sent an unexpected value"
        );
    }
    for RejectedItem { problem, json, .. } in rejected {
        redact_problem(response, problem);
        *json = response.redact(json);
    }
}

fn redact_problem(response: &RawResponse, problem: &mut Problem) {
    problem.found = if is_secret_path(&problem.path) {
        "a secret".to_owned()
    } else {
        response.redact(&problem.found)
    };
    problem.path = response.secrets.redact(&problem.path);
}

fn decode_error(of: &Named<'_>, response: &RawResponse, failure: &JsonError) -> Error {
    let reason = if response.body.is_empty() {
        "the response is empty".to_owned()
    } else if is_secret_path(&failure.path) {
        format!("expected {}", failure.expected)
    } else {
        response.redact(&failure.to_string())
    };
    Error::Decode(Box::new(DecodeError {
        endpoint: of.name.clone(),
        status: response.status,
        is_applied: !of.method.is_safe() && response.status.is_success(),
        path: response.secrets.redact(&failure.path),
        reason,
        excerpt: response.excerpt(failure.offset),
    }))
}
