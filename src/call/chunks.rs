//! Lists of IDs that are too long for one request: their items are sent in several requests, and the lists of the
//! responses are joined.

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::params::Value;
use super::pipeline;
use super::request::Request;
use crate::error::{Error, TimeoutSetting};
use crate::http::RawResponse;

/// Sends a request; several, one after the other, if a list has more items than the server accepts in one.
pub(super) async fn send(request: Request) -> Result<(RawResponse, Request), Error> {
    match long_list(&request) {
        Some((name, chunks)) => send_chunks(request, name, chunks).await,
        None => pipeline::send(request).await,
    }
}

/// Returns the name of the list that is too long for one request, and its items for each request.
fn long_list(request: &Request) -> Option<(&'static str, Vec<Vec<Value>>)> {
    request.endpoint.params.iter().find_map(|param| {
        let max = param.items_per_request?;
        match request.values.get(param.name) {
            Some(Value::Array(items)) if items.len() > max => Some((
                param.name,
                items.chunks(max).map(<[Value]>::to_vec).collect(),
            )),
            _ => None,
        }
    })
}

/// Sends a request for each chunk of a list. The response has the items of all responses, and otherwise is the last one.
async fn send_chunks(
    request: Request,
    name: &'static str,
    chunks: Vec<Vec<Value>>,
) -> Result<(RawResponse, Request), Error> {
    let (start, deadline) = (Instant::now(), request.deadline);
    let mut bodies = Vec::with_capacity(chunks.len());
    let mut last = None;
    for chunk in chunks {
        let mut part = request.clone();
        part.set(name, chunk);
        part.deadline = deadline.map(|limit| limit.saturating_sub(start.elapsed()));
        let endpoint = part.endpoint.name;
        // The error names the deadline that was set, not what is left of it.
        let (response, part) =
            pipeline::send(part)
                .await
                .map_err(|error| match (error, deadline) {
                    (
                        Error::Timeout {
                            setting: TimeoutSetting::Deadline,
                            ..
                        },
                        Some(limit),
                    ) => Error::timeout(endpoint, TimeoutSetting::Deadline, limit),
                    (error, _) => error,
                })?;
        if serde_json::from_slice::<Vec<&RawValue>>(&response.body).is_err() {
            // The error is returned when the response is decoded.
            return Ok((response, part));
        }
        bodies.push(response.body.clone());
        last = Some((response, part));
    }
    let Some((mut response, mut part)) = last else {
        return pipeline::send(request).await;
    };
    let items = bodies
        .iter()
        .flat_map(|body| serde_json::from_slice::<Vec<&RawValue>>(body).unwrap_or_default());
    let joined: Vec<&str> = items.map(RawValue::get).collect();
    response.body = format!("[{}]", joined.join(",")).into();
    part.values = request.values;
    part.deadline = deadline;
    Ok((response, part))
}
