//! How long a text counts for the server.

use unicode_segmentation::UnicodeSegmentation;

use super::links;

/// The most characters of a mention's domain; a longer one makes it none.
const MAX_DOMAIN: usize = 253;

/// The length of a status: its content warning as it is, and its text with each link counting
/// `per_link` and each mention without its domain; in what people see as one character.
pub(crate) fn length(text: &str, warning: &str, per_link: u64) -> u64 {
    let (text, warning) = (stripped(text), stripped(warning));
    // A warning without a text becomes the text.
    let (text, warning) = if text.trim().is_empty() {
        (warning, "")
    } else {
        (text, warning)
    };
    let mut counted = String::with_capacity(warning.len() + text.len());
    counted.push_str(warning);
    let links = shortened(text, &mut counted);
    let clusters = u64::try_from(counted.graphemes(true).count()).unwrap_or(u64::MAX);
    // Each link stands there as one character already.
    let more = links.saturating_mul(per_link);
    clusters.saturating_sub(links).saturating_add(more)
}

/// The server takes off what Ruby calls whitespace, which is not all that Unicode calls so.
fn stripped(text: &str) -> &str {
    text.trim_matches(|c: char| matches!(c, '\0' | '\t'..='\r' | ' '))
}

/// Writes the text with one character in place of each link, and with mentions without their domains.
/// Returns how many links there were.
fn shortened(text: &str, out: &mut String) -> u64 {
    let (mut at, mut before, mut links) = (0, None, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(length) = links::starting(rest, before) {
            out.push('x');
            links += 1;
            at += length;
            before = text[..at].chars().next_back();
        } else if let Some((shown, length)) = mention(rest, before) {
            out.push_str(&rest[..shown]);
            at += length;
            before = text[..at].chars().next_back();
        } else {
            out.push(c);
            at += c.len_utf8();
            before = Some(c);
        }
    }
    links
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A mention with a domain at the beginning of the text: the bytes that count, and all that it has.
fn mention(text: &str, before: Option<char>) -> Option<(usize, usize)> {
    if before.is_some_and(|c| is_word(c) || matches!(c, '=' | '/')) {
        return None;
    }
    let after = text.strip_prefix('@')?;
    let name = dotted(after, |c| c.is_ascii_alphanumeric() || c == '_')?;
    let domain = dotted(after[name..].strip_prefix('@')?, is_word)?;
    let whole = 1 + name + 1 + domain;
    let (host, rest) = (&text[whole - domain..whole], &text[whole..]);
    let goes_on = rest.starts_with(['@', '＠']) || rest.starts_with("://");
    (!goes_on && host.chars().count() <= MAX_DOMAIN).then_some((1 + name, whole))
}

/// How many bytes at the beginning of the text are words joined by dots and hyphens.
fn dotted(text: &str, fits: impl Fn(char) -> bool) -> Option<usize> {
    let run = text.find(|c| !fits(c) && !matches!(c, '.' | '-'));
    let run = &text[..run.unwrap_or(text.len())];
    let length = run.trim_end_matches(['.', '-']).len();
    (length > 0 && run.starts_with(&fits)).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text_strategy::unicode_text;

    fn of(text: &str) -> u64 {
        length(text, "", 23)
    }

    #[test]
    fn each_of_these_texts_counts_as_mastodon_counts_it() {
        let long = format!("https://example.com/{}", "x".repeat(400));
        let far = format!("@alice@{}.com", "b".repeat(30));
        let too_far = format!("@alice@{}.com", "b".repeat(250));
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
            // Links, with what follows or precedes them.
            ("http://a.de", 23),
            (&long, 23),
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
            // What is no link counts as it is written.
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
            (&far, 6),
            (&too_far, 261),
            ("@alice@example.com.", 7),
            ("x@alice@example.com", 19),
            ("@alice@example.com@x", 20),
        ];
        for (text, expected) in cases {
            assert_eq!(of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_content_warning_counts_as_it_is_written_unless_there_is_no_text() {
        assert_eq!(length("Hi", "https://example.com/long", 23), 26);
        assert_eq!(length("", "https://example.com/very/long", 23), 23);
        assert_eq!(length("https://example.com", "", 30), 30);
        assert_eq!(length("https://a.de x", "", u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn plain_words_count_their_characters(words in "[a-zäö]{1,9}( [a-zäö]{1,9}){0,9}") {
            prop_assert_eq!(of(&words), words.chars().count() as u64);
        }

        #[test]
        fn a_link_counts_the_same_however_long_it_is(path in "(/[a-z0-9]{0,40}){0,9}", words in "[a-z]{0,9}") {
            let text = format!("{words} https://example.com{path}");
            prop_assert_eq!(of(&text), (words.chars().count() + usize::from(!words.is_empty()) + 23) as u64);
        }

        #[test]
        fn a_mention_counts_without_its_domain(name in "[a-z0-9_]{1,20}", domain in "[a-z]{1,20}(\\.[a-z]{1,20}){1,4}") {
            prop_assert_eq!(of(&format!("@{name}@{domain} !")), (name.len() + 3) as u64);
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
        fn any_text_can_be_counted(text in "\\PC{0,80}", glue in "(https?://|@|\\.|/|\\(|\\)|\\?|com|xn--|x){0,20}", per_link in 0u64..100) {
            for text in [format!("{text}{glue}"), format!("{glue}{text}"), format!("{glue}{text}{glue}")] {
                let most = text.chars().count() as u64 + per_link * text.matches("://").count() as u64;
                prop_assert!(length(&text, "", per_link) <= most);
            }
        }
    }
}
