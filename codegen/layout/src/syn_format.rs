//! Formats items by prettyplease.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::Item;

use crate::doc_comments::DocComments;
use crate::separate_members;

/// Formats items.
///
/// # Errors
///
/// When the tokens are not Rust, or prettyplease drops a doc comment.
pub(crate) fn format(trees: &[TokenTree]) -> syn::Result<String> {
    let mut comments = DocComments::default();
    let tokens = trees.iter().cloned().collect();
    let file: syn::File = syn::parse2(comments.set_aside(tokens))?;
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
pub(crate) fn member(trees: &[TokenTree]) -> Option<String> {
    let body = Group::new(Delimiter::Brace, trees.iter().cloned().collect());
    let item: TokenStream = quote::quote! { impl X #body };
    let item: Vec<TokenTree> = item.into_iter().collect();
    let text = format(&item).ok()?;
    let text = text.strip_prefix("impl X {\n")?.strip_suffix("}\n")?;
    Some(text.to_owned())
}
