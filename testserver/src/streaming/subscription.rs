//! Subscriptions to channels, and the errors of rejected ones.

use axum::http::StatusCode;
use axum::response::Response as HttpResponse;
use serde_json::{Value, json};

use super::channel::Channel;
use super::{Labels, StreamingBehavior, has_any_scope};
use crate::ids::parse_id;
use crate::params::{self, Params};
use crate::response::Response;
use crate::route::Stream;
use crate::routes::STREAMS;
use crate::state::{State, Token};

/// Subscription to a stream.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    /// Name and parameter of the stream, as in WebSocket messages. The parameter is as the client sent it.
    pub(super) label: Vec<Value>,
    /// Channels of the stream. Subscriptions with the same channels are the same subscription.
    pub(super) channels: Vec<Channel>,
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

    pub(crate) fn not_found() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            error: "Not Found",
        }
    }

    fn unexpected() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "An unexpected error occurred",
        }
    }

    fn text(self, behavior: &StreamingBehavior) -> String {
        let prefix = if behavior.old_forms { "Error: " } else { "" };
        format!("{prefix}{}", self.error)
    }

    pub(crate) fn into_http(self, behavior: &StreamingBehavior) -> HttpResponse {
        let body = json!({ "error": self.text(behavior) });
        Response::json(&body).status(self.status).into_http()
    }

    /// Converts into the response to an upgrade request, which has the message in a header.
    pub(crate) fn into_upgrade_response(self, behavior: &StreamingBehavior) -> HttpResponse {
        let mut response = Response::with_body("text/plain", Vec::new())
            .status(self.status)
            .into_http();
        if !behavior.old_forms {
            let reason = axum::http::HeaderValue::from_static(self.error);
            response.headers_mut().insert("x-error-message", reason);
        }
        response
    }

    /// Converts into a WebSocket message.
    pub(crate) fn to_message(self, behavior: &StreamingBehavior) -> Value {
        let mut message = json!({ "error": self.text(behavior) });
        if !behavior.old_forms {
            message["status"] = self.status.as_u16().into();
        }
        message
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
        let labels = state.hub.behavior().labels;
        let channels = |target| Channel::of_stream(stream, token, target, labels);
        let Some(param) = stream.required_param else {
            return Ok(Self {
                label: vec![stream.name.into()],
                channels: channels(""),
            });
        };
        let sent = params.get(param);
        // The normalization of a hashtag fails if it is not a string.
        if param == "tag" && sent.is_some_and(|sent| !matches!(sent, params::Value::String(_))) {
            return Err(StreamError::unexpected());
        }
        let target = params.string(param).unwrap_or_default();
        if target.is_empty() {
            return Err(StreamError::bad_request(match param {
                "list" => "Missing list name parameter",
                _ => "Missing tag name parameter",
            }));
        }
        let list = state.lists.get(&parse_id(&target));
        if param == "list" && list.is_none_or(|list| Some(list.owner) != token.user) {
            return Err(StreamError::unauthorized(
                "Not authorized to stream this list",
            ));
        }
        let label = match (sent, labels) {
            (_, Labels::GoToSocial) if param == "list" => vec![format!("list:{target}").into()],
            (Some(params::Value::Number(number)), _) => {
                vec![stream.name.into(), number.clone().into()]
            }
            _ => vec![stream.name.into(), target.clone().into()],
        };
        Ok(Self {
            label,
            channels: channels(&target),
        })
    }

    /// Finds the channel of a server-sent events path.
    pub(crate) fn stream_for_path(path: &str, params: &Params) -> Option<&'static Stream> {
        let at_path = || STREAMS.iter().filter(|stream| stream.path == Some(path));
        let only_media = params.is_true("only_media");
        let exact = at_path().find(|stream| stream.only_media == only_media);
        // A channel without a media variant ignores `only_media`.
        exact.or_else(|| at_path().next())
    }
}
