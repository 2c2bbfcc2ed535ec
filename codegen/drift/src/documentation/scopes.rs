//! Reads the page of scopes: tables and a version history.

use super::text::{has_mark, without_shortcodes};
use crate::external::{ExternalApi, Scope};
use mastodon_spec::yaml::Version;

/// Reads the page.
pub(super) fn parse(text: &str, at: &str, external: &mut ExternalApi) {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut history = Vec::new();
    let mut outer = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('|') {
            let at = format!("{at}:{}", index + 1);
            row(line, &mut outer, &at, &mut scopes);
        } else {
            outer = None;
            history.extend(change(line));
        }
    }
    for scope in &mut scopes {
        for (version, text) in &history {
            let lower = text.to_ascii_lowercase();
            let named = text
                .split('`')
                .skip(1)
                .step_by(2)
                .any(|name| name == scope.name);
            if named && lower.starts_with("added") {
                scope.since = Some(version.clone());
            }
            if named && lower.starts_with("deprecated") {
                scope.deprecated = true;
            }
        }
    }
    if scopes.is_empty() {
        external
            .unread
            .push(format!("{at}: the page contains no table of scopes"));
    }
    external.scopes = scopes;
}

/// Reads a row of a table: one scope per column, or a scope that is included in the last one of the first column.
fn row(line: &str, outer: &mut Option<usize>, at: &str, scopes: &mut Vec<Scope>) {
    let mut first = None;
    for (column, cell) in line.trim_matches('|').split('|').enumerate() {
        let name = without_shortcodes(cell);
        let name = name.trim().trim_matches(['*', '`']);
        // Skips the header of the table and its separator.
        let is_scope = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b"_:".contains(&byte));
        if !is_scope {
            continue;
        }
        let position = scopes.iter().position(|scope| scope.name == name);
        let index = position.unwrap_or(scopes.len());
        if position.is_none() {
            scopes.push(Scope {
                name: name.to_owned(),
                since: None,
                deprecated: false,
                includes: Vec::new(),
                at: at.to_owned(),
            });
        }
        scopes[index].deprecated |= has_mark(cell, "deprecated");
        if column == 0 {
            first = Some(index);
        } else if let (None, Some(outer)) = (first, *outer) {
            let outer = &mut scopes[outer];
            // Other inclusions follow from the names.
            if !outer.name.contains(':') && !name.starts_with(&format!("{}:", outer.name)) {
                outer.includes.push(name.to_owned());
            }
        }
    }
    *outer = first.or(*outer);
}

/// `- 2.6.0 - Added `write:conversations``.
fn change(line: &str) -> Option<(Version, &str)> {
    let (version, text) = line.strip_prefix("- ")?.split_once(" - ")?;
    Some((version.parse().ok()?, text))
}
