//! Items of the generated Rust that differ without a change that explains it.

use std::collections::HashSet;

use super::rust_api::{Difference, RustApi, compare, identifiers};
use super::{Change, Diff, Impact, Rule};

impl Diff<'_> {
    /// Reports what differs in the generated Rust, and is not among the items of a reported change.
    pub(super) fn other_items(&mut self, old: &RustApi, new: &RustApi) {
        let items = |filter: fn(&&Change) -> bool| -> HashSet<String> {
            let changes = self.changes.iter().filter(filter);
            changes
                .flat_map(|change| change.items.iter().cloned())
                .collect()
        };
        let breaking = items(|change| change.impact == Impact::Breaking);
        let all = items(|_| true);
        for difference in compare(old, new) {
            let (known, rule) = if difference.is_breaking {
                (&breaking, Rule::ItemChanged)
            } else {
                (&all, Rule::ItemAdded)
            };
            if !difference.is_among(known) {
                let detail = Some(difference.what.to_owned());
                self.push(rule, difference.line, detail, [difference.line.to_owned()]);
            }
        }
    }
}

impl Difference<'_> {
    /// Whether one of the items is the differing one, or contains it.
    pub fn is_among(&self, items: &HashSet<String>) -> bool {
        let (line, path) = (self.line, self.item.path.as_str());
        if items.contains(line) {
            return true;
        }
        if path.is_empty() {
            // The implementation of a trait.
            return identifiers(line).any(|name| items.contains(name));
        }
        let owner = path.split([':', '.']).next().unwrap_or(path);
        items.contains(path) || items.contains(owner)
    }
}
