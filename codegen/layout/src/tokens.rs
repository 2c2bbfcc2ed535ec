//! Writes tokens with the usual spaces between them: attributes and macro calls, which are not parsed.

use proc_macro2::{Delimiter, Group, Spacing, TokenTree};

use crate::doc_comments;
use crate::syntax::tokens;

/// A macro call, with a list of entries one per line. `None` for all other items.
pub(crate) fn macro_call(item: &[TokenTree]) -> Option<String> {
    let mut out = String::new();
    let mut rest = item;
    while let [
        TokenTree::Punct(hash),
        TokenTree::Group(attribute),
        after @ ..,
    ] = rest
        && hash.as_char() == '#'
    {
        out += &attribute_text(attribute);
        out.push('\n');
        rest = after;
    }
    let [
        TokenTree::Ident(name),
        TokenTree::Punct(bang),
        TokenTree::Group(group),
        ..,
    ] = rest
    else {
        return None;
    };
    if bang.as_char() != '!' {
        return None;
    }
    let trees = tokens(group);
    match (group.delimiter(), trees.as_slice()) {
        (Delimiter::Brace, trees) => out += &format!("{name}! {{\n{}}}\n", entries(trees)),
        (_, [TokenTree::Ident(head), TokenTree::Group(group)])
            if group.delimiter() == Delimiter::Brace =>
        {
            let entries = entries(&tokens(group));
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
    write_tokens(&tokens(group), &mut text);
    text.push(']');
    text
}

/// Entries that are separated by commas or semicolons, each on a line of its own, with their documentation above them.
fn entries(trees: &[TokenTree]) -> String {
    let separator = |tree: &TokenTree| match tree {
        TokenTree::Punct(punct) => Some(punct.as_char()).filter(|c| matches!(c, ',' | ';')),
        _ => None,
    };
    let last = if trees.iter().any(|tree| separator(tree).is_some()) {
        ","
    } else {
        ""
    };
    let mut out = String::new();
    for entry in trees.split_inclusive(|tree| separator(tree).is_some()) {
        let (end, mut entry) = match entry {
            [entry @ .., end] if separator(end).is_some() => (end.to_string(), entry),
            _ => (last.to_owned(), entry),
        };
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
fn documentation(trees: &[TokenTree]) -> Option<(String, &[TokenTree])> {
    let [
        TokenTree::Punct(hash),
        TokenTree::Group(attribute),
        rest @ ..,
    ] = trees
    else {
        return None;
    };
    let attribute: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let [
        TokenTree::Ident(name),
        TokenTree::Punct(_),
        TokenTree::Literal(text),
    ] = &attribute[..]
    else {
        return None;
    };
    (hash.as_char() == '#' && name == "doc").then_some(())?;
    let text = doc_comments::value(&text.to_string())?;
    Some((text, rest))
}

/// Writes tokens with the usual spaces between them.
fn write_tokens(trees: &[TokenTree], out: &mut String) {
    let mut glued = true;
    for (index, tree) in trees.iter().enumerate() {
        let follows_ident = index > 0 && matches!(trees[index - 1], TokenTree::Ident(_));
        let space_before = match tree {
            TokenTree::Punct(punct) => {
                !matches!(punct.as_char(), ':' | ',' | ';' | '.' | '<' | '>')
            }
            TokenTree::Group(group) => {
                !(follows_ident && group.delimiter() == Delimiter::Parenthesis)
            }
            _ => true,
        };
        if space_before && !glued {
            out.push(' ');
        }
        glued = false;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                write_tokens(&group.stream().into_iter().collect::<Vec<_>>(), out);
                out.push_str(close);
            }
            TokenTree::Punct(punct) => {
                out.push(punct.as_char());
                glued = punct.spacing() == Spacing::Joint || matches!(punct.as_char(), '.' | '<');
            }
            other => out.push_str(&other.to_string()),
        }
    }
}
