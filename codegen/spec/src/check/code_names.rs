//! Checks of `as`, the name of a field, a parameter or a value in code.

use super::Check;
use crate::load::At;
use crate::names;

/// The strict and reserved keywords of Rust.
const KEYWORDS: [&str; 53] = [
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

impl Check<'_> {
    /// Checks the name of a field or parameter.
    pub(super) fn member_alias(&mut self, path: &[&str], alias: Option<&str>) {
        let Some(alias) = alias else { return };
        if KEYWORDS.contains(&alias) {
            self.wrong_alias(path, format!("`{alias}` is a keyword of Rust"));
        } else if !is_snake_case(alias) {
            self.wrong_alias(path, format!("`{alias}` is not a name in snake_case"));
        }
    }

    /// Checks the name of a value: it becomes a variant in upper camel case.
    pub(super) fn variant_alias(&mut self, path: &[&str], alias: Option<&str>) {
        let Some(alias) = alias else { return };
        let variant = names::variant_name(alias, None);
        if KEYWORDS.contains(&variant.as_str()) {
            self.wrong_alias(
                path,
                format!("`{alias}` becomes the variant `{variant}`, a keyword of Rust"),
            );
        } else if !is_snake_case(&alias.to_ascii_lowercase()) {
            self.wrong_alias(path, format!("`{alias}` is not the name of a variant"));
        }
    }

    fn wrong_alias(&mut self, path: &[&str], message: String) {
        self.report(
            &[path, &["as"]].concat(),
            At::Value,
            message,
            Some("write a name of letters, digits and `_` that is no keyword, such as `other_reason`".into()),
        );
    }
}

/// Whether it is lower-case letters, digits and underscores, and begins with a letter.
fn is_snake_case(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_part)
}
