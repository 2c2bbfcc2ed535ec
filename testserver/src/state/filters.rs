//! Filters of users, and the statuses that they match.

use std::ops::Range;

use jiff::Timestamp;

use super::{State, Status};
use crate::ids::Id;

#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) id: Id,
    pub(crate) owner: Id,
    pub(crate) title: String,
    pub(crate) context: Vec<String>,
    pub(crate) action: String,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) keywords: Vec<Keyword>,
    pub(crate) statuses: Vec<FilterStatus>,
}

/// Keyword or phrase of a filter.
#[derive(Clone, Debug)]
pub(crate) struct Keyword {
    pub(crate) id: Id,
    pub(crate) keyword: String,
    pub(crate) whole_word: bool,
}

/// Status that a filter lists explicitly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterStatus {
    pub(crate) id: Id,
    pub(crate) status: Id,
}

/// Match of a filter with a status.
#[derive(Debug)]
pub(crate) struct FilterMatch<'s> {
    pub(crate) filter: &'s Filter,
    /// First text that matches a keyword, as it is written in the status.
    pub(crate) matched_text: Option<String>,
    pub(crate) statuses: Vec<Id>,
}

/// Which of the two implementations matches filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matcher {
    Rest,
    /// The streaming server, for streams that all users share. It does not know filters by status, and the words of its
    /// regular expressions consist of ASCII characters.
    Streaming,
}

impl Keyword {
    /// Finds the first match of the keyword in a text, ignoring case.
    fn find_in(&self, text: &str, matcher: Matcher) -> Option<Range<usize>> {
        let is_word = |c: char| match matcher {
            Matcher::Rest => c.is_alphanumeric() || c == '_',
            Matcher::Streaming => c.is_ascii_alphanumeric() || c == '_',
        };
        let at_word = |c: Option<char>| self.whole_word && c.is_some_and(is_word);
        let starts_with_word = at_word(self.keyword.chars().next());
        let ends_with_word = at_word(self.keyword.chars().next_back());
        let mut ranges = text.char_indices().filter_map(|(at, _)| {
            let length = matching_prefix_len(&text[at..], &self.keyword)?;
            Some(at..at + length)
        });
        ranges.find(|range| {
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            !(starts_with_word && before.is_some_and(is_word)
                || ends_with_word && after.is_some_and(is_word))
        })
    }
}

/// Returns the length in bytes of `word` at the start of `text`, ignoring case.
fn matching_prefix_len(text: &str, word: &str) -> Option<usize> {
    let mut chars = text.chars();
    let mut length = 0;
    for expected in word.chars() {
        let actual = chars.next()?;
        if !actual.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
        length += actual.len_utf8();
    }
    (length > 0).then_some(length)
}

impl State {
    /// Returns the filters of a user in the order of their creation.
    pub(crate) fn filters_of(&self, user: Id) -> impl Iterator<Item = &Filter> {
        let filters = self.filters.values();
        filters.filter(move |filter| filter.owner == user)
    }

    /// Returns the unexpired filters of a user that match a status, in any context.
    pub(crate) fn matching_filters(
        &self,
        user: Id,
        status: &Status,
        now: Timestamp,
        matcher: Matcher,
    ) -> Vec<FilterMatch<'_>> {
        let own = self.filters_of(user);
        let mut active = own
            .filter(|filter| filter.expires.is_none_or(|at| at > now))
            .peekable();
        if active.peek().is_none() {
            return Vec::new();
        }
        let text = self.searchable_text(status);
        let ids = [status.id, status.original_id()];
        let matching = active.filter_map(|filter| {
            let ranges = filter
                .keywords
                .iter()
                .filter_map(|keyword| keyword.find_in(&text, matcher));
            let first = ranges.min_by_key(|range| range.start);
            let listed = filter.statuses.iter().filter(|_| matcher == Matcher::Rest);
            let listed_ids = listed.map(|entry| entry.status);
            let filter_match = FilterMatch {
                filter,
                matched_text: first.map(|range| text[range].to_owned()),
                statuses: listed_ids.filter(|id| ids.contains(id)).collect(),
            };
            (filter_match.matched_text.is_some() || !filter_match.statuses.is_empty())
                .then_some(filter_match)
        });
        matching.collect()
    }

    /// Returns all texts of a status, or of the status that it boosts.
    fn searchable_text(&self, status: &Status) -> String {
        let original = self.statuses.get(&status.original_id()).unwrap_or(status);
        let options = original.poll.iter().flat_map(|poll| &poll.options);
        let media = original.media.iter().filter_map(|id| self.media.get(id));
        let parts = [&original.spoiler_text, &original.text]
            .into_iter()
            .chain(options);
        let parts = parts.chain(media.filter_map(|attachment| attachment.description.as_ref()));
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keyword: &str, whole_word: bool, text: &str) -> Option<String> {
        let keyword = keyword.to_owned();
        let keyword = Keyword {
            id: 1,
            keyword,
            whole_word,
        };
        let range = keyword.find_in(text, Matcher::Rest)?;
        Some(text[range].to_owned())
    }

    #[test]
    fn keyword_ignores_case_and_matches_whole_words_only_if_requested() {
        assert_eq!(found("cat", false, "A Concatenation").unwrap(), "cat");
        assert_eq!(found("cat", true, "Concatenation"), None);
        assert_eq!(found("cat", true, "concat, CAT!").unwrap(), "CAT");
        assert_eq!(
            found("\u{fc}ber", true, "Ach, \u{dc}BER").unwrap(),
            "\u{dc}BER"
        );
        // A phrase that ends with a non-word character can be followed by a word character.
        assert_eq!(found("c++", true, "c++11").unwrap(), "c++");
        assert_eq!(found("c++", true, "abc++"), None);
        assert_eq!(
            found("two words", true, "not Two Words?").unwrap(),
            "Two Words"
        );
        assert_eq!(found("", false, "x"), None);
    }
}
