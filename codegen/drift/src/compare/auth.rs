//! Compares tokens and scopes.

use super::Compare;
use crate::Rule;
use crate::external::Operation;
use crate::spec_index::Endpoint;
use mastodon_spec::yaml::{Auth, AuthLevel, SourceKind};

impl<'a> Compare<'_, 'a> {
    pub(super) fn auth(&mut self, endpoint: Endpoint<'a>, operation: &Operation) {
        let theirs = operation.auth.as_deref().map(str::parse::<Auth>);
        let (Some(ours), Some(Ok(theirs))) = (&endpoint.method.auth, theirs) else {
            return;
        };
        // An update with two HTTP methods is reported once.
        let again = endpoint.is_alias && operation.twin_of.is_some();
        if again {
            return;
        }
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods", endpoint.name].map(str::to_owned);
        let stated = endpoint.method.documented.auth.as_ref();
        let stated = stated.map(|stated| *stated == theirs || self.auth_matches(stated, &theirs));
        // A page that is silent about an optional token is not wrong, but does not say what the server does either.
        let is_equal = match stated {
            Some(_) => *ours == theirs,
            None => self.auth_matches(ours, &theirs),
        };
        if !self.differs(endpoint.name, (&file, &path), "auth", stated, is_equal) {
            return;
        }
        let path = ["methods", endpoint.name, "auth"].map(str::to_owned);
        let detail = format!("{ours} in the specification, {theirs} in the source");
        self.push(
            Rule::OtherAuth,
            endpoint.name,
            detail,
            (&file, &path),
            &operation.at,
        );
    }

    /// Whether both descriptions of a token are equal.
    fn auth_matches(&self, ours: &Auth, theirs: &Auth) -> bool {
        // Not all sources mention optional tokens.
        let is_optional = matches!(ours.level, AuthLevel::OptionalApp | AuthLevel::OptionalUser);
        let routes = self.external.kind == SourceKind::Routes;
        if !routes && theirs.level == AuthLevel::None && theirs.scopes.is_empty() && is_optional {
            return true;
        }
        let scopes = &self.spec_index.model.spec.api.scopes;
        // Deprecated scopes still work, but are no longer documented.
        let is_current = |name: &&String| {
            let scope = scopes.get(name.as_str());
            scope.is_none_or(|scope| scope.deprecated.is_none())
        };
        let current_scopes = |auth: &Auth| {
            auth.scopes
                .iter()
                .filter(is_current)
                .cloned()
                .collect::<Vec<_>>()
        };
        let (our_scopes, their_scopes) = (current_scopes(ours), current_scopes(theirs));
        let same_level = match self.external.kind {
            // A later callback decides the kind of token.
            SourceKind::Routes => match theirs.level {
                AuthLevel::User => ours.level == AuthLevel::User,
                AuthLevel::App => matches!(ours.level, AuthLevel::App | AuthLevel::User),
                _ => true,
            },
            _ => ours.level == theirs.level,
        };
        // A scope includes its sub-scopes.
        let has = |all: &[String], name: &str| {
            let inside = |outer: &String| name == outer || name.starts_with(&format!("{outer}:"));
            all.iter().any(inside)
        };
        let all_in_source = our_scopes.iter().all(|name| has(&their_scopes, name));
        let all_in_spec = their_scopes.iter().all(|name| {
            let around = |own: &String| own == name || own.starts_with(&format!("{name}:"));
            our_scopes.iter().any(around)
        });
        same_level && all_in_source && all_in_spec
    }
}
