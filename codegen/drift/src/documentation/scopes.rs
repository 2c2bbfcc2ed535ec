//! The page of the scopes: tables of them, and a history that tells since when some are there.

use super::text::{has_mark, without_shortcodes};
use crate::outside::{Outside, Scope};
use mastodon_spec::yaml::Version;

/// Reads the page.
pub(super) fn read(text: &str, at: &str, outside: &mut Outside) {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut history = Vec::new();
    let mut of = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('|') {
            let place = format!("{at}:{}", index + 1);
            row(line, &mut of, &place, &mut scopes);
        } else {
            of = None;
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
        outside
            .unread
            .push(format!("{at}: there is no table of scopes"));
    }
    outside.scopes = scopes;
}

/// A row of a table: scopes side by side, or one that the last one of the first column includes.
fn row(line: &str, of: &mut Option<usize>, at: &str, scopes: &mut Vec<Scope>) {
    let mut first = None;
    for (column, cell) in line.trim_matches('|').split('|').enumerate() {
        let name = without_shortcodes(cell);
        let name = name.trim().trim_matches(['*', '`']);
        // The head of the table is none, nor is the line below it.
        let is_scope = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || b"_:".contains(&byte));
        if !is_scope {
            continue;
        }
        let known = scopes.iter().position(|scope| scope.name == name);
        let place = known.unwrap_or(scopes.len());
        if known.is_none() {
            scopes.push(Scope {
                name: name.to_owned(),
                since: None,
                deprecated: false,
                includes: Vec::new(),
                at: at.to_owned(),
            });
        }
        scopes[place].deprecated |= has_mark(cell, "deprecated");
        if column == 0 {
            first = Some(place);
        } else if let (None, Some(of)) = (first, *of) {
            let outer = &mut scopes[of];
            // Names tell what the others include.
            if !outer.name.contains(':') && !name.starts_with(&format!("{}:", outer.name)) {
                outer.includes.push(name.to_owned());
            }
        }
    }
    *of = first.or(*of);
}

/// `- 2.6.0 - Added `write:conversations``.
fn change(line: &str) -> Option<(Version, &str)> {
    let (version, text) = line.strip_prefix("- ")?.split_once(" - ")?;
    Some((version.parse().ok()?, text))
}
