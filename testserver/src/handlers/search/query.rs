//! Queries for statuses: words, phrases, and operators such as `from:alice` or `-is:reply`.

use crate::clock::iso_date;
use crate::ids::Id;
use crate::media_info::MediaKind;
use crate::state::{State, Status};
use crate::text;

/// One condition of a query.
struct Term<'q> {
    is_negated: bool,
    condition: Condition<'q>,
}

enum Condition<'q> {
    /// Consecutive words, normalized.
    Phrase(String),
    From(&'q str),
    Has(&'q str),
    Is(&'q str),
    Language(&'q str),
    Before(&'q str),
    During(&'q str),
    After(&'q str),
}

/// A parsed query.
pub(super) struct Query<'q> {
    terms: Vec<Term<'q>>,
    /// The `in:` operator: `true` for `in:library`, `false` for `in:public`.
    pub(super) only_library: Option<bool>,
}

impl<'q> Query<'q> {
    pub(super) fn parse(text: &'q str) -> Self {
        let mut query = Self {
            terms: Vec::new(),
            only_library: None,
        };
        for term in split_terms(text) {
            let (is_negated, term) = match term.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (true, rest),
                _ => (false, term.strip_prefix('+').unwrap_or(term)),
            };
            if let Some(scope) = term.strip_prefix("in:") {
                query.only_library = match scope {
                    "library" => Some(true),
                    "public" => Some(false),
                    _ => None,
                };
                continue;
            }
            query.terms.push(Term {
                is_negated,
                condition: Condition::parse(term),
            });
        }
        query
    }

    pub(super) fn matches(&self, state: &State, status: &Status) -> bool {
        self.terms
            .iter()
            .all(|term| term.condition.matches(state, status) != term.is_negated)
    }
}

impl<'q> Condition<'q> {
    fn parse(term: &'q str) -> Self {
        let Some((name, value)) = term.split_once(':').filter(|(_, value)| !value.is_empty())
        else {
            return Self::Phrase(normalize_words(term));
        };
        match name {
            "from" => Self::From(value.trim_start_matches('@')),
            "has" => Self::Has(value),
            "is" => Self::Is(value),
            "language" => Self::Language(value),
            "before" => Self::Before(value),
            "during" => Self::During(value),
            "after" => Self::After(value),
            _ => Self::Phrase(normalize_words(term)),
        }
    }

    fn matches(&self, state: &State, status: &Status) -> bool {
        let has_kind = |kinds: &[MediaKind]| {
            let media = status.media.iter().filter_map(|id| state.media.get(id));
            media
                .into_iter()
                .any(|attachment| kinds.contains(&attachment.info.kind))
        };
        match self {
            Self::Phrase(phrase) => {
                let options = status.poll.as_ref().map(|poll| poll.options.join(" "));
                let descriptions = status
                    .media
                    .iter()
                    .filter_map(|id| state.media.get(id)?.description.clone());
                let texts = [
                    status.spoiler_text.clone(),
                    status.text.clone(),
                    options.unwrap_or_default(),
                ];
                let mut texts = texts
                    .into_iter()
                    .chain(descriptions)
                    .map(|text| format!(" {} ", normalize_words(&text)));
                let padded = format!(" {phrase} ");
                phrase.is_empty() || texts.any(|text| text.contains(&padded))
            }
            Self::From(acct) => {
                let author: Option<Id> = state.account_by_acct(acct);
                author == Some(status.account)
            }
            Self::Has(content) => match *content {
                "media" => !status.media.is_empty(),
                "image" => has_kind(&[MediaKind::Image, MediaKind::Gifv]),
                "video" => has_kind(&[MediaKind::Video]),
                "audio" => has_kind(&[MediaKind::Audio]),
                "poll" => status.poll.is_some(),
                "link" | "embed" => text::links(&status.text).next().is_some(),
                "quote" => status.quote.is_some(),
                _ => false,
            },
            Self::Is(property) => match *property {
                "reply" => status.reply_to_account.is_some(),
                "sensitive" => status.sensitive,
                "quote" => status.quote.is_some(),
                _ => false,
            },
            Self::Language(language) => status.language.as_deref() == Some(*language),
            // ISO 8601 dates sort like strings.
            Self::Before(date) => iso_date(status.created).as_str() < *date,
            Self::During(date) => iso_date(status.created) == **date,
            Self::After(date) => iso_date(status.created).as_str() > *date,
        }
    }
}

/// Splits a query at whitespace. A quoted phrase is one term.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let quoted = rest
            .strip_prefix('"')
            .and_then(|inner| inner.split_once('"'));
        let (term, after) = match quoted {
            Some((inner, after)) => (inner, after),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        terms.push(term);
        rest = after.trim_start();
    }
    terms
}

/// Returns the words of a text in lower case, separated by single spaces.
fn normalize_words(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join(" ")
}
