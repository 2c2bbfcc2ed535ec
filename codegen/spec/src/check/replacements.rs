//! Checks that following `replaced_by` ends at a method.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::load::At;
use crate::yaml::{Method, Spec};

impl Check<'_> {
    /// Reports each cycle of `replaced_by` once, at the first of its methods.
    pub(super) fn replacements(&mut self, spec: &Spec) {
        let mut all: BTreeMap<&str, (&str, &Method)> = BTreeMap::new();
        for (file, content) in &spec.methods {
            for (name, method) in &content.methods {
                all.entry(name).or_insert((file, method));
            }
        }
        let next = |name: &str| all.get(name)?.1.replaced_by.as_deref();
        let mut reported = BTreeSet::new();
        for (file, content) in &spec.methods {
            for name in content.methods.keys().map(String::as_str) {
                if reported.contains(name) {
                    continue;
                }
                let Some(cycle) = cycle(name, next) else {
                    continue;
                };
                reported.extend(cycle.iter().copied());
                self.file = format!("methods/{file}.yaml");
                let chain: Vec<String> = cycle[1..]
                    .iter()
                    .chain([&name])
                    .map(|next| format!("`{next}`"))
                    .collect();
                self.report(
                    &["methods", name, "replaced_by"],
                    At::Value,
                    format!(
                        "`{name}` is replaced by itself: by {}",
                        chain.join(", which is replaced by ")
                    ),
                    Some(
                        "name a method that remains, and remove `replaced_by` of that method"
                            .into(),
                    ),
                );
            }
        }
    }
}

/// The methods from one to itself, without the repetition; `None` if it is not in a cycle, or replaced by itself
/// directly, which is reported elsewhere.
fn cycle<'a>(start: &'a str, next: impl Fn(&str) -> Option<&'a str>) -> Option<Vec<&'a str>> {
    let mut chain = vec![start];
    let mut current = next(start)?;
    while current != start {
        if chain.contains(&current) {
            return None;
        }
        chain.push(current);
        current = next(current)?;
    }
    (chain.len() > 1).then_some(chain)
}
