//! What a search for statuses says: words, phrases, and conditions such as `from:alice` or `-is:reply`.

use crate::clock::iso_date;
use crate::ids::Id;
use crate::media_info::MediaKind;
use crate::state::{State, Status};
use crate::text;

/// One part of a search, and whether it must not fit.
struct Term<'q> {
    not: bool,
    what: What<'q>,
}

enum What<'q> {
    /// Words that follow each other.
    Phrase(String),
    From(&'q str),
    Has(&'q str),
    Is(&'q str),
    Language(&'q str),
    Before(&'q str),
    During(&'q str),
    After(&'q str),
}

/// A search for statuses.
pub(super) struct Query<'q> {
    terms: Vec<Term<'q>>,
    /// Whether only what concerns the user is wanted, or only what is public.
    pub(super) library: Option<bool>,
}

impl<'q> Query<'q> {
    pub(super) fn read(text: &'q str) -> Self {
        let mut query = Self {
            terms: Vec::new(),
            library: None,
        };
        for part in parts(text) {
            let (not, part) = match part.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (true, rest),
                _ => (false, part.strip_prefix('+').unwrap_or(part)),
            };
            if let Some(place) = part.strip_prefix("in:") {
                query.library = match place {
                    "library" => Some(true),
                    "public" => Some(false),
                    _ => None,
                };
                continue;
            }
            query.terms.push(Term {
                not,
                what: What::read(part),
            });
        }
        query
    }

    pub(super) fn matches(&self, state: &State, status: &Status) -> bool {
        self.terms
            .iter()
            .all(|term| term.what.matches(state, status) != term.not)
    }
}

impl<'q> What<'q> {
    fn read(part: &'q str) -> Self {
        let Some((name, value)) = part.split_once(':').filter(|(_, value)| !value.is_empty())
        else {
            return Self::Phrase(words(part));
        };
        match name {
            "from" => Self::From(value.trim_start_matches('@')),
            "has" => Self::Has(value),
            "is" => Self::Is(value),
            "language" => Self::Language(value),
            "before" => Self::Before(value),
            "during" => Self::During(value),
            "after" => Self::After(value),
            _ => Self::Phrase(words(part)),
        }
    }

    fn matches(&self, state: &State, status: &Status) -> bool {
        let has_kind = |wanted: &[MediaKind]| {
            let media = status.media.iter().filter_map(|id| state.media.get(id));
            media
                .into_iter()
                .any(|medium| wanted.contains(&medium.info.kind))
        };
        match self {
            Self::Phrase(phrase) => {
                let answers = status.poll.as_ref().map(|poll| poll.options.join(" "));
                let described = status
                    .media
                    .iter()
                    .filter_map(|id| state.media.get(id)?.description.clone());
                let all = [
                    status.spoiler_text.clone(),
                    status.text.clone(),
                    answers.unwrap_or_default(),
                ];
                let all = all.into_iter().chain(described).map(|text| words(&text));
                let mut all = all.map(|text| format!(" {text} "));
                let wanted = format!(" {phrase} ");
                phrase.is_empty() || all.any(|text| text.contains(&wanted))
            }
            Self::From(acct) => {
                let meant: Option<Id> = state.account_by_acct(acct);
                meant == Some(status.account)
            }
            Self::Has(thing) => match *thing {
                "media" => !status.media.is_empty(),
                "image" => has_kind(&[MediaKind::Image, MediaKind::Gifv]),
                "video" => has_kind(&[MediaKind::Video]),
                "audio" => has_kind(&[MediaKind::Audio]),
                "poll" => status.poll.is_some(),
                "link" | "embed" => text::links(&status.text).next().is_some(),
                "quote" => status.quote.is_some(),
                _ => false,
            },
            Self::Is(state_of) => match *state_of {
                "reply" => status.reply_to_account.is_some(),
                "sensitive" => status.sensitive,
                "quote" => status.quote.is_some(),
                _ => false,
            },
            Self::Language(language) => status.language.as_deref() == Some(*language),
            // Days of ISO 8601 stand in the order of their texts.
            Self::Before(limit) => iso_date(status.created).as_str() < *limit,
            Self::During(when) => iso_date(status.created) == **when,
            Self::After(limit) => iso_date(status.created).as_str() > *limit,
        }
    }
}

/// The parts of a search: what stands between quotation marks is one.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let quoted = rest
            .strip_prefix('"')
            .and_then(|inner| inner.split_once('"'));
        let (part, after) = match quoted {
            Some((inner, after)) => (inner, after),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        parts.push(part);
        rest = after.trim_start();
    }
    parts
}

/// A text as words in small letters, with one space between them.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join(" ")
}
