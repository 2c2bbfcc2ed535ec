//! Random text for property tests. `mastodon-sdk` also includes this file.

use proptest::prelude::*;
use proptest::string::string_regex;

/// Characters whose lower case has another length in bytes, some longer, some shorter.
const RESIZED: &str = "İ|Ⱥ|Ⱦ|ẞ|\u{212a}|\u{212b}";

/// Characters whose upper case or NFKC form has another length, and characters that combine with their
/// neighbors.
const UNUSUAL: &str =
    "ı|ß|ŉ|ǰ|ΐ|ﬁ|ſ|Σ|ς|\u{301}|\u{307}|\u{327}|\u{200d}|\u{fe0f}|\u{600}|👩‍👩‍👧|🇩|é|例|가";

/// Returns a strategy for text with URLs, mentions, hashtags, HTML, JSON and unusual characters.
pub(crate) fn unicode_text() -> impl Strategy<Value = String> {
    let word = format!("(({RESIZED})|({UNUSUAL})|[a-zA-Z]|\\PC|com|de|xn--){{1,4}}");
    let part = format!(
        "https?://{word}\\.{word}|https://a\\.({RESIZED}){{2,4}}|HTTPS://{word}|@{word}(@{word}\\.{word})?|#{word}|\"{word}\"|&{word};|\\PC|[ \n.,:=/?()@#<>&;\"'\\\\-]|{word}"
    );
    string_regex(&format!("({part}){{0,9}}")).unwrap()
}
