//! Compares an external description with the specification.

mod api;
mod auth;
mod documented;
mod elsewhere;
mod notes;
mod objects;
mod params;
pub(super) mod releases;
mod streaming;

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Setting};
use super::external::{ExternalApi, Operation, Shape};
use super::spec_index::SpecIndex;
use super::types_match::types_match;
use super::{Comparison, Finding, Report, Rule};
use mastodon_spec::model::is_of_other_servers;
use mastodon_spec::yaml::{
    EnumValue, HttpMethod, Route, SourceKind, Supported, TypeRef, Version, anonymous_path,
};

/// Compares a description with the specification.
pub(super) fn compare(spec_index: &SpecIndex<'_>, external: &ExternalApi) -> Comparison {
    let mut compare = Compare {
        spec_index,
        external,
        findings: Vec::new(),
        seen: BTreeSet::new(),
        settled: BTreeSet::new(),
        values: BTreeMap::new(),
    };
    for operation in &external.operations {
        compare.operation(operation);
    }
    for object in &external.objects {
        compare.object(object);
    }
    compare.order();
    compare.streaming();
    compare.releases();
    compare.extra_items();
    compare.unsettled();
    compare.scopes();
    compare.limits();
    let Compare { mut findings, .. } = compare;
    // An action with several routes is reported once.
    let mut seen = BTreeSet::new();
    findings.retain(|finding| {
        let subject = (
            finding.rule,
            finding.subject.clone(),
            finding.detail.clone(),
        );
        finding.subject.contains(' ') || seen.insert(subject)
    });
    Comparison {
        report: Report {
            source: external.kind,
            findings,
            justified: 0,
            compared: external.operations.len() + external.objects.len(),
            read: external.read.clone(),
            unread: external.unread.clone(),
            version: external.version.clone(),
        },
        examined: (!external.is_whole()).then(|| accepted_routes(spec_index, external.kind)),
    }
}

/// The entries of accepted differences that are about endpoints, and not about their parameters or entities.
fn accepted_routes(spec_index: &SpecIndex<'_>, kind: SourceKind) -> BTreeSet<String> {
    let entries = spec_index.model.spec.differences.differences.get(&kind);
    let patterns = entries.into_iter().flatten();
    let patterns = patterns.flat_map(|entry| &entry.applies_to);
    let is_route = |pattern: &&String| {
        let is_name = !pattern.contains(['(', '.']) && !pattern.starts_with(char::is_uppercase);
        is_name || pattern.starts_with('/') || pattern.contains(' ')
    };
    patterns.filter(is_route).cloned().collect()
}

