//! Rustdoc of generated items.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

pub(super) use mastodon_spec::docs::versions;
use mastodon_spec::names::type_name;
use mastodon_spec::reference;
use mastodon_spec::yaml::AuthLevel;

/// Paragraphs as a doc comment; empty ones are omitted.
pub(super) fn docs(paragraphs: impl IntoIterator<Item = String>) -> TokenStream {
    let mut text = String::new();
    for paragraph in paragraphs {
        let paragraph = paragraph.trim();
        if !text.is_empty() && !paragraph.is_empty() {
            text.push_str("\n\n");
        }
        for (index, line) in paragraph.lines().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let line = line.trim_end();
            if !line.is_empty() {
                text.push(' ');
                text.push_str(line);
            }
        }
    }
    if text.is_empty() {
        return TokenStream::new();
    }
    let text = literal(&text);
    quote! { #[doc = #text] }
}

/// A raw string where possible: escaping takes several times as long.
fn literal(text: &str) -> Literal {
    let hash = if text.contains('"') { "#" } else { "" };
    let raw = format!("r{hash}\"{text}\"{hash}");
    let is_raw = hash.is_empty() || !text.contains("\"#");
    let raw = is_raw.then(|| raw.parse().ok()).flatten();
    raw.unwrap_or_else(|| Literal::string(text))
}

/// The words that the search of the documentation finds an item by, in addition to its name.
pub(super) fn aliases(words: &[String]) -> Option<TokenStream> {
    (!words.is_empty()).then(|| quote! { #[doc(alias(#(#words),*))] })
}

/// Joins sentences into one paragraph; empty ones are omitted.
pub(super) fn sentences(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .map(|part| part.trim().to_owned())
        .collect();
    parts.join(" ")
}

/// Escapes text of the specification for rustdoc: brackets, angle brackets, asterisks, underscores and bare URLs.
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
                url_or_plain(word, &mut out);
            });
        } else {
            escape(piece, &mut out);
        }
    }
    out
}

fn url_or_plain(word: &str, out: &mut String) {
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
    let is_special = |byte| matches!(byte, b'[' | b']' | b'<' | b'*' | b'_');
    while let Some(at) = rest.bytes().position(is_special) {
        out.push_str(&rest[..at]);
        out.push('\\');
        out.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// "Requires a user token with the scope `write:statuses`."
pub(super) fn auth(level: AuthLevel, scopes: &[String]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    let scopes = if scopes.is_empty() {
        String::new()
    } else {
        format!(" with the scope {}", scopes.join(" or "))
    };
    match level {
        AuthLevel::None => "Requires no token.".to_owned(),
        AuthLevel::OptionalApp => {
            format!("Works without a token; an application token{scopes} returns more.")
        }
        AuthLevel::OptionalUser => {
            format!("Works without a token; a user token{scopes} returns more.")
        }
        AuthLevel::App => format!("Requires an application or user token{scopes}."),
        AuthLevel::User => format!("Requires a user token{scopes}."),
    }
}

/// The sentence with the link to Mastodon's documentation, or nothing.
pub(super) fn docs_link(url: Option<&str>) -> String {
    url.map(|url| format!("Mastodon's documentation: <{url}>"))
        .unwrap_or_default()
}

/// The sentence with the links to the website of the reference and to Mastodon's documentation, if there is any.
pub(super) fn links(page: &str, anchor: &str, documentation: Option<&str>) -> String {
    let anchor = if anchor.is_empty() {
        String::new()
    } else {
        format!("#{}", reference::anchor(&[anchor]))
    };
    let reference = format!("API reference: <{}{page}{anchor}>", reference::SITE);
    let documentation = docs_link(documentation);
    if documentation.is_empty() {
        reference
    } else {
        format!("{reference}\n\n{documentation}")
    }
}

/// The sentence about the Cargo feature of what only servers other than Mastodon have, or nothing.
pub(super) fn feature(is_gated: bool) -> String {
    let text = is_gated.then_some("Requires the Cargo feature `other-servers`.");
    text.unwrap_or_default().to_owned()
}

/// The range of a number and the length of a text, as sentences.
pub(super) fn limits(min: Option<f64>, max: Option<f64>, max_length: Option<u32>) -> Vec<String> {
    let range = match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}.")),
        (Some(min), None) => Some(format!("At least {min}.")),
        (None, Some(max)) => Some(format!("At most {max}.")),
        (None, None) => None,
    };
    let length = max_length.map(|max| format!("At most {max} characters."));
    range.into_iter().chain(length).collect()
}

/// The sentence with an example of a value.
pub(super) fn example(value: Option<&serde_json::Value>) -> Option<String> {
    let text = match value? {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(format!("Example: `{text}`."))
}

/// An intra-doc link to the type of an entity.
pub(super) fn link(name: &str) -> String {
    format!("[`{}`]", type_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_have_the_text_of_their_paragraphs() {
        let comments = [
            ("a \\ b", r#"# [doc = r" a \ b"]"#),
            ("say \"a\"", r##"# [doc = r#" say "a""#]"##),
            ("r#\"a\"#", r##"# [doc = " r#\"a\"#"]"##),
            ("a\rb", r#"# [doc = " a\rb"]"#),
        ];
        for (text, expected) in comments {
            assert_eq!(docs([text.to_owned()]).to_string(), expected);
        }
        let paragraphs = ["", " a \n\n b", " ", "c "].map(str::to_owned);
        let expected = "# [doc = r\" a\n\n  b\n\n c\"]";
        assert_eq!(docs(paragraphs).to_string(), expected);
        assert!(docs([String::new()]).is_empty());
    }
}
