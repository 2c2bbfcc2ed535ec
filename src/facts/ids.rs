//! ID types, and the methods that find what has an ID.

use super::ID_LOOKUPS;

/// Methods that find what has an ID by what people know instead.
#[derive(Debug)]
pub(crate) struct IdLookup {
    /// Name of the ID type.
    pub(crate) id_type: &'static str,
    /// Method that finds it by a handle.
    pub(crate) handle: Option<&'static str>,
    /// Method that finds it by a URL.
    pub(crate) url: Option<&'static str>,
}

/// Returns the methods that find what has an ID of this type.
pub(crate) fn id_lookup(id_type: &str) -> Option<&'static IdLookup> {
    ID_LOOKUPS.iter().find(|lookup| lookup.id_type == id_type)
}

/// Returns what an ID of this type is the ID of: `media attachment` for `MediaAttachmentId`.
pub(crate) fn id_noun(id_type: &str) -> String {
    let name = id_type.strip_suffix("Id").unwrap_or(id_type);
    let mut noun = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !noun.is_empty() {
            noun.push(' ');
        }
        noun.push(c.to_ascii_lowercase());
    }
    noun
}
