//! Hashtags: registration, validation and usage history.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{State, Status};
use crate::hashtags::{is_hashtag_char, is_separator, stored_form};
use crate::ids::Id;
use crate::text::{self, Segment};

/// Number of days in the history of a hashtag, including today.
const HISTORY_DAYS: i64 = 7;
/// Seconds per day.
const DAY: i64 = 86_400;

/// Hashtag that was used at least once.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) id: Id,
    /// Name as it was first written.
    pub(crate) display_name: String,
}

/// Usage of a hashtag on one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagDay {
    /// Start of the day as Unix time.
    pub(crate) starts_at: i64,
    pub(crate) uses: usize,
    pub(crate) accounts: usize,
}

/// Whether a string is a valid hashtag: letters, marks, digits and underscores, but not only digits. Middle dots and similar
/// separators are allowed inside.
pub(crate) fn is_valid_tag(name: &str) -> bool {
    let trimmed = name.trim_matches(is_separator);
    !name.is_empty()
        && trimmed == name
        && name.chars().all(is_hashtag_char)
        && name.chars().any(|c| c.is_alphabetic() || is_separator(c))
}

/// Normalizes the name of a hashtag, with or without `#`.
pub(crate) fn normalize_tag(name: &str) -> String {
    stored_form(name.trim().trim_start_matches('#'))
}

impl State {
    /// Registers a hashtag on its first use. Returns its normalized name.
    pub(crate) fn register_tag(&mut self, display_name: &str) -> String {
        let name = normalize_tag(display_name);
        if !self.tags.contains_key(&name) {
            let id = self.next_row_id();
            let display_name = display_name.trim().trim_start_matches('#').to_owned();
            self.tags.insert(name.clone(), Tag { id, display_name });
        }
        name
    }

    /// Registers the hashtags of a text.
    pub(super) fn register_tags(&mut self, text: &str) {
        for segment in text::segments(text) {
            if let Segment::Hashtag(tag) = segment {
                self.register_tag(tag);
            }
        }
    }

    /// Returns the public and unlisted statuses of an account with a hashtag.
    pub(crate) fn statuses_with_tag<'s>(
        &'s self,
        account: Id,
        name: &'s str,
    ) -> impl Iterator<Item = &'s Status> {
        self.statuses.values().filter(move |status| {
            status.account == account
                && status.visibility.is_distributable()
                && status.tags.iter().any(|tag| tag == name)
        })
    }

    /// Returns the recently used hashtags, sorted by the number of accounts, then of uses.
    pub(crate) fn trending_tags(&self, now: Timestamp) -> Vec<&str> {
        let usage = |name: &str| {
            let days = self.tag_history(name, now);
            let uses: usize = days.iter().map(|day| day.uses).sum();
            let accounts: usize = days.iter().map(|day| day.accounts).sum();
            (accounts, uses)
        };
        let names = self.tags.keys().map(String::as_str);
        let ranked = names.map(|name| (std::cmp::Reverse(usage(name)), name));
        let mut ranked: Vec<_> = ranked.filter(|(rank, _)| rank.0.1 > 0).collect();
        ranked.sort_unstable();
        self.with_forced_tags(ranked.into_iter().map(|(_, name)| name).collect())
    }

    /// Returns the usage of a hashtag in public statuses per day, starting with today.
    pub(crate) fn tag_history(&self, name: &str, now: Timestamp) -> Vec<TagDay> {
        let statuses = self.public_statuses(None, now);
        let statuses = statuses.filter(|status| status.tags.iter().any(|tag| tag == name));
        Self::usage_history(statuses, now)
    }

    /// Returns the usage of a link in public statuses per day, starting with today.
    pub(crate) fn link_history(&self, url: &str, now: Timestamp) -> Vec<TagDay> {
        Self::usage_history(self.statuses_with_link(url, now), now)
    }

    fn usage_history<'s>(
        statuses: impl Iterator<Item = &'s Status>,
        now: Timestamp,
    ) -> Vec<TagDay> {
        let day_of = |at: Timestamp| at.as_second().div_euclid(DAY);
        let uses: Vec<(i64, Id)> = statuses
            .map(|status| (day_of(status.created), status.account))
            .collect();
        let today = day_of(now);
        (0..HISTORY_DAYS)
            .map(|days_ago| {
                let day = today - days_ago;
                let on_day = uses.iter().filter(|(used, _)| *used == day);
                let accounts: BTreeSet<Id> = on_day.clone().map(|(_, account)| *account).collect();
                TagDay {
                    starts_at: day * DAY,
                    uses: on_day.count(),
                    accounts: accounts.len(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtag_is_a_word_with_at_least_one_letter() {
        for name in [
            "rust",
            "Rust2024",
            "2024x",
            "a_b",
            "caf\u{e9}",
            "a\u{b7}b",
            "हिन्दी",
        ] {
            assert!(is_valid_tag(name), "{name}");
        }
        for name in ["", "2024", "a b", "a-b", "#rust", "\u{b7}a", "a.b"] {
            assert!(!is_valid_tag(name), "{name}");
        }
    }
}
