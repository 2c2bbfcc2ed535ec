//! Formats generated Rust as prettyplease does, plus blank lines between items and one entry per line in macros.
//!
//! Parsing all generated code with syn took a fifth of the instructions of `cargo codegen`. Therefore `item` writes the
//! forms of items that are generated often. Items of other forms are formatted by prettyplease (`syn_format`), and tests
//! compare both.

mod doc_comments;
mod item;
mod piece;
mod syn_format;
mod syntax;
pub mod table;
mod tokens;
mod tree;

use proc_macro2::{Delimiter, Ident, Span, TokenStream};
use tree::{Tree, is_group, is_punct};

/// Formats the items of a file.
///
/// # Errors
///
/// When the tokens are not Rust, or prettyplease drops a doc comment. Not every error in Rust is found.
pub fn format(tokens: TokenStream) -> syn::Result<String> {
    let trees = tree::trees(tokens);
    let mut text = String::new();
    let mut rest = &trees[..];
    // Attributes of the file.
    while let [hash, bang, Tree::Group(attribute), after @ ..] = rest
        && is_punct(Some(hash), '#')
        && is_punct(Some(bang), '!')
    {
        text += &tokens::attribute_text(attribute).replacen('#', "#!", 1);
        text.push('\n');
        rest = after;
    }
    let mut previous = None;
    for item in split(rest) {
        let kind = Kind::of(item);
        if !text.is_empty() && (kind == Kind::Other || previous != Some(kind)) {
            text.push('\n');
        }
        previous = Some(kind);
        match tokens::macro_call(item) {
            Some(call) => text += &call,
            None => match item::item(item) {
                Some(item) => text += &separate_members(&item),
                None => text += &syn_format::format(item)?,
            },
        }
    }
    Ok(text)
}

/// An identifier; raw where the name is a keyword.
pub fn ident(name: &str) -> Ident {
    const KEYWORDS: [&str; 48] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    match name {
        "self" | "Self" | "super" | "crate" => Ident::new(&format!("{name}_"), Span::call_site()),
        _ if KEYWORDS.binary_search(&name).is_ok() => Ident::new_raw(name, Span::call_site()),
        _ => Ident::new(name, Span::call_site()),
    }
}

/// The items among the tokens: each ends with a semicolon or with its body.
fn split(trees: &[Tree]) -> impl Iterator<Item = &[Tree]> {
    let mut rest = trees;
    std::iter::from_fn(move || {
        let end = end_of_item(rest)?;
        let (item, after) = rest.split_at(end);
        rest = after;
        Some(item)
    })
}

