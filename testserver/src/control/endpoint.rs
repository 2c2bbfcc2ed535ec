//! An endpoint of the control API, and a call of it.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ControlError;
use crate::response::Response;
use crate::seed;
use crate::server::Shared;

type Answer = Pin<Box<dyn Future<Output = Result<Response, ControlError>> + Send>>;

/// Endpoint of the control API.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    /// Path, with parameters in braces.
    pub(super) path: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "for the OpenAPI document"))]
    pub(super) summary: &'static str,
    pub(super) handle: fn(Call) -> Answer,
    /// Returns the schemas of the input and of the output.
    #[cfg(test)]
    pub(super) describe: fn(&mut schemars::SchemaGenerator) -> [schemars::Schema; 2],
}

/// Defines an endpoint: method, path, summary, handler, and the types of its input and output. The input of GET and
/// DELETE is the query, that of other methods is the body.
macro_rules! endpoint {
    ($method:ident $path:literal, $summary:literal, $handler:path: $input:ty => $output:ty) => {
        $crate::control::endpoint::Endpoint {
            method: stringify!($method),
            path: concat!("/_test", $path),
            summary: $summary,
            handle: |call| {
                Box::pin(async move {
                    let input: $input = call.input(stringify!($method))?;
                    let output: $output = $handler(&call, input).await?;
                    $crate::control::endpoint::answer(&output)
                })
            },
            #[cfg(test)]
            describe: |generator| {
                [
                    generator.subschema_for::<$input>(),
                    generator.subschema_for::<$output>(),
                ]
            },
        }
    };
}
pub(super) use endpoint;

/// Accepted call of an endpoint.
pub(super) struct Call {
    pub(super) shared: Arc<Shared>,
    pub(super) path_params: Vec<(&'static str, String)>,
    pub(super) uri: Uri,
    pub(super) body: Bytes,
}

/// Input or output without content.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// ID of a thing that was created.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CreatedId {
    pub(super) id: String,
}

pub(super) fn answer<T: Serialize>(output: &T) -> Result<Response, ControlError> {
    let output = serde_json::to_value(output)
        .map_err(|error| ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Response::json(&output))
}

impl Call {
    /// Parses the query of a GET or DELETE request, or else the body: JSON, or YAML.
    pub(super) fn input<T: DeserializeOwned>(&self, method: &str) -> Result<T, ControlError> {
        if matches!(method, "GET" | "DELETE") {
            let query = Query::try_from_uri(&self.uri);
            return query.map(|Query(input)| input).map_err(|rejection| {
                ControlError::new(StatusCode::UNPROCESSABLE_ENTITY, rejection.body_text())
            });
        }
        let text = std::str::from_utf8(&self.body).map_err(|error| {
            ControlError::new(
                StatusCode::BAD_REQUEST,
                format!("the body is not text: {error}"),
            )
        })?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(seed::from_json("{}")?);
        }
        if text.starts_with('{') {
            let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
                let message = format!("the body is not valid JSON: {error}");
                ControlError::new(StatusCode::BAD_REQUEST, message)
            })?;
            return Ok(seed::from_value(value)?);
        }
        Ok(seed::from_yaml(text)?)
    }

    pub(super) fn path_param(&self) -> &str {
        self.path_params.first().map_or("", |(_, value)| value)
    }
}
