//! Hashtags: their ids, their names, their use.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{State, Status};
use crate::ids::Id;
use crate::text::{self, Segment};

/// How many days a hashtag's history goes back, today included.
const HISTORY_DAYS: i64 = 7;
/// The seconds of a day.
const DAY: i64 = 86_400;

/// A hashtag that somebody has used.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) id: Id,
    /// As it was written first.
    pub(crate) display_name: String,
}

/// The use of a hashtag on one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagDay {
    /// Its first second, as a Unix time.
    pub(crate) starts_at: i64,
    pub(crate) uses: usize,
    pub(crate) accounts: usize,
}

/// Whether a text can be a hashtag: letters, digits and underscores, not digits alone. Dots in the middle
/// part words.
pub(crate) fn is_valid_tag(name: &str) -> bool {
    let parts = |c: char| matches!(c, '\u{b7}' | '\u{30fb}' | '\u{200c}');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let inner = name.trim_matches(parts);
    !name.is_empty()
        && inner == name
        && name.chars().all(|c| word(c) || parts(c))
        && name.chars().any(|c| c.is_alphabetic() || parts(c))
}

/// A hashtag's name as the server keeps it.
pub(crate) fn normalize_tag(name: &str) -> String {
    name.trim().trim_start_matches('#').to_lowercase()
}

impl State {
    /// Remembers a hashtag when it is first heard of. Tells its name as the server keeps it.
    pub(crate) fn register_tag(&mut self, display_name: &str) -> String {
        let name = normalize_tag(display_name);
        if !self.tags.contains_key(&name) {
            let id = self.next_row_id();
            let display_name = display_name.trim().trim_start_matches('#').to_owned();
            self.tags.insert(name.clone(), Tag { id, display_name });
        }
        name
    }

    /// Remembers the hashtags of a text.
    pub(super) fn register_tags(&mut self, text: &str) {
        for segment in text::segments(text) {
            if let Segment::Hashtag(tag) = segment {
                self.register_tag(tag);
            }
        }
    }

    /// The statuses of an account that count for a hashtag on its profile.
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

    /// The hashtags in use these days, those that most accounts use first.
    pub(crate) fn trending_tags(&self, now: Timestamp) -> Vec<&str> {
        let sum = |name: &str| {
            let days = self.tag_history(name, now);
            let uses: usize = days.iter().map(|day| day.uses).sum();
            let accounts: usize = days.iter().map(|day| day.accounts).sum();
            (accounts, uses)
        };
        let names = self.tags.keys().map(String::as_str);
        let ranked = names.map(|name| (std::cmp::Reverse(sum(name)), name));
        let mut ranked: Vec<_> = ranked.filter(|(rank, _)| rank.0.1 > 0).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, name)| name).collect()
    }

    /// How a hashtag was used in the last days, today first. Only what everyone may see counts.
    pub(crate) fn tag_history(&self, name: &str, now: Timestamp) -> Vec<TagDay> {
        let day_of = |at: Timestamp| at.as_second().div_euclid(DAY);
        let uses: Vec<(i64, Id)> = self
            .public_statuses(None, now)
            .filter(|status| status.tags.iter().any(|tag| tag == name))
            .map(|status| (day_of(status.created), status.account))
            .collect();
        let today = day_of(now);
        (0..HISTORY_DAYS)
            .map(|back| {
                let day = today - back;
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
    fn a_hashtag_is_a_word_with_a_letter_in_it() {
        for name in ["rust", "Rust2024", "2024x", "a_b", "caf\u{e9}", "a\u{b7}b"] {
            assert!(is_valid_tag(name), "{name}");
        }
        for name in ["", "2024", "a b", "a-b", "#rust", "\u{b7}a", "a.b"] {
            assert!(!is_valid_tag(name), "{name}");
        }
    }
}
