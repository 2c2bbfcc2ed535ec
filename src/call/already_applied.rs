//! Duplicate requests: the error response shows that the server has carried out an earlier attempt.

use http::StatusCode;
use serde_json::Value;

use super::Call;
use super::endpoint::{AlreadyApplied, Endpoint, OnDuplicate, ParamLocation};
use super::request::Request;
use crate::error::Error;
use crate::http::{RawResponse, api_error};
use crate::serde_impls::from_json_bytes;

/// Returns the result of a call if the response to a repeated request shows that the server has carried out an
/// earlier attempt; otherwise `None`.
pub(super) async fn resolve_duplicate(
    request: &Request,
    response: &RawResponse,
) -> Option<Result<RawResponse, Error>> {
    let endpoint = request.endpoint;
    let duplicate = endpoint
        .already_applied
        .as_ref()
        .filter(|duplicate| matches(duplicate, endpoint, response))?;
    tracing::debug!("the server has already carried out an earlier attempt");
    match duplicate.on_duplicate {
        OnDuplicate::Succeed => Some(Ok(response.clone())),
        OnDuplicate::ResponseLost => Some(Err(Error::lost_result(endpoint.name, response.status))),
        OnDuplicate::Refetch {
            endpoint,
            field,
            value,
        } => {
            let fetched = refetch(request, endpoint).await?;
            let json: Value = from_json_bytes(&fetched.body).ok()?;
            (json.get(field) == Some(&value.into())).then_some(Ok(fetched))
        }
    }
}

fn matches(duplicate: &AlreadyApplied, endpoint: &Endpoint, response: &RawResponse) -> bool {
    let status = match response.status {
        // Servers that keep tombstones respond with 410 instead of 404.
        StatusCode::GONE => StatusCode::NOT_FOUND,
        status => status,
    };
    let has_message = |message| {
        let error = api_error(endpoint.name, response);
        error.api().is_some_and(|error| error.message == message)
    };
    status == duplicate.status && duplicate.message.is_none_or(has_message)
}

/// Fetches the resource of a request from another endpoint with the same path parameters.
async fn refetch(request: &Request, endpoint: &'static Endpoint) -> Option<RawResponse> {
    let mut call = Call::<Value>::new(&request.core, endpoint).without_version_check();
    for param in endpoint
        .params
        .iter()
        .filter(|param| param.location == ParamLocation::Path)
    {
        let value = request.values.get(param.name)?.clone();
        call.0.set(param.name, value);
    }
    // Boxed, because the future of a call would otherwise contain itself.
    Box::pin(call.raw()).await.ok()
}
