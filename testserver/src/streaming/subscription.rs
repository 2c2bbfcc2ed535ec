//! Which streams somebody may listen to.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::covers;
use crate::ids::position;
use crate::params::Params;
use crate::reply::Reply;
use crate::route::Stream;
use crate::routes::STREAMS;
use crate::state::{State, Token, normalized};

/// A stream that somebody listens to.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) stream: &'static Stream,
    /// The hashtag or the list, as it was asked for.
    pub(crate) of: Option<String>,
}

/// Why somebody may not listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: &'static str,
}

impl Refusal {
    pub(crate) fn bad(error: &'static str) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, error }
    }

    pub(crate) fn unauthorized(error: &'static str) -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self { status, error }
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = json!({ "error": self.error });
        Reply::json(&body).status(self.status).into_response()
    }

    /// The answer to a request for an upgrade: there the reason stands in a header.
    pub(crate) fn into_bare_response(self) -> Response<Body> {
        let mut response = Reply::of("text/plain", Vec::new())
            .status(self.status)
            .into_response();
        let reason = axum::http::HeaderValue::from_static(self.error);
        response.headers_mut().insert("x-error-message", reason);
        response
    }

    pub(crate) fn frame(self) -> Value {
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
    ) -> Result<Self, Refusal> {
        if stream.is_some_and(|stream| !covers(token, stream.scopes)) {
            let error = "Access token does not have the required scopes";
            return Err(Refusal::unauthorized(error));
        }
        Self::resolve(state, token, stream, params)
    }

    /// The same, whatever the token opens.
    pub(crate) fn resolve(
        state: &State,
        token: &Token,
        stream: Option<&'static Stream>,
        params: &Params,
    ) -> Result<Self, Refusal> {
        let stream = stream.ok_or(Refusal::bad("Unknown stream type"))?;
        let Some(needs) = stream.needs else {
            return Ok(Self { stream, of: None });
        };
        let of = params.filled(needs).ok_or(Refusal::bad(match needs {
            "list" => "Missing list name parameter",
            _ => "Missing tag name parameter",
        }))?;
        let list = state.lists.get(&position(&of));
        if needs == "list" && list.is_none_or(|list| Some(list.owner) != token.user) {
            return Err(Refusal::unauthorized("Not authorized to stream this list"));
        }
        let of = Some(of);
        Ok(Self { stream, of })
    }

    /// The stream that a server-sent path opens.
    pub(crate) fn at_path(path: &str, params: &Params) -> Option<&'static Stream> {
        let there = || STREAMS.iter().filter(|stream| stream.path == Some(path));
        let media = params.is_set("only_media");
        let wanted = there().find(|stream| stream.only_media == media);
        // What has no such variant does not care.
        wanted.or_else(|| there().next())
    }

    /// How the stream is named in messages.
    pub(crate) fn name(&self) -> Vec<&str> {
        let of = self.of.as_deref();
        std::iter::once(self.stream.name).chain(of).collect()
    }

    /// The hashtag as the server keeps it.
    pub(crate) fn tag(&self) -> Option<String> {
        self.of.as_deref().map(normalized)
    }

    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.stream.name == other.stream.name && self.tag() == other.tag()
    }
}
