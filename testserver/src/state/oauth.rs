//! OAuth applications, authorization codes and access tokens.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::ids::Id;
use crate::routes::SCOPES;

/// Lifetime of an authorization code.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Scope that is used if an application requests none.
pub(crate) const DEFAULT_SCOPE: &str = "read";

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    /// Client ID of the application that the token was issued to.
    pub(crate) app: Option<String>,
    pub(crate) user: Option<Id>,
    pub(crate) scopes: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) revoked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) website: Option<String>,
}

impl App {
    /// Parses the requested scopes; `None` if the application was not registered with all of them. The names must
    /// match exactly: `read:accounts` is not accepted for an application registered with `read`.
    pub(crate) fn requested_scopes(&self, requested: Option<&str>) -> Option<Vec<String>> {
        if requested.is_some_and(|requested| requested.contains(['\n', '\r', '\t'])) {
            return None;
        }
        let requested = requested.unwrap_or(DEFAULT_SCOPE).split_whitespace();
        let requested: Vec<String> = requested.map(str::to_owned).collect();
        let are_registered = requested.iter().all(|scope| self.scopes.contains(scope));
        are_registered.then_some(requested)
    }

    /// Whether a redirect URI is allowed.
    pub(crate) fn allows_redirect_uri(&self, uri: &str) -> bool {
        let mut registered = self.redirect_uris.iter();
        registered.any(|registered| redirect_uri_matches(registered, uri))
    }
}

/// Whether a redirect URI is the registered one. For loopback addresses the port is ignored. The query is ignored if the
/// registered URI has none; otherwise the order of its parameters does not matter.
pub(crate) fn redirect_uri_matches(registered: &str, uri: &str) -> bool {
    if uri.contains('#') {
        return false;
    }
    let split = |uri: &str| {
        let (address, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
        parameters.sort_unstable();
        (address.to_owned(), parameters)
    };
    let (registered_address, registered_query) = split(registered);
    let (address, query) = split(uri);
    let has_same_query = !registered.contains('?') || registered_query == query;
    let has_same_address = registered_address == address
        || without_port(&registered_address)
            .is_some_and(|loopback| without_port(&address) == Some(loopback));
    has_same_query && has_same_address
}

/// Splits a loopback URI into scheme, host and path, without the port; `None` for other URIs.
fn without_port(uri: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let is_loopback = host.starts_with("127.") || host == "[::1]";
    is_loopback.then_some((scheme, host, path))
}

/// Authorization code that was not exchanged yet.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationCode {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) user: Id,
    pub(crate) scopes: Vec<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) created: Timestamp,
}

impl AuthorizationCode {
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        now.duration_since(self.created) < CODE_LIFETIME
    }
}

/// Whether all scopes exist.
pub(crate) fn are_known_scopes(scopes: &[String]) -> bool {
    let exists = |name: &String| SCOPES.iter().any(|scope| scope.name == name);
    scopes.iter().all(exists)
}

impl State {
    /// Returns the access token of an application for a user or for itself. There is one for each set of scopes.
    pub(crate) fn find_or_create_token(
        &mut self,
        app: &str,
        user: Option<Id>,
        scopes: &[String],
        now: Timestamp,
    ) -> Token {
        if let Some(token) = self.find_token(app, user, scopes) {
            return token.clone();
        }
        let token = Token {
            value: self.unique_token("token"),
            app: Some(app.to_owned()),
            user,
            scopes: scopes.to_vec(),
            created: now,
            revoked: false,
        };
        self.tokens.insert(token.value.clone(), token.clone());
        token
    }

    /// Finds an existing access token of an application.
    pub(crate) fn find_token(
        &self,
        app: &str,
        user: Option<Id>,
        scopes: &[String],
    ) -> Option<&Token> {
        let same_scopes = |token: &Token| {
            let is_subset =
                |part: &[String], all: &[String]| part.iter().all(|scope| all.contains(scope));
            is_subset(&token.scopes, scopes) && is_subset(scopes, &token.scopes)
        };
        let matching = self.tokens.values().filter(|token| {
            !token.revoked
                && token.user == user
                && token.app.as_deref() == Some(app)
                && same_scopes(token)
        });
        matching.max_by_key(|token| token.created)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_redirect_uri_is_ignored() {
        let app = App {
            id: 1,
            name: "x".to_owned(),
            secret: String::new(),
            redirect_uris: [
                "http://127.0.0.1/cb",
                "https://app.example/cb",
                "https://app.example/two?a=1&b=2",
            ]
            .map(str::to_owned)
            .into(),
            scopes: Vec::new(),
            website: None,
        };
        for allowed in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8123/cb",
            "https://app.example/cb",
            "https://app.example/cb?a=b",
            "https://app.example/two?b=2&a=1",
        ] {
            assert!(app.allows_redirect_uri(allowed), "{allowed}");
        }
        for rejected in [
            "http://127.0.0.1:8123/other",
            "https://app.example:8123/cb",
            "https://app.example/cb/more",
            "http://app.example/cb",
            "https://app.example/two",
            "https://app.example/two?a=1",
            "https://app.example/cb#part",
        ] {
            assert!(!app.allows_redirect_uri(rejected), "{rejected}");
        }
    }
}
