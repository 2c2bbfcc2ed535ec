//! Messages and sources of errors. Written by hand, because a derive macro would delay the build of every application.

use std::fmt;

use super::{DecodeError, Error, FileError};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(error) => error.fmt(f),
            Self::Network {
                endpoint, reason, ..
            } => write!(
                f,
                "{endpoint}: no complete response from the server: {reason}"
            ),
            Self::Redirect {
                endpoint,
                location,
                reason,
            } => write!(
                f,
                "{endpoint}: the server redirects the request to {location}: {reason}"
            ),
            Self::Body {
                endpoint,
                status,
                reason,
                ..
            } => write!(
                f,
                "{endpoint} ({status}): the response body cannot be read: {reason}"
            ),
            Self::Timeout {
                endpoint,
                limit,
                setting,
            } => write!(
                f,
                "{endpoint}: {} within {limit:?}; raise the limit with `{setting}`",
                setting.awaited()
            ),
            Self::ResponseLost {
                endpoint,
                reason,
                check,
                ..
            } => write!(f, "{endpoint}: {reason}{}", lost_response_advice(*check)),
            Self::Decode(error) => error.fmt(f),
            Self::NotMastodon {
                endpoint,
                host,
                is_write,
            } => write!(
                f,
                "{endpoint}: the response is HTML, not JSON; is {host} a Mastodon server? \
                 `discover` finds the host of an API{}",
                if *is_write {
                    "; if it is, it may have carried out the request, so do not send the \
                 request again"
                } else {
                    ""
                }
            ),
            Self::Version {
                endpoint,
                what,
                required,
                server,
                ..
            } => write!(
                f,
                "{endpoint}: {what} requires {required}, the server is {server}"
            ),
            Self::Paging { endpoint, reason } => write!(f, "{endpoint}: {reason}"),
            Self::StoredPage { reason } => write!(f, "the stored page cannot be used: {reason}"),
            Self::IllegalArgument {
                endpoint,
                argument,
                reason,
            } => write!(f, "{endpoint}: `{argument}`: {reason}"),
            Self::NoAccessToken {
                endpoint,
                needs_user,
            } => write!(
                f,
                "{endpoint}: this client has no access token; set one with `access_token` \
                 of the builder, or request one with `{}`",
                if *needs_user {
                    "log_in_with_browser"
                } else {
                    "log_in_with_client_credentials"
                }
            ),
            Self::Limit {
                endpoint,
                argument,
                unit,
                bound,
                limit,
                actual,
            } => write!(
                f,
                "{endpoint}: `{argument}` has {actual} {unit}, the server allows {bound} \
                 {limit}"
            ),
            Self::NotFound {
                endpoint,
                what,
                reason,
                ..
            } => write!(f, "{endpoint}: {what} was not found: {reason}"),
            Self::ThreadIncomplete {
                progress,
                total,
                source,
            } => write!(
                f,
                "thread_post: {} of {total} parts were posted, then the call failed; \
                 continue it with `resume`: {source}",
                progress.posted.len()
            ),
            Self::NotProvided { endpoint, what } => {
                write!(f, "{endpoint}: the server does not provide {what}")
            }
            #[cfg(feature = "streaming")]
            Self::Stream {
                endpoint, reason, ..
            } => write!(f, "{endpoint}: the stream was interrupted: {reason}"),
            Self::FileTooLarge { endpoint, limit } => write!(
                f,
                "{endpoint}: the file is larger than {limit} bytes; raise the limit with \
                 `max_size`"
            ),
            Self::Configuration { reason, .. } => f.write_str(reason),
            Self::OAuth(error) => error.fmt(f),
            Self::AuthorizationDenied { code, description } => write!(
                f,
                "the authorization was denied ({code}): {}",
                description.trim_end_matches('.')
            ),
            Self::MediaProcessing { id, reason, .. } => write!(
                f,
                "media_post: the file was uploaded as {id}, but is not ready: {reason}"
            ),
            Self::File(error) => error.fmt(f),
            #[cfg(feature = "push")]
            Self::Push(error) => error.fmt(f),
            Self::RateLimited {
                endpoint,
                bucket,
                reset_in,
                ..
            } => write!(
                f,
                "{endpoint}: the rate limit `{}` allows no request for {reset_in:?}; \
                 repeat the call after that, or let it wait: with the `rate_limit_mode` \
                 `Wait` and a later `deadline`",
                bucket.name()
            ),
            Self::Store { reason, .. } => write!(f, "the store failed: {reason}"),
            Self::LeaseLost { name } => write!(
                f,
                "another worker has taken the lease `{name}`; stop the work that needs it"
            ),
            Self::BlockingInAsync => f.write_str(
                "`wait` would block an async runtime; use `.await`, or call `wait` on \
                 another thread",
            ),
            Self::Internal { reason } => write!(f, "internal error: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Network { source, .. } | Self::Body { source, .. } => {
                source.as_deref().map(|source| source as _)
            }
            #[cfg(feature = "streaming")]
            Self::Stream { source, .. } => source.as_deref().map(|source| source as _),
            Self::ResponseLost { source, .. } | Self::MediaProcessing { source, .. } => {
                source.as_deref().map(|source| source as _)
            }
            Self::ThreadIncomplete { source, .. } => Some(source),
            // Their messages are those of these errors, so their sources are, too.
            Self::Api(error) => error.source(),
            Self::Decode(error) => error.source(),
            Self::OAuth(error) => error.source(),
            Self::File(error) => error.source(),
            #[cfg(feature = "push")]
            Self::Push(error) => error.source(),
            _ => None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action,
            path,
            source,
        } = self;
        write!(f, "cannot {action} the file {path:?}: {source}")
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            status,
            is_applied,
            path,
            reason,
            excerpt,
        } = self;
        let advice = if *is_applied {
            "the server accepted the request, but its response cannot be decoded, so \
                 do not send the request again: "
        } else {
            ""
        };
        write!(
            f,
            "{endpoint} ({status}): {advice}at `{path}`: {reason}; the response \
                 contains: {excerpt}"
        )
    }
}

impl std::error::Error for DecodeError {}

/// Returns the end of the message of a lost response.
fn lost_response_advice(check: Option<&str>) -> String {
    check.map_or_else(String::new, |check| {
        format!("; check {check} before you repeat the call")
    })
}
