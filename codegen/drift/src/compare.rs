//! A description by others against the specification, thing by thing.

mod api;
mod auth;
mod objects;
mod params;
mod remarks;
mod streaming;

use std::collections::{BTreeMap, BTreeSet};

use super::agree::agree;
use super::draft::Draft;
use super::known::Known;
use super::outside::{Operation, Outside, Shape};
use super::{Examined, Finding, Report, Rule};
use mastodon_spec::yaml::{EnumValue, SourceKind, TypeRef, Verb};

/// Compares a description with the specification.
pub(super) fn compare(known: &Known<'_>, outside: &Outside) -> Examined {
    let mut compare = Compare {
        known,
        outside,
        findings: Vec::new(),
        seen: BTreeSet::new(),
        values: BTreeMap::new(),
    };
    for operation in &outside.operations {
        compare.operation(operation);
    }
    for object in &outside.objects {
        compare.object(object);
    }
    compare.order();
    compare.streaming();
    compare.rest();
    compare.scopes();
    compare.limits();
    let Compare { findings, .. } = compare;
    Examined {
        report: Report {
            source: outside.kind,
            findings,
            justified: 0,
            compared: outside.operations.len() + outside.objects.len(),
            unread: outside.unread.clone(),
            version: None,
        },
        examined: None,
    }
}

