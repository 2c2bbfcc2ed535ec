//! What changed between two specifications, and what that means for programs that use the SDK.
//!
//! Types and signatures are asked of the emitters, so that a change counts as breaking exactly where
//! the generated Rust differs.

mod api;
mod entities;
mod facts;
pub mod history;
mod methods;
mod render;
mod rules;

use serde::Serialize;

pub use rules::{Impact, Kind, Rule};

use mastodon_spec::model::Model;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it means for programs.
    pub impact: Impact,
    /// What became of the thing.
    pub kind: Kind,
    /// The rule that tells.
    pub rule: Rule,
    /// The thing: `status_post`, `status_post(visibility)`, `Status.quote`, `Visibility::direct`.
    pub subject: String,
    /// What was, and what is; for what is new, what it is.
    pub detail: Option<String>,
}

/// All changes between two specifications.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What they mean taken together.
    pub impact: Impact,
    /// The changes: what breaks programs first, then by kind and name.
    pub changes: Vec<Change>,
    /// How many sentences of the documentation are others.
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

/// One comparison.
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

    /// The facts that differ, each as a change of its own.
    fn facts(&mut self, rule: Rule, subject: &str, old: facts::Facts, new: &facts::Facts) {
        for (key, old) in old {
            let new = new
                .iter()
                .find(|(known, _)| *known == key)
                .and_then(|(_, value)| value.clone());
            if old != new {
                self.push(rule, subject, Some(format!("{key}: {}", turned(old, new))));
            }
        }
    }

    fn text(&mut self, old: Option<&String>, new: Option<&String>) {
        self.texts += usize::from(old != new);
    }
}

/// "old → new", where either may be nothing.
fn turned(old: Option<String>, new: Option<String>) -> String {
    let word = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
    format!("{} → {}", word(old), word(new))
}

/// The keys of the old side that the new one lacks, those that only the new one has, and those of both.
struct Sides<'a, T> {
    gone: Vec<(&'a str, &'a T)>,
    new: Vec<(&'a str, &'a T)>,
    both: Vec<(&'a str, &'a T, &'a T)>,
}

/// Sorts the entries of two mappings by where they are.
fn sides<'a, T>(
    old: impl IntoIterator<Item = (&'a str, &'a T)>,
    new: impl IntoIterator<Item = (&'a str, &'a T)>,
) -> Sides<'a, T> {
    let mut rest: indexmap::IndexMap<&str, &T> = new.into_iter().collect();
    let (mut gone, mut both) = (Vec::new(), Vec::new());
    for (key, old) in old {
        match rest.shift_remove(key) {
            Some(new) => both.push((key, old, new)),
            None => gone.push((key, old)),
        }
    }
    let new = rest.into_iter().collect();
    Sides { gone, new, both }
}
