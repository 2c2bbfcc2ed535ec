//! What can go wrong, told so that a program can decide and a person can act.

mod refusal;
#[cfg(test)]
mod sentences;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;

pub(crate) use self::refusal::refusal;
pub use self::refusal::{ApiError, ApiErrorKind, FieldError};
use crate::endpoint::Endpoint;
use crate::entities::MediaAttachmentId;
use crate::rate_limit::Budget;
use crate::secret::redact;
use crate::trail::boundary;
use crate::transport::RawResponse;
use crate::version::Version;

/// A cause from another library.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the request.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The request did not reach the server, or its answer did not come back.
    #[error("{endpoint}: no answer from the server: {reason}")]
    Network {
        /// The method's name.
        endpoint: &'static str,
        /// What happened.
        reason: String,
        /// The cause.
        #[source]
        source: Option<Cause>,
    },
    /// The server took too long.
    #[error(
        "{endpoint}: {} within {limit:?}; allow more with `{setting}`",
        awaited(setting)
    )]
    Timeout {
        /// The method's name.
        endpoint: &'static str,
        /// The time that it had.
        limit: Duration,
        /// The setting that gave it this time: `connect_timeout`, `read_timeout`, `timeout`,
        /// `deadline`, or `idle_timeout` of a stream.
        setting: &'static str,
    },
    /// The call has done its work, but the answer that told so was lost, and the server cannot tell it
    /// again: what is deleted is not there to be shown.
    #[error(
        "{endpoint}: it is done, but the answer was lost, and a repetition found no more to do ({status})"
    )]
    AnswerLost {
        /// The method's name.
        endpoint: &'static str,
        /// The status of the answer to the repetition.
        status: StatusCode,
    },
    /// The answer is not what it should be.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// The answer is a page for browsers: the address is not that of a Mastodon server's API.
    #[error("{endpoint}: the answer is HTML, not JSON; is {host} a Mastodon server?")]
    NotMastodon {
        /// The method's name.
        endpoint: &'static str,
        /// The host that answered.
        host: String,
    },
    /// The server is too old, or too new, for the endpoint or a parameter.
    #[error("{endpoint}: {what} needs Mastodon {needed}, the server is {server}")]
    Version {
        /// The method's name.
        endpoint: &'static str,
        /// The endpoint or the parameter.
        what: String,
        /// The version that it needs.
        needed: Version,
        /// What the server says of itself.
        server: String,
    },
    /// The pages of a list cannot be followed further.
    #[error("{endpoint}: {reason}")]
    Paging {
        /// The method's name.
        endpoint: &'static str,
        /// What stands in the way.
        reason: String,
    },
    /// An argument that no server would take; nothing was sent.
    #[error("{endpoint}: `{argument}`: {reason}")]
    IllegalArgument {
        /// The method's name.
        endpoint: &'static str,
        /// The argument's name.
        argument: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A status or a file is larger, or a poll open for longer or shorter, than the server says that it
    /// allows; nothing was sent.
    #[error("{endpoint}: `{argument}` has {actual} {unit}, the server allows {bound} {limit}")]
    Limit {
        /// The method's name.
        endpoint: &'static str,
        /// The argument's name.
        argument: String,
        /// What is counted, such as `characters`.
        unit: &'static str,
        /// `at most` or `at least`.
        bound: &'static str,
        /// The limit.
        limit: u64,
        /// What it has.
        actual: u64,
    },
    /// A stream that was open broke off.
    #[error("{endpoint}: the stream broke off: {reason}")]
    Stream {
        /// The method's name.
        endpoint: &'static str,
        /// What happened.
        reason: String,
        /// The cause.
        #[source]
        source: Option<Cause>,
    },
    /// A file is larger than the program wants it.
    #[error("{endpoint}: the file is larger than {limit} bytes; allow more with `max_size`")]
    TooLarge {
        /// What was done with it: `download`.
        endpoint: &'static str,
        /// The bytes that it may have.
        limit: u64,
    },
    /// The client or the credentials are not set up rightly.
    #[error("{0}")]
    Config(String),
    /// A user was asked and gave no leave, or the server found fault with the request before asking.
    #[error("the log-in was refused ({code}): {}", said.trim_end_matches('.'))]
    LoginRefused {
        /// The code of OAuth: `access_denied` where it was the user.
        code: String,
        /// What the server says of it.
        said: String,
    },
    /// A file was uploaded, but cannot be attached to a status: the server still works on it, could
    /// not process it, or cannot be asked.
    #[error("media_post: the file arrived as {id}, but is not ready: {reason}")]
    Processing {
        /// The file, which stays on the server for some time.
        id: MediaAttachmentId,
        /// Why it is not ready.
        reason: String,
        /// The error, where one came back.
        #[source]
        source: Option<Box<Error>>,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(Box<FileError>),
    /// A push message was not accepted.
    #[cfg(feature = "push")]
    #[error(transparent)]
    Push(#[from] crate::push::PushError),
    /// The budget of requests is used up, and the client was told not to wait.
    #[error("{endpoint}: the rate limit is reached; it resets in {reset_in:?}")]
    RateLimited {
        /// The method's name.
        endpoint: &'static str,
        /// Requests in one window, where the server told.
        limit: Option<u32>,
        /// Requests that are left in this one.
        remaining: u32,
        /// The time until the window ends.
        reset_in: Duration,
    },
}

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} the file {path:?}: {source}")]
#[non_exhaustive]
pub struct FileError {
    /// What was tried.
    pub action: FileAction,
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// What is done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileAction {
    /// It is read.
    Read,
    /// It is written.
    Write,
}

impl fmt::Display for FileAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// An answer that cannot be read as what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint} ({status}): at `{path}`: {reason}; the answer has: {excerpt}")]
#[non_exhaustive]
pub struct DecodeError {
    /// The method's name.
    pub endpoint: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// The way to the value inside the JSON, such as `[3].account.created_at`.
    pub path: String,
    /// What was found, and what belongs there.
    pub reason: String,
    /// The answer around that place, at most 512 bytes, secrets taken out.
    pub excerpt: String,
}

impl Error {
    pub(crate) fn stream(endpoint: &Endpoint, reason: impl Into<String>) -> Self {
        Self::Stream {
            endpoint: endpoint.name,
            reason: reason.into(),
            source: None,
        }
    }

    pub(crate) fn argument(endpoint: &Endpoint, argument: &str, reason: String) -> Self {
        Self::IllegalArgument {
            endpoint: endpoint.name,
            argument: argument.to_owned(),
            reason,
        }
    }

    pub(crate) fn rate_limited(endpoint: &Endpoint, budget: Budget) -> Self {
        Self::RateLimited {
            endpoint: endpoint.name,
            limit: budget.limit,
            remaining: budget.remaining,
            reset_in: budget.reset_in,
        }
    }

    pub(crate) fn timeout(endpoint: &Endpoint, setting: &'static str, limit: Duration) -> Self {
        Self::Timeout {
            endpoint: endpoint.name,
            limit,
            setting,
        }
    }

    /// What a redirect says is bounded: anybody can write it.
    pub(crate) fn login_refused(code: &str, said: Option<&str>) -> Self {
        let bounded = |text: &str| text.chars().take(256).collect::<String>();
        let said = said.unwrap_or(match code {
            "access_denied" => "the user gave no leave",
            _ => "the server did not say why",
        });
        Self::LoginRefused {
            code: bounded(code),
            said: bounded(said),
        }
    }

    pub(crate) fn file(action: FileAction, path: &Path, source: std::io::Error) -> Self {
        Self::File(Box::new(FileError {
            action,
            path: path.to_owned(),
            source,
        }))
    }

    /// The server's refusal, if it is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::Processing { source, .. } => source.as_ref()?.api(),
            _ => None,
        }
    }

    fn is(&self, kind: ApiErrorKind) -> bool {
        self.api().is_some_and(|error| error.kind == kind)
    }

    /// Whether the server knows of no such thing (404), or of none any more (410).
    pub fn is_not_found(&self) -> bool {
        self.is(ApiErrorKind::NotFound) || self.is(ApiErrorKind::Gone)
    }

    /// Whether the token is missing, wrong or revoked (401).
    pub fn is_unauthorized(&self) -> bool {
        self.is(ApiErrorKind::Unauthorized)
    }

    /// Whether the token or the user lacks the right (403).
    pub fn is_forbidden(&self) -> bool {
        self.is(ApiErrorKind::Forbidden)
    }

    /// Whether the server did not accept a value (422), or would not by the limits that it tells.
    pub fn is_validation(&self) -> bool {
        matches!(self, Self::Limit { .. }) || self.is(ApiErrorKind::Validation)
    }

    /// Whether there were too many requests, by the server's word or by the client's own count.
    pub fn is_rate_limited(&self) -> bool {
        matches!(self, Self::RateLimited { .. }) || self.is(ApiErrorKind::RateLimited)
    }

    /// Whether something was changed by somebody else meanwhile (409).
    pub fn is_conflict(&self) -> bool {
        self.is(ApiErrorKind::Conflict)
    }

    /// Whether the time was over: that of connecting, of the next piece, of one attempt, or of the
    /// whole call.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether the server could not be reached, or its answer or its stream did not come whole.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Network { .. } | Self::Stream { .. })
    }

    /// Whether the user gave no leave, or the server found fault with the request before asking.
    pub fn is_login_refused(&self) -> bool {
        matches!(self, Self::LoginRefused { .. })
    }

    /// Whether the call has done its work though its answer was lost.
    pub fn is_answer_lost(&self) -> bool {
        matches!(self, Self::AnswerLost { .. })
    }

    /// Whether the same call may succeed later. Whether it may be made again is another question: a
    /// call whose answer was lost may have been carried out.
    pub fn is_retryable(&self) -> bool {
        let server =
            matches!(self.api(), Some(error) if matches!(error.status.as_u16(), 500 | 502..=504));
        self.is_network() || self.is_timeout() || self.is_rate_limited() || server
    }

    /// Whether the server failed (5xx).
    pub fn is_server_error(&self) -> bool {
        self.is(ApiErrorKind::Server)
    }
}