struct Compare<'k, 'a> {
    known: &'k Known<'a>,
    outside: &'k Outside,
    findings: Vec<Finding>,
    /// The methods and entities that the source has.
    seen: BTreeSet<String>,
    /// The values of each enumeration that the source has somewhere.
    values: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Compare<'_, 'a> {
    /// Whether the source knows what the documentation knows, and not more.
    fn is_documentation(&self) -> bool {
        matches!(
            self.outside.kind,
            SourceKind::Documentation | SourceKind::Openapi
        )
    }

    fn push(
        &mut self,
        rule: Rule,
        subject: &str,
        detail: impl Into<String>,
        place: (&str, &[String]),
        seen: &str,
    ) -> &mut Finding {
        let (file, path) = place;
        let mark = self.known.mark(file, path);
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
        let Some(endpoint) = self.known.endpoint(&operation.http) else {
            return self.unknown(operation);
        };
        self.seen.insert(endpoint.name.to_owned());
        let file = format!("methods/{}.yaml", endpoint.file);
        let path = ["methods".to_owned(), endpoint.name.to_owned()];
        let (name, method) = (endpoint.name, endpoint.method);
        if let (Some(theirs), Some(ours)) = (&operation.since, &method.since)
            && theirs != ours
            && !endpoint.aside
        {
            let detail = format!("{ours} here, {theirs} there");
            self.push(
                Rule::OtherSince,
                name,
                detail,
                (&file, &path),
                &operation.at,
            );
        }
        let returns = self.known.returns(method);
        if !agree(
            self.known,
            std::slice::from_ref(&returns),
            &operation.returns,
        ) {
            let detail = format!("{returns} here, {} there", operation.returns);
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
        self.remarks(endpoint, operation);
    }

    fn unknown(&mut self, operation: &Operation) {
        if operation.removed {
            return;
        }
        let twin = operation.twin_of.as_ref();
        if let Some(endpoint) = twin.and_then(|twin| self.known.endpoint(twin)) {
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = [
                "methods".to_owned(),
                endpoint.name.to_owned(),
                "http".to_owned(),
            ];
            let detail = format!(
                "`{}` does the same: `also_accepts: [{}]`",
                endpoint.name,
                operation.http.verb.as_str()
            );
            self.push(
                Rule::MissingEndpoint,
                &operation.http.to_string(),
                detail,
                (&file, &path),
                &operation.at,
            );
            return;
        }
        // Of two verbs that do the same, one is told.
        if twin.is_some() && operation.http.verb == Verb::Patch {
            return;
        }
        let (file, path) = self.known.home(operation);
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

    /// The values of an enumeration; those that only the specification has are counted up until everything
    /// was seen, since one place need not have them all.
    fn values(
        &mut self,
        subject: &str,
        ty: Option<&'a TypeRef>,
        theirs: &[String],
        place: (&str, &[String]),
        at: &str,
    ) {
        if theirs.is_empty() {
            return;
        }
        let Some((name, file, enumeration)) = self.known.enumeration(ty) else {
            let text = matches!(ty.map(TypeRef::innermost), Some(TypeRef::String));
            if text && theirs.len() > 1 {
                let detail = format!("any text here, one of {} there", theirs.join(", "));
                self.push(Rule::MissingEnum, subject, detail, place, at);
            }
            return;
        };
        let file = format!("entities/{file}.yaml");
        let path = vec!["enums".to_owned(), name.to_owned(), "values".to_owned()];
        for value in theirs {
            self.values.entry(name).or_default().insert(value.clone());
            let said = format!("{name}::{value}");
            if enumeration.values.contains_key(value)
                || self.findings.iter().any(|finding| finding.subject == said)
            {
                continue;
            }
            let draft = Draft::Value {
                path: path.clone(),
                value: value.clone(),
                since: None,
            };
            self.push(
                Rule::MissingValue,
                &said,
                format!("a value of {subject}"),
                (&file, &path),
                at,
            )
            .draft = Some(draft);
        }
    }

    /// The endpoints of a page come in the order that the page has; where they do not, as few as possible are
    /// told to be moved.
    fn order(&mut self) {
        if self.outside.kind != SourceKind::Documentation {
            return;
        }
        let known = self.known;
        let mut pages: BTreeMap<&str, Vec<(usize, &str, &str)>> = BTreeMap::new();
        for operation in &self.outside.operations {
            let page = operation
                .docs
                .as_deref()
                .and_then(|docs| docs.split('#').next());
            let Some(endpoint) = known.endpoint(&operation.http) else {
                continue;
            };
            let Some(file) = known.model.spec.methods.get(endpoint.file) else {
                continue;
            };
            let place = file.methods.get_index_of(endpoint.name);
            if let (Some(place), true) = (place, page.is_some() && file.docs.as_deref() == page) {
                let seen = (place, endpoint.name, operation.at.as_str());
                pages.entry(endpoint.file).or_default().push(seen);
            }
        }
        for (file, seen) in pages {
            let places: Vec<usize> = seen.iter().map(|(place, ..)| *place).collect();
            let kept = ascending(&places);
            for (index, (place, name, at)) in seen.iter().enumerate() {
                if kept.contains(&index) {
                    continue;
                }
                let before = seen[..index].iter().rev().find(|(other, ..)| other > place);
                let after = seen[index..].iter().find(|(other, ..)| other < place);
                let detail = match (before, after) {
                    (Some((_, other, _)), _) => format!("after `{other}` there, before it here"),
                    (None, Some((_, other, _))) => {
                        format!("before `{other}` there, after it here")
                    }
                    (None, None) => continue,
                };
                let file = format!("methods/{file}.yaml");
                let path = ["methods".to_owned(), (*name).to_owned()];
                self.push(Rule::OtherOrder, name, detail, (&file, &path), at);
            }
        }
    }

    /// What only the specification has.
    fn rest(&mut self) {
        let known = self.known;
        let documentation = self.is_documentation();
        let covers = self.outside.covers;
        for endpoint in known.endpoints() {
            let method = endpoint.method;
            let http = method.http.as_ref();
            let covered = http.is_some_and(|http| http.path.starts_with(covers));
            // The routes know the endpoints that are, not those that were.
            let gone = method.removed.is_some();
            let elsewhere = self.outside.kind == SourceKind::Routes && method.host.is_some();
            if self.seen.contains(endpoint.name)
                || !covered
                || gone
                || elsewhere
                || (documentation && method.undocumented)
            {
                continue;
            }
            let file = format!("methods/{}.yaml", endpoint.file);
            let path = ["methods".to_owned(), endpoint.name.to_owned()];
            let detail = http.map(ToString::to_string).unwrap_or_default();
            self.push(
                Rule::ExtraEndpoint,
                endpoint.name,
                detail,
                (&file, &path),
                "",
            );
        }
        if self.outside.objects.is_empty() || self.outside.kind == SourceKind::Routes {
            return;
        }
        for (name, file, entity) in known.entities() {
            let hidden = entity.removed.is_some() || (documentation && entity.undocumented);
            if hidden || self.seen.contains(name) || !entity.one_of.is_empty() {
                continue;
            }
            let file = format!("entities/{file}.yaml");
            let path = ["entities".to_owned(), name.to_owned()];
            self.push(Rule::ExtraEntity, name, "", (&file, &path), "");
        }
        for (name, theirs) in std::mem::take(&mut self.values) {
            let (Some(enumeration), Some(file)) =
                (known.model.enumeration(name), known.enum_file(name))
            else {
                continue;
            };
            let hidden = |value: &EnumValue| {
                value.removed.is_some() || (documentation && value.undocumented)
            };
            for (value, _) in enumeration
                .values
                .iter()
                .filter(|(value, known)| !theirs.contains(*value) && !hidden(known))
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

/// The indexes of the longest ascending part of a sequence, which need not be in one piece.
fn ascending(sequence: &[usize]) -> BTreeSet<usize> {
    // How many come before each in the longest part that ends with it, and the one right before it.
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
