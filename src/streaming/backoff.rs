//! When to connect again, and when not to.

use std::time::Duration;

use crate::error::{ApiErrorKind, Error};
pub(super) use crate::http::retry::Backoff;

/// Bound of the first delay, unless the server requests another one.
const FIRST: Duration = Duration::from_secs(1);

/// The backoff between connections.
pub(super) fn backoff(max: Duration) -> Backoff {
    Backoff::new(FIRST, max)
}

/// Whether another attempt would end the same way.
pub(super) fn is_final(error: &Error) -> bool {
    match error {
        Error::Api(refusal) => matches!(
            refusal.kind,
            ApiErrorKind::BadRequest
                | ApiErrorKind::Unauthorized
                | ApiErrorKind::Forbidden
                | ApiErrorKind::Gone
                | ApiErrorKind::Validation
        ),
        Error::Version { .. }
        | Error::IllegalArgument { .. }
        | Error::Configuration { .. }
        | Error::Internal { .. } => true,
        _ => false,
    }
}
