//! Sets of OAuth scopes.

use std::fmt;

use crate::facts::{SCOPE_INCLUDES, Scope};

/// A set of OAuth scopes. A parent scope covers its children: `read` covers `read:accounts`.
///
/// Methods that take scopes accept `impl Into<Scopes>`: a string with spaces, or an array of [`Scope`].
///
/// ```
/// use mastodon_sdk::{Scope, Scopes};
/// let granted = Scopes::from("read write:statuses");
/// assert!(granted.covers(&Scope::ReadAccounts));
/// assert_eq!(granted.missing(&Scopes::from([Scope::Push])), ["push"]);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Scopes(
    /// Sorted, without duplicates.
    Vec<String>,
);

impl serde::Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&String::from(self.clone()))
    }
}

impl<'de> serde::Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
    }
}

impl Scopes {
    /// Returns whether the set contains the scope or a parent of it.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.covers_name(scope.as_str())
    }

    fn covers_name(&self, scope: &str) -> bool {
        self.0.iter().any(|granted| {
            granted == scope
                || scope
                    .strip_prefix(granted.as_str())
                    .is_some_and(|rest| rest.starts_with(':'))
                || SCOPE_INCLUDES
                    .iter()
                    .any(|(name, included)| granted == name && included.contains(&scope))
        })
    }

    /// Adds a scope.
    #[must_use]
    pub fn with(mut self, scope: &Scope) -> Self {
        self.insert(scope.as_str());
        self
    }

    fn insert(&mut self, scope: &str) {
        if let Err(index) = self.0.binary_search_by(|other| other.as_str().cmp(scope)) {
            self.0.insert(index, scope.to_owned());
        }
    }

    /// Returns the scopes, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().map(|scope| Scope::from(scope.as_str()))
    }

    /// Returns whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the scopes of `required` that the set does not cover, sorted by name.
    pub fn missing(&self, required: &Self) -> Vec<String> {
        required
            .0
            .iter()
            .filter(|scope| !self.covers_name(scope))
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
    /// Parses scopes separated by spaces, as in OAuth.
    fn from(scopes: &str) -> Self {
        let mut set = Self::default();
        for scope in scopes.split_whitespace() {
            set.insert(scope);
        }
        set
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
        scopes.iter().fold(Self::default(), Self::with)
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
    fn parent_scopes_cover_their_children_and_missing_scopes_are_returned() {
        let granted = Scopes::from("read write:statuses follow");
        assert!(
            granted.covers(&Scope::from("read:accounts"))
                && granted.covers(&Scope::from("write:mutes"))
        );
        assert!(
            !granted.covers(&Scope::from("write")),
            "a child does not cover its parent"
        );
        assert!(!Scopes::from("re").covers(&Scope::from("read")));
        assert_eq!(
            granted.missing(&"read write push".into()),
            ["push", "write"]
        );
        assert_eq!(granted.with(&Scope::Push).missing(&"push".into()), [""; 0]);
    }
}
