//! Length of a status, as Mastodon counts it against its limit.

use unicode_segmentation::UnicodeSegmentation;

use super::links;

/// Maximum length of the domain of a mention, in characters. With a longer one it is not a mention.
const MAX_DOMAIN_LEN: usize = 253;

/// Returns the length of a status in grapheme clusters: the content warning unchanged, and the text with
/// `per_link` for each link and with mentions without their domains.
pub(crate) fn length(text: &str, warning: &str, per_link: u64) -> u64 {
    let (text, warning) = (strip(text), strip(warning));
    // The server uses the content warning of an empty status as its text.
    let (text, warning) = if text.trim().is_empty() {
        (warning, "")
    } else {
        (text, warning)
    };
    let mut counted = String::with_capacity(warning.len() + text.len());
    counted.push_str(warning);
    let links = shorten(text, &mut counted);
    let clusters = u64::try_from(counted.graphemes(true).count()).unwrap_or(u64::MAX);
    // Each link has been replaced by one character.
    clusters
        .saturating_sub(links)
        .saturating_add(links.saturating_mul(per_link))
}

/// Removes what Ruby's `strip` removes, which is not all Unicode whitespace.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '\0' | '\t'..='\r' | ' '))
}

/// Appends the text to `out`, with one character for each link, and with mentions without their domains.
/// Returns the number of links.
fn shorten(text: &str, out: &mut String) -> u64 {
    let (mut offset, mut before, mut links) = (0, None, 0);
    while let Some(c) = text[offset..].chars().next() {
        let rest = &text[offset..];
        if let Some(length) = links::link_length(rest, before) {
            out.push('x');
            links += 1;
            offset += length;
            before = text[..offset].chars().next_back();
        } else if let Some((counted, length)) = mention_length(rest, before) {
            out.push_str(&rest[..counted]);
            offset += length;
            before = text[..offset].chars().next_back();
        } else {
            out.push(c);
            offset += c.len_utf8();
            before = Some(c);
        }
    }
    links
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the lengths in bytes of the mention with a domain at the start of the text: without and with its
/// domain. `before` is the character before it.
pub(super) fn mention_length(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(|c| is_word(c) || matches!(c, '=' | '/')) {
        return None;
    }
    let after = text.strip_prefix('@')?;
    let name = dotted_length(after, |c| c.is_ascii_alphanumeric() || c == '_')?;
    let domain = dotted_length(after[name..].strip_prefix('@')?, is_word)?;
    let whole = 1 + name + 1 + domain;
    let (host, rest) = (&text[whole - domain..whole], &text[whole..]);
    let is_continued = rest.starts_with(['@', '＠']) || rest.starts_with("://");
    (!is_continued && host.chars().count() <= MAX_DOMAIN_LEN).then_some((1 + name, whole))
}

/// Returns the length in bytes of the words at the start of the text that are joined by dots and hyphens.
fn dotted_length(text: &str, is_word: impl Fn(char) -> bool) -> Option<usize> {
    let run = text.find(|c| !is_word(c) && !matches!(c, '.' | '-'));
    let run = &text[..run.unwrap_or(text.len())];
    let length = run.trim_end_matches(['.', '-']).len();
    (length > 0 && run.starts_with(&is_word)).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    fn text_length(text: &str) -> u64 {
        length(text, "", 23)
    }

    #[test]
    fn texts_have_the_length_that_mastodon_counts() {
        let long_link = format!("https://example.com/{}", "x".repeat(400));
        let long_domain = format!("@alice@{}.com", "b".repeat(30));
        let too_long_domain = format!("@alice@{}.com", "b".repeat(250));
        let cases: [(&str, u64); 41] = [
            ("", 0),
            (" \n\t", 0),
            ("\u{3000}", 0),
            ("Hello", 5),
            ("  Hello\r\n", 5),
            ("a\r\nb", 3),
            ("ü", 1),
            ("u\u{308}", 1),
            ("👩‍👩‍👧‍👦🇩🇪", 2),
            // Links, with the text around them.
            ("http://a.de", 23),
            (&long_link, 23),
            ("HTTPS://EXAMPLE.COM", 23),
            ("see https://example.com.", 28),
            ("(https://example.com/a_(b))", 25),
            ("https://example.com/a) b", 26),
            ("https://example.com/x?y=z&w", 23),
            ("https://example.com?q!", 24),
            ("https://example.com:8080/", 23),
            ("https://example.com:x", 25),
            ("日本https://example.comを見て", 28),
            ("https://例え.中国/", 23),
            ("https://xn--r8jz45g.xn--fiqs8s", 23),
            ("http://a.de,http://a.de", 47),
            ("gemini://a.de ipfs://a.de", 47),
            ("https://sub_domain.example.com", 23),
            // Similar to links, but not links.
            ("example.com", 11),
            ("https://localhost:3000", 22),
            ("https://a.nosuchdomain", 22),
            ("https://do_main.com", 19),
            ("ahttps://example.com", 20),
            ("@https://example.com", 20),
            ("ftp://example.com", 17),
            // Letters whose lower case has another length.
            ("https://a.İẞ", 12),
            ("https://a.deẞ", 24),
            ("https://a.DEİẞ", 25),
            // Mentions.
            ("@alice", 6),
            (&long_domain, 6),
            (&too_long_domain, 261),
            ("@alice@example.com.", 7),
            ("x@alice@example.com", 19),
            ("@alice@example.com@x", 20),
        ];
        for (text, expected) in cases {
            assert_eq!(text_length(text), expected, "{text:?}");
        }
    }

    #[test]
    fn links_in_a_content_warning_count_in_full_unless_there_is_no_text() {
        assert_eq!(length("Hi", "https://example.com/long", 23), 26);
        assert_eq!(length("", "https://example.com/very/long", 23), 23);
        assert_eq!(length("https://example.com", "", 30), 30);
        assert_eq!(length("https://a.de x", "", u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn plain_words_have_the_length_of_their_characters(words in "[a-zäö]{1,9}( [a-zäö]{1,9}){0,9}") {
            prop_assert_eq!(text_length(&words), words.chars().count() as u64);
        }

        #[test]
        fn all_links_have_the_same_length(path in "(/[a-z0-9]{0,40}){0,9}", words in "[a-z]{0,9}") {
            let text = format!("{words} https://example.com{path}");
            prop_assert_eq!(text_length(&text), (words.chars().count() + usize::from(!words.is_empty()) + 23) as u64);
        }

        #[test]
        fn domain_of_a_mention_does_not_count(name in "[a-z0-9_]{1,20}", domain in "[a-z]{1,20}(\\.[a-z]{1,20}){1,4}") {
            prop_assert_eq!(text_length(&format!("@{name}@{domain} !")), (name.len() + 3) as u64);
        }

        #[test]
        fn no_text_panics_and_another_word_adds_its_length(text in unicode_text(), warning in unicode_text()) {
            let _length = length(&text, &warning, 23);
            let text = text.trim();
            prop_assume!(!text.is_empty());
            // A line break joins no grapheme cluster, link or mention.
            prop_assert_eq!(length(&format!("{text}\nword"), &warning, 23), length(text, &warning, 23) + 5);
        }

        #[test]
        fn length_is_bounded_by_characters_and_links(text in "\\PC{0,80}", glue in "(https?://|@|\\.|/|\\(|\\)|\\?|com|xn--|x){0,20}", per_link in 0u64..100) {
            for text in [format!("{text}{glue}"), format!("{glue}{text}"), format!("{glue}{text}{glue}")] {
                let max = text.chars().count() as u64 + per_link * text.matches("://").count() as u64;
                prop_assert!(length(&text, "", per_link) <= max);
            }
        }
    }
}
