//! Reads doc comments, and keeps them away from syn and prettyplease, which would spend a third of their time on their text.

use proc_macro2::{Delimiter, Group, Literal, Punct, Spacing, TokenStream, TokenTree};

use crate::tree::{Tree, is_punct};

const START: &str = "#[doc = ";
const END: &str = "]";

/// The doc comments of a file.
#[derive(Default)]
pub(super) struct DocComments(Vec<String>);

impl DocComments {
    /// Replaces each doc comment of an item or a member by the attribute `#[doc = N]`, where N is its number. Those in
    /// macro calls are kept, because macro calls are not formatted by prettyplease.
    pub(super) fn set_aside(&mut self, trees: &[Tree]) -> TokenStream {
        let mut out = Vec::new();
        let (mut follows_comment, mut follows_bang) = (false, false);
        let mut trees = trees.iter().peekable();
        while let Some(tree) = trees.next() {
            if is_punct(Some(tree), '#')
                && let Some(text) = trees.peek().and_then(|tree| comment(tree))
            {
                trees.next();
                match self.0.last_mut() {
                    Some(comment) if follows_comment => {
                        comment.push('\n');
                        comment.push_str(&text);
                    }
                    _ => {
                        let number = Literal::usize_unsuffixed(self.0.len());
                        out.extend([tree.into(), attribute(number)]);
                        self.0.push(text);
                    }
                }
                follows_comment = true;
                continue;
            }
            let is_macro_call = follows_bang;
            (follows_comment, follows_bang) = (false, is_punct(Some(tree), '!'));
            out.push(match tree {
                Tree::Group(group) if group.delimiter == Delimiter::Brace && !is_macro_call => {
                    Group::new(Delimiter::Brace, self.set_aside(&group.trees)).into()
                }
                tree => tree.into(),
            });
        }
        out.into_iter().collect()
    }

    /// Writes the comments in place of the attributes. `None` if an attribute is missing.
    pub(super) fn restore(&self, text: &str) -> Option<String> {
        let length: usize = self.0.iter().map(String::len).sum();
        // The slashes and the indentation are about a quarter.
        let mut out = String::with_capacity(text.len() + length + length / 4);
        let mut rest = text;
        for (number, comment) in self.0.iter().enumerate() {
            let attribute = format!("{START}{number}{END}\n");
            let (before, after) = rest.split_once(&attribute)?;
            let indent = before.len() - before.trim_end_matches(' ').len();
            let (before, indent) = before.split_at(before.len() - indent);
            out.push_str(before);
            for line in comment.split('\n') {
                out.push_str(indent);
                out.push_str("///");
                out.push_str(line);
                out.push('\n');
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// The content of `[doc = N]`.
fn attribute(number: Literal) -> TokenTree {
    let tokens: [TokenTree; 3] = [
        proc_macro2::Ident::new("doc", proc_macro2::Span::call_site()).into(),
        Punct::new('=', Spacing::Alone).into(),
        number.into(),
    ];
    Group::new(Delimiter::Bracket, tokens.into_iter().collect()).into()
}

/// The text of `[doc = "…"]`.
pub(super) fn comment(tree: &Tree) -> Option<String> {
    let Tree::Group(group) = tree else {
        return None;
    };
    match &group.trees[..] {
        [Tree::Ident(name), Tree::Punct(_), Tree::Literal(text)] if name == "doc" => {
            value(&text.to_string())
        }
        _ => None,
    }
}

/// The value of a raw string, or of one without other escapes than those of quotes, backslashes and line breaks; `None`
/// for all others.
pub(super) fn value(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let text = raw.trim_start_matches('#');
        let hashes = raw.len() - text.len();
        let text = text.get(..text.len().checked_sub(hashes)?)?;
        let text = text.strip_prefix('"')?.strip_suffix('"')?;
        return Some(text.to_owned());
    }
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut pieces = text.split('\\');
    let mut out = String::with_capacity(text.len());
    out.push_str(pieces.next()?);
    while let Some(piece) = pieces.next() {
        match piece.chars().next() {
            Some('"' | '\'') => out.push_str(piece),
            Some('n') => {
                out.push('\n');
                out.push_str(&piece[1..]);
            }
            // An escaped backslash: what follows it is the next piece.
            None => {
                out.push('\\');
                out.push_str(pieces.next()?);
            }
            Some(_) => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::trees;

    fn set_aside(source: &str) -> (String, DocComments) {
        let mut comments = DocComments::default();
        let tokens = comments.set_aside(&trees(source.parse().unwrap()));
        (tokens.to_string(), comments)
    }

    #[test]
    fn each_comment_becomes_one_attribute() {
        let source = r#"
            #[doc = " A."] #[doc = ""] #[doc = " B."] struct C { #[doc = " D.\n E."] f: u8 }
        "#;
        let (tokens, comments) = set_aside(source);
        assert_eq!(tokens, "# [doc = 0] struct C { # [doc = 1] f : u8 }");
        assert_eq!(comments.0, [" A.\n\n B.", " D.\n E."]);
    }

    #[test]
    fn comments_in_macro_calls_and_other_attributes_are_kept() {
        let source = r##"a! { #[doc = " B."] C } #![doc = " D."] #[doc(alias("e"))] struct F;"##;
        let (tokens, comments) = set_aside(source);
        assert_eq!(tokens, source.parse::<TokenStream>().unwrap().to_string());
        assert!(comments.0.is_empty());
    }

    #[test]
    fn comments_are_restored_with_the_indentation_of_their_item() {
        let comments = DocComments(vec![" A.".to_owned(), " `#[doc = 0]`\n".to_owned()]);
        let text = "#[doc = 0]\nimpl B {\n    #[doc = 1]\n    fn c() {}\n}\n";
        let restored = "/// A.\nimpl B {\n    /// `#[doc = 0]`\n    ///\n    fn c() {}\n}\n";
        assert_eq!(comments.restore(text).as_deref(), Some(restored));
        assert_eq!(comments.restore("#[doc = 0]\nimpl B {}\n"), None);
    }

    #[test]
    fn quotes_backslashes_and_line_breaks_in_comments_are_unescaped() {
        for text in ["", "a", r#""a" \ 'b' \\ "c\""#, r"\", "a\n\nb\n", r"\n"] {
            let literal = Literal::string(text).to_string();
            assert_eq!(value(&literal).as_deref(), Some(text), "{literal}");
        }
        assert_eq!(value(r#""a\t""#), None);
        assert_eq!(value(r##"r#" "a\n" "#"##).as_deref(), Some(r#" "a\n" "#));
        assert_eq!(value(r#"r#"#), None);
    }
}
