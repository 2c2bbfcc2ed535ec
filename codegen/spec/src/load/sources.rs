//! File contents with the positions of their nodes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::{At, Files, Mark, Marks};

/// The contents of the files, and the positions of their nodes.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<String, Source>);

/// A file. The positions are computed on first use: this takes longer than parsing the file, and most
/// files have no problems.
#[derive(Debug)]
struct Source {
    text: String,
    marks: OnceLock<Marks>,
}

impl Sources {
    /// Takes the contents of the files.
    pub fn new(files: Files) -> Self {
        let mut sources = Self::default();
        for (name, text) in files {
            sources.insert(name, text);
        }
        sources
    }

    pub(super) fn insert(&mut self, name: String, text: String) {
        let marks = OnceLock::new();
        self.0.insert(name, Source { text, marks });
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
        self.marks(file)
            .map_or_else(Mark::default, |marks| match at {
                At::Key => marks.key(path),
                At::Value => marks.value(path),
            })
    }

    /// The last line of a list or mapping.
    pub fn end(&self, file: &str, path: &[String]) -> Option<usize> {
        self.marks(file)?.end(path)
    }

    /// Whether the file has a node at the path, even an invalid one.
    pub fn has(&self, file: &str, path: &[String]) -> bool {
        self.marks(file).is_some_and(|marks| marks.has(path))
    }

    fn marks(&self, file: &str) -> Option<&Marks> {
        let source = self.0.get(file)?;
        Some(source.marks.get_or_init(|| Marks::read(&source.text)))
    }
}
