//! What a handler answers, and the error bodies of the real server.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::line::Torn;

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
}

/// A refusal; it travels as an answer like any other.
pub(crate) type Refusal = Box<Reply>;
/// What every handler returns.
pub(crate) type Outcome = Result<Reply, Refusal>;

impl Reply {
    pub(crate) fn json(value: &Value) -> Self {
        Self::of(
            "application/json; charset=utf-8",
            value.to_string().into_bytes(),
        )
    }

    pub(crate) fn html(page: String) -> Self {
        Self::of("text/html; charset=utf-8", page.into_bytes())
    }

    pub(crate) fn of(kind: &str, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, kind.to_owned())],
            body,
        }
    }

    /// Zero bytes and no content type.
    pub(crate) fn bare(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The empty object with which most calls without a result answer.
    pub(crate) fn empty() -> Self {
        Self::json(&json!({}))
    }

    pub(crate) fn redirect(to: String) -> Self {
        Self::bare(StatusCode::FOUND).header(header::LOCATION, to)
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(mut self) -> Response<Body> {
        let body = std::mem::take(&mut self.body);
        self.with_body(Body::from(body))
    }

    /// The answer with a body that breaks off in the middle.
    pub(crate) fn into_torn_response(self) -> Response<Body> {
        let (length, torn) = (self.body.len(), Torn::of(&self.body));
        let reply = self.header(header::CONTENT_LENGTH, length.to_string());
        reply.with_body(Body::new(torn))
    }

    fn with_body(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

fn refuse(status: StatusCode, body: &Value) -> Refusal {
    Box::new(Reply::json(body).status(status))
}

/// 400, the request cannot be read.
pub(crate) fn bad_request(error: &str) -> Refusal {
    refuse(StatusCode::BAD_REQUEST, &json!({ "error": error }))
}

/// 401, no token or a bad one.
pub(crate) fn unauthorized(error: &str) -> Refusal {
    refuse(StatusCode::UNAUTHORIZED, &json!({ "error": error }))
}

/// 403 for another reason.
pub(crate) fn forbidden(error: &str) -> Refusal {
    refuse(StatusCode::FORBIDDEN, &json!({ "error": error }))
}

/// 404, nothing there, or nothing that this viewer may know of.
pub(crate) fn not_found() -> Refusal {
    refuse(
        StatusCode::NOT_FOUND,
        &json!({ "error": "Record not found" }),
    )
}

/// 404, no such route.
pub(crate) fn no_route() -> Refusal {
    refuse(StatusCode::NOT_FOUND, &json!({ "error": "Not Found" }))
}

/// 422 with a text of its own.
pub(crate) fn unprocessable(error: &str) -> Refusal {
    refuse(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error }))
}

/// 422, a record failed its validation.
pub(crate) fn invalid(what: &str) -> Refusal {
    unprocessable(&format!("Validation failed: {what}"))
}

/// 501, an endpoint that exists but is not simulated.
pub(crate) fn not_simulated() -> Refusal {
    refuse(
        StatusCode::NOT_IMPLEMENTED,
        &json!({ "error": "Not implemented by the test server" }),
    )
}

/// An error of the OAuth endpoints.
pub(crate) fn oauth_error(status: StatusCode, code: &str, description: &str) -> Refusal {
    refuse(
        status,
        &json!({ "error": code, "error_description": description }),
    )
}
