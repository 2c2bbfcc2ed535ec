//! Errors of OAuth flows.

use std::fmt;

/// Why an OAuth flow cannot be completed.
///
/// A user who denies the authorization is [`Error::AuthorizationDenied`](crate::Error::AuthorizationDenied),
/// and an error response of the server is [`Error::Api`](crate::Error::Api).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuthError {
    /// The redirect contains the `state` of another authorization request, so it may be forged.
    StateMismatch,

    /// The redirect is not a valid URL, or contains neither a code nor an error.
    #[non_exhaustive]
    InvalidRedirect {
        /// Why it is invalid.
        reason: String,
    },

    /// The application was registered without some of the requested scopes.
    #[non_exhaustive]
    ScopesNotRegistered {
        /// The missing scopes.
        scopes: Vec<String>,
    },

    /// The server granted fewer scopes than requested.
    #[non_exhaustive]
    ScopesNotGranted {
        /// The missing scopes.
        scopes: Vec<String>,
    },

    /// The server does not support the grant type.
    #[non_exhaustive]
    GrantNotSupported {
        /// The grant type, such as `password`.
        grant_type: String,
    },

    /// The client has no access token to revoke.
    NoAccessToken,

    /// The stored credentials do not name their server.
    NoServer,
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StateMismatch => f.write_str(
                "the redirect has another `state`: it belongs to another authorization \
                 request, so its code is not used",
            ),
            Self::InvalidRedirect { reason } => {
                write!(f, "the redirect after the authorization {reason}")
            }
            Self::ScopesNotRegistered { scopes } => write!(
                f,
                "the application was registered without the scopes {}; register it with \
                 them (`create_app`)",
                scopes.join(" ")
            ),
            Self::ScopesNotGranted { scopes } => write!(
                f,
                "the server did not grant the requested scopes {}; request fewer, or \
                 register the application with them (`create_app`)",
                scopes.join(" ")
            ),
            Self::GrantNotSupported { grant_type } => write!(
                f,
                "the server does not support the grant type `{grant_type}`; send the user \
                 to `auth_request_url` and log in with the code"
            ),
            Self::NoAccessToken => f.write_str("the client has no access token to revoke"),
            Self::NoServer => {
                f.write_str("the credentials do not name their server; set their field `server`")
            }
        }
    }
}

impl std::error::Error for OAuthError {}
