//! Lists of IDs that are too long for one request: their items are sent in several requests, and the lists of the
//! responses are joined.

use std::mem::take;

use http::Method;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::decode::decode;
use super::endpoint::Endpoint;
use super::params::Value;
use super::pipeline;
use super::request::Request;
use crate::error::{Error, TimeoutSetting};
use crate::http::RawResponse;
use crate::serde_impls::from_json_bytes;

/// Sends a request; several, one after the other, if a list has more items than the server accepts in one.
pub(super) async fn send(request: &mut Request) -> Result<RawResponse, Error> {
    match long_list(request) {
        // Boxed, because it is rare and would make the future of every call larger.
        Some((name, chunks)) => Box::pin(send_chunks(request, name, chunks)).await,
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
/// The responses of endpoints that return no list have no items.
async fn send_chunks(
    request: &mut Request,
    name: &'static str,
    chunks: Vec<Vec<Value>>,
) -> Result<RawResponse, Error> {
    let (start, deadline) = (Instant::now(), request.deadline);
    let returns_list = request.endpoint.method == Method::GET;
    let mut items: Vec<String> = Vec::new();
    let mut last = None;
    for chunk in chunks {
        let mut part = request.clone();
        part.set(name, chunk);
        part.deadline = deadline.map(|limit| limit.saturating_sub(start.elapsed()));
        let sent = pipeline::send(&mut part).await;
        let response = sent.map_err(|error| with_deadline_of(request, error))?;
        if returns_list {
            append_items(&mut items, part.endpoint, &response)?;
        }
        last = Some((response, part));
    }
    let Some((mut response, mut part)) = last else {
        return pipeline::send(request).await;
    };
    if returns_list {
        response.body = format!("[{}]", items.join(",")).into();
    }
    part.values = take(&mut request.values);
    part.deadline = deadline;
    *request = part;
    Ok(response)
}

/// Returns the error of an elapsed deadline with the deadline of the call, not with what was left of it.
fn with_deadline_of(request: &Request, error: Error) -> Error {
    match (error, request.deadline) {
        (
            Error::Timeout {
                endpoint,
                setting: TimeoutSetting::Deadline,
                ..
            },
            Some(limit),
        ) => Error::timeout(endpoint, TimeoutSetting::Deadline, limit),
        (error, _) => error,
    }
}

/// Appends the items of a response as JSON.
fn append_items(
    items: &mut Vec<String>,
    endpoint: &'static Endpoint,
    response: &RawResponse,
) -> Result<(), Error> {
    match from_json_bytes::<Vec<&RawValue>>(&response.body) {
        Ok(list) => items.extend(list.into_iter().map(|item| item.get().to_owned())),
        // A list in a form that the decoder tolerates, or an error.
        Err(_) => {
            let list: Vec<Json> = decode(endpoint, response)?;
            items.extend(list.iter().map(Json::to_string));
        }
    }
    Ok(())
}
