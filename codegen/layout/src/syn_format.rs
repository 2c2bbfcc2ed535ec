//! Formats items by prettyplease.

use proc_macro2::Span;
use syn::Item;

use crate::doc_comments::DocComments;
use crate::separate_members;
use crate::tree::{self, Tree};

/// Formats items.
///
/// # Errors
///
/// When the tokens are not Rust, or prettyplease drops a doc comment.
pub(crate) fn format(trees: &[Tree]) -> syn::Result<String> {
    let mut comments = DocComments::default();
    let file: syn::File = syn::parse2(comments.set_aside(trees))?;
    let restored = comments.restore(&format_items(file.items));
    restored.ok_or_else(|| syn::Error::new(Span::call_site(), "a doc comment was lost"))
}

/// Formats the items of a file.
fn format_items(items: Vec<Item>) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &separate_members(&prettyplease::unparse(&syn::File {
            shebang: None,
            frontmatter: None,
            attrs: Vec::new(),
            items: vec![item],
        }));
    }
    text
}

/// The text of a member of an implementation.
pub(crate) fn member(trees: &[Tree]) -> Option<String> {
    let body = trees.iter().map(proc_macro2::TokenTree::from);
    let item = tree::trees(quote::quote! { impl X { #(#body)* } });
    let text = format(&item).ok()?;
    let text = text.strip_prefix("impl X {\n")?.strip_suffix("}\n")?;
    Some(text.to_owned())
}
