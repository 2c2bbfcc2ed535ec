//! Where each node of a YAML file stands.
//!
//! serde_yaml tells the place of the first mistake alone and keeps no places of what it could
//! read, so the events of a second parser are walked for them.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScanError, Span};

/// The way to a node: the keys and indexes that lead to it.
pub type Path = Vec<String>;

/// Line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl From<Span> for Mark {
    fn from(span: Span) -> Self {
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
        }
    }
}

/// The places of all nodes of a file.
#[derive(Debug, Default)]
pub struct Marks {
    keys: HashMap<Path, Mark>,
    values: HashMap<Path, Mark>,
}

/// A list or mapping that is being read, with what comes next in it.
enum Open {
    Sequence(usize),
    Key,
    Value,
}

impl Marks {
    /// Walks the events of a file. What cannot be read is no matter here: the loader reports it.
    pub fn read(text: &str) -> Self {
        let mut marks = Self::default();
        // The rest of a broken file has no places; its own mistake is reported by the loader.
        let _broken = marks.walk(text);
        marks
    }

    fn walk(&mut self, text: &str) -> Result<(), ScanError> {
        let (mut path, mut open): (Path, Vec<Open>) = (Vec::new(), Vec::new());
        for event in Parser::new_from_str(text) {
            let (event, span) = event?;
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

    /// The place of a value, or else of the nearest thing around it.
    pub fn value(&self, path: &[String]) -> Mark {
        self.nearest(path, &self.values)
    }

    /// The place of a key, or else of the nearest thing around it.
    pub fn key(&self, path: &[String]) -> Mark {
        self.nearest(path, &self.keys)
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
                .unwrap_or(Mark { line: 1, column: 1 })
        })
    }
}

/// Goes on to the next item after a value was read.
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
    fn keys_values_and_items_have_their_places() {
        let marks = Marks::read("a:\n  b: { c: [x, yy] }\nd: 1\n");
        let path = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Path>();
        assert_eq!(
            marks.key(&path(&["a", "b", "c"])),
            Mark { line: 2, column: 8 }
        );
        assert_eq!(
            marks.value(&path(&["a", "b", "c", "1"])),
            Mark {
                line: 2,
                column: 15
            }
        );
        assert_eq!(marks.value(&path(&["d"])), Mark { line: 3, column: 4 });
        assert_eq!(
            marks.value(&path(&["a", "absent"])),
            Mark { line: 1, column: 1 }
        );
    }
}
