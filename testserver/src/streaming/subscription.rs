//! Subscriptions to channels, and the errors of rejected ones.

use axum::http::StatusCode;
use axum::response::Response as HttpResponse;
use serde_json::{Value, json};

use super::has_any_scope;
use crate::ids::parse_id;
use crate::params::Params;
use crate::response::Response;
use crate::route::Stream;
use crate::routes::STREAMS;
use crate::state::{State, Token, normalize_tag};

/// Subscription to a channel.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) stream: &'static Stream,
    /// Hashtag or list ID, as requested.
    pub(crate) target: Option<String>,
}

/// Error response of the streaming API.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamError {
    status: StatusCode,
    error: &'static str,
}

impl StreamError {
    pub(crate) fn bad_request(error: &'static str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, error }
    }

    pub(crate) fn unauthorized(error: &'static str) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self { status, error }
    }

    pub(crate) fn into_http(self) -> HttpResponse {
        let body = json!({ "error": self.error });
        Response::json(&body).status(self.status).into_http()
    }

    /// Converts into the response to an upgrade request, which has the message in a header.
    pub(crate) fn into_upgrade_response(self) -> HttpResponse {
        let mut response = Response::with_body("text/plain", Vec::new())
            .status(self.status)
            .into_http();
        let reason = axum::http::HeaderValue::from_static(self.error);
        response.headers_mut().insert("x-error-message", reason);
        response
    }

    /// Converts into a WebSocket message.
    pub(crate) fn to_message(self) -> Value {
        json!({ "error": self.error, "status": self.status.as_u16() })
    }
}

impl Subscription {
    /// Creates a subscription if the token has a required scope and the parameters are complete.
    pub(crate) fn new(
        state: &State,
        token: &Token,
        stream: Option<&'static Stream>,
        params: &Params,
    ) -> Result<Self, StreamError> {
        if stream.is_some_and(|stream| !has_any_scope(token, stream.scopes)) {
            let error = "Access token does not have the required scopes";
            return Err(StreamError::unauthorized(error));
        }
        Self::resolve(state, token, stream, params)
    }

    /// Creates a subscription without checking the scopes.
    pub(crate) fn resolve(
        state: &State,
        token: &Token,
        stream: Option<&'static Stream>,
        params: &Params,
    ) -> Result<Self, StreamError> {
        let stream = stream.ok_or(StreamError::bad_request("Unknown stream type"))?;
        let Some(param) = stream.required_param else {
            return Ok(Self {
                stream,
                target: None,
            });
        };
        let target = params
            .non_blank(param)
            .ok_or(StreamError::bad_request(match param {
                "list" => "Missing list name parameter",
                _ => "Missing tag name parameter",
            }))?;
        let list = state.lists.get(&parse_id(&target));
        if param == "list" && list.is_none_or(|list| Some(list.owner) != token.user) {
            return Err(StreamError::unauthorized(
                "Not authorized to stream this list",
            ));
        }
        let target = Some(target);
        Ok(Self { stream, target })
    }

    /// Finds the channel of a server-sent events path.
    pub(crate) fn stream_for_path(path: &str, params: &Params) -> Option<&'static Stream> {
        let at_path = || STREAMS.iter().filter(|stream| stream.path == Some(path));
        let only_media = params.is_true("only_media");
        let exact = at_path().find(|stream| stream.only_media == only_media);
        // A channel without a media variant ignores `only_media`.
        exact.or_else(|| at_path().next())
    }

    /// Returns the name and parameter of the channel, as in WebSocket messages.
    pub(crate) fn name(&self) -> Vec<&str> {
        let target = self.target.as_deref();
        std::iter::once(self.stream.name).chain(target).collect()
    }

    /// Returns the normalized hashtag.
    pub(crate) fn tag(&self) -> Option<String> {
        self.target.as_deref().map(normalize_tag)
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.stream.name == other.stream.name && self.tag() == other.tag()
    }
}
