//! Errors: one variant per decision that an application can take.

mod api;
mod display;
mod oauth;
#[cfg(feature = "push")]
mod push;
mod setting;
#[cfg(test)]
mod tests;
mod thread;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;

pub(crate) use self::api::names_missing_scope;
pub use self::api::{ApiError, ApiErrorKind, FieldError};
pub use self::oauth::OAuthError;
#[cfg(feature = "push")]
pub use self::push::PushError;
pub use self::setting::{LimitBound, LimitUnit, TimeoutSetting};
pub use self::thread::ThreadProgress;
use crate::entities::MediaAttachmentId;
use crate::facts::{RateLimitBucket, Version};

/// Name of an endpoint in errors and logs: that of its method, or the HTTP method and path of a request to an endpoint
/// that the SDK does not know.
pub(crate) type EndpointName = Cow<'static, str>;

/// An error of another library.
type Source = Box<dyn std::error::Error + Send + Sync>;

/// Error of a call.
///
/// Match on the variant, or use a predicate such as [`is_not_found`](Self::is_not_found). It is never
/// necessary to compare messages. A message is one sentence for people: what failed, why, and what to do. It contains no
/// access token and no other secret.
///
/// The field `endpoint` is the name of the method, such as `status_post`, or the HTTP method and the path of a
/// [`request`](crate::Mastodon::request), such as `GET /api/v1/pleroma/chats`.
///
/// ```
/// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
/// match mastodon.status("1").await {
///     Ok(status) => println!("{}", status.content),
///     Err(error) if error.is_not_found() => println!("the status was deleted"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias("exception", "MastodonError"))]
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server responded with an error status.
    Api(Box<ApiError>),

    /// The request did not reach the server, or its response did not arrive completely.
    #[doc(alias("MastodonNetworkError", "MastodonIOError"))]
    #[non_exhaustive]
    Network {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// What failed.
        reason: String,
        /// Underlying error.
        source: Option<Source>,
    },

    /// The server redirects the request to an address to which it is not sent: another host, which must not
    /// receive the access token, or any address if the request is not a GET. Use a client with the base URL that
    /// the message names.
    #[non_exhaustive]
    Redirect {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// URL of the redirect, without query.
        location: String,
        /// Why it is not followed, and what to do.
        reason: String,
    },

    /// The response arrived, but its body cannot be read: it is larger than the limit, or cannot be decompressed.
    #[non_exhaustive]
    Body {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Status of the response. After a successful one, the server has carried out the call.
        status: StatusCode,
        /// Why it cannot be read.
        reason: String,
        /// Underlying error.
        source: Option<Source>,
    },

    /// A timeout elapsed.
    #[doc(alias("MastodonReadTimeout"))]
    #[non_exhaustive]
    Timeout {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Duration of the timeout.
        limit: Duration,
        /// Setting with this duration.
        setting: TimeoutSetting,
    },

    /// The response was lost, and a second request would not return it:
    ///
    /// - The server has carried out the call, and its response cannot be requested again. The deleted status of
    ///   `status_delete`, for example, is no longer available.
    /// - The server may have carried out the call, and the SDK could not find out: the access token may not read the
    ///   result, the server was not available, or the deadline elapsed. Check what the message names before you repeat
    ///   the call: a second call could post a second status.
    #[non_exhaustive]
    ResponseLost {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// What is known.
        reason: String,
        /// What shows whether the server has carried out the call, such as `the user's lists`; `None` if it certainly
        /// has.
        check: Option<&'static str>,
        /// How the response was lost.
        source: Option<Box<Error>>,
    },

    /// The response does not have the expected type.
    Decode(Box<DecodeError>),

    /// The response is an HTML page, so the URL is not that of a Mastodon API.
    #[non_exhaustive]
    NotMastodon {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Host that responded.
        host: String,
        /// Whether the request was not a GET request. A Mastodon server behind a proxy that replaced the response
        /// may have carried it out.
        is_write: bool,
    },

    /// The server's version, or its software, does not have the endpoint or a parameter. The request was not sent.
    #[doc(alias("MastodonVersionError"))]
    #[non_exhaustive]
    Version {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// What the server lacks: the endpoint or a parameter.
        what: String,
        /// Version of Mastodon that introduced it; `None` if only other software has it.
        since: Option<Version>,
        /// Software and versions that have it, such as `Mastodon 4.5.0 or Akkoma since 3.18.0`.
        required: String,
        /// Software and version of the server.
        server: String,
    },

    /// The next page of a list cannot be requested.
    #[non_exhaustive]
    Paging {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Why it cannot.
        reason: String,
    },

    /// A stored page cannot be used with this client.
    #[non_exhaustive]
    StoredPage {
        /// Why it cannot.
        reason: String,
    },

    /// An argument is invalid on every server. The request was not sent.
    #[doc(alias("MastodonIllegalArgumentError"))]
    #[non_exhaustive]
    IllegalArgument {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Name of the argument.
        argument: String,
        /// Why it is invalid.
        reason: String,
    },

    /// The endpoint requires an access token, and the client has none. The request was not sent.
    #[non_exhaustive]
    NoAccessToken {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Whether it must be the access token of a user. Otherwise that of an application is sufficient.
        needs_user: bool,
    },

    /// A status, poll or file exceeds a limit that the server publishes. The request was not sent.
    #[non_exhaustive]
    Limit {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// Name of the argument.
        argument: String,
        /// Unit of `limit` and `actual`.
        unit: LimitUnit,
        /// Whether the limit is a maximum or a minimum.
        bound: LimitBound,
        /// The limit.
        limit: u64,
        /// The actual number.
        actual: u64,
    },

    /// No account or status was found that has this address.
    #[non_exhaustive]
    NotFound {
        /// Name of the method.
        endpoint: &'static str,
        /// What was searched for.
        what: String,
        /// Why it was not found, and what to do.
        reason: String,
        /// Whether a client with a user's access token may find it: the server fetches unknown accounts and statuses of
        /// other servers for its users only.
        needs_user: bool,
    },

    /// A thread was posted in part, or perhaps in part. Continue with
    /// [`ThreadPostCall::resume`](crate::methods::ThreadPostCall::resume): parts that the server has are not posted again.
    #[non_exhaustive]
    ThreadIncomplete {
        /// The statuses that were posted, and what is needed to continue.
        progress: Box<ThreadProgress>,
        /// Number of parts of the thread.
        total: usize,
        /// Why the next part was not posted.
        source: Box<Error>,
    },

    /// The server does not provide what the call needs.
    #[non_exhaustive]
    NotProvided {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// What the server does not provide.
        what: &'static str,
    },

    /// A stream was interrupted, or could not be opened.
    #[cfg(feature = "streaming")]
    #[non_exhaustive]
    Stream {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// What failed.
        reason: String,
        /// Underlying error.
        source: Option<Source>,
    },

    /// A downloaded file is larger than the caller allows.
    #[non_exhaustive]
    FileTooLarge {
        /// Name of the method: `download`.
        endpoint: Cow<'static, str>,
        /// Maximum size in bytes.
        limit: u64,
    },

    /// The client is configured incorrectly.
    #[non_exhaustive]
    Configuration {
        /// Name of the setting, as on [`MastodonBuilder`](crate::MastodonBuilder); `proxy` for a proxy of the environment.
        setting: &'static str,
        /// Why it is invalid, and how to correct it.
        reason: String,
    },

    /// An OAuth flow cannot be completed.
    OAuth(OAuthError),

    /// The user denied the authorization, or the server rejected the authorization request.
    #[non_exhaustive]
    AuthorizationDenied {
        /// OAuth error code: `access_denied` if the user denied it.
        code: String,
        /// The server's description.
        description: String,
    },

    /// A file was uploaded but cannot be attached to a status: the server is still processing it,
    /// failed to process it, or cannot be reached.
    #[non_exhaustive]
    MediaProcessing {
        /// ID of the uploaded file. The server keeps it for some time.
        id: MediaAttachmentId,
        /// Why it is not ready.
        reason: String,
        /// Error of the request that checked it, if that failed.
        source: Option<Box<Error>>,
    },

    /// A file cannot be read or written.
    File(Box<FileError>),

    /// A push message was rejected.
    #[cfg(feature = "push")]
    Push(PushError),

    /// A rate limit allows no request now, and the call does not wait: because of
    /// [`RateLimitMode::Throw`](crate::rate_limit::RateLimitMode::Throw), or because its deadline ends earlier. Unless
    /// the server itself has refused it, the request was not sent.
    #[doc(alias("MastodonRatelimitError", "429"))]
    #[non_exhaustive]
    RateLimited {
        /// Name of the method.
        endpoint: Cow<'static, str>,
        /// The rate limit.
        bucket: RateLimitBucket,
        /// Requests allowed per window, if the server reported it.
        limit: Option<u32>,
        /// Requests left in this window.
        remaining: u32,
        /// Time until the rate limit allows a request again: when its window ends, or with
        /// [`RateLimitMode::Pace`](crate::rate_limit::RateLimitMode::Pace) when it is the turn of the next request.
        reset_in: Duration,
    },

    /// A store of positions, claims or rate limits cannot be reached, or contains something that cannot be read.
    #[non_exhaustive]
    Store {
        /// What failed. Contains no password.
        reason: String,
        /// Whether the same operation may succeed later.
        is_retryable: bool,
    },

    /// Another worker has taken the lease, because it had expired. This worker must stop what it does under this name.
    #[non_exhaustive]
    LeaseLost {
        /// Name of the lease.
        name: String,
    },

    /// A blocking call was made on a thread of an async runtime, which it would block.
    #[non_exhaustive]
    BlockingInAsync,

    /// The operating system or the SDK itself failed. Examples: no random numbers, no threads.
    #[non_exhaustive]
    Internal {
        /// What failed.
        reason: String,
    },
}

