//! Normal forms of hashtags. The REST API and the streaming server of Mastodon normalize differently, so streams of
//! some hashtags never receive a status.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// Letters that both servers replace by an ASCII letter, and that letter. Others keep their accents, such as `ß` and
/// the Vietnamese `ế`.
const ASCII_FOLDING: &[(&str, char)] = &[
    ("ÀÁÂÃÄÅĀĂĄ", 'A'),
    ("àáâãäåāăą", 'a'),
    ("ÇĆĈĊČ", 'C'),
    ("çćĉċč", 'c'),
    ("ÐĎĐ", 'D'),
    ("ðďđ", 'd'),
    ("ÈÉÊËĒĔĖĘĚ", 'E'),
    ("èéêëēĕėęě", 'e'),
    ("ĜĞĠĢ", 'G'),
    ("ĝğġģ", 'g'),
    ("ĤĦ", 'H'),
    ("ĥħ", 'h'),
    ("ÌÍÎÏĨĪĬĮİ", 'I'),
    ("ìíîïĩīĭįı", 'i'),
    ("Ĵ", 'J'),
    ("ĵ", 'j'),
    ("Ķ", 'K'),
    ("ķĸ", 'k'),
    ("ĹĻĽĿŁ", 'L'),
    ("ĺļľŀł", 'l'),
    ("ÑŃŅŇŊ", 'N'),
    ("ñńņňŉŋ", 'n'),
    ("ÒÓÔÕÖØŌŎŐ", 'O'),
    ("òóôõöøōŏő", 'o'),
    ("ŔŖŘ", 'R'),
    ("ŕŗř", 'r'),
    ("ŚŜŞŠ", 'S'),
    ("śŝşšſ", 's'),
    ("ŢŤŦ", 'T'),
    ("ţťŧ", 't'),
    ("ÙÚÛÜŨŪŬŮŰŲ", 'U'),
    ("ùúûüũūŭůűų", 'u'),
    ("Ŵ", 'W'),
    ("ŵ", 'w'),
    ("ÝŶŸ", 'Y'),
    ("ýÿŷ", 'y'),
    ("ŹŻŽ", 'Z'),
    ("źżž", 'z'),
];

/// Normalizes a hashtag as the REST API does: for storing, comparing and publishing.
pub(crate) fn stored_form(name: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(name);
    // Ruby converts every `Σ` to `σ`, also at the end of a word.
    let lower = composed.chars().flat_map(char::to_lowercase);
    lower.map(fold).filter(|c| is_hashtag_char(*c)).collect()
}

/// Normalizes a hashtag as the streaming server does: for the names of channels.
pub(crate) fn streamed_form(name: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(name);
    let lower = composed.to_lowercase();
    let is_streamed = |c: &char| {
        let category = category(*c);
        GeneralCategoryGroup::Letter.contains(category)
            || GeneralCategoryGroup::Number.contains(category)
            || matches!(c, '_' | '\u{b7}' | '\u{200c}')
    };
    lower.chars().map(fold).filter(is_streamed).collect()
}

/// Returns the hashtag at the start of a text, without the `#`: word characters with at least one letter, or longer ones
/// with a letter or a separator inside. The separators `·`, `・` and the zero-width non-joiner cannot be at its ends.
pub(crate) fn hashtag_at_start(text: &str) -> Option<&str> {
    let run = take_while(text, |c| is_word(c) || is_separator(c));
    let with_separators = run.trim_end_matches(|c| !is_word(c));
    let mut inside = with_separators.chars();
    let _ends = (inside.next(), inside.next_back());
    let is_inside = |c: char| c.is_alphabetic() || c == '_' || is_separator(c);
    if with_separators.starts_with(is_word) && inside.any(is_inside) {
        return Some(with_separators);
    }
    let word = take_while(text, is_word);
    word.contains(char::is_alphabetic).then_some(word)
}

/// Whether a string is a valid hashtag, without the `#`.
pub(crate) fn is_valid_tag(name: &str) -> bool {
    !name.is_empty() && hashtag_at_start(name) == Some(name)
}

pub(crate) fn take_while(text: &str, matches: impl Fn(char) -> bool) -> &str {
    text.get(..text.find(|c| !matches(c)).unwrap_or(text.len()))
        .unwrap_or_default()
}

