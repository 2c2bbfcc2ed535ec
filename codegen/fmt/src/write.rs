//! Prints the tree: two spaces per level, aligned values, quotes only where needed.

use mastodon_yaml::plain_scalar;

use super::order::{Item, Kind};
use super::parse::{Document, Entry, Node, Scalar};
use super::wrap;

/// Maximum width of a key that affects the alignment of values.
const MAX_ALIGNED_KEY: usize = 28;

/// Prints a file.
pub(super) fn write(kind: Kind, document: &Document) -> String {
    let mut out = String::new();
    if let Node::Map(entries) | Node::Items(entries) = &document.root {
        block(kind, &document.root, entries, 0, &mut out);
    }
    for comment in &document.end {
        out.push_str(comment);
        out.push('\n');
    }
    out
}

fn block(kind: Kind, node: &Node, entries: &[Entry], indent: usize, out: &mut String) {
    let is_list = matches!(node, Node::Items(_));
    let spaces = " ".repeat(indent);
    let widths = columns(kind, entries);
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 && (entry.blank || has_blank_line_between(kind, &entries[index - 1], entry)) {
            out.push('\n');
        }
        if index == 0 && indent == 0 && entry.blank && !out.is_empty() {
            out.push('\n');
        }
        for comment in &entry.comments {
            if !comment.is_empty() {
                out.push_str(&spaces);
                out.push_str(comment);
            }
            out.push('\n');
        }
        out.push_str(&spaces);
        let inner = kind.under(&entry.key.text);
        let head = if is_list {
            "-".to_owned()
        } else {
            format!("{}:", scalar(&entry.key, false))
        };
        let trailing = entry
            .trailing
            .as_ref()
            .map(|comment| format!(" {comment}"))
            .unwrap_or_default();
        match &entry.value {
            Node::Map(below) if is_list => {
                // The first entry follows the dash.
                let mut text = String::new();
                block(inner, &entry.value, below, indent + 2, &mut text);
                out.push_str("- ");
                out.push_str(text.trim_start());
            }
            Node::Map(below) | Node::Items(below) => {
                out.push_str(&head);
                out.push_str(&trailing);
                out.push('\n');
                block(inner, &entry.value, below, indent + 2, out);
            }
            value => {
                let pad = widths[index].saturating_sub(head.chars().count());
                let column = indent + head.chars().count() + pad + 1;
                let value = wrap::value(value, indent, column, trailing.chars().count());
                out.push_str(&head);
                if !value.is_empty() {
                    out.push_str(&" ".repeat(pad + 1));
                    out.push_str(&value);
                }
                out.push_str(&trailing);
                out.push('\n');
            }
        }
    }
}

/// Whether two entries are separated by a blank line: methods, inputs, and entities of several lines.
fn has_blank_line_between(kind: Kind, before: &Entry, entry: &Entry) -> bool {
    let long = |entry: &Entry| matches!(entry.value, Node::Map(_));
    match kind {
        Kind::Named(Item::Method) => true,
        Kind::MethodsFile => entry.key.text == "inputs",
        Kind::Named(Item::Entity) => long(before) && long(entry),
        _ => false,
    }
}

/// The column width of each entry: adjacent entries with values in flow style are aligned.
fn columns(kind: Kind, entries: &[Entry]) -> Vec<usize> {
    let is_aligned = |entry: &Entry| {
        matches!(
            (kind, &entry.value),
            (
                Kind::Named(_) | Kind::ApiFile | Kind::Other,
                Node::FlowMap(_)
            )
        )
    };
    let width = |entry: &Entry| scalar(&entry.key, false).chars().count() + 1;
    let mut widths = vec![0; entries.len()];
    let mut start = 0;
    while start < entries.len() {
        let mut end = start + 1;
        while end < entries.len()
            && is_aligned(&entries[start])
            && is_aligned(&entries[end])
            && !entries[end].blank
            && entries[end].comments.is_empty()
        {
            end += 1;
        }
        let run = &entries[start..end];
        if is_aligned(&run[0]) {
            let widest = run
                .iter()
                .map(width)
                .filter(|width| *width <= MAX_ALIGNED_KEY)
                .max()
                .unwrap_or_default();
            widths[start..end].fill(widest);
        }
        start = end;
    }
    widths
}

/// Prints a value in flow style.
pub(super) fn line(node: &Node, in_flow: bool) -> String {
    match node {
        Node::Scalar(value) => scalar(value, in_flow),
        Node::FlowList(items) => {
            let items: Vec<String> = items.iter().map(|item| line(item, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Node::FlowMap(entries) if entries.is_empty() => "{}".to_owned(),
        Node::FlowMap(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", scalar(key, true), line(value, true)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        // Block style does not occur in flow style.
        Node::Map(_) | Node::Items(_) => String::new(),
    }
}

/// Prints a scalar, quoted where its meaning would change without quotes.
pub(super) fn scalar(scalar: &Scalar, in_flow: bool) -> String {
    let Scalar { text, quoted } = scalar;
    if !quoted || is_plain(text, in_flow) {
        return text.clone();
    }
    quote(text)
}

/// A string in double quotes.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a string needs no quotes.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let can_start = |c: char| c.is_alphanumeric() || "/(_.".contains(c);
    let plain = text.starts_with(can_start)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(char::is_control)
        && (!in_flow || !text.contains([',', '[', ']', '{', '}']));
    // YAML 1.1 parsers read these as booleans.
    let is_boolean =
        ["yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    // Numbers and booleans need quotes to be strings.
    plain && !is_boolean && plain_scalar(text).is_string()
}
