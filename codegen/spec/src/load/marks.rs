//! Positions of the nodes of a YAML file.
//!
//! serde_yaml reports only the position of a syntax error, so positions are taken from the events of
//! another parser.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScanError, Span};

/// The path of a node: keys and indexes from the root.
pub type Path = Vec<String>;

/// Line and column, both from 1, and width in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The width in characters, at least 1.
    pub width: usize,
}

impl Mark {
    /// The mark of a single character.
    pub fn new(line: usize, column: usize) -> Self {
        Self {
            line,
            column,
            width: 1,
        }
    }
}

impl Default for Mark {
    /// The start of a file.
    fn default() -> Self {
        Self::new(1, 1)
    }
}

impl From<Span> for Mark {
    fn from(span: Span) -> Self {
        let (start, end) = (span.start, span.end);
        let width = if start.line() == end.line() {
            end.col().saturating_sub(start.col())
        } else {
            0
        };
        Self {
            line: start.line(),
            column: start.col() + 1,
            width: width.max(1),
        }
    }
}

/// The positions of all nodes of a file.
#[derive(Debug, Default)]
pub struct Marks {
    keys: HashMap<Path, Mark>,
    values: HashMap<Path, Mark>,
    ends: HashMap<Path, usize>,
}

/// The state of an open list or mapping.
enum Open {
    Sequence(usize),
    Key,
    Value,
}

impl Marks {
    /// Reads the positions. Syntax errors are ignored here: the loader reports them.
    pub fn read(text: &str) -> Self {
        let mut marks = Self::default();
        // Nodes after a syntax error have no position.
        let _broken = marks.walk(text);
        marks
    }

    fn walk(&mut self, text: &str) -> Result<(), ScanError> {
        let (mut path, mut open): (Path, Vec<Open>) = (Vec::new(), Vec::new());
        let mut last = 1;
        for event in Parser::new_from_str(text) {
            let (event, span) = event?;
            // The parser finds the end of a block mapping only at the start of the next node.
            let ends = matches!(event, Event::MappingEnd | Event::SequenceEnd);
            if !ends || span.start != span.end {
                last = last.max(span.end.line());
            }
            match event {
                Event::Scalar(key, ..) if matches!(open.last(), Some(Open::Key)) => {
                    path.push(key.into_owned());
                    self.keys.insert(path.clone(), span.into());
                    if let Some(last) = open.last_mut() {
                        *last = Open::Value;
                    }
                    continue;
                }
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    self.ends.insert(path.clone(), last);
                    finish(&mut path, &mut open);
                    continue;
                }
                Event::Scalar(..)
                | Event::Alias(_)
                | Event::MappingStart(..)
                | Event::SequenceStart(..) => {}
                _ => continue,
            }
            if let Some(Open::Sequence(index)) = open.last() {
                path.push(index.to_string());
            }
            self.values.insert(path.clone(), span.into());
            match event {
                Event::MappingStart(..) => open.push(Open::Key),
                Event::SequenceStart(..) => open.push(Open::Sequence(0)),
                _ => finish(&mut path, &mut open),
            }
        }
        Ok(())
    }

    /// Whether there is such a node.
    pub fn has(&self, path: &[String]) -> bool {
        self.keys.contains_key(path)
    }

    /// The position of a value, or of the nearest enclosing node.
    pub fn value(&self, path: &[String]) -> Mark {
        self.nearest(path, &self.values)
    }

    /// The position of a key, or of the nearest enclosing node.
    pub fn key(&self, path: &[String]) -> Mark {
        self.nearest(path, &self.keys)
    }

    /// The last line of a list or mapping.
    pub fn end(&self, path: &[String]) -> Option<usize> {
        self.ends.get(path).copied()
    }

    fn nearest(&self, path: &[String], first: &HashMap<Path, Mark>) -> Mark {
        first.get(path).copied().unwrap_or_else(|| {
            (0..=path.len())
                .rev()
                .find_map(|end| {
                    self.keys
                        .get(&path[..end])
                        .or_else(|| self.values.get(&path[..end]))
                })
                .copied()
                .unwrap_or_default()
        })
    }
}

/// Advances to the next key or item after a value.
fn finish(path: &mut Path, open: &mut [Open]) {
    match open.last_mut() {
        Some(Open::Sequence(index)) => *index += 1,
        Some(last) => *last = Open::Key,
        None => {}
    }
    path.pop();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_values_and_items_have_positions() {
        let marks = Marks::read("a:\n  b: { c: [x, yy] }\nd: 1\n");
        let path = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Path>();
        let position = |mark: Mark| (mark.line, mark.column, mark.width);
        assert_eq!(position(marks.key(&path(&["a", "b", "c"]))), (2, 8, 1));
        assert_eq!(
            position(marks.value(&path(&["a", "b", "c", "1"]))),
            (2, 15, 2)
        );
        assert_eq!(position(marks.value(&path(&["d"]))), (3, 4, 1));
        assert_eq!(position(marks.value(&path(&["a", "absent"]))), (1, 1, 1));
    }

    #[test]
    fn lists_and_mappings_end_at_their_last_line() {
        let marks = Marks::read("a:\n  b: 1\n  c:\n    - x\n\n# of d\nd: { e: 1,\n  f: 2 }\n");
        let end = |keys: &[&str]| {
            let path: Path = keys.iter().map(ToString::to_string).collect();
            marks.end(&path)
        };
        assert_eq!(end(&["a"]), Some(4));
        assert_eq!(end(&["a", "c"]), Some(4));
        assert_eq!(end(&["d"]), Some(8));
        assert_eq!(end(&["a", "b"]), None);
    }
}