fn is_word(c: char) -> bool {
    let category = category(c);
    GeneralCategoryGroup::Letter.contains(category)
        || GeneralCategoryGroup::Mark.contains(category)
        || matches!(
            category,
            GeneralCategory::DecimalNumber | GeneralCategory::ConnectorPunctuation
        )
}

/// Whether a character may be inside a hashtag, but not at its ends.
fn is_separator(c: char) -> bool {
    matches!(c, '\u{b7}' | '\u{30fb}' | '\u{200c}')
}

/// Whether the normal form of a hashtag keeps the character.
pub(crate) fn is_hashtag_char(c: char) -> bool {
    let category = category(c);
    GeneralCategoryGroup::Letter.contains(category)
        || GeneralCategoryGroup::Mark.contains(category)
        || category == GeneralCategory::DecimalNumber
        || matches!(c, '_' | '\u{e47}'..='\u{e4e}')
        || is_separator(c)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn fold(c: char) -> char {
    let folded = ASCII_FOLDING.iter().find(|(from, _)| from.contains(c));
    folded.map_or(c, |(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_normalize_most_hashtags_alike() {
        for (name, normalized) in [
            ("Rust", "rust"),
            ("ＲＵＳＴ", "rust"),
            ("café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("Ørsted", "orsted"),
            ("Đà_Nẵng", "da_nẵng"),
            ("Łódź", "lodz"),
            ("Straße", "straße"),
            ("rust-lang", "rustlang"),
            ("a·b", "a·b"),
            ("C++ 2024!", "c2024"),
            ("日本語", "日本語"),
            ("カフェ", "カフェ"),
            ("فارسی\u{200c}ها", "فارسی\u{200c}ها"),
            ("한국어", "한국어"),
            ("!!!", ""),
        ] {
            assert_eq!(stored_form(name), normalized, "{name}");
            assert_eq!(streamed_form(name), normalized, "{name}");
        }
    }

    #[test]
    fn streaming_server_drops_marks_and_the_katakana_dot_and_keeps_the_final_sigma() {
        for (name, stored, streamed) in [
            ("हिन्दी", "हिन्दी", "हनद"),
            ("தமிழ்", "தமிழ்", "தமழ"),
            ("বাংলা", "বাংলা", "বল"),
            ("ข่าว", "ข่าว", "ขาว"),
            ("שָׁלוֹם", "שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "مُحَمَّد", "محمد"),
            ("İstanbul", "i\u{307}stanbul", "istanbul"),
            ("コーヒー・タイム", "コーヒー・タイム", "コーヒータイム"),
            ("ΟΔΟΣ", "οδοσ", "οδος"),
        ] {
            assert_eq!(stored_form(name), stored, "{name}");
            assert_eq!(streamed_form(name), streamed, "{name}");
        }
        // Ruby keeps decimal digits only.
        assert_eq!(
            (stored_form("Ⅷa"), streamed_form("a᛭Ⅷ")),
            ("viiia".into(), "aviii".into())
        );
        assert_eq!(
            (stored_form("aᛮ"), streamed_form("aᛮ")),
            ("a".into(), "aᛮ".into())
        );
    }

    #[test]
    fn hashtag_needs_a_letter_or_a_separator_between_word_characters() {
        for name in [
            "rust",
            "Rust2024",
            "2024x",
            "a_b",
            "café",
            "a·b",
            "हिन्दी",
            "1_2",
            "1·2",
            "___",
        ] {
            assert!(is_valid_tag(name), "{name}");
        }
        for name in [
            "", "2024", "a b", "a-b", "#rust", "·a", "a·", "a.b", "__", "1·",
        ] {
            assert!(!is_valid_tag(name), "{name}");
        }
        for (text, name) in [
            ("ab·, c", Some("ab")),
            ("a·b· c", Some("a·b")),
            ("1·", None),
            ("·a", None),
            ("tag-x", Some("tag")),
        ] {
            assert_eq!(hashtag_at_start(text), name, "{text}");
        }
    }

    #[test]
    fn ascii_folding_has_the_181_pairs_of_both_servers() {
        let pairs = ASCII_FOLDING.iter().map(|(from, _)| from.chars().count());
        assert_eq!(pairs.sum::<usize>(), 181);
    }
}