/// What did not come within the time that a setting allows.
fn awaited(setting: &str) -> &'static str {
    match setting {
        "connect_timeout" => "no connection",
        "read_timeout" => "nothing more of the answer",
        "idle_timeout" => "neither an event nor a heartbeat",
        _ => "no answer",
    }
}

/// The bounded piece of an answer that an error shows. What is secret is taken out before it is cut,
/// so that no half of a secret stays.
pub(crate) fn excerpt(response: &RawResponse, around: usize) -> String {
    const LENGTH: usize = 512;
    let read = |bytes: &[u8]| redact(&response.secrets.hide(&String::from_utf8_lossy(bytes)));
    let body = &response.body;
    let before = read(&body[..around.min(body.len())]);
    let shown = read(body);
    let from = boundary(&shown, before.len().saturating_sub(LENGTH / 2));
    let to = boundary(&shown, from + LENGTH);
    shown[from..to].trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_bounded_and_keeps_no_secret() {
        let shown = |body: String, around| excerpt(&RawResponse::new(StatusCode::OK, body), around);
        let long = shown("é".repeat(2000), 1000);
        assert!(long.len() <= 512 && long.len() > 500);
        let token = "abc".repeat(200);
        for around in [0, 300, 500, 700] {
            let body = format!(r#"{{"access_token":"{token}","scope":"read"}}"#);
            let shown = shown(body, around);
            assert!(!shown.contains("abc"), "{shown}");
        }
    }
}
