//! What the documentation tells of an endpoint besides its form.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::Compare;
use crate::Rule;
use crate::known::Endpoint;
use crate::outside::{Operation, Parameter};
use mastodon_spec::yaml::{Limit, SourceKind, Version};

impl Compare<'_, '_> {
    pub(super) fn remarks(&mut self, endpoint: Endpoint<'_>, operation: &Operation) {
        // Another address has its own history, and those who tell of no remarks tell nothing.
        if endpoint.aside || self.outside.kind != SourceKind::Documentation {
            return;
        }
        let method = endpoint.method;
        let theirs = &operation.remarks;
        let mut found = Vec::new();
        let ends = &theirs.ends;
        let marked = ends.marked || ends.removed.is_some();
        found.extend(end(
            "deprecated",
            &method.deprecated,
            &ends.deprecated,
            marked,
        ));
        // What was given up before its first release is in none.
        let given_up = ends
            .deprecated
            .as_ref()
            .is_some_and(|version| version.pre.is_some());
        let marked = operation.removed && ends.removed.is_none() || given_up;
        found.extend(end("removed", &method.removed, &ends.removed, marked));
        let mut found: Vec<_> = found
            .into_iter()
            .map(|said| (Rule::OtherEnd, said))
            .collect();
        let permission = method.permission.as_deref().unwrap_or_default();
        let ours: BTreeSet<&str> = permission
            .split(" or ")
            .filter(|one| !one.is_empty())
            .collect();
        let permissions: BTreeSet<&str> = theirs.permissions.iter().map(String::as_str).collect();
        if ours != permissions && !permissions.is_empty() {
            let said = format!("{} here, {} there", list(&ours), list(&permissions));
            found.push((Rule::OtherPermission, said));
        }
        // A page that does not tell of the answers tells of no errors either.
        if !theirs.statuses.is_empty() {
            let errors = method.errors.iter().copied();
            let ours: BTreeSet<u16> = errors.chain(method.responses.keys().copied()).collect();
            let mut statuses = theirs.statuses.clone();
            statuses.remove(&200);
            if ours != statuses {
                let said = format!(
                    "{} only here, {} only there",
                    list(&ours.difference(&statuses).collect()),
                    list(&statuses.difference(&ours).collect())
                );
                found.push((Rule::OtherStatuses, said));
            }
        }
        if let Some(theirs) = operation.docs.as_deref().filter(|docs| docs.contains('#')) {
            let home = self.known.model.spec.methods.get(endpoint.file);
            let page = home
                .and_then(|file| file.docs.as_deref())
                .unwrap_or_default();
            let ours = match method.docs.as_deref() {
                Some(docs) if docs.contains('/') => docs.to_owned(),
                Some(anchor) => format!("{page}#{anchor}"),
                None => page.to_owned(),
            };
            if ours != theirs {
                found.push((Rule::OtherDocs, format!("{ours} here, {theirs} there")));
            }
        }
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods".to_owned(), endpoint.name.to_owned()];
        for (rule, said) in found {
            self.push(rule, endpoint.name, said, (&file, &path), &operation.at);
        }
    }

    /// The limit of a list in pages.
    pub(super) fn limit(&mut self, endpoint: Endpoint<'_>, their: &Parameter) {
        let Some(paging) = &endpoint.method.paging else {
            return;
        };
        // Where the documentation has another limit than the server, others may have either.
        let server = paging.limit.filter(|limit| {
            self.outside.kind != SourceKind::Documentation
                && their.max == Some(limit.max.to_string())
        });
        let limit = server.or(paging.documented_limit).or(paging.limit);
        let Some(Limit { default, max }) = limit else {
            return;
        };
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods", endpoint.name, "paging"].map(str::to_owned);
        let ours = (Some(default.to_string()), Some(max.to_string()));
        self.range(endpoint, "limit", ours, their, (&file, &path));
    }

    /// What a parameter is when it is not given, and how great it may be.
    pub(super) fn range(
        &mut self,
        endpoint: Endpoint<'_>,
        name: &str,
        ours: (Option<String>, Option<String>),
        their: &Parameter,
        place: (&str, &[String]),
    ) {
        let pairs = [
            ("default", ours.0, &their.default),
            ("most", ours.1, &their.max),
        ];
        for (what, ours, theirs) in pairs {
            let Some(theirs) = theirs else { continue };
            if ours.as_ref() == Some(theirs) {
                continue;
            }
            let ours = ours.unwrap_or_else(|| "none".to_owned());
            let subject = format!("{}({name})", endpoint.name);
            let said = format!("{what} {ours} here, {theirs} there");
            self.push(Rule::OtherDefault, &subject, said, place, &their.at);
        }
    }
}

/// How both sides tell of an end; a mark without a version agrees with any.
pub(super) fn end(
    how: &str,
    ours: &Option<Version>,
    theirs: &Option<Version>,
    marked: bool,
) -> Option<String> {
    let said = |version: &Option<Version>| match version {
        Some(version) => format!("{how} in {version}"),
        None => format!("not {how}"),
    };
    let same = ours == theirs || (theirs.is_none() && marked);
    (!same).then(|| format!("{} here, {} there", said(ours), said(theirs)))
}

fn list(things: &BTreeSet<impl Display>) -> String {
    if things.is_empty() {
        return "nothing".to_owned();
    }
    let things: Vec<String> = things.iter().map(ToString::to_string).collect();
    things.join(", ")
}
