//! ID types.

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
