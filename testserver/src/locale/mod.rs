//! Languages of messages.

mod messages;
mod translate;

use crate::params::Params;
pub(crate) use translate::{printable, push_title, translate_response};

/// Languages in which Mastodon is available. `?lang=`, the language of a user and `Accept-Language` select one of them.
const AVAILABLE: &[&str] = &[
    "af", "an", "ar", "ast", "be", "bg", "bn", "br", "bs", "ca", "ckb", "co", "cs", "cy", "da",
    "de", "el", "en", "en-GB", "eo", "es", "es-AR", "es-MX", "et", "eu", "fa", "fi", "fo", "fr",
    "fr-CA", "fy", "ga", "gd", "gl", "he", "hi", "hr", "hu", "hy", "ia", "id", "ie", "ig", "io",
    "is", "it", "ja", "ka", "kab", "kk", "kn", "ko", "ku", "kw", "la", "lt", "lv", "mk", "ml",
    "mr", "ms", "my", "nan-TW", "nl", "nn", "no", "oc", "pa", "pl", "pt-BR", "pt-PT", "ro", "ru",
    "sa", "sc", "sco", "si", "sk", "sl", "sq", "sr", "sr-Latn", "sv", "szl", "ta", "te", "th",
    "tr", "tt", "ug", "uk", "ur", "vi", "zgh", "zh-CN", "zh-HK", "zh-TW",
];

/// Whether Mastodon is available in a language.
pub(crate) fn is_available(language: &str) -> bool {
    AVAILABLE.contains(&language)
}

/// Language of the messages of a response. Only German and French are translated; messages in all other languages are
/// in English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Locale {
    #[default]
    English,
    German,
    French,
}

impl Locale {
    /// Returns the locale of a language code; English if its messages are not translated.
    pub(crate) fn from_language(language: &str) -> Self {
        match language {
            "de" => Self::German,
            "fr" | "fr-CA" => Self::French,
            _ => Self::English,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        self.pick("en", "de", "fr")
    }

    /// Returns the text of this locale.
    pub(crate) fn pick<'t>(self, english: &'t str, german: &'t str, french: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::German => german,
            Self::French => french,
        }
    }

    /// Chooses the language of a response: that of the `lang` parameter, else of the user, else of the
    /// `Accept-Language` header, else of the server.
    pub(crate) fn of_request(
        params: &Params,
        user: Option<&str>,
        accept_language: Option<&str>,
        default: &str,
    ) -> Self {
        let available = |language: &String| is_available(language);
        let language = params
            .string("lang")
            .filter(available)
            .or_else(|| user.map(str::to_owned).filter(available))
            .or_else(|| accepted_language(accept_language?).map(str::to_owned));
        Self::from_language(language.as_deref().unwrap_or(default))
    }
}

/// Returns the available language that an `Accept-Language` header prefers.
fn accepted_language(header: &str) -> Option<&'static str> {
    let mut preferred: Vec<(f32, &str)> = header
        .split(',')
        .map(|entry| {
            let (language, weight) = entry.split_once(";q=").unwrap_or((entry, "1"));
            (weight.trim().parse().unwrap_or(1.0), language.trim())
        })
        .collect();
    preferred.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    let base = |language: &str| {
        language
            .split('-')
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let mut found = preferred.iter().filter_map(|(_, language)| {
        let mut related = AVAILABLE
            .iter()
            .filter(|available| base(available) == base(language));
        let first = related.clone().next().copied();
        let exact = related.find(|available| available.eq_ignore_ascii_case(language));
        exact.copied().or(first)
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferred_available_language_is_chosen() {
        for (header, language) in [
            ("de", Some("de")),
            ("de-AT, en;q=0.5", Some("de")),
            ("en;q=0.5, fr-CH", Some("fr")),
            ("tlh, fr;q=0.3", Some("fr")),
            ("zh-tw", Some("zh-TW")),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(accepted_language(header), language, "{header}");
        }
    }

    #[test]
    fn parameter_wins_over_the_user_and_the_user_over_the_header() {
        let none = Params::default();
        let choose = |user, header| Locale::of_request(&none, user, header, "en");
        assert_eq!(choose(Some("fr"), Some("de")), Locale::French);
        assert_eq!(choose(None, Some("de")), Locale::German);
        assert_eq!(choose(None, None), Locale::English);
        // A language without translations is chosen nevertheless.
        assert_eq!(choose(Some("es"), Some("de")), Locale::English);
        let default = Locale::of_request(&none, None, Some("tlh"), "fr");
        assert_eq!(default, Locale::French);
    }
}
