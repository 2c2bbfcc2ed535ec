//! Errors of streams.

use http::StatusCode;
use mastodon_types::json::RejectedItem;

use crate::error::{ApiError, ApiErrorKind, DecodeError, EndpointName, Error, names_missing_scope};

/// Maximum length of the excerpt of an item in characters.
const MAX_EXCERPT: usize = 200;

impl Error {
    pub(crate) fn stream(endpoint: impl Into<EndpointName>, reason: impl Into<String>) -> Self {
        Self::Stream {
            endpoint: endpoint.into(),
            reason: reason.into(),
            source: None,
        }
    }

    /// Creates the error of an item of a list that cannot be decoded.
    pub(crate) fn rejected_item(endpoint: impl Into<EndpointName>, item: &RejectedItem) -> Self {
        let problem = &item.problem;
        Self::Decode(Box::new(DecodeError {
            endpoint: endpoint.into(),
            status: StatusCode::OK,
            is_applied: false,
            path: problem.path.clone(),
            reason: format!("expected {}, found {}", problem.expected, problem.found),
            excerpt: item.json.chars().take(MAX_EXCERPT).collect(),
        }))
    }
}

impl ApiError {
    /// Returns whether the access token lacks a scope. The streaming server responds with 401 then.
    pub(crate) fn is_missing_scope(&self) -> bool {
        let kinds = [ApiErrorKind::Forbidden, ApiErrorKind::Unauthorized];
        kinds.contains(&self.kind) && names_missing_scope(&self.message)
    }
}
