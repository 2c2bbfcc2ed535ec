//! Control API: lets a test in any language do what a Rust test does with the methods of `TestServer`.
//!
//! Its paths start with `/_test/`. Rate limits, faults and the log of requests do not apply to it.

mod clock;
mod create;
mod endpoint;
mod faults;
mod openapi;
mod requests;
mod settings;
mod streaming;
mod users;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use serde_json::json;

use crate::params::parse::MAX_BODY_BYTES;
use crate::response::Response;
use crate::route::match_path;
use crate::seed::SeedError;
use crate::server::Shared;
use endpoint::{Call, Endpoint};

pub(crate) use openapi::{OPENAPI, SEED_SCHEMA};

const BASE: &str = "/_test";

/// All endpoints.
const MODULES: &[&[Endpoint]] = &[
    openapi::ENDPOINTS,
    settings::ENDPOINTS,
    clock::ENDPOINTS,
    users::ENDPOINTS,
    create::ENDPOINTS,
    faults::ENDPOINTS,
    requests::ENDPOINTS,
    streaming::ENDPOINTS,
];

/// Error of a request to the control API.
#[derive(Debug)]
pub(crate) struct ControlError {
    status: StatusCode,
    message: String,
}

impl ControlError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    fn into_response(self) -> Response {
        Response::json(&json!({ "error": self.message })).status(self.status)
    }
}

impl From<SeedError> for ControlError {
    fn from(error: SeedError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

/// Whether a path belongs to the control API.
pub(crate) fn is_control_path(path: &str) -> bool {
    let rest = path.strip_prefix(BASE);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Responds to a request to the control API.
pub(crate) async fn handle(shared: Arc<Shared>, request: Request) -> Response {
    respond(shared, request)
        .await
        .unwrap_or_else(ControlError::into_response)
}

async fn respond(shared: Arc<Shared>, request: Request) -> Result<Response, ControlError> {
    let method = match request.method() {
        &Method::HEAD => Method::GET,
        other => other.clone(),
    };
    let uri = request.uri().clone();
    let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
    let matching: Vec<_> = MODULES
        .iter()
        .copied()
        .flatten()
        .filter_map(|endpoint| Some((endpoint, match_path(endpoint.path, path)?)))
        .collect();
    // A literal segment takes precedence over a parameter.
    let found = matching
        .iter()
        .filter(|(endpoint, _)| endpoint.method == method.as_str())
        .min_by_key(|(_, params)| params.len());
    let Some((endpoint, params)) = found else {
        return Err(no_endpoint(&method, path, &matching));
    };
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES)
        .await
        .map_err(|error| {
            ControlError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!(
                    "the body cannot be read, or it is longer than {MAX_BODY_BYTES} bytes: {error}"
                ),
            )
        })?;
    let call = Call {
        shared,
        path_params: params.clone(),
        uri: uri.clone(),
        body,
    };
    let response = (endpoint.handle)(call).await?;
    Ok(response.header(header::CACHE_CONTROL, "no-store".to_owned()))
}

fn no_endpoint<P>(method: &Method, path: &str, matching: &[(&Endpoint, P)]) -> ControlError {
    if matching.is_empty() {
        return ControlError::not_found(format!(
            "there is no `{path}`; {BASE}/openapi.json describes all endpoints"
        ));
    }
    let methods: Vec<&str> = matching
        .iter()
        .map(|(endpoint, _)| endpoint.method)
        .collect();
    ControlError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!(
            "`{path}` does not accept {method}, only {}",
            methods.join(", ")
        ),
    )
}
