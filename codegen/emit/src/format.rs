//! Formats generated Rust: prettyplease, plus blank lines between items and one entry per line in macros.

mod doc_comments;

use doc_comments::DocComments;
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, ItemMacro, Macro, MacroDelimiter};

/// Formats the items of a file.
///
/// # Errors
///
/// When the tokens are not Rust, or prettyplease drops a doc comment.
pub(super) fn format(tokens: TokenStream) -> syn::Result<String> {
    let mut comments = DocComments::default();
    let syn::File { attrs, items, .. } = syn::parse2(comments.set_aside(tokens))?;
    let restored = comments.restore(&format_items(attrs, items));
    restored.ok_or_else(|| syn::Error::new(Span::call_site(), "a doc comment was lost"))
}

/// Formats the inner attributes and the items of a file.
pub(super) fn format_items(attrs: Vec<syn::Attribute>, items: Vec<Item>) -> String {
    let mut text = unparse(attrs, Vec::new());
    // prettyplease omits the line break after inner attributes.
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let mut previous = None;
    for item in items {
        let kind = Kind::of(&item);
        let is_same_group = kind.is_grouped() && previous == Some(kind);
        if !text.is_empty() && !is_same_group {
            text.push('\n');
        }
        previous = Some(kind);
        text += &match item_macro(&item) {
            Some(text) => text,
            None => separate_members(&unparse(Vec::new(), vec![item])),
        };
    }
    text
}

fn unparse(attrs: Vec<syn::Attribute>, items: Vec<Item>) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs,
        items,
    })
}

/// The kind of an item. Adjacent imports or modules of the same kind have no blank line between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Use,
    PubUse,
    Module,
    Other,
}

impl Kind {
    fn of(item: &Item) -> Self {
        match item {
            Item::Use(item) if item.attrs.is_empty() => match item.vis {
                syn::Visibility::Public(_) => Self::PubUse,
                _ => Self::Use,
            },
            Item::Mod(item) if item.attrs.is_empty() && item.content.is_none() => Self::Module,
            _ => Self::Other,
        }
    }

    fn is_grouped(self) -> bool {
        self != Self::Other
    }
}

/// Adds a blank line before each member of an `impl`, trait or module that follows another member.
fn separate_members(text: &str) -> String {
    const STARTS: [&str; 9] = [
        "///", "#[", "pub ", "pub(", "fn ", "async ", "const ", "type ", "static ",
    ];
    const INDENT: &str = "    ";
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut follows_member = false;
    for line in text.lines() {
        let member = line
            .strip_prefix(INDENT)
            .filter(|line| !line.starts_with(' '));
        let starts =
            |line: &str| STARTS.iter().any(|start| line.starts_with(start)) && !is_use(line);
        if follows_member && member.is_some_and(starts) {
            out.push('\n');
        }
        // An example in the documentation is not a member.
        let is_code = |line: &&str| !line.starts_with("///");
        follows_member = member
            .filter(is_code)
            .is_some_and(|line| line.ends_with(['}', ';']));
        out += line;
        out.push('\n');
    }
    out
}

fn is_use(line: &str) -> bool {
    line.starts_with("use ") || line.starts_with("pub use ") || line.starts_with("pub(crate) use ")
}

/// A macro call, with a list of entries one per line. `None` for all other items.
fn item_macro(item: &Item) -> Option<String> {
    let Item::Macro(ItemMacro { attrs, mac, .. }) = item else {
        return None;
    };
    let attributes: String = attrs
        .iter()
        .map(|attribute| format!("{}\n", attribute_text(attribute)))
        .collect();
    let Macro {
        path,
        delimiter,
        tokens,
        ..
    } = mac;
    let name = path.segments.last()?.ident.to_string();
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match (delimiter, trees.as_slice()) {
        (MacroDelimiter::Brace(_), trees) => {
            Some(format!("{attributes}{name}! {{\n{}}}\n", entries(trees)))
        }
        (_, [TokenTree::Ident(head), TokenTree::Group(group)])
            if group.delimiter() == Delimiter::Brace =>
        {
            let trees: Vec<_> = group.stream().into_iter().collect();
            Some(format!(
                "{attributes}{name}!({head} {{\n{}}});\n",
                entries(&trees)
            ))
        }
        (MacroDelimiter::Paren(_), trees) => {
            let mut arguments = String::new();
            write_tokens(trees, &mut arguments);
            Some(format!("{attributes}{name}!({arguments});\n"))
        }
        _ => None,
    }
}

fn attribute_text(attribute: &syn::Attribute) -> String {
    let mut text = String::new();
    let tokens: Vec<TokenTree> = attribute.to_token_stream().into_iter().collect();
    for tree in &tokens {
        match tree {
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                text.push('[');
                write_tokens(&inner, &mut text);
                text.push(']');
            }
            other => text += &other.to_string(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(source: &str) -> String {
        format(source.parse().unwrap()).unwrap()
    }

    #[test]
    fn items_are_separated_by_blank_lines_but_imports_are_not() {
        let source =
            "use a::B; use c::D; mod e; mod f; pub use e::*; const G: u8 = 1; const H: u8 = 2;";
        let expected = "use a::B;\nuse c::D;\n\nmod e;\nmod f;\n\npub use e::*;\n\nconst G: u8 = 1;\n\nconst H: u8 = 2;\n";
        assert_eq!(formatted(source), expected);
    }

    #[test]
    fn members_are_separated_by_blank_lines() {
        let source = "impl A { /** b */ #[inline] fn b() {} const C: u8 = 1; pub fn d() { let x = 1; if x { y } z } }";
        let text = formatted(source);
        assert!(
            text.contains("    fn b() {}\n\n    const C: u8 = 1;\n\n    pub fn d() {\n"),
            "{text}"
        );
        assert_eq!(text.matches("\n\n").count(), 2, "{text}");
    }

    #[test]
    fn macros_have_one_entry_per_line() {
        let source = r#"
            object!(A { 0 "b" => b: required, 1 "type" => kind: scalar_or_member("type") });
            id_type! { #[doc = " Id of a status.\n\n Example."] StatusId }
            ids! { A, B }
            has_id!(A, B);
            paged_builder!(C, D, Vec<Option<D>>);
        "#;
        let expected = r#"object!(A {
    0 "b" => b: required,
    1 "type" => kind: scalar_or_member("type"),
});

id_type! {
    /// Id of a status.
    ///
    /// Example.
    StatusId
}

ids! {
    A,
    B,
}

has_id!(A, B);

paged_builder!(C, D, Vec<Option<D>>);
"#;
        assert_eq!(formatted(source), expected);
    }
}
