//! Tokens whose groups are read once: each look into a `proc_macro2::Group` would copy all of its tokens.

use proc_macro2::{Delimiter, Ident, Literal, Punct, TokenStream, TokenTree};

/// A token, or a group of tokens.
#[derive(Debug)]
pub(crate) enum Tree {
    Ident(Ident),
    Punct(Punct),
    Literal(Literal),
    Group(Group),
}

/// Tokens between delimiters.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) delimiter: Delimiter,
    pub(crate) trees: Vec<Tree>,
}

/// The tokens of a stream.
pub(crate) fn trees(stream: TokenStream) -> Vec<Tree> {
    let trees = stream.into_iter().map(|tree| match tree {
        TokenTree::Ident(ident) => Tree::Ident(ident),
        TokenTree::Punct(punct) => Tree::Punct(punct),
        TokenTree::Literal(literal) => Tree::Literal(literal),
        TokenTree::Group(group) => {
            let (delimiter, stream) = (group.delimiter(), group.stream());
            // Tokens with one owner are moved.
            drop(group);
            Tree::Group(Group {
                delimiter,
                trees: trees(stream),
            })
        }
    });
    trees.collect()
}

impl From<&Tree> for TokenTree {
    fn from(tree: &Tree) -> Self {
        match tree {
            Tree::Ident(ident) => ident.clone().into(),
            Tree::Punct(punct) => punct.clone().into(),
            Tree::Literal(literal) => literal.clone().into(),
            Tree::Group(group) => {
                let stream = group.trees.iter().map(Self::from).collect();
                proc_macro2::Group::new(group.delimiter, stream).into()
            }
        }
    }
}

/// Whether the token is this character.
pub(crate) fn is_punct(tree: Option<&Tree>, char: char) -> bool {
    matches!(tree, Some(Tree::Punct(punct)) if punct.as_char() == char)
}

/// Whether the token is a group with this delimiter.
pub(crate) fn is_group(tree: Option<&Tree>, delimiter: Delimiter) -> bool {
    matches!(tree, Some(Tree::Group(group)) if group.delimiter == delimiter)
}
