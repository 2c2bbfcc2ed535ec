//! Tokens as text, without the spaces that `TokenStream` prints.

use quote::ToTokens;

/// The text of tokens, as rustfmt would write it on one line.
pub(super) fn text(tokens: &impl ToTokens) -> String {
    let printed = tokens.to_token_stream().to_string();
    let mut out = String::new();
    for piece in printed.split_whitespace() {
        if needs_space(&out, piece) {
            out.push(' ');
        }
        out.push_str(piece);
    }
    // Pieces can contain several tokens.
    for (from, to) in [("(,", "("), (",)", ")"), (",>", ">"), (" :", ":")] {
        out = out.replace(from, to);
    }
    out
}

fn needs_space(before: &str, next: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
    let (Some(last), Some(first)) = (before.chars().last(), next.chars().next()) else {
        return false;
    };
    let is_operator = |text: &str| matches!(text, "->" | "=" | "+" | "=>");
    let ends_with_operator = before.ends_with("->") || before.ends_with(['=', '+']);
    let after_colon = before.ends_with(':') && !before.ends_with("::");
    is_operator(next)
        || ends_with_operator
        || before.ends_with(',')
        || after_colon && next != ":"
        || is_word(last) && (is_word(first) || first == '&' && !before.ends_with("::"))
        || before.ends_with('>') && is_word(first)
        || before.ends_with(')') && is_word(first)
}

/// The identifiers in a line.
pub(crate) fn identifiers(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}
