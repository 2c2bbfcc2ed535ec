//! Writes tokens with the usual spaces between them: attributes and macro calls, which are not parsed.

use proc_macro2::{Delimiter, Spacing};

use crate::doc_comments;
use crate::tree::{Group, Tree};

/// A macro call, with a list of entries one per line. `None` for all other items.
pub(crate) fn macro_call(item: &[Tree]) -> Option<String> {
    let mut out = String::new();
    let mut rest = item;
    while let [Tree::Punct(hash), Tree::Group(attribute), after @ ..] = rest
        && hash.as_char() == '#'
    {
        out += &attribute_text(attribute);
        out.push('\n');
        rest = after;
    }
    let [Tree::Ident(name), Tree::Punct(bang), Tree::Group(group), ..] = rest else {
        return None;
    };
    if bang.as_char() != '!' {
        return None;
    }
    match (group.delimiter, &group.trees[..]) {
        (Delimiter::Brace, trees) => out += &format!("{name}! {{\n{}}}\n", entries(trees)),
        (_, [Tree::Ident(head), Tree::Group(group)]) if group.delimiter == Delimiter::Brace => {
            let entries = entries(&group.trees);
            out += &format!("{name}!({head} {{\n{entries}}});\n");
        }
        (Delimiter::Parenthesis, trees) => {
            out += &format!("{name}!(");
            write_tokens(trees, &mut out);
            out += ");\n";
        }
        _ => return None,
    }
    Some(out)
}

/// `#[attribute]`
pub(crate) fn attribute_text(group: &Group) -> String {
    let mut text = "#[".to_owned();
    write_tokens(&group.trees, &mut text);
    text.push(']');
    text
}

/// Entries that are separated by commas or semicolons, each on a line of its own, with their documentation above them.
fn entries(trees: &[Tree]) -> String {
    let separator = |tree: &Tree| match tree {
        Tree::Punct(punct) => Some(punct.as_char()).filter(|c| matches!(c, ',' | ';')),
        _ => None,
    };
    let last = if trees.iter().any(|tree| separator(tree).is_some()) {
        ","
    } else {
        ""
    };
    let mut out = String::new();
    for entry in trees.split_inclusive(|tree| separator(tree).is_some()) {
        let end = entry.last().and_then(separator);
        let mut entry = &entry[..entry.len() - usize::from(end.is_some())];
        let end = end.map_or_else(|| last.to_owned(), String::from);
        if entry.is_empty() {
            continue;
        }
        while let Some((doc, rest)) = documentation(entry) {
            for line in doc.lines() {
                out += format!("    ///{line}").trim_end();
                out.push('\n');
            }
            entry = rest;
        }
        let mut line = String::new();
        write_tokens(entry, &mut line);
        out += &format!("    {line}{end}\n");
    }
    out
}

/// The text of a `#[doc = "…"]` at the start of the tokens, and the tokens after it.
fn documentation(trees: &[Tree]) -> Option<(String, &[Tree])> {
    let [Tree::Punct(hash), Tree::Group(attribute), rest @ ..] = trees else {
        return None;
    };
    let [Tree::Ident(name), Tree::Punct(_), Tree::Literal(text)] = &attribute.trees[..] else {
        return None;
    };
    (hash.as_char() == '#' && name == "doc").then_some(())?;
    let text = doc_comments::value(&text.to_string())?;
    Some((text, rest))
}

/// Writes tokens with the usual spaces between them.
fn write_tokens(trees: &[Tree], out: &mut String) {
    let mut glued = true;
    for (index, tree) in trees.iter().enumerate() {
        let follows_ident = index > 0 && matches!(trees[index - 1], Tree::Ident(_));
        let space_before = match tree {
            Tree::Punct(punct) => !matches!(punct.as_char(), ':' | ',' | ';' | '.' | '<' | '>'),
            Tree::Group(group) => !(follows_ident && group.delimiter == Delimiter::Parenthesis),
            _ => true,
        };
        if space_before && !glued {
            out.push(' ');
        }
        glued = false;
        match tree {
            Tree::Group(group) => {
                let (open, close) = match group.delimiter {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                write_tokens(&group.trees, out);
                out.push_str(close);
            }
            Tree::Punct(punct) => {
                out.push(punct.as_char());
                glued = punct.spacing() == Spacing::Joint || matches!(punct.as_char(), '.' | '<');
            }
            Tree::Ident(ident) => out.push_str(&ident.to_string()),
            Tree::Literal(literal) => out.push_str(&literal.to_string()),
        }
    }
}