/// Error of reading or writing a file.
#[doc(alias("MastodonFileNotFoundError"))]
#[derive(Debug)]
#[non_exhaustive]
pub struct FileError {
    /// Operation that failed.
    pub action: FileAction,
    /// Path of the file.
    pub path: PathBuf,
    /// Error of the operating system.
    pub source: std::io::Error,
}

/// An operation on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileAction {
    /// Reading.
    Read,
    /// Writing.
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

/// Error of decoding a response that does not have the expected type.
#[derive(Debug)]
#[non_exhaustive]
pub struct DecodeError {
    /// Name of the method.
    pub endpoint: Cow<'static, str>,
    /// Status of the response.
    pub status: StatusCode,
    /// Whether the server has carried out the request: it was not a GET request, and the status is a success.
    /// Sending it again could repeat its effect.
    pub is_applied: bool,
    /// JSON path of the value, such as `[3].account.created_at`.
    pub path: String,
    /// What was found and what was expected.
    pub reason: String,
    /// Part of the response around the value: at most 512 bytes, secrets redacted.
    pub excerpt: String,
}

impl From<OAuthError> for Error {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

#[cfg(feature = "push")]
impl From<PushError> for Error {
    fn from(error: PushError) -> Self {
        Self::Push(error)
    }
}

impl Error {
    /// Creates the error of a call that the server may have carried out. `reason`: why the SDK could not find out, if it
    /// tried. `lost`: how the response was lost.
    pub(crate) fn response_lost(
        endpoint: impl Into<EndpointName>,
        check: &'static str,
        reason: Option<String>,
        lost: Self,
    ) -> Self {
        let endpoint = endpoint.into();
        let cause = lost.to_string();
        let cause = cause.strip_prefix(&*endpoint).unwrap_or(&cause);
        let cause = cause.trim_start_matches([':', ' ']);
        let reason = reason.map_or_else(String::new, |reason| format!("; {reason}"));
        Self::ResponseLost {
            endpoint,
            reason: format!(
                "the server may have carried out the call, but its response was lost: {cause}{reason}"
            ),
            check: Some(check),
            source: Some(Box::new(lost)),
        }
    }

