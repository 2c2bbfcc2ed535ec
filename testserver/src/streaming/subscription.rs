//! Subscriptions to channels, and the errors of rejected ones.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response as HttpResponse;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::channel::Channel;
use super::filter::HiddenOrigins;
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
    pub(super) stream: &'static Stream,
    /// Name and parameter of the stream, as in WebSocket messages. The parameter is as the client sent it.
    pub(super) label: Vec<Value>,
    /// Channels of the stream. Subscriptions with the same channels are the same subscription.
    pub(super) channels: Vec<Channel>,
    /// Statuses that the access settings of the feed hid when the client subscribed.
    pub(super) hidden: HiddenOrigins,
    /// Time from which the subscription receives events.
    live_from: Instant,
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

    pub(crate) fn not_found(error: &'static str) -> Self {
        let status = StatusCode::NOT_FOUND;
        Self { status, error }
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
        let error = match self.status {
            StatusCode::NOT_FOUND => self.error.to_owned(),
            _ => self.text(behavior),
        };
        let body = json!({ "error": error }).to_string();
        // Unlike the REST API, the streaming server does not name the character set.
        let response = Response::with_body("application/json", body.into_bytes());
        response.status(self.status).into_http()
    }

    /// Converts into the response to an upgrade request, which has the message in a header.
    pub(crate) fn into_upgrade_response(self, behavior: &StreamingBehavior) -> HttpResponse {
        let response = if behavior.old_forms {
            Response::with_body("text/html", b"Unauthorized".to_vec())
        } else {
            let error = HeaderName::from_static("x-error-message");
            Response::with_body("text/plain", Vec::new()).header(error, self.error.to_owned())
        };
        let response = response.header(header::CONNECTION, "close".to_owned());
        response.status(self.status).into_http()
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
        let behavior = state.hub.behavior();
        let labels = behavior.labels;
        let create = |label, target| {
            let channels = Channel::of_stream(stream, token, target, labels);
            let user = token.user.unwrap_or_default();
            let delay = state.hub.random.duration(&behavior.subscription_delay);
            Self {
                stream,
                label,
                hidden: state.hidden_origins(user, &channels),
                channels,
                live_from: Instant::now() + delay,
            }
        };
        let Some(param) = stream.required_param else {
            return Ok(create(vec![stream.name.into()], ""));
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
        Ok(create(label, &target))
    }

    /// Whether the subscription receives events already.
    pub(super) fn is_live(&self) -> bool {
        self.live_from <= Instant::now()
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
