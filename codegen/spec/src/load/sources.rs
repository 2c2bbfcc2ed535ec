//! File contents with the positions of their nodes.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use mastodon_yaml::{Mark, Positions, parse};

use super::{At, Files};

/// The contents of the files, and the positions of their nodes.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, Arc<Source>>);

#[derive(Debug)]
struct Source {
    text: String,
    /// Set when the file is parsed, otherwise on first use.
    positions: OnceLock<Positions>,
}

impl Sources {
    /// Takes the contents of the files.
    pub fn new(files: Files) -> Self {
        let mut sources = Self::default();
        for (name, text) in files {
            let positions = OnceLock::new();
            let source = Arc::new(Source { text, positions });
            sources.0.insert(name, source);
        }
        sources
    }

    pub(super) fn insert(&mut self, name: String, text: String, positions: Positions) {
        let positions = OnceLock::from(positions);
        self.0.insert(name, Arc::new(Source { text, positions }));
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// The content of a file.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(|source| source.text.as_str())
    }

    /// A line of a file, from 1; empty where it does not exist.
    pub fn line(&self, file: &str, line: usize) -> &str {
        let text = self.text(file).unwrap_or_default();
        text.lines().nth(line.saturating_sub(1)).unwrap_or_default()
    }

    /// The position of a node, or of the nearest enclosing node.
    pub fn mark(&self, file: &str, path: &[String], at: At) -> Mark {
        self.positions(file)
            .map_or_else(Mark::default, |positions| match at {
                At::Key => positions.key(path),
                At::Value => positions.value(path),
            })
    }

    /// The last line of a list or mapping.
    pub fn end(&self, file: &str, path: &[String]) -> Option<usize> {
        self.positions(file)?.end(path)
    }

    /// Whether the file has a node at the path, even an invalid one.
    pub fn has(&self, file: &str, path: &[String]) -> bool {
        self.positions(file)
            .is_some_and(|positions| positions.has(path))
    }

    fn positions(&self, file: &str) -> Option<&Positions> {
        let source = self.0.get(file)?;
        let positions =
            || parse(&source.text).map_or_else(|_| Positions::default(), |parsed| parsed.1);
        Some(source.positions.get_or_init(positions))
    }
}
