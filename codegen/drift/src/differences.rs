//! The differences that are known and right: they are taken out of the report, and those that are none
//! any more are put into it.

use std::collections::BTreeSet;

use super::known::Known;
use super::{Finding, Report, Rule};
use mastodon_spec::load::DIFFERENCES;

/// Takes out what is known. Where the source is a part only, `examined` tells of what.
pub(super) fn apply(known: &Known<'_>, report: &mut Report, examined: &Option<BTreeSet<String>>) {
    let kind = report.source;
    let Some(list) = known.model.spec.differences.differences.get(&kind) else {
        return;
    };
    let found = std::mem::take(&mut report.findings);
    let mut used = BTreeSet::new();
    for finding in found {
        let mut by = list.iter().enumerate().flat_map(|(index, known)| {
            known
                .applies_to
                .iter()
                .enumerate()
                .map(move |(of, pattern)| ((index, of), known, pattern))
        });
        let justified = by.find(|(_, known, pattern)| {
            matches(pattern, &finding.subject)
                && known
                    .rule
                    .as_deref()
                    .is_none_or(|rule| rule == finding.rule.name())
        });
        match justified {
            Some((index, ..)) => {
                used.insert(index);
                report.justified += 1;
            }
            None => report.findings.push(finding),
        }
    }
    for (index, difference) in list.iter().enumerate() {
        for (of, pattern) in difference.applies_to.iter().enumerate() {
            let looked_at = examined
                .as_ref()
                .is_none_or(|examined| examined.contains(owner(pattern)));
            if used.contains(&(index, of)) || !looked_at {
                continue;
            }
            let path = [
                "differences",
                kind.name(),
                &index.to_string(),
                "applies_to",
                &of.to_string(),
            ]
            .map(str::to_owned);
            let mark = known.item_mark(DIFFERENCES, &path);
            report.findings.push(Finding {
                rule: Rule::Stale,
                subject: pattern.clone(),
                detail: format!(
                    "nothing is different from the {} here any more; take it out",
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
    // A path stands for all its verbs.
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
    // `Visibility::direct` is of Visibility, and `Admin::Account` is an entity.
    match owner.rsplit_once("::") {
        Some((owner, value)) if !value.starts_with(|c: char| c.is_ascii_uppercase()) => owner,
        _ => owner,
    }
}
