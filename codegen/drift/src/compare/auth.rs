//! The token that an endpoint wants.

use super::Compare;
use crate::Rule;
use crate::known::Endpoint;
use crate::outside::Operation;
use mastodon_spec::yaml::{Auth, AuthLevel, SourceKind};

impl<'a> Compare<'_, 'a> {
    pub(super) fn auth(&mut self, endpoint: Endpoint<'a>, operation: &Operation) {
        let theirs = operation.auth.as_deref().map(str::parse::<Auth>);
        let (Some(ours), Some(Ok(theirs))) = (&endpoint.method.auth, theirs) else {
            return;
        };
        // Of an update that two verbs do, one tells it.
        let again = endpoint.aside && operation.twin_of.is_some();
        if again || self.opens(ours, &theirs) {
            return;
        }
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods", endpoint.name, "auth"].map(str::to_owned);
        let detail = format!("{ours} here, {theirs} there");
        self.push(
            Rule::OtherAuth,
            endpoint.name,
            detail,
            (&file, &path),
            &operation.at,
        );
    }

    /// Whether both mean the same tokens.
    fn opens(&self, ours: &Auth, theirs: &Auth) -> bool {
        // That a token may show more is not told everywhere.
        let open = matches!(ours.level, AuthLevel::OptionalApp | AuthLevel::OptionalUser);
        let routes = self.outside.kind == SourceKind::Routes;
        if !routes && theirs.level == AuthLevel::None && theirs.scopes.is_empty() && open {
            return true;
        }
        let scopes = &self.known.model.spec.api.scopes;
        // A deprecated scope still opens what it did, and is no longer told of.
        let counts = |name: &&String| {
            let scope = scopes.get(name.as_str());
            scope.is_none_or(|scope| scope.deprecated.is_none())
        };
        let of = |auth: &Auth| {
            auth.scopes
                .iter()
                .filter(counts)
                .cloned()
                .collect::<Vec<_>>()
        };
        let (ours_of, theirs_of) = (of(ours), of(theirs));
        let same = match self.outside.kind {
            // What comes after the token decides whose it has to be.
            SourceKind::Routes => match theirs.level {
                AuthLevel::User => ours.level == AuthLevel::User,
                AuthLevel::App => matches!(ours.level, AuthLevel::App | AuthLevel::User),
                _ => true,
            },
            _ => ours.level == theirs.level,
        };
        // A scope includes those whose names begin with its own.
        let has = |all: &[String], name: &str| {
            let inside = |outer: &String| name == outer || name.starts_with(&format!("{outer}:"));
            all.iter().any(inside)
        };
        let known = ours_of.iter().all(|name| has(&theirs_of, name));
        let told = theirs_of.iter().all(|name| {
            let around = |own: &String| own == name || own.starts_with(&format!("{name}:"));
            ours_of.iter().any(around)
        });
        same && known && told
    }
}