struct Compare<'k, 'a> {
    spec_index: &'k SpecIndex<'a>,
    external: &'k ExternalApi,
    findings: Vec<Finding>,
    /// The methods and entities that the source has.
    seen: BTreeSet<String>,
    /// What `documented` states and the source was compared with.
    settled: documented::Settled,
    /// The values of each enumeration that occur anywhere in the source.
    values: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Compare<'_, 'a> {
    /// Whether a version is later than the one that the source describes.
    fn is_later(&self, since: Option<&Version>) -> bool {
        match (since, &self.external.version) {
            (Some(since), Some(version)) => since > version,
            _ => false,
        }
    }

    /// Whether the source is derived from the documentation.
    fn is_documentation(&self) -> bool {
        matches!(
            self.external.kind,
            SourceKind::Documentation | SourceKind::Openapi
        )
    }

    fn push(
        &mut self,
        rule: Rule,
        subject: &str,
        detail: impl Into<String>,
        position: (&str, &[String]),
        seen: &str,
    ) -> &mut Finding {
        let (file, path) = position;
        let mark = self.spec_index.mark(file, path);
        self.findings.push(Finding {
            rule,
            subject: subject.to_owned(),
            detail: detail.into(),
            file: file.to_owned(),
            line: mark.line,
            column: mark.column,
            seen: seen.to_owned(),
            draft: None,
        });
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn operation(&mut self, operation: &Operation) {
        let Some(endpoint) = self.spec_index.endpoint(&operation.http) else {
            return self.unknown(operation);
        };
        self.seen.insert(endpoint.name.to_owned());
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods".to_owned(), endpoint.name.to_owned()];
        let (name, method) = (endpoint.name, endpoint.method);
        let stated = method.documented.missing.then_some(false);
        self.differs(name, (&file, &path), "missing", stated, true);
        if !operation.removed {
            let (is_only_on, since) = (method.is_only_on(), operation.since.as_ref());
            self.only_elsewhere(name, (&file, &path), is_only_on, since, &operation.at);
        }
        let stated = method.documented.http.as_ref();
        let is_own = method
            .http
            .as_ref()
            .is_some_and(|own| same_route(own, &operation.http));
        let stated = stated.map(|stated| same_route(stated, &operation.http));
        self.differs(name, (&file, &path), "http", stated, is_own);
        if let (Some(theirs), Some(ours)) = (&operation.since, &method.since)
            && !endpoint.is_alias
            && self.differs(
                name,
                (&file, &path),
                "since",
                method
                    .documented
                    .since
                    .as_ref()
                    .map(|since| since == theirs),
                theirs == ours,
            )
        {
            let detail = format!("{ours} in the specification, {theirs} in the source");
            self.push(
                Rule::OtherSince,
                name,
                detail,
                (&file, &path),
                &operation.at,
            );
        }
        let returns = self.spec_index.returns(method);
        let matches = |shape: &Shape| {
            types_match(
                self.spec_index,
                std::slice::from_ref(shape),
                &operation.returns,
            )
        };
        let stated = method.documented.returns.as_ref();
        let stated = stated.map(|stated| matches(&self.spec_index.shape_returned(Some(stated))));
        let is_equal = matches(&returns);
        if self.differs(name, (&file, &path), "returns", stated, is_equal) {
            let detail = format!(
                "{returns} in the specification, {} in the source",
                operation.returns
            );
            self.push(
                Rule::OtherReturns,
                name,
                detail,
                (&file, &path),
                &operation.at,
            );
        }
        self.auth(endpoint, operation);
        if let Some(params) = &operation.params {
            self.params(endpoint, operation, params);
        }
        self.notes(endpoint, operation);
    }

    /// Reports an endpoint that is missing in the specification.
    fn unknown(&mut self, operation: &Operation) {
        if operation.removed {
            return;
        }
        let twin = operation.twin_of.as_ref();
        if let Some(endpoint) = twin.and_then(|twin| self.spec_index.endpoint(twin)) {
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = [
                "methods".to_owned(),
                endpoint.name.to_owned(),
                "http".to_owned(),
            ];
            let detail = format!(
                "`{}` is the same action: `also_accepts: [{}]`",
                endpoint.name,
                operation.http.method.as_str()
            );
            let own = path[..2].to_vec();
            let value = Setting::Text(format!("[{}]", operation.http.method.as_str()));
            self.push(
                Rule::MissingEndpoint,
                &operation.http.to_string(),
                detail,
                (&file, &path),
                &operation.at,
            )
            .draft = Some(Draft::Set {
                path: own,
                key: "also_accepts",
                value,
            });
            return;
        }
        // Two HTTP methods of the same action are reported once.
        if twin.is_some() && operation.http.method == HttpMethod::Patch {
            return;
        }
        let (file, path) = self.spec_index.file_for(operation);
        let detail = match (&operation.since, &operation.returns) {
            (Some(since), Shape::Unknown) => format!("since {since}"),
            (Some(since), returns) => format!("since {since}, returns {returns}"),
            (None, Shape::Unknown) => String::new(),
            (None, returns) => format!("returns {returns}"),
        };
        let draft = Draft::Method(operation.clone());
        self.push(
            Rule::MissingEndpoint,
            &operation.http.to_string(),
            detail,
            (&file, &path),
            &operation.at,
        )
        .draft = Some(draft);
    }

    /// Compares the values of an enumeration. Values that are missing in the source are reported at the end,
    /// because a single description need not list all of them.
    fn values(
        &mut self,
        subject: &str,
        ty: Option<&'a TypeRef>,
        theirs: &[String],
        versions: &[(String, Version)],
        position: (&str, &[String]),
        at: &str,
    ) {
        if theirs.is_empty() {
            return;
        }
        let Some((name, file, enumeration)) = self.spec_index.enumeration(ty) else {
            let is_string = matches!(ty.map(TypeRef::innermost), Some(TypeRef::String));
            if is_string && theirs.len() > 1 {
                let detail = format!(
                    "any string in the specification, one of {} in the source",
                    theirs.join(", ")
                );
                let path = position.1.to_vec();
                let values = theirs.iter().map(|value| {
                    let since = versions.iter().find(|(own, _)| own == value);
                    (value.clone(), since.map(|(_, since)| since.clone()))
                });
                let values = values.collect();
                self.push(Rule::MissingEnum, subject, detail, position, at)
                    .draft = Some(Draft::Enum { path, values });
            }
            return;
        };
        let file = format!("entities/{file}.yaml");
        let path = vec!["enums".to_owned(), name.to_owned(), "values".to_owned()];
        for value in theirs {
            self.values.entry(name).or_default().insert(value.clone());
            let value_subject = format!("{name}::{value}");
            let our = enumeration.values.get(value);
            let since = versions.iter().find(|(own, _)| own == value);
            let since = since.map(|(_, since)| since.clone());
            if our.is_some()
                || self
                    .findings
                    .iter()
                    .any(|finding| finding.subject == value_subject)
            {
                if let Some(our) = our {
                    let path = [&path[..], std::slice::from_ref(value)].concat();
                    let (is_only_on, since) = (our.is_only_on(), since.as_ref());
                    self.only_elsewhere(&value_subject, (&file, &path), is_only_on, since, at);
                }
                continue;
            }
            let mut detail = format!("a value of {subject}");
            if let Some(since) = &since {
                detail += &format!(", since {since}");
            }
            let draft = Draft::Value {
                path: path.clone(),
                value: value.clone(),
                since,
            };
            self.push(
                Rule::MissingValue,
                &value_subject,
                detail,
                (&file, &path),
                at,
            )
            .draft = Some(draft);
        }
    }

    /// Compares the order of endpoints with that of their page, and reports the minimum number of moves.
    fn order(&mut self) {
        if self.external.kind != SourceKind::Documentation {
            return;
        }
        let spec_index = self.spec_index;
        let mut pages: BTreeMap<&str, Vec<(usize, &str, &str)>> = BTreeMap::new();
        for operation in &self.external.operations {
            let page = operation
                .docs
                .as_deref()
                .and_then(|docs| docs.split('#').next());
            let Some(endpoint) = spec_index.endpoint(&operation.http) else {
                continue;
            };
            let Some(file) = spec_index.model.spec.methods.get(endpoint.file) else {
                continue;
            };
            let index = file.methods.get_index_of(endpoint.name);
            if let (Some(index), true) = (index, page.is_some() && file.docs.as_deref() == page) {
                let seen = (index, endpoint.name, operation.at.as_str());
                pages.entry(endpoint.file).or_default().push(seen);
            }
        }
        for (file, seen) in pages {
            let indexes: Vec<usize> = seen.iter().map(|(index, ..)| *index).collect();
            let kept = ascending(&indexes);
            for (position, (own, name, at)) in seen.iter().enumerate() {
                if kept.contains(&position) {
                    continue;
                }
                let before = seen[..position]
                    .iter()
                    .rev()
                    .find(|(other, ..)| other > own);
                let after = seen[position..].iter().find(|(other, ..)| other < own);
                let detail = match (before, after) {
                    (Some((_, other, _)), _) => {
                        format!("after `{other}` in the source, before it in the specification")
                    }
                    (None, Some((_, other, _))) => {
                        format!("before `{other}` in the source, after it in the specification")
                    }
                    (None, None) => continue,
                };
                let file = format!("methods/{file}.yaml");
                let path = ["methods".to_owned(), (*name).to_owned()];
                self.push(Rule::OtherOrder, name, detail, (&file, &path), at);
            }
        }
    }

    /// Reports items that are missing in the source.
    fn extra_items(&mut self) {
        let spec_index = self.spec_index;
        let documentation = self.is_documentation();
        let covers = self.external.covers;
        for endpoint in spec_index.endpoints() {
            let method = endpoint.method;
            let http = method.http.as_ref();
            let covered = http.is_some_and(|http| http.path.starts_with(covers));
            // Routes contain only current endpoints.
            let is_removed = method.removed.is_some();
            // What only other servers have is not described by any of the sources.
            let elsewhere = self.external.kind == SourceKind::Routes && method.host.is_some()
                || method.is_only_on();
            if self.seen.contains(endpoint.name)
                || !covered
                || self.is_later(method.since.as_ref())
                || is_removed
                || elsewhere
                || (documentation && method.undocumented)
            {
                continue;
            }
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = ["methods".to_owned(), endpoint.name.to_owned()];
            let detail = http.map(ToString::to_string).unwrap_or_default();
            let stated = method.documented.missing.then_some(true);
            if !self.differs(endpoint.name, (&file, &path), "missing", stated, false) {
                continue;
            }
            self.push(
                Rule::ExtraEndpoint,
                endpoint.name,
                detail,
                (&file, &path),
                "",
            );
        }
        if self.external.objects.is_empty() || self.external.kind == SourceKind::Routes {
            return;
        }
        for (name, file, entity) in spec_index.entities() {
            let hidden = entity.removed.is_some()
                || is_of_other_servers(file)
                || (documentation && entity.undocumented);
            let hidden = hidden || documentation && entity.documented.missing;
            if hidden || self.seen.contains(name) || !entity.one_of.is_empty() {
                continue;
            }
            let file = format!("entities/{file}.yaml");
            let path = ["entities".to_owned(), name.to_owned()];
            self.push(Rule::ExtraEntity, name, "", (&file, &path), "");
        }
        for (name, theirs) in std::mem::take(&mut self.values) {
            let (Some(enumeration), Some(file)) = (
                spec_index.model.enumeration(name),
                spec_index.enum_file(name),
            ) else {
                continue;
            };
            let hidden = |value: &EnumValue| {
                value.removed.is_some()
                    || value.is_only_on()
                    || (documentation && value.undocumented)
            };
            for (value, _) in enumeration
                .values
                .iter()
                .filter(|(value, spec)| !theirs.contains(*value) && !hidden(spec))
            {
                let path = [
                    "enums".to_owned(),
                    name.to_owned(),
                    "values".to_owned(),
                    value.clone(),
                ];
                self.push(
                    Rule::ExtraValue,
                    &format!("{name}::{value}"),
                    "",
                    (&file, &path),
                    "",
                );
            }
        }
    }
}

/// Whether both are the same route, whatever the names of their parameters.
fn same_route(a: &Route, b: &Route) -> bool {
    a.method == b.method && anonymous_path(&a.path) == anonymous_path(&b.path)
}

/// The indexes of the longest ascending subsequence.
fn ascending(sequence: &[usize]) -> BTreeSet<usize> {
    // For each item: the length of the longest ascending subsequence that ends with it, and its predecessor.
    let mut ends: Vec<(usize, Option<usize>)> = Vec::new();
    for (index, number) in sequence.iter().enumerate() {
        let before = (0..index)
            .filter(|before| sequence[*before] <= *number)
            .max_by_key(|before| (ends[*before].0, std::cmp::Reverse(*before)));
        ends.push((before.map_or(0, |before| ends[before].0 + 1), before));
    }
    let last = (0..ends.len()).max_by_key(|index| (ends[*index].0, std::cmp::Reverse(*index)));
    std::iter::successors(last, |index| ends[*index].1).collect()
}
