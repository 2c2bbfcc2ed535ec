//! Compares two versions of the specification, and rates the effect of each change on applications.
//!
//! Types and signatures come from the emitters. In addition, the public items of the generated Rust of both versions
//! are compared: whatever differs there, and is not the effect of a reported change, is a change of its own.

mod api;
pub mod cut;
mod entities;
mod facts;
mod methods;
mod other_items;
mod render;
mod rules;
pub mod rust_api;
mod streaming;
mod warnings;

use std::collections::BTreeSet;

use serde::Serialize;

pub use rules::{Impact, Kind, Rule};

use mastodon_spec::model::Model;
use mastodon_spec::yaml::Version;
use rust_api::RustApi;

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
    /// What it adds to, changes in or removes from the generated Rust: paths, which include all items below them, and
    /// implementations of traits. `Mastodon::note`, `NoteCall`, `Note.tags`, `Mood::Calm`.
    pub items: Vec<String>,
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
    /// What is probably a mistake in the newer specification.
    pub warnings: Vec<String>,
}

/// Compares two specifications that have passed the checks.
///
/// # Errors
///
/// When the public items of the generated Rust cannot be read, which is a bug of an emitter or of this crate.
pub fn diff(old: &Model<'_>, new: &Model<'_>) -> Result<Report, String> {
    let apis = (RustApi::new(old)?, RustApi::new(new)?);
    Ok(compare((old, &apis.0), (new, &apis.1)))
}

/// Compares two specifications whose public items in Rust have been read.
pub fn compare(
    (old, old_api): (&Model<'_>, &RustApi),
    (new, new_api): (&Model<'_>, &RustApi),
) -> Report {
    let mut diff = Diff {
        old,
        new,
        newest_release: old.spec.api.releases.iter().map(|it| &it.version).max(),
        changes: Vec::new(),
        texts: 0,
        warnings: Vec::new(),
    };
    diff.methods();
    diff.inputs();
    diff.entities();
    diff.enums();
    diff.streams();
    diff.events();
    diff.api();
    diff.servers();
    diff.other_items(old_api, new_api);
    let Diff {
        mut changes,
        texts,
        warnings,
        ..
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
        warnings,
    }
}

/// The state of a comparison.
struct Diff<'a> {
    old: &'a Model<'a>,
    new: &'a Model<'a>,
    /// The newest release of the older specification.
    newest_release: Option<&'a Version>,
    changes: Vec<Change>,
    texts: usize,
    warnings: Vec<String>,
}

impl Diff<'_> {
    /// Reports a change with the items of the generated Rust that it concerns.
    fn push(
        &mut self,
        rule: Rule,
        subject: impl Into<String>,
        detail: Option<String>,
        items: impl IntoIterator<Item = String>,
    ) {
        self.changes.push(Change {
            impact: rule.impact(),
            kind: rule.kind(),
            rule,
            subject: subject.into(),
            detail,
            items: BTreeSet::from_iter(items).into_iter().collect(),
        });
    }

    /// Reports an item that requires the Cargo feature `other-servers` on one side only.
    fn feature(
        &mut self,
        (old, new): (bool, bool),
        subject: &str,
        items: impl IntoIterator<Item = String>,
    ) {
        let rule = match (old, new) {
            (false, true) => Rule::FeatureRequired,
            (true, false) => Rule::FeatureNoLongerRequired,
            _ => return,
        };
        self.push(rule, subject, None, items);
    }

    /// Reports each differing key as a change.
    fn facts(&mut self, rule: Rule, subject: &str, old: facts::Facts, new: &facts::Facts) {
        for (key, old) in old {
            let new = new
                .iter()
                .find(|(known, _)| *known == key)
                .and_then(|(_, value)| value.clone());
            if old != new {
                let detail = format!("{key}: {}", old_to_new(old, new));
                self.push(rule, subject, Some(detail), []);
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
