//! Error responses of the server.

use std::borrow::Cow;
use std::fmt;

use http::StatusCode;

/// An error response of the server.
#[doc(alias("MastodonAPIError"))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// Name of the method on [`Mastodon`](crate::Mastodon).
    pub endpoint: Cow<'static, str>,
    /// HTTP status.
    pub status: StatusCode,
    /// Kind of error, derived from the status and from a few messages.
    pub kind: ApiErrorKind,
    /// The server's message, or a substitute if it sent none.
    pub message: String,
    /// OAuth `error_description`, if the server sent one.
    pub description: Option<String>,
    /// Validation errors by field, if the server reports them.
    pub details: Vec<FieldError>,
    /// The whole body as JSON, secrets redacted; null if it is not JSON. A few errors contain an
    /// entity; see [`attached`](Self::attached).
    pub body: serde_json::Value,
    /// Whether the server itself responded. The response of a proxy has neither its error object nor its header
    /// `X-Error-Message`.
    pub(crate) is_own: bool,
    /// How to resolve the error, if it is known.
    pub(crate) advice: Option<String>,
}

impl ApiError {
    /// Decodes a member of the body; `None` if it is missing or has another type. The error response of
    /// `admin_create_domain_block`, for example, contains the conflicting block, an `AdminDomainBlock`, as
    /// `existing_domain_block`.
    pub fn attached<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.body.get(name)?).ok()
    }

    /// Returns whether the same call may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        let status = self.status.as_u16();
        self.kind != ApiErrorKind::Blocked
            && matches!(status, 408 | 409 | 429 | 500 | 502..=504 | 520..=527)
    }
}

/// Returns whether the message of a refusal says that the access token lacks a scope.
pub(crate) fn names_missing_scope(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("scope") || message.contains("insufficient permission")
}

/// Validation error of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// Name of the field.
    pub field: String,
    /// Error code, such as `ERR_TAKEN`.
    pub code: String,
    /// Description for users.
    pub description: String,
}

/// Kinds of error responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: the request is malformed.
    BadRequest,
    /// 401: the access token is missing, invalid or revoked.
    Unauthorized,
    /// 403: the access token lacks a scope, or the user lacks a permission.
    Forbidden,
    /// 404: the resource does not exist, or is not visible to the user. Also a stream of a list that is not one of the
    /// user's, which the server refuses with 401.
    NotFound,
    /// 409: the resource was changed at the same time.
    Conflict,
    /// 410: the resource no longer exists.
    Gone,
    /// 422: a value is invalid.
    Validation,
    /// 429: too many requests.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// A proxy in front of the server, such as Cloudflare, blocked the request before it reached Mastodon.
    Blocked,
    /// Any other status.
    Other,
}

impl ApiErrorKind {
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            410 => Self::Gone,
            422 => Self::Validation,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            status,
            message,
            description,
            details,
            advice,
            kind: _,
            body: _,
            is_own: _,
        } = self;
        // The sentence continues after the server's message.
        let without_period = |message: &str| message.trim_end_matches('.').to_owned();
        write!(f, "{endpoint} ({status}): {}", without_period(message))?;
        if let Some(description) = description {
            write!(f, ": {}", without_period(description))?;
        }
        for FieldError {
            field,
            code,
            description,
        } in details
        {
            write!(f, "; {field}: {description} ({code})")?;
        }
        match advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}