/// The number of tokens of the first item; `None` if there are no tokens.
fn end_of_item(trees: &[Tree]) -> Option<usize> {
    let is_value = trees.iter().find_map(|tree| match tree {
        Tree::Ident(word) if word == "pub" => None,
        Tree::Ident(word) => {
            Some(word == "static" || word == "const" || word == "use" || word == "type")
        }
        _ => None,
    });
    let is_value = is_value.unwrap_or_default();
    let last = trees.iter().position(|tree| {
        let is_body = !is_value && is_group(Some(tree), Delimiter::Brace);
        is_body || is_punct(Some(tree), ';')
    });
    last.map(|last| last + 1)
        .or((!trees.is_empty()).then_some(trees.len()))
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
    fn of(item: &[Tree]) -> Self {
        let word = |index: usize| match item.get(index) {
            Some(Tree::Ident(word)) => word.to_string(),
            _ => String::new(),
        };
        match (&word(0)[..], &word(1)[..]) {
            ("pub", "use") => Self::PubUse,
            ("use", _) => Self::Use,
            // With a visibility such as `pub(crate)`.
            ("pub", "") if word(2) == "use" => Self::Use,
            ("mod", _) | ("pub", "mod") if is_punct(item.last(), ';') => Self::Module,
            _ => Self::Other,
        }
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn formatted(source: &str) -> String {
        format(source.parse().unwrap()).unwrap()
    }

    #[test]
    fn keywords_are_raw_identifiers() {
        let names = ["self", "Self", "type", "as", "yield", "gen", "id", "a_type"];
        let expected = [
            "self_", "Self_", "r#type", "r#as", "r#yield", "r#gen", "id", "a_type",
        ];
        assert_eq!(names.map(|name| ident(name).to_string()), expected);
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

    /// The items as prettyplease formats them.
    fn formatted_by_prettyplease(tokens: TokenStream) -> String {
        let trees = tree::trees(tokens);
        let items = split(&trees).map(|item| {
            tokens::macro_call(item).unwrap_or_else(|| syn_format::format(item).unwrap())
        });
        items.collect::<String>()
    }

    /// Without the blank lines between items, about which prettyplease knows nothing.
    fn without_blank_lines(text: &str) -> String {
        text.replace("\n\n", "\n")
    }

    #[test]
    fn generated_files_are_formatted_as_by_prettyplease() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut pending = [
            "generated",
            "types/generated",
            "testserver/generated",
            "conform/generated",
        ]
        .map(|folder| root.join(folder))
        .to_vec();
        let mut files = 0;
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(
                    fs::read_dir(path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            // Inner attributes are not part of an item.
            if path.extension().is_none_or(|extension| extension != "rs") || text.contains("#![") {
                continue;
            }
            files += 1;
            let tokens: TokenStream = text.parse().unwrap();
            let by_prettyplease = formatted_by_prettyplease(tokens.clone());
            let own = format(tokens).unwrap();
            let (own, by_prettyplease) = (
                without_blank_lines(&own),
                without_blank_lines(&by_prettyplease),
            );
            for (own, expected) in own.lines().zip(by_prettyplease.lines()) {
                assert_eq!(own, expected, "{}", path.display());
            }
            assert_eq!(own.len(), by_prettyplease.len(), "{}", path.display());
        }
        assert!(files > 200, "{files}");
    }

    /// Repeats a form with names of all lengths, so that each of its parts is broken in one of them.
    fn of_all_lengths(form: &str) -> impl Iterator<Item = String> {
        (1..90).map(|length| form.replace("long", &"l".repeat(length)))
    }

    #[test]
    fn lines_are_broken_where_prettyplease_breaks_them() {
        let forms = [
            "pub struct A { pub long: Option<Box<B>>, /** C */ #[cfg(feature = \"d\")] e: Map<F, Vec<G>>, }",
            "pub struct A(pub(crate) long, Vec<B>);",
            "enum A { /** B */ B, long(C, Vec<D>), }",
            "pub type A = B<C, Vec<long>>;",
            "pub(super) static A: &[(&str, long)] = &[(\"a\", 1), (\"b\", -2)];",
            "static long: A = A::new(\"a\", B::C).since(1, 2, 3).on(&[D::e(&F).since(4), D::g(&H)]).i();",
            "static A: B = B { a: long, b: Some((1, 2)), c: &[\"c\"], ..B::D };",
            "static A: B = &[B { a: long }, B { c: &[C { d: 1, e: true }] }];",
            "static A: B = b([c, long], d([\"e\", \"f\"]), g((1, h)), i(J { k: 1 }));",
            "impl A { fn long<'a>(&self) {} }",
            "impl A { pub fn b(&mut self, long: impl Into<B>, c: Vec<D<E>>) -> F {} }",
            "impl A { pub async fn b(&'a self) -> C<long, D> { let e: F<G> = self.h(i); } }",
            "impl A { fn b(mut self, c: impl IntoIterator<Item = impl Into<long>>) -> Self { self.0.set(\"c\", c); self } }",
            "impl A { fn b() -> C { let d: Vec<long> = list(d); D::new(self.e(), &F).with(\"d\", d) } }",
            "impl A { fn b() -> C { D(E::new(self.core(), &long).with(\"d\", d).with(\"e\", e)) } }",
            "impl A { fn b() -> C { self.c(&mut self.long, ()).await; self.0.d(e, long) } }",
            "impl A { fn b() { self.long(c, d); abcd.e(long).f(g); abcde.e(long).f(g); } }",
            "impl<T> From<long> for A<T> { fn from(a: B) -> Self { Self { a: a.long, b: a.b } } }",
        ];
        for form in forms {
            for source in of_all_lengths(form) {
                let tokens: TokenStream = source.parse().unwrap();
                let expected = formatted_by_prettyplease(tokens.clone());
                assert_eq!(format(tokens).unwrap(), expected, "{source}");
            }
            let short: TokenStream = form.replace("long", "l").parse().unwrap();
            let short = tree::trees(short);
            let own = item::item(&short).map(|own| separate_members(&own));
            if !form.contains("<'a>") {
                assert_eq!(own, syn_format::format(&short).ok(), "{form}");
            }
        }
    }

    #[test]
    fn other_forms_are_formatted_by_prettyplease() {
        let forms = [
            "pub fn a() {}",
            "use a::{B, C};",
            "pub struct A<T = B>(T);",
            "pub struct A { b: fn() -> C }",
            "enum A { B = 1, C { d: E } }",
            "static A: &[u8] = &[1, 2, 3];",
            "static A: B = c!(d);",
            "static A: B = c + d;",
            "static A: B = |c| d;",
            "static A: &[B] = &[#[cfg(test)] B];",
            "impl A { fn b<C>(d: C) where C: D {} }",
            "impl A { fn b(self) { match self { _ => {} } } fn c() { if d { e } } }",
            "impl A { const B: C = D; type E = F; }",
        ];
        for form in forms {
            let tokens: TokenStream = form.parse().unwrap();
            assert_eq!(
                format(tokens.clone()).unwrap(),
                formatted_by_prettyplease(tokens),
                "{form}"
            );
        }
        let error = format("static A: B = ;".parse().unwrap());
        assert!(error.is_err());
    }
}
