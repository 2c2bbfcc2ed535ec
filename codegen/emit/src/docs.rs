//! The documentation of generated items.

use proc_macro2::TokenStream;
use quote::quote;

pub(super) use mastodon_spec::docs::life;
use mastodon_spec::docs::page_url;
use mastodon_spec::names::type_name;
use mastodon_spec::yaml::{Auth, AuthLevel};

/// Paragraphs as doc comments.
pub(super) fn docs(paragraphs: impl IntoIterator<Item = String>) -> TokenStream {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs
        .into_iter()
        .filter(|paragraph| !paragraph.trim().is_empty())
    {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(
            paragraph
                .trim()
                .lines()
                .map(|line| format!(" {line}").trim_end().to_owned()),
        );
    }
    quote! { #(#[doc = #lines])* }
}

/// One paragraph of several sentences, those that are not empty.
pub(super) fn sentences(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .map(|part| part.trim().to_owned())
        .collect();
    parts.join(" ")
}

/// Text of the specification made safe for rustdoc, which reads brackets, angles and bare addresses.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, piece) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(piece);
        } else if piece.contains("://") {
            piece.split_inclusive(char::is_whitespace).for_each(|word| {
                address_or_plain(word, &mut out);
            });
        } else {
            escape(piece, &mut out);
        }
    }
    out
}

fn address_or_plain(word: &str, out: &mut String) {
    let bare = word.trim_end();
    if !bare.contains("://") {
        return escape(word, out);
    }
    let end = bare.trim_end_matches(['.', ',', ';', ')']).len();
    for piece in ["`", &bare[..end], "`", &word[end..]] {
        out.push_str(piece);
    }
}

fn escape(plain: &str, out: &mut String) {
    let mut rest = plain;
    while let Some(at) = rest.find(['[', ']', '<', '*', '_']) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// "It needs a user's token with the scope `write:statuses`."
pub(super) fn auth(auth: &Auth) -> String {
    let scopes: Vec<String> = auth
        .scopes
        .iter()
        .map(|scope| format!("`{scope}`"))
        .collect();
    let scopes = if scopes.is_empty() {
        String::new()
    } else {
        format!(" with the scope {}", scopes.join(" or "))
    };
    match auth.level {
        AuthLevel::None => "It needs no token.".to_owned(),
        AuthLevel::OptionalApp => {
            format!("It needs no token; an application's token{scopes} may show more.")
        }
        AuthLevel::OptionalUser => format!("It needs no token; a user's token{scopes} shows more."),
        AuthLevel::App => format!("It needs a token{scopes}; an application's will do."),
        AuthLevel::User => format!("It needs a user's token{scopes}."),
    }
}

/// The page of Mastodon's documentation, as a link.
pub(super) fn page(page: &str, anchor: Option<&str>) -> String {
    format!("<{}>", page_url(page, anchor))
}

/// A link to an entity's type.
pub(super) fn link(name: &str) -> String {
    format!("[`{}`]", type_name(name))
}
