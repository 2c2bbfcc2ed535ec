//! Removes accepted differences from the report, and reports those that no longer exist.

use std::collections::BTreeSet;

use super::spec_index::SpecIndex;
use super::{Finding, Report, Rule};
use mastodon_spec::load::DIFFERENCES;

/// Removes accepted differences. `examined` are the methods and entities that a partial source covers.
pub(super) fn apply(
    spec_index: &SpecIndex<'_>,
    report: &mut Report,
    examined: Option<&BTreeSet<String>>,
) {
    let kind = report.source;
    let Some(list) = spec_index.model.spec.differences.differences.get(&kind) else {
        return;
    };
    let found = std::mem::take(&mut report.findings);
    let mut used = BTreeSet::new();
    for finding in found {
        let mut entries = list.iter().enumerate().flat_map(|(index, difference)| {
            difference
                .applies_to
                .iter()
                .enumerate()
                .map(move |(item, pattern)| ((index, item), difference, pattern))
        });
        let accepted = entries.find(|(_, difference, pattern)| {
            matches(pattern, &finding.subject)
                && difference
                    .rule
                    .as_deref()
                    .is_none_or(|rule| rule == finding.rule.name())
        });
        match accepted {
            Some((index, ..)) => {
                used.insert(index);
                report.justified += 1;
            }
            None => report.findings.push(finding),
        }
    }
    for (index, difference) in list.iter().enumerate() {
        for (item, pattern) in difference.applies_to.iter().enumerate() {
            let is_examined = examined.is_none_or(|examined| examined.contains(owner(pattern)));
            if used.contains(&(index, item)) || !is_examined {
                continue;
            }
            let path = [
                "differences",
                kind.name(),
                &index.to_string(),
                "applies_to",
                &item.to_string(),
            ]
            .map(str::to_owned);
            let mark = spec_index.item_mark(DIFFERENCES, &path);
            report.findings.push(Finding {
                rule: Rule::Stale,
                subject: pattern.clone(),
                detail: format!(
                    "no difference from the {} matches this entry; remove it",
                    kind.name()
                ),
                file: DIFFERENCES.to_owned(),
                line: mark.line,
                column: mark.column,
                seen: String::new(),
                draft: None,
            });
        }
    }
}

fn matches(pattern: &str, subject: &str) -> bool {
    // A path matches all HTTP methods.
    let subject = match subject.split_once(' ') {
        Some((_, path)) if pattern.starts_with('/') => path,
        _ => subject,
    };
    match pattern.strip_suffix('*') {
        Some(start) => subject.starts_with(start),
        None => pattern == subject,
    }
}

/// The method, entity or enumeration that a subject belongs to.
fn owner(subject: &str) -> &str {
    let end = subject.find(['(', '.']).unwrap_or(subject.len());
    let owner = &subject[..end];
    // `Visibility::direct` is a value of Visibility, but `Admin::Account` is an entity.
    match owner.rsplit_once("::") {
        Some((owner, value)) if !value.starts_with(|c: char| c.is_ascii_uppercase()) => owner,
        _ => owner,
    }
}
