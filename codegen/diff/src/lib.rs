//! Compares two versions of the specification, and rates the effect of each change on applications.
//!
//! Types and signatures come from the emitters, so a change is breaking exactly where the generated Rust
//! differs.

mod api;
mod entities;
mod facts;
mod methods;
mod render;
mod rules;

use serde::Serialize;

pub use rules::{Impact, Kind, Rule};

use mastodon_spec::model::Model;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The effect on applications.
    pub impact: Impact,
    /// The kind of change.
    pub kind: Kind,
    /// The rule.
    pub rule: Rule,
    /// What changed: `status_post`, `status_post(visibility)`, `Status.quote`, `Visibility::direct`.
    pub subject: String,
    /// The old and new value, or a description of an added item.
    pub detail: Option<String>,
}

/// All changes between two versions of the specification.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The highest impact of all changes.
    pub impact: Impact,
    /// The changes: breaking ones first, then by kind and name.
    pub changes: Vec<Change>,
    /// The number of changed descriptions.
    pub texts: usize,
}

/// Compares two specifications that have passed the checks.
pub fn diff(old: &Model<'_>, new: &Model<'_>) -> Report {
    let mut diff = Diff {
        old,
        new,
        changes: Vec::new(),
        texts: 0,
    };
    diff.methods();
    diff.inputs();
    diff.entities();
    diff.enums();
    diff.api();
    let Diff {
        mut changes, texts, ..
    } = diff;
    changes.sort_by(|a, b| {
        let key = |change: &Change| (std::cmp::Reverse(change.impact), change.kind);
        key(a)
            .cmp(&key(b))
            .then_with(|| (a.rule, &a.subject).cmp(&(b.rule, &b.subject)))
    });
    let impact = changes.iter().map(|change| change.impact).max();
    Report {
        impact: impact.unwrap_or(Impact::None),
        changes,
        texts,
    }
}

/// The state of a comparison.
struct Diff<'a> {
    old: &'a Model<'a>,
    new: &'a Model<'a>,
    changes: Vec<Change>,
    texts: usize,
}

impl Diff<'_> {
    fn push(&mut self, rule: Rule, subject: impl Into<String>, detail: Option<String>) {
        self.changes.push(Change {
            impact: rule.impact(),
            kind: rule.kind(),
            rule,
            subject: subject.into(),
            detail,
        });
    }

    /// Reports each differing key as a change.
    fn facts(&mut self, rule: Rule, subject: &str, old: facts::Facts, new: &facts::Facts) {
        for (key, old) in old {
            let new = new
                .iter()
                .find(|(known, _)| *known == key)
                .and_then(|(_, value)| value.clone());
            if old != new {
                self.push(
                    rule,
                    subject,
                    Some(format!("{key}: {}", old_to_new(old, new))),
                );
            }
        }
    }

    fn text(&mut self, old: Option<&String>, new: Option<&String>) {
        self.texts += usize::from(old != new);
    }
}

/// "old → new", with "nothing" for an absent value.
fn old_to_new(old: Option<String>, new: Option<String>) -> String {
    let word = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
    format!("{} → {}", word(old), word(new))
}

/// Entries of the old side only, of the new side only, and of both.
struct Sides<'a, T> {
    old: Vec<(&'a str, T)>,
    new: Vec<(&'a str, T)>,
    both: Vec<(&'a str, T, T)>,
}

/// Splits the entries of two mappings by side.
fn sides<'a, T>(
    old: impl IntoIterator<Item = (&'a str, T)>,
    new: impl IntoIterator<Item = (&'a str, T)>,
) -> Sides<'a, T> {
    let mut rest: indexmap::IndexMap<&str, T> = new.into_iter().collect();
    let (mut old_only, mut both) = (Vec::new(), Vec::new());
    for (key, old) in old {
        match rest.shift_remove(key) {
            Some(new) => both.push((key, old, new)),
            None => old_only.push((key, old)),
        }
    }
    let new = rest.into_iter().collect();
    Sides {
        old: old_only,
        new,
        both,
    }
}
