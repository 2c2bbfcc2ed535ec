//! Which streams somebody may listen to.

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

/// A stream that somebody listens to.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) stream: &'static Stream,
    /// The hashtag or the list, as it was asked for.
    pub(crate) target: Option<String>,
}

/// Why somebody may not listen.
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

    /// The answer to a request for an upgrade: there the reason stands in a header.
    pub(crate) fn into_upgrade_response(self) -> HttpResponse {
        let mut response = Response::with_body("text/plain", Vec::new())
            .status(self.status)
            .into_http();
        let reason = axum::http::HeaderValue::from_static(self.error);
        response.headers_mut().insert("x-error-message", reason);
        response
    }

    pub(crate) fn to_message(self) -> Value {
        json!({ "error": self.error, "status": self.status.as_u16() })
    }
}

impl Subscription {
    /// The stream of that name, if the token opens it and its parameters are there.
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

    /// The same, whatever the token opens.
    pub(crate) fn resolve(
        state: &State,
        token: &Token,
        stream: Option<&'static Stream>,
        params: &Params,
    ) -> Result<Self, StreamError> {
        let stream = stream.ok_or(StreamError::bad_request("Unknown stream type"))?;
        let Some(needs) = stream.needs else {
            return Ok(Self {
                stream,
                target: None,
            });
        };
        let target = params
            .non_blank(needs)
            .ok_or(StreamError::bad_request(match needs {
                "list" => "Missing list name parameter",
                _ => "Missing tag name parameter",
            }))?;
        let list = state.lists.get(&parse_id(&target));
        if needs == "list" && list.is_none_or(|list| Some(list.owner) != token.user) {
            return Err(StreamError::unauthorized(
                "Not authorized to stream this list",
            ));
        }
        let target = Some(target);
        Ok(Self { stream, target })
    }

    /// The stream that a server-sent path opens.
    pub(crate) fn stream_for_path(path: &str, params: &Params) -> Option<&'static Stream> {
        let there = || STREAMS.iter().filter(|stream| stream.path == Some(path));
        let media = params.is_true("only_media");
        let wanted = there().find(|stream| stream.only_media == media);
        // What has no such variant does not care.
        wanted.or_else(|| there().next())
    }

    /// How the stream is named in messages.
    pub(crate) fn name(&self) -> Vec<&str> {
        let target = self.target.as_deref();
        std::iter::once(self.stream.name).chain(target).collect()
    }

    /// The hashtag as the server keeps it.
    pub(crate) fn tag(&self) -> Option<String> {
        self.target.as_deref().map(normalize_tag)
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.stream.name == other.stream.name && self.tag() == other.tag()
    }
}