    /// Creates the error of a call that the server has carried out. `status`: that of the response to a second attempt.
    pub(crate) fn lost_result(endpoint: impl Into<EndpointName>, status: StatusCode) -> Self {
        Self::ResponseLost {
            endpoint: endpoint.into(),
            reason: format!(
                "the server has carried out the call, but its response was lost (a second attempt returned {status})"
            ),
            check: None,
            source: None,
        }
    }

    pub(crate) fn network(endpoint: impl Into<EndpointName>, reason: impl Into<String>) -> Self {
        Self::Network {
            endpoint: endpoint.into(),
            reason: reason.into(),
            source: None,
        }
    }

    pub(crate) fn argument(
        endpoint: impl Into<EndpointName>,
        argument: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self::IllegalArgument {
            endpoint: endpoint.into(),
            argument: argument.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn timeout(
        endpoint: impl Into<EndpointName>,
        setting: TimeoutSetting,
        limit: Duration,
    ) -> Self {
        Self::Timeout {
            endpoint: endpoint.into(),
            limit,
            setting,
        }
    }

    pub(crate) fn configuration(setting: &'static str, reason: impl Into<String>) -> Self {
        Self::Configuration {
            setting,
            reason: reason.into(),
        }
    }

    /// Creates the error of a store that an application implements itself. `is_retryable` is whether the same operation
    /// may succeed later.
    pub fn store(reason: impl Into<String>, is_retryable: bool) -> Self {
        Self::Store {
            reason: reason.into(),
            is_retryable,
        }
    }

    /// Creates the error of an operation whose lease another worker has taken, for a store that an application implements
    /// itself.
    pub fn lease_lost(name: impl Into<String>) -> Self {
        Self::LeaseLost { name: name.into() }
    }

    pub(crate) fn internal(reason: impl Into<String>) -> Self {
        Self::Internal {
            reason: reason.into(),
        }
    }

    /// Creates the error that a redirect contains. Both strings are truncated, because anyone can forge a
    /// redirect.
    pub(crate) fn authorization_denied(code: &str, description: Option<&str>) -> Self {
        let truncated = |string: &str| string.chars().take(256).collect::<String>();
        let description = description.unwrap_or(match code {
            "access_denied" => "the user denied the authorization",
            _ => "the server gave no reason",
        });
        Self::AuthorizationDenied {
            code: truncated(code),
            description: truncated(description),
        }
    }

    pub(crate) fn file(action: FileAction, path: &Path, source: std::io::Error) -> Self {
        Self::File(Box::new(FileError {
            action,
            path: path.to_owned(),
            source,
        }))
    }

    /// Returns the server's error response, if this error is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            Self::MediaProcessing { source, .. } => source.as_ref()?.api(),
            Self::ThreadIncomplete { source, .. } => source.api(),
            _ => None,
        }
    }

