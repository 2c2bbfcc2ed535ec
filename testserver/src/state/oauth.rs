//! Applications and what they may do.

use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// The client id of the application that it was given to.
    pub(crate) app: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: String,
    pub(crate) website: Option<String>,
}

/// A code that waits to be exchanged for a token.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) user: Id,
    pub(crate) scope: String,
    pub(crate) challenge: Option<String>,
}
