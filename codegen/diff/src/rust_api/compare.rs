//! Compares the public items of two versions.

use super::{Item, ItemKind, RustApi};

/// An item that only one version has, or that requires other Cargo features.
#[derive(Debug)]
pub struct Difference<'a> {
    /// The line of the item.
    pub line: &'a str,
    /// The item, of the old version if both have it.
    pub item: &'a Item,
    /// Whether applications may no longer compile.
    pub is_breaking: bool,
    /// What happened to it: `removed`, `added`, `requires more features`, `requires fewer features`.
    pub what: &'static str,
}

/// The items that differ.
pub fn compare<'a>(old: &'a RustApi, new: &'a RustApi) -> Vec<Difference<'a>> {
    let mut differences = Vec::new();
    let mut push = |line: &'a String, item: &'a Item, is_breaking: bool, what| {
        differences.push(Difference {
            line,
            item,
            is_breaking: is_breaking && item.kind == ItemKind::Api,
            what,
        });
    };
    for (line, item) in &old.items {
        match new.items.get(line) {
            None => push(line, item, true, "removed"),
            Some(after) if after.features == item.features => {}
            Some(after) if after.features.is_subset(&item.features) => {
                push(line, item, false, "requires fewer features");
            }
            Some(_) => push(line, item, true, "requires more features"),
        }
    }
    for (line, item) in &new.items {
        if !old.items.contains_key(line) {
            push(line, item, false, "added");
        }
    }
    differences
}
