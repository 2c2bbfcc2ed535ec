//! Compares notes of the documentation: permissions, statuses, anchors, versions, defaults.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::Compare;
use super::documented::end_is_stated;
use crate::Rule;
use crate::draft::{Draft, Setting};
use crate::external::{Operation, Parameter};
use crate::spec_index::Endpoint;
use mastodon_spec::derive::derived_errors;
use mastodon_spec::yaml::{Limit, SourceKind, Version};

impl Compare<'_, '_> {
    pub(super) fn notes(&mut self, endpoint: Endpoint<'_>, operation: &Operation) {
        // An alias has a history of its own, and sources without notes are not compared.
        if endpoint.is_alias || self.external.kind != SourceKind::Documentation {
            return;
        }
        let method = endpoint.method;
        let theirs = &operation.notes;
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods".to_owned(), endpoint.name.to_owned()];
        let position = (file.as_str(), path.as_slice());
        let mut found = Vec::new();
        let ends = &theirs.ends;
        let marked = ends.marked || ends.removed.is_some();
        let documented = &method.documented;
        let detail = end("deprecated", &method.deprecated, &ends.deprecated, marked);
        let stated = documented.deprecated.as_ref();
        let stated = end_is_stated(stated, ends.deprecated.as_ref(), marked);
        if self.differs(
            endpoint.name,
            position,
            "deprecated",
            stated,
            detail.is_none(),
        ) {
            found.extend(detail.map(|detail| {
                let (ours, theirs) = (&method.deprecated, &ends.deprecated);
                (detail, ended(&path, "deprecated", ours, theirs))
            }));
        }
        // It was removed before its first release.
        let never_released = ends
            .deprecated
            .as_ref()
            .is_some_and(|version| version.pre.is_some());
        let marked = operation.removed && ends.removed.is_none() || never_released;
        let detail = end("removed", &method.removed, &ends.removed, marked);
        let stated = end_is_stated(documented.removed.as_ref(), ends.removed.as_ref(), marked);
        if self.differs(endpoint.name, position, "removed", stated, detail.is_none()) {
            found.extend(detail.map(|detail| {
                let (ours, theirs) = (&method.removed, &ends.removed);
                (detail, ended(&path, "removed", ours, theirs))
            }));
        }
        let mut found: Vec<_> = found
            .into_iter()
            .map(|(detail, draft)| (Rule::OtherEnd, detail, draft))
            .collect();
        let permission = method.permission.as_deref().unwrap_or_default();
        let ours: BTreeSet<&str> = permission
            .split(" or ")
            .filter(|one| !one.is_empty())
            .collect();
        let permissions: BTreeSet<&str> = theirs.permissions.iter().map(String::as_str).collect();
        if ours != permissions && !permissions.is_empty() {
            let detail = format!(
                "{} in the specification, {} in the source",
                list(&ours),
                list(&permissions)
            );
            let draft = ours.is_empty().then(|| Draft::Set {
                path: path.to_vec(),
                key: "permission",
                value: Setting::Text(theirs.permissions.join(" or ")),
            });
            found.push((Rule::OtherPermission, detail, draft));
        }
        // A page without responses has no errors either.
        if !theirs.statuses.is_empty() {
            let errors = method.errors.iter().copied();
            let ours: BTreeSet<u16> = errors.chain(method.responses.keys().copied()).collect();
            let mut statuses = theirs.statuses.clone();
            statuses.remove(&200);
            let stated = method.documented.statuses.as_ref();
            let stated = stated.map(|stated| stated.iter().copied().collect::<BTreeSet<_>>());
            let stated = stated.map(|stated| stated == statuses);
            // Few pages list every status that follows from the token.
            let derived: BTreeSet<u16> = derived_errors(method.auth.as_ref()).collect();
            let expected: BTreeSet<u16> = ours.difference(&derived).copied().collect();
            let (extra, missing) = (&expected - &statuses, &statuses - &ours);
            let is_equal = extra.is_empty() && missing.is_empty();
            if self.differs(endpoint.name, position, "statuses", stated, is_equal) {
                let detail = format!(
                    "{} only in the specification, {} only in the source",
                    list(&extra),
                    list(&missing)
                );
                let missing = statuses.difference(&ours).copied();
                let (new_errors, responses): (Vec<u16>, Vec<u16>) =
                    missing.partition(|status| *status >= 400);
                let mut errors: Vec<u16> = method.errors.clone();
                errors.extend(&new_errors);
                errors.sort_unstable();
                errors.retain(|status| !derived.contains(status));
                let is_new = !new_errors.is_empty() || !responses.is_empty();
                let draft = is_new.then(|| Draft::Statuses {
                    path: path.to_vec(),
                    errors,
                    responses,
                });
                found.push((Rule::OtherStatuses, detail, draft));
            }
        }
        if let Some(theirs) = operation.docs.as_deref().filter(|docs| docs.contains('#')) {
            let file = self.spec_index.model.spec.methods.get(endpoint.file);
            let page = file
                .and_then(|file| file.docs.as_deref())
                .unwrap_or_default();
            let ours = match method.docs.as_deref() {
                Some(docs) if docs.contains('/') => docs.to_owned(),
                Some(anchor) => format!("{page}#{anchor}"),
                None => page.to_owned(),
            };
            if ours != theirs {
                let anchor = theirs.strip_prefix(&format!("{page}#"));
                let draft = anchor.map(|anchor| Draft::Set {
                    path: path.to_vec(),
                    key: "docs",
                    value: Setting::Text(anchor.to_owned()),
                });
                found.push((
                    Rule::OtherDocs,
                    format!("{ours} in the specification, {theirs} in the source"),
                    draft,
                ));
            }
        }
        for (rule, detail, draft) in found {
            self.push(rule, endpoint.name, detail, (&file, &path), &operation.at)
                .draft = draft;
        }
    }

