//! What the server has received and sent: requests and push messages.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ControlError;
use super::endpoint::{Call, Empty, Endpoint, endpoint};
use crate::push::PushMessages;
use crate::request_log::LoggedRequest;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(GET "/requests", "Lists the requests that clients sent, oldest first: the last 1000.", requests: RequestsQuery => Vec<LoggedRequest>),
    endpoint!(DELETE "/requests", "Forgets the requests.", clear_requests: Empty => Empty),
    endpoint!(GET "/push_messages", "Lists the Web Push messages that the server sent, oldest first: the last 1000.", push_messages: PushQuery => Vec<PushInfo>),
    endpoint!(DELETE "/push_messages", "Forgets the push messages.", clear_push_messages: Empty => Empty),
];

/// Time to wait for, if a request gives none.
const DEFAULT_TIMEOUT: f64 = 10.0;

/// Waits for a future. Fails with 408 and a message if it takes too long.
pub(super) async fn wait<T>(
    timeout: Option<f64>,
    future: impl Future<Output = T>,
    message: impl FnOnce() -> String,
) -> Result<T, ControlError> {
    let seconds = timeout.unwrap_or(DEFAULT_TIMEOUT);
    let timeout = Duration::try_from_secs_f64(seconds).map_err(|_| {
        let message = format!("timeout: {seconds} is not a duration in seconds");
        ControlError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    })?;
    tokio::time::timeout(timeout, future)
        .await
        .map_err(|_| ControlError::new(StatusCode::REQUEST_TIMEOUT, message()))
}

/// Selects requests.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct RequestsQuery {
    method: Option<String>,
    /// Start of the path.
    path: Option<String>,
    /// User of the access token.
    user: Option<String>,
    /// Only requests with a higher `number`.
    after: Option<u64>,
    /// Waits until there are so many.
    wait_for: Option<usize>,
    /// Seconds to wait. Default: 10.
    timeout: Option<f64>,
}

impl RequestsQuery {
    fn matches(&self, request: &LoggedRequest) -> bool {
        let method = self.method.as_ref();
        method.is_none_or(|method| method.eq_ignore_ascii_case(&request.method))
            && self
                .path
                .as_ref()
                .is_none_or(|path| request.path.starts_with(path))
            && self
                .user
                .as_ref()
                .is_none_or(|user| request.user.as_ref() == Some(user))
            && self.after.is_none_or(|after| request.number > after)
    }
}

async fn requests(call: &Call, query: RequestsQuery) -> Result<Vec<LoggedRequest>, ControlError> {
    let log = &call.shared.request_log;
    let count = |requests: &[LoggedRequest]| {
        let matching = requests.iter().filter(|request| query.matches(request));
        matching.count()
    };
    if let Some(expected) = query.wait_for {
        let reached = log.wait_until(|requests| count(requests) >= expected);
        wait(query.timeout, reached, || {
            format!(
                "there are {} matching requests, not {expected}",
                count(&log.all())
            )
        })
        .await?;
    }
    let requests = log.all().into_iter();
    Ok(requests.filter(|request| query.matches(request)).collect())
}

async fn clear_requests(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.request_log.clear();
    Ok(Empty {})
}

/// Selects push messages.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct PushQuery {
    /// Start of the endpoint of the subscription.
    endpoint: Option<String>,
    /// Waits until the first attempt of every message has finished.
    wait: bool,
    /// Seconds to wait. Default: 10.
    timeout: Option<f64>,
}

/// Web Push message.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PushInfo {
    /// Endpoint of the subscription.
    endpoint: String,
    /// Headers of the request, by lowercase name.
    headers: BTreeMap<String, String>,
    /// Content before the encryption.
    payload: Value,
    /// Encrypted body in Base64.
    body: String,
    /// Status of the response. Null if there was none: the server contacts only loopback addresses.
    response_status: Option<u16>,
}

async fn push_messages(call: &Call, query: PushQuery) -> Result<Vec<PushInfo>, ControlError> {
    let messages = PushMessages(&call.shared);
    if query.wait {
        let idle = messages.wait_until_idle();
        wait(query.timeout, idle, || {
            "messages are still being sent".to_owned()
        })
        .await?;
    }
    let sent = messages.sent().into_iter();
    let matching = sent.filter(|message| {
        let start = query.endpoint.as_ref();
        start.is_none_or(|start| message.endpoint.starts_with(start))
    });
    let info = matching.map(|message| PushInfo {
        headers: message
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        payload: serde_json::from_str(&message.payload).unwrap_or_default(),
        body: STANDARD.encode(&message.body),
        response_status: message.response_status,
        endpoint: message.endpoint,
    });
    Ok(info.collect())
}

async fn clear_push_messages(call: &Call, _: Empty) -> Result<Empty, ControlError> {
    call.shared.push_queue.clear();
    Ok(Empty {})
}
