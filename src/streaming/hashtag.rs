//! The form of a hashtag by which Mastodon's streaming server names its stream.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// Characters that both forms keep although they are neither letters nor digits: an underscore, a middle dot and a
/// zero-width non-joiner.
const SEPARATORS: [char; 3] = ['_', '\u{b7}', '\u{200c}'];

/// Katakana middle dot, which only the REST API keeps.
const KATAKANA_MIDDLE_DOT: char = '\u{30fb}';

/// Returns the form by which the streaming server compares hashtags. Servers that do not fold hashtags to ASCII
/// only ignore their case.
pub(crate) fn normalize(tag: &str, folds: bool) -> String {
    if folds {
        keep(&fold(tag), |c| {
            is_in(
                c,
                GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number),
            )
        })
    } else {
        tag.to_lowercase()
    }
}

/// Returns whether the stream of the hashtag never contains an event, because the server publishes its statuses under
/// the form of the REST API, which keeps characters that the streaming server removes: vowel signs and tone marks of
/// many scripts, for example. There is no error; only the REST API has the statuses of such a hashtag.
pub(crate) fn is_not_streamed(tag: &str, folds: bool) -> bool {
    let published = if folds {
        let kept = GeneralCategoryGroup::Letter
            .union(GeneralCategoryGroup::Mark)
            .union(GeneralCategoryGroup::DecimalNumber);
        keep(&fold(tag), |c| c == KATAKANA_MIDDLE_DOT || is_in(c, kept))
    } else {
        compose(tag).to_lowercase()
    };
    published != normalize(tag, folds)
}

fn compose(tag: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize(tag)
        .into_owned()
}

fn fold(tag: &str) -> String {
    compose(tag)
        .to_lowercase()
        .chars()
        .map(ascii_letter)
        .collect()
}

fn keep(tag: &str, is_kept: impl Fn(char) -> bool) -> String {
    tag.chars()
        .filter(|c| SEPARATORS.contains(c) || is_kept(*c))
        .collect()
}

fn is_in(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Returns the ASCII letter for a lower-case Latin letter. Mastodon folds the letters of the blocks Latin-1 Supplement
/// and Latin Extended-A, except ligatures, `ß` and `þ`. Other letters, such as those of Vietnamese, keep their
/// diacritics.
fn ascii_letter(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ð' | 'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' | 'ĸ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' | 'ŧ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtags_are_compared_by_the_form_of_the_streaming_server() {
        for (tag, expected) in [
            ("Rust", "rust"),
            ("ＲＵＳＴ", "rust"),
            ("rust-lang", "rustlang"),
            ("#rust", "rust"),
            ("Café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("ĿŁŉĸ", "l·lʼnk"),
            ("Øđłħŧŋ", "odlhtn"),
            ("Straße", "straße"),
            ("Þæœ", "þæœ"),
            ("Việt", "việt"),
            ("ΟΔΟΣ", "οδος"),
            ("İstanbul", "istanbul"),
            ("ﬁn②Ⅷ", "fin2viii"),
            ("a_b·c\u{200c}d", "a_b·c\u{200c}d"),
            ("हिन्दी", "हनद"),
            ("コーヒー・タイム", "コーヒータイム"),
            ("〇", "〇"),
            ("!!! ♥", ""),
        ] {
            assert_eq!(normalize(tag, true), expected, "{tag}");
        }
        for (tag, expected) in [
            ("Café", "café"),
            ("Rust-Lang", "rust-lang"),
            ("ＲＵ", "ｒｕ"),
        ] {
            assert_eq!(normalize(tag, false), expected, "{tag}");
        }
    }

    #[test]
    fn hashtag_with_characters_that_only_the_rest_api_keeps_is_not_streamed() {
        for tag in [
            "हिन्दी",
            "தமிழ்",
            "বাংলা",
            "ไม่",
            "שָׁלוֹם",
            "İstanbul",
            "コーヒー・タイム",
        ] {
            assert!(is_not_streamed(tag, true), "{tag}");
        }
        for tag in [
            "rust",
            "Café",
            "rust-lang",
            "日本語",
            "コーヒー",
            "ไทย",
            "a·b",
            "русский",
            "",
        ] {
            assert!(!is_not_streamed(tag, true), "{tag}");
        }
        assert!(!is_not_streamed("हिन्दी", false) && is_not_streamed("ＲＵＳＴ", false));
    }
}
