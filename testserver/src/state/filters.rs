//! What users do not want to see.

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

/// A word or phrase that a filter looks for.
#[derive(Clone, Debug)]
pub(crate) struct Keyword {
    pub(crate) id: Id,
    pub(crate) keyword: String,
    pub(crate) whole_word: bool,
}

/// A status that a filter names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterStatus {
    pub(crate) id: Id,
    pub(crate) status: Id,
}

/// How a filter matches a status.
#[derive(Debug)]
pub(crate) struct FilterMatch<'s> {
    pub(crate) filter: &'s Filter,
    /// The first word that matches, as it stands in the status.
    pub(crate) matched_text: Option<String>,
    pub(crate) statuses: Vec<Id>,
}

impl Keyword {
    /// Where the word stands in a text first, whatever its case.
    fn find_in(&self, text: &str) -> Option<Range<usize>> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let at_word = |c: Option<char>| self.whole_word && c.is_some_and(is_word);
        let begins = at_word(self.keyword.chars().next());
        let ends = at_word(self.keyword.chars().next_back());
        let mut ranges = text.char_indices().filter_map(|(at, _)| {
            let length = matching_prefix_len(&text[at..], &self.keyword)?;
            Some(at..at + length)
        });
        ranges.find(|range| {
            let before = text[..range.start].chars().next_back();
            let after = text[range.end..].chars().next();
            !(begins && before.is_some_and(is_word) || ends && after.is_some_and(is_word))
        })
    }
}

/// How long the word at the beginning of a text is there.
fn matching_prefix_len(text: &str, word: &str) -> Option<usize> {
    let mut chars = text.chars();
    let mut length = 0;
    for wanted in word.chars() {
        let there = chars.next()?;
        if !there.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        length += there.len_utf8();
    }
    (length > 0).then_some(length)
}

impl State {
    /// The user's filters, in the order in which they were made.
    pub(crate) fn filters_of(&self, user: Id) -> impl Iterator<Item = &Filter> {
        let filters = self.filters.values();
        filters.filter(move |filter| filter.owner == user)
    }

    /// The user's filters that match a status at this time, whatever they are for.
    pub(crate) fn matching_filters(
        &self,
        user: Id,
        status: &Status,
        now: Timestamp,
    ) -> Vec<FilterMatch<'_>> {
        let own = self.filters_of(user);
        let mut lasting = own
            .filter(|filter| filter.expires.is_none_or(|at| at > now))
            .peekable();
        if lasting.peek().is_none() {
            return Vec::new();
        }
        let text = self.searchable_text(status);
        let ids = [status.id, status.original_id()];
        let matching = lasting.filter_map(|filter| {
            let ranges = filter
                .keywords
                .iter()
                .filter_map(|keyword| keyword.find_in(&text));
            let first = ranges.min_by_key(|range| range.start);
            let named = filter.statuses.iter().map(|entry| entry.status);
            let found = FilterMatch {
                filter,
                matched_text: first.map(|range| text[range].to_owned()),
                statuses: named.filter(|id| ids.contains(id)).collect(),
            };
            (found.matched_text.is_some() || !found.statuses.is_empty()).then_some(found)
        });
        matching.collect()
    }

    /// All that there is to read in a status, or in the one that it boosts.
    fn searchable_text(&self, status: &Status) -> String {
        let proper = self.statuses.get(&status.original_id()).unwrap_or(status);
        let options = proper.poll.iter().flat_map(|poll| &poll.options);
        let media = proper.media.iter().filter_map(|id| self.media.get(id));
        let parts = [&proper.spoiler_text, &proper.text]
            .into_iter()
            .chain(options);
        let parts = parts.chain(media.filter_map(|medium| medium.description.as_ref()));
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
        keyword.find_in(text).map(|range| text[range].to_owned())
    }

    #[test]
    fn a_word_is_found_whatever_its_case_and_whole_only_where_that_is_wanted() {
        assert_eq!(found("cat", false, "A Concatenation").unwrap(), "cat");
        assert_eq!(found("cat", true, "Concatenation"), None);
        assert_eq!(found("cat", true, "concat, CAT!").unwrap(), "CAT");
        assert_eq!(
            found("\u{fc}ber", true, "Ach, \u{dc}BER").unwrap(),
            "\u{dc}BER"
        );
        // Where a phrase does not end in a word, nothing has to end there.
        assert_eq!(found("c++", true, "c++11").unwrap(), "c++");
        assert_eq!(found("c++", true, "abc++"), None);
        assert_eq!(
            found("two words", true, "not Two Words?").unwrap(),
            "Two Words"
        );
        assert_eq!(found("", false, "x"), None);
    }
}
