//! The public items of the generated Rust: the types, functions, fields, variants and trait implementations of
//! mastodon-types and mastodon-sdk that follow from the specification, one line each.
//!
//! The lines are read from what the emitters emit, so they do not depend on the rules of this crate. Items of the
//! macros that generated files use are in `macros`. Arguments have no names, because they are passed by position.

mod compare;
mod macros;
mod read;
mod text;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use mastodon_spec::model::Model;

pub use compare::{Difference, compare};
pub(crate) use text::identifiers;

/// The public items of the generated crates.
#[derive(Debug, Default)]
pub struct RustApi {
    /// The items by their line.
    pub items: BTreeMap<String, Item>,
}

/// A public item.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its path: `Note`, `Note.tags`, `Mood::Calm`, `Mastodon::note`, `NotePostCall::mood`. Empty for the
    /// implementation of a trait, which concerns all types that it names.
    pub path: String,
    /// What its change means.
    pub kind: ItemKind,
    /// The Cargo features that it requires.
    pub features: BTreeSet<String>,
    /// A function, in Rust, that compiles only if the item exists as its line says. Only read for the program that uses all items.
    pub usage: String,
}

/// What the change of an item means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// It is part of the API: without it, applications may no longer compile.
    Api,
    /// It can be removed: that a function is deprecated, or that a call type is an alias.
    Notice,
}

impl RustApi {
    /// Reads the items from the files of the emitters.
    ///
    /// # Errors
    ///
    /// When an emitter produced invalid Rust, or a macro that this crate does not know.
    pub fn new(model: &Model<'_>) -> Result<Self, String> {
        read::read(mastodon_emit::public_files(model), false)
    }

    /// The source of a library that compiles only if mastodon-sdk has all items, with the Cargo features of the same names.
    /// Compiled with a newer version of mastodon-sdk, it shows whether the newer version is compatible.
    ///
    /// # Errors
    ///
    /// The same as of [`new`](Self::new).
    pub fn program(model: &Model<'_>) -> Result<String, String> {
        let api = read::read(mastodon_emit::public_files(model), true)?;
        Ok(usage::program(&api))
    }

    /// One line for each item, with the Cargo features that it requires.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.items.iter().map(|(line, item)| {
            let features: Vec<_> = item.features.iter().map(String::as_str).collect();
            if features.is_empty() {
                line.clone()
            } else {
                format!("[{}] {line}", features.join(", "))
            }
        })
    }
}
