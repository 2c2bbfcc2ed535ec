//! Sets of scopes.

use std::fmt;

use crate::facts::{SCOPE_INCLUDES, Scope};

/// A set of scopes: what a token may do. A parent covers its children: `read` covers `read:accounts`.
///
/// ```
/// use mastodon_sdk::{Scope, Scopes};
/// let own = Scopes::from("read write:statuses");
/// assert!(own.covers(&Scope::ReadAccounts));
/// assert_eq!(own.missing(&Scopes::from([Scope::Push])), ["push"]);
/// ```
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scopes(
    /// Sorted, each once.
    Vec<String>,
);

impl Scopes {
    /// Whether a token with these scopes may do what the scope allows: parents cover their children.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.covers_text(scope.as_str())
    }

    pub(crate) fn covers_text(&self, scope: &str) -> bool {
        self.0.iter().any(|own| {
            own == scope
                || scope
                    .strip_prefix(own.as_str())
                    .is_some_and(|rest| rest.starts_with(':'))
                || SCOPE_INCLUDES
                    .iter()
                    .any(|(name, included)| own == name && included.contains(&scope))
        })
    }

    /// These and another one.
    #[must_use]
    pub fn with(mut self, scope: &Scope) -> Self {
        self.insert(scope.as_str());
        self
    }

    fn insert(&mut self, scope: &str) {
        if let Err(place) = self.0.binary_search_by(|own| own.as_str().cmp(scope)) {
            self.0.insert(place, scope.to_owned());
        }
    }

    /// The scopes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().map(|scope| Scope::from(scope.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes of `wanted` that these do not cover.
    pub fn missing(&self, wanted: &Self) -> Vec<String> {
        wanted
            .0
            .iter()
            .filter(|scope| !self.covers_text(scope))
            .cloned()
            .collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self
                .0
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl From<&str> for Scopes {
    /// Scopes as OAuth writes them, separated by spaces.
    fn from(scopes: &str) -> Self {
        let mut own = Self::default();
        for scope in scopes.split_whitespace() {
            own.insert(scope);
        }
        own
    }
}

impl From<String> for Scopes {
    fn from(scopes: String) -> Self {
        scopes.as_str().into()
    }
}

impl From<&Scopes> for Scopes {
    fn from(scopes: &Scopes) -> Self {
        scopes.clone()
    }
}

impl<const N: usize> From<[Scope; N]> for Scopes {
    fn from(scopes: [Scope; N]) -> Self {
        let all = scopes.iter();
        all.fold(Self::default(), Self::with)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> String {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_cover_their_children_and_what_is_missing_is_named() {
        let own = Scopes::from("read write:statuses follow");
        assert!(
            own.covers(&Scope::from("read:accounts")) && own.covers(&Scope::from("write:mutes"))
        );
        assert!(
            !own.covers(&Scope::from("write")),
            "a child does not cover its parent"
        );
        assert!(!Scopes::from("re").covers(&Scope::from("read")));
        assert_eq!(own.missing(&"read write push".into()), ["push", "write"]);
        assert_eq!(own.with(&Scope::Push).missing(&"push".into()), [""; 0]);
    }
}
