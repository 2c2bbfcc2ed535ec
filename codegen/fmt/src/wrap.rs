//! Breaks values that do not fit on a line: maps and lists between their items, strings between words.

use super::parse::{Node, Scalar};
use super::write::{line, quote, scalar};

/// Maximum width of a line.
pub(super) const MAX_WIDTH: usize = 140;

/// The keys of prose, which starts on a line of its own where a map is broken.
const PROSE: [&str; 4] = ["summary", "description", "note", "review_note"];

/// Prints a value that starts at a column, after a key with this indentation. `after` is the width of what follows.
pub(super) fn value(node: &Node, indent: usize, column: usize, after: usize) -> String {
    let whole = line(node, false);
    if column + width(&whole) + after <= MAX_WIDTH {
        return whole;
    }
    match node {
        Node::Scalar(scalar) => folded(scalar, column, indent + 2, after),
        _ => flow(node, column, after),
    }
}

/// Prints a map or list over several lines.
fn flow(node: &Node, column: usize, after: usize) -> String {
    match node {
        Node::FlowMap(entries) => {
            let mut out = Lines::new("{ ", column, after + 2);
            for (index, (key, value)) in entries.iter().enumerate() {
                let head = format!("{}: ", scalar(key, true));
                let is_last = index + 1 == entries.len();
                let is_prose = PROSE.contains(&key.text.as_str());
                out.item(&head, value, is_last, is_prose);
            }
            out.text + " }"
        }
        Node::FlowList(items) => {
            let mut out = Lines::new("[", column, after + 1);
            for (index, item) in items.iter().enumerate() {
                out.item("", item, index + 1 == items.len(), false);
            }
            out.text + "]"
        }
        Node::Map(_) | Node::Items(_) | Node::Scalar(_) => line(node, true),
    }
}

/// The lines of a map or list.
struct Lines {
    text: String,
    /// The column of the next character.
    at: usize,
    /// The indentation of its items.
    indent: usize,
    /// The width of what follows the last item.
    after: usize,
    is_empty: bool,
}

impl Lines {
    fn new(open: &str, column: usize, after: usize) -> Self {
        let indent = column + open.len();
        Self {
            text: open.to_owned(),
            at: indent,
            indent,
            after,
            is_empty: true,
        }
    }

    fn item(&mut self, head: &str, value: &Node, is_last: bool, is_prose: bool) {
        let after = if is_last { self.after } else { 1 };
        let whole = format!("{head}{}", line(value, true));
        let separator = if self.is_empty { "" } else { ", " };
        let fits = |column: usize| column + width(&whole) + after <= MAX_WIDTH;
        if self.is_empty || !is_prose && fits(self.at + separator.len()) {
            self.text.push_str(separator);
            self.at += separator.len();
        } else {
            self.text.push_str(",\n");
            self.text.push_str(&" ".repeat(self.indent));
            self.at = self.indent;
        }
        self.is_empty = false;
        let column = self.at + width(head);
        let item = if fits(self.at) {
            whole
        } else {
            let value = match value {
                Node::Scalar(scalar) => folded(scalar, column, self.indent + 2, after),
                _ => flow(value, column, after),
            };
            format!("{head}{value}")
        };
        self.at = match item.rsplit_once('\n') {
            Some((_, last)) => width(last),
            None => self.at + width(&item),
        };
        self.text.push_str(&item);
    }
}

/// A string in double quotes over several lines. YAML joins the lines with single spaces.
fn folded(scalar: &Scalar, column: usize, indent: usize, after: usize) -> String {
    let quoted = quote(&scalar.text);
    let (mut out, mut at) = (String::new(), column);
    let words: Vec<&str> = quoted.split(' ').collect();
    for (index, word) in words.iter().enumerate() {
        let is_last = index + 1 == words.len();
        let end = at + 1 + width(word) + if is_last { after } else { 0 };
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        // A line must not start like a comment, and spaces in a row do not survive a break.
        let can_break = !word.is_empty()
            && !word.starts_with('#')
            && *word != "\""
            && before.is_some_and(|before| !before.is_empty() && *before != "\"");
        if index == 0 {
            at += width(word);
        } else if end > MAX_WIDTH && can_break {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            at = indent + width(word);
        } else {
            out.push(' ');
            at += 1 + width(word);
        }
        out.push_str(word);
    }
    out
}

fn width(text: &str) -> usize {
    text.chars().count()
}
