//! Delays between connection attempts, and permanent errors, after which there are no further attempts.

use std::time::Duration;

use crate::error::{ApiErrorKind, Error};
pub(crate) use crate::http::retry::Backoff;

/// Upper bound of the first delay, unless the server requests another one.
const INITIAL_DELAY: Duration = Duration::from_secs(1);

/// Returns the backoff of streams.
pub(crate) fn stream_backoff(max: Duration) -> Backoff {
    Backoff::new(INITIAL_DELAY, max)
}

/// Returns whether another attempt would fail with the same error.
pub(crate) fn is_permanent(error: &Error) -> bool {
    match error {
        Error::Api(error) => matches!(
            error.kind,
            ApiErrorKind::BadRequest
                | ApiErrorKind::Unauthorized
                | ApiErrorKind::Forbidden
                | ApiErrorKind::Gone
                | ApiErrorKind::Validation
        ),
        Error::Version { .. }
        | Error::IllegalArgument { .. }
        | Error::Configuration { .. }
        | Error::NotProvided { .. }
        | Error::Internal { .. } => true,
        _ => false,
    }
}
