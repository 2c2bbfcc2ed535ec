//! What can go wrong, told so that a program can decide and a person can act.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;

use crate::endpoint::Endpoint;
use crate::rate_limit::Budget;
use crate::secret::{redact, redact_json};
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
        /// The setting that gave it this time: `connect_timeout`, `read_timeout`, `timeout` or `deadline`.
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
    /// The client or the credentials are not set up rightly.
    #[error("{0}")]
    Config(String),
    /// A user was asked and gave no leave, or the server found fault with the request before asking.
    #[error("the log-in was refused ({code}): {said}")]
    LoginRefused {
        /// The code of OAuth: `access_denied` where it was the user.
        code: String,
        /// What the server says of it.
        said: String,
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

/// The server's refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The method's name.
    pub endpoint: &'static str,
    /// The status.
    pub status: StatusCode,
    /// What kind of refusal it is.
    pub kind: ApiErrorKind,
    /// The server's own words, or what stood in place of them.
    pub message: String,
    /// The longer text of OAuth errors.
    pub description: Option<String>,
    /// What is wrong with each field, where the server tells.
    pub details: Vec<FieldError>,
    /// All that the server said, secrets taken out; null where it was not JSON. A few refusals carry
    /// an entity along; see [`attached`](Self::attached).
    pub body: serde_json::Value,
}

impl ApiError {
    /// What the refusal carries along under a name: the block that stands in the way of
    /// `admin_create_domain_block` is under `existing_domain_block`, an `AdminDomainBlock`.
    pub fn attached<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.body.get(name)?).ok()
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// The code, such as `ERR_TAKEN`.
    pub code: String,
    /// What people read.
    pub description: String,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// 400: the request cannot be read.
    BadRequest,
    /// 401: the token is missing, wrong or revoked.
    Unauthorized,
    /// 403: the token's scopes or the user's rights do not reach that far.
    Forbidden,
    /// 404: there is no such thing, or it may not be seen.
    NotFound,
    /// 409: it was changed meanwhile.
    Conflict,
    /// 410: it is gone for good.
    Gone,
    /// 422: a value is not acceptable.
    Validation,
    /// 429: too many requests.
    RateLimited,
    /// 5xx: the server failed.
    Server,
    /// Any other status.
    Other,
}

impl ApiErrorKind {
    fn of(status: StatusCode) -> Self {
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

    /// What to do about it. Some codes of OAuth tell more than the status.
    fn advice(self, message: &str) -> &'static str {
        match (message, self) {
            ("invalid_grant", _) => {
                "; ask the user again: a code is good for one use and some minutes"
            }
            ("invalid_client", _) => "; check the program's id and secret, or register it again",
            ("invalid_scope", _) => "; ask only for scopes that the program was registered with",
            (_, kind) => kind.plain_advice(),
        }
    }

    fn plain_advice(self) -> &'static str {
        match self {
            Self::Unauthorized => "; check the access token",
            Self::Forbidden => "; check the scopes of the access token",
            Self::RateLimited => "; wait before the next request",
            _ => "",
        }
    }
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            status,
            kind,
            message,
            description,
            details,
            body: _,
        } = self;
        write!(f, "{endpoint} ({status}): {message}")?;
        if let Some(description) = description {
            write!(f, ": {description}")?;
        }
        for FieldError {
            field,
            code,
            description,
        } in details
        {
            write!(f, "; {field}: {description} ({code})")?;
        }
        f.write_str(kind.advice(message))
    }
}

impl Error {
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
        if let Self::Api(error) = self {
            Some(error)
        } else {
            None
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

    /// Whether the server did not accept a value (422).
    pub fn is_validation(&self) -> bool {
        self.is(ApiErrorKind::Validation)
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

    /// Whether the server could not be reached, or its answer did not come back whole.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Network { .. })
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
    let boundary = |at: usize| {
        (0..=at.min(shown.len()))
            .rev()
            .find(|at| shown.is_char_boundary(*at))
    };
    let from = boundary(before.len().saturating_sub(LENGTH / 2)).unwrap_or(0);
    let to = boundary(from + LENGTH).unwrap_or(from);
    shown[from..to].trim().to_owned()
}

/// Reads the body of a refusal, in whichever of its shapes it comes.
pub(crate) fn refusal(endpoint: &'static str, response: &RawResponse) -> Error {
    let status = response.status;
    let body = response
        .secrets
        .hide(&String::from_utf8_lossy(&response.body));
    let mut value: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    redact_json(&mut value);
    // Collections wrap error and details in one more object.
    let inner = value
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(&value);
    let text = |key: &str| {
        inner
            .get(key)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
    };
    let details = inner.get("details").and_then(|details| details.as_object());
    let details = details.into_iter().flatten().flat_map(|(field, errors)| {
        errors
            .as_array()
            .into_iter()
            .flatten()
            .map(move |error| FieldError {
                field: field.clone(),
                code: error["error"].as_str().unwrap_or_default().to_owned(),
                description: error["description"].as_str().unwrap_or_default().to_owned(),
            })
    });
    let message = text("error").unwrap_or_else(|| {
        let plain = excerpt(response, 0);
        match plain.as_str() {
            "" => "the server gave no reason".to_owned(),
            html if html.starts_with('<') => "the server answered with an HTML page".to_owned(),
            _ => plain,
        }
    });
    Error::Api(Box::new(ApiError {
        endpoint,
        status,
        kind: ApiErrorKind::of(status),
        message,
        description: text("error_description"),
        details: details.collect(),
        body: value,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ApiError {
        let response = RawResponse::new(StatusCode::from_u16(status).unwrap(), body.to_owned());
        let error = refusal("status", &response);
        error.api().unwrap().clone()
    }

    #[test]
    fn each_shape_of_an_error_is_understood() {
        assert_eq!(
            read(404, r#"{"error":"Record not found"}"#).message,
            "Record not found"
        );
        let oauth = read(
            400,
            r#"{"error":"invalid_grant","error_description":"The code is used up."}"#,
        );
        assert_eq!(oauth.description.as_deref(), Some("The code is used up."));
        let details = r#"{"error":"Validation failed","details":{"username":[{"error":"ERR_TAKEN","description":"is taken"}]}}"#;
        for body in [details.to_owned(), format!(r#"{{"error":{details}}}"#)] {
            let error = read(422, &body);
            assert_eq!(
                (error.message.as_str(), error.kind),
                ("Validation failed", ApiErrorKind::Validation)
            );
            assert_eq!(
                (
                    error.details[0].field.as_str(),
                    error.details[0].code.as_str()
                ),
                ("username", "ERR_TAKEN")
            );
        }
        assert_eq!(
            read(502, "<html>Bad gateway").message,
            "the server answered with an HTML page"
        );
        assert_eq!(read(404, "").message, "the server gave no reason");
        assert_eq!(read(400, "Invalid token").message, "Invalid token");
    }

    #[test]
    fn an_entity_that_a_refusal_carries_is_reached_and_a_secret_is_not() {
        let error = read(
            422,
            r#"{"error":"Stricter limits are there","existing_domain_block":{"id":"1","domain":"a.example",
            "created_at":"2022-11-16T08:15:34.238Z","severity":"noop"},"access_token":"abc"}"#,
        );
        let block: crate::entities::AdminDomainBlock =
            error.attached("existing_domain_block").unwrap();
        assert_eq!(block.domain, "a.example");
        assert_eq!(error.attached::<crate::entities::Account>("nothing"), None);
        assert!(!format!("{error:?}").contains("abc"));
        assert!(read(502, "<html>").body.is_null());
    }

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
