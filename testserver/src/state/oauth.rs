//! Applications and what they may do.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::ids::Id;
use crate::routes::SCOPES;

/// How long a code waits for being exchanged.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// The scope that a program gets that asks for none.
pub(crate) const DEFAULT_SCOPE: &str = "read";

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) value: String,
    /// The client id of the application that it was given to.
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
    /// The scopes that a request asks for; `None` where the application cannot have all of them. Only names
    /// that it was registered with count: a part of `read` is not in `read`.
    pub(crate) fn requested_scopes(&self, asked: Option<&str>) -> Option<Vec<String>> {
        let asked = asked.unwrap_or(DEFAULT_SCOPE).split_whitespace();
        let asked: Vec<String> = asked.map(str::to_owned).collect();
        let all = asked.iter().all(|scope| self.scopes.contains(scope));
        all.then_some(asked)
    }

    /// Whether users may be sent there. A port of the loopback interface is free, and so is the query where
    /// the registered address has none.
    pub(crate) fn allows_redirect_uri(&self, address: &str) -> bool {
        let matches = |registered: &String| {
            let whole = registered.contains('?');
            let asked = if whole {
                address
            } else {
                address.split('?').next().unwrap_or_default()
            };
            registered == asked
                || without_port(registered).is_some_and(|one| without_port(asked) == Some(one))
        };
        self.redirect_uris.iter().any(matches)
    }
}

/// An address of the loopback interface in two parts, without the port between them.
fn without_port(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let loopback = scheme == "http" && (host.starts_with("127.") || host == "[::1]");
    loopback.then_some((host, path))
}

/// A code that waits to be exchanged for a token.
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

/// Whether the server knows all these scopes.
pub(crate) fn are_known_scopes(scopes: &[String]) -> bool {
    let known = |name: &String| SCOPES.iter().any(|scope| scope.name == name);
    scopes.iter().all(known)
}

impl State {
    /// The token that an application has for a user, or for itself: one for each set of scopes.
    pub(crate) fn find_or_create_token(
        &mut self,
        app: &str,
        user: Option<Id>,
        scopes: &[String],
        now: Timestamp,
    ) -> Token {
        if let Some(known) = self.find_token(app, user, scopes) {
            return known.clone();
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

    /// A token that the application has already.
    pub(crate) fn find_token(
        &self,
        app: &str,
        user: Option<Id>,
        scopes: &[String],
    ) -> Option<&Token> {
        let same_scopes = |token: &Token| {
            let within = |some: &[String], all: &[String]| some.iter().all(|one| all.contains(one));
            within(&token.scopes, scopes) && within(scopes, &token.scopes)
        };
        self.tokens.values().find(|token| {
            !token.revoked
                && token.user == user
                && token.app.as_deref() == Some(app)
                && same_scopes(token)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_a_loopback_address_is_free_and_nothing_else() {
        let app = App {
            id: 1,
            name: "x".to_owned(),
            secret: String::new(),
            redirect_uris: ["http://127.0.0.1/cb", "https://app.example/cb"]
                .map(str::to_owned)
                .into(),
            scopes: Vec::new(),
            website: None,
        };
        for good in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:8123/cb",
            "https://app.example/cb",
            "https://app.example/cb?a=b",
        ] {
            assert!(app.allows_redirect_uri(good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:8123/other",
            "https://app.example:8123/cb",
            "https://app.example/cb/more",
            "http://app.example/cb",
        ] {
            assert!(!app.allows_redirect_uri(bad), "{bad}");
        }
    }
}
