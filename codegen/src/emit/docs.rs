//! The documentation of generated items.

use proc_macro2::TokenStream;
use quote::quote;

use crate::names::type_name;
use crate::spec::{Auth, AuthLevel, Version};

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

/// "Since 4.3.0, deprecated since 4.4.0." or nothing. Versions before 3.0.0 are not mentioned: all servers
/// that are in use have what they brought.
pub(super) fn life(
    since: Option<&Version>,
    deprecated: Option<&Version>,
    removed: Option<&Version>,
) -> String {
    let since = since
        .filter(|version| version.major >= 3)
        .map(|version| format!("since Mastodon {version}"));
    let deprecated = deprecated.map(|version| format!("deprecated since {version}"));
    let removed = removed.map(|version| format!("removed in {version}"));
    let parts: Vec<String> = since.into_iter().chain(deprecated).chain(removed).collect();
    if parts.is_empty() {
        return String::new();
    }
    let sentence = parts.join(", ");
    let mut chars = sentence.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
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

/// The address of a page of Mastodon's documentation.
pub(super) fn page_url(page: &str, anchor: Option<&str>) -> String {
    let base = "https://docs.joinmastodon.org";
    let (page, anchor) = match anchor {
        Some(anchor) if anchor.contains('/') => (anchor, None),
        other => (page, other),
    };
    // A page may bring its own anchor along.
    let (page, anchor) = page
        .split_once('#')
        .map_or((page, anchor), |(page, own)| (page, anchor.or(Some(own))));
    let anchor = anchor
        .map(|anchor| format!("#{}", anchor.trim_start_matches('#')))
        .unwrap_or_default();
    format!("{base}/{page}/{anchor}")
}

/// A link to an entity's type.
pub(super) fn link(name: &str) -> String {
    format!("[`{}`]", type_name(name))
}