    fn is(&self, kind: ApiErrorKind) -> bool {
        self.api().is_some_and(|error| error.kind == kind)
    }

    /// Returns whether the resource does not exist (404), or no longer exists (410), or was not found by its address.
    #[doc(alias("MastodonNotFoundError", "404"))]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
            || self.is(ApiErrorKind::NotFound)
            || self.is(ApiErrorKind::Gone)
    }

    /// Returns whether the access token is missing, invalid or revoked, according to the server (401) or because the
    /// client has none.
    #[doc(alias("MastodonUnauthorizedError", "401"))]
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::NoAccessToken { .. }) || self.is(ApiErrorKind::Unauthorized)
    }

    /// Returns whether the access token lacks a scope or the user lacks a permission (403). It is false if a proxy
    /// blocked the request: see [`ApiErrorKind::Blocked`].
    #[doc(alias("403"))]
    pub fn is_forbidden(&self) -> bool {
        self.is(ApiErrorKind::Forbidden)
    }

    /// Returns whether the server rejected a value (422), or would reject it because of a limit that it
    /// publishes.
    #[doc(alias("422"))]
    pub fn is_validation(&self) -> bool {
        matches!(self, Self::Limit { .. }) || self.is(ApiErrorKind::Validation)
    }

    /// Returns whether there were too many requests, according to the server (429) or to the client's count.
    pub fn is_rate_limited(&self) -> bool {
        matches!(self, Self::RateLimited { .. }) || self.is(ApiErrorKind::RateLimited)
    }

    /// Returns whether another request changed the resource at the same time (409).
    pub fn is_conflict(&self) -> bool {
        self.is(ApiErrorKind::Conflict)
    }

    /// Returns whether a timeout elapsed: of connecting, reading, one attempt, or the whole call.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Returns whether the server could not be reached, or its response or stream was interrupted.
    pub fn is_network(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            #[cfg(feature = "streaming")]
            Self::Stream { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the user denied the authorization, or the server rejected the authorization request.
    pub fn is_authorization_denied(&self) -> bool {
        matches!(self, Self::AuthorizationDenied { .. })
    }

    /// Returns whether the response was lost, and the server has carried out the call or may have.
    pub fn is_response_lost(&self) -> bool {
        matches!(self, Self::ResponseLost { .. })
    }

    /// Returns whether the same call may succeed later. This does not mean that repeating the call is safe:
    /// the server may have carried it out although its response was lost.
    ///
    /// It is false if the result would be the same: an invalid certificate, a redirect that is not followed, a
    /// response that cannot be decoded, a page of a proxy that blocks the request.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Network { source, .. } => !source
                .as_ref()
                .is_some_and(|source| is_permanent(&**source)),
            #[cfg(feature = "streaming")]
            Self::Stream { .. } => true,
            Self::Timeout { .. } | Self::RateLimited { .. } => true,
            Self::Store { is_retryable, .. } => *is_retryable,
            // The same call would post the first parts again; `resume` continues it.
            Self::ThreadIncomplete { .. } => false,
            _ => self.api().is_some_and(ApiError::is_retryable),
        }
    }

    /// Returns whether the server failed (5xx).
    #[doc(alias(
        "MastodonServerError",
        "MastodonInternalServerError",
        "MastodonBadGatewayError",
        "MastodonServiceUnavailableError",
        "MastodonGatewayTimeoutError"
    ))]
    pub fn is_server_error(&self) -> bool {
        self.is(ApiErrorKind::Server)
    }
}

