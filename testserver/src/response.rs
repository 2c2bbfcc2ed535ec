//! Responses of handlers, and error responses with the bodies of Mastodon.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response as HttpResponse;
use serde_json::{Value, json};

use crate::authentication::bearer_challenge;
use crate::connection::TruncatedBody;

/// HTTP response with a complete body.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether a successful request has created or changed nothing, so that no rate limit of successes counts it.
    pub(crate) has_changed_nothing: bool,
    /// Whether clients that do not ask for JSON receive an HTML page instead.
    pub(crate) is_for_browsers: bool,
}

/// Error response. Boxed, because [`HandlerResult`] would be large otherwise.
pub(crate) type ErrorResponse = Box<Response>;
/// Result of a handler.
pub(crate) type HandlerResult = Result<Response, ErrorResponse>;

impl Response {
    pub(crate) fn json(value: &Value) -> Self {
        Self::with_body(
            "application/json; charset=utf-8",
            value.to_string().into_bytes(),
        )
    }

    pub(crate) fn html(page: String) -> Self {
        Self::with_body("text/html; charset=utf-8", page.into_bytes())
    }

    pub(crate) fn with_body(content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, content_type.to_owned())],
            body,
            has_changed_nothing: false,
            is_for_browsers: false,
        }
    }

    /// Creates a response without a body and without a content type.
    pub(crate) fn without_body(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            has_changed_nothing: false,
            is_for_browsers: false,
        }
    }

    /// Creates the response `{}`, which most endpoints without a result return.
    pub(crate) fn empty_object() -> Self {
        Self::json(&json!({}))
    }

    /// Marks the response of a successful request that has created or changed nothing.
    pub(crate) fn changed_nothing(mut self) -> Self {
        self.has_changed_nothing = true;
        self
    }

    pub(crate) fn redirect(to: String) -> Self {
        Self::without_body(StatusCode::FOUND).header(header::LOCATION, to)
    }

    /// Creates an error response with the name of its status. An unknown status becomes 500.
    pub(crate) fn with_reason(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Error");
        Self::json(&json!({ "error": reason })).status(status)
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_http(mut self) -> HttpResponse {
        let body = std::mem::take(&mut self.body);
        self.into_http_with(Body::from(body))
    }

    /// Converts into a response whose body fails after its first half.
    pub(crate) fn into_truncated_http(self) -> HttpResponse {
        let (length, truncated) = (self.body.len(), TruncatedBody::new(&self.body));
        self.header(header::CONTENT_LENGTH, length.to_string())
            .into_http_with(Body::new(truncated))
    }

    fn into_http_with(self, body: Body) -> HttpResponse {
        let mut response = HttpResponse::new(body);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Error outside of the API's own error handling: HTML unless the client asks for JSON.
fn public_error(status: StatusCode, body: &Value) -> ErrorResponse {
    let mut response = error_response(status, body);
    response.is_for_browsers = true;
    response
}

fn error_response(status: StatusCode, body: &Value) -> ErrorResponse {
    Box::new(Response::json(body).status(status))
}

/// 400: the request is malformed.
pub(crate) fn bad_request(error: &str) -> ErrorResponse {
    error_response(StatusCode::BAD_REQUEST, &json!({ "error": error }))
}

/// 400: a required parameter is missing.
pub(crate) fn missing_param(name: &str) -> ErrorResponse {
    bad_request(&format!(
        "param is missing or the value is empty or invalid: {name}"
    ))
}

/// 401: the access token is missing or invalid.
pub(crate) fn unauthorized(error: &str) -> ErrorResponse {
    error_response(StatusCode::UNAUTHORIZED, &json!({ "error": error }))
}

/// 403: the action is not allowed.
pub(crate) fn forbidden(error: &str) -> ErrorResponse {
    error_response(StatusCode::FORBIDDEN, &json!({ "error": error }))
}

/// 404: the record does not exist or is not visible to the viewer.
pub(crate) fn not_found() -> ErrorResponse {
    error_response(
        StatusCode::NOT_FOUND,
        &json!({ "error": "Record not found" }),
    )
}

/// 404 with the name of the status, for some records that do not exist.
pub(crate) fn not_found_reason() -> ErrorResponse {
    error_response(StatusCode::NOT_FOUND, &json!({ "error": "Not Found" }))
}

/// 404: no route matches the request.
pub(crate) fn route_not_found() -> ErrorResponse {
    public_error(StatusCode::NOT_FOUND, &json!({ "error": "Not Found" }))
}

/// 410: the server shuts down for good.
pub(crate) fn gone() -> ErrorResponse {
    public_error(StatusCode::GONE, &json!({ "error": "Gone" }))
}

/// 400: the body cannot be parsed. Rails adds the status to the body.
pub(crate) fn malformed_body() -> ErrorResponse {
    public_error(
        StatusCode::BAD_REQUEST,
        &json!({ "status": 400, "error": "Bad Request" }),
    )
}

/// 422 with the given message.
pub(crate) fn unprocessable(error: &str) -> ErrorResponse {
    error_response(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error }))
}

/// 422: the validation of a record failed.
pub(crate) fn validation_failed(message: &str) -> ErrorResponse {
    unprocessable(&format!("Validation failed: {message}"))
}

/// 500: the server failed. Rails adds the status to the body.
pub(crate) fn internal_server_error() -> ErrorResponse {
    public_error(
        StatusCode::INTERNAL_SERVER_ERROR,
        &json!({ "status": 500, "error": "Internal Server Error" }),
    )
}

/// 503: the request cannot be carried out at the moment.
pub(crate) fn unavailable() -> ErrorResponse {
    error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        &json!({ "error": "There was a temporary problem serving your request, please try again" }),
    )
}

/// Error response of an OAuth endpoint (RFC 6749, section 5.2).
pub(crate) fn oauth_error(status: StatusCode, code: &str, description: &str) -> ErrorResponse {
    let body = json!({ "error": code, "error_description": description });
    let mut response = error_response(status, &body);
    let challenge = bearer_challenge(code, description);
    response.headers.extend([
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::WWW_AUTHENTICATE, challenge),
    ]);
    response
}