    /// Compares the limit of a paged list.
    pub(super) fn limit(&mut self, endpoint: Endpoint<'_>, their: &Parameter) {
        let Some(paging) = &endpoint.method.paging else {
            return;
        };
        // Where the documented limit differs from the server's, sources can have either.
        let server = paging.limit.filter(|limit| {
            self.external.kind != SourceKind::Documentation
                && their.max == Some(limit.max.to_string())
        });
        let documented = endpoint.method.documented.limit;
        let limit = server.or(documented).or(paging.limit);
        let Some(Limit { default, max }) = limit else {
            return;
        };
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods", endpoint.name, "paging"].map(str::to_owned);
        let ours = (Some(default.to_string()), Some(max.to_string()));
        self.range(endpoint, "limit", ours, their, (&file, &path));
    }

    /// Compares default and maximum of a parameter.
    pub(super) fn range(
        &mut self,
        endpoint: Endpoint<'_>,
        name: &str,
        ours: (Option<String>, Option<String>),
        their: &Parameter,
        position: (&str, &[String]),
    ) {
        let pairs = [
            ("default", ours.0, &their.default),
            ("maximum", ours.1, &their.max),
        ];
        for (kind, ours, theirs) in pairs {
            let Some(theirs) = theirs else { continue };
            if ours.as_ref() == Some(theirs) {
                continue;
            }
            let ours = ours.unwrap_or_else(|| "none".to_owned());
            let subject = format!("{}({name})", endpoint.name);
            let detail = format!("{kind} {ours} in the specification, {theirs} in the source");
            self.push(Rule::OtherDefault, &subject, detail, position, &their.at);
        }
    }
}

/// Compares deprecation or removal; a mark without a version matches any version.
pub(super) fn end(
    state: &str,
    ours: &Option<Version>,
    theirs: &Option<Version>,
    marked: bool,
) -> Option<String> {
    let detail = |version: &Option<Version>| match version {
        Some(version) => format!("{state} in {version}"),
        None => format!("not {state}"),
    };
    let same = ours == theirs || (theirs.is_none() && marked);
    (!same).then(|| {
        format!(
            "{} in the specification, {} in the source",
            detail(ours),
            detail(theirs)
        )
    })
}

/// The draft of a version that deprecated or removed an item, if the specification has none.
pub(super) fn ended(
    path: &[String],
    key: &'static str,
    ours: &Option<Version>,
    theirs: &Option<Version>,
) -> Option<Draft> {
    ours.is_none().then(|| Draft::Set {
        path: path.to_vec(),
        key,
        value: Setting::Version(theirs.clone()),
    })
}

fn list(items: &BTreeSet<impl Display>) -> String {
    if items.is_empty() {
        return "nothing".to_owned();
    }
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}