/// Returns whether a failed connection or request would fail again: the certificate is invalid or cannot be checked, the
/// server does not respond with TLS or supports no version of it that the client supports, or the request is invalid.
pub(crate) fn is_permanent(error: &(dyn std::error::Error + 'static)) -> bool {
    any_cause(error, &|cause| {
        let http = cause.downcast_ref::<reqwest::Error>();
        http.is_some_and(reqwest::Error::is_builder) || is_tls_mismatch(cause)
    })
}

/// Returns whether a condition is true of an error, of an error that it wraps, or of one of its sources.
pub(crate) fn any_cause(
    error: &(dyn std::error::Error + 'static),
    condition: &impl Fn(&(dyn std::error::Error + 'static)) -> bool,
) -> bool {
    if condition(error) {
        return true;
    }
    // The source of an I/O error is that of the error that it wraps, not the wrapped error itself.
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match wrapped {
        Some(wrapped) => any_cause(wrapped, condition),
        None => error
            .source()
            .is_some_and(|source| any_cause(source, condition)),
    }
}

#[cfg(feature = "_rustls")]
fn is_tls_mismatch(error: &(dyn std::error::Error + 'static)) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::InvalidMessage(_)
                | rustls::Error::Other(_)
                | rustls::Error::PeerIncompatible(_)
        )
    )
}

/// Returns whether an error is one of the TLS library of the operating system, but not one of the connection.
#[cfg(all(feature = "native-tls", not(feature = "_rustls")))]
pub(crate) fn is_tls_mismatch(error: &(dyn std::error::Error + 'static)) -> bool {
    let is_io = |cause: &(dyn std::error::Error + 'static)| cause.is::<std::io::Error>();
    any_cause(error, &|cause| {
        let failure = cause.downcast_ref::<native_tls::Error>();
        failure.is_some_and(|failure| !any_cause(failure, &is_io))
    })
}

#[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
fn is_tls_mismatch(_error: &(dyn std::error::Error + 'static)) -> bool {
    false
}
