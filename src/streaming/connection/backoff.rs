//! Delays between connection attempts, and permanent errors, after which there are no further attempts.

use std::time::Duration;

use crate::error::Error;
pub(crate) use crate::http::retry::Backoff;

/// Upper bound of the first delay. The server can request a longer one, but not a shorter one.
pub(super) const INITIAL_DELAY: Duration = Duration::from_secs(1);

/// Returns the backoff of streams.
pub(crate) fn stream_backoff(max: Duration) -> Backoff {
    Backoff::new(INITIAL_DELAY, max)
}

/// Returns whether another attempt would fail with the same error. A refusal is final only if Mastodon itself refuses:
/// the pages of a proxy, which can have the same status, disappear when the proxy is configured or updated.
pub(crate) fn is_permanent(error: &Error) -> bool {
    match error {
        Error::Api(error) => {
            error.is_own && matches!(error.status.as_u16(), 400 | 401 | 403 | 410 | 422)
        }
        Error::Version { .. }
        | Error::IllegalArgument { .. }
        | Error::Configuration { .. }
        | Error::NoAccessToken { .. }
        | Error::NotProvided { .. }
        | Error::Internal { .. } => true,
        _ => false,
    }
}
