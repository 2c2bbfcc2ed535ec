//! Feed: the stored IDs of a home timeline or list.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::ids::Id;
use crate::paging::PageRequest;

/// Number of the newest entries within which a boost of a status that was already shown is not inserted.
const BOOST_WINDOW: usize = 40;

/// Status as a feed sees it: its ID and the status that it boosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: Id,
    pub(crate) reblog_of: Option<Id>,
}

/// Set of status IDs with a bounded size. What belongs in it is decided at insertion. A status that is deleted later can
/// remain, so that a page has fewer statuses than IDs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    entries: BTreeSet<Id>,
    /// Boosts among the newest entries, by boosted status.
    shown_boosts: BTreeMap<Id, Id>,
    /// Other boosts of these statuses. One of them is shown if the first is undone.
    hidden_boosts: BTreeMap<Id, BTreeSet<Id>>,
}

impl Feed {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the lowest ID.
    pub(crate) fn oldest(&self) -> Option<Id> {
        self.entries.first().copied()
    }

    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = Id> {
        self.entries.iter().copied()
    }

    /// Inserts a status. Returns `false` if a boost is not shown because the feed has the status already, or if a status
    /// is not shown because it is a tracked boost itself. A status that was inserted before counts as inserted again.
    pub(crate) fn insert(&mut self, entry: Entry) -> bool {
        let Some(original) = entry.reblog_of else {
            return !self.shown_boosts.contains_key(&entry.id) && {
                self.entries.insert(entry.id);
                true
            };
        };
        if self
            .entries
            .iter()
            .rev()
            .take(BOOST_WINDOW)
            .any(|id| *id == original)
        {
            return false;
        }
        if let Some(shown) = self.shown_boosts.get(&original) {
            if *shown != entry.id {
                self.hidden_boosts
                    .entry(original)
                    .or_default()
                    .insert(entry.id);
            }
            return false;
        }
        self.shown_boosts.insert(original, entry.id);
        self.entries.insert(entry.id);
        true
    }

    /// Removes a status. If it is a boost, another boost of the same status takes its place. Returns `false` if the feed
    /// did not show it.
    pub(crate) fn remove(&mut self, entry: Entry) -> bool {
        match entry.reblog_of {
            Some(_) if !self.entries.contains(&entry.id) => return false,
            Some(original) => {
                self.shown_boosts.remove(&original);
                let hidden = self.hidden_boosts.get_mut(&original);
                if let Some(other) = hidden.and_then(|hidden| {
                    hidden.remove(&entry.id);
                    hidden.first().copied()
                }) {
                    self.entries.insert(other);
                    self.shown_boosts.insert(original, other);
                }
            }
            None => {
                self.hidden_boosts.remove(&entry.id);
                self.shown_boosts.remove(&entry.id);
            }
        }
        self.entries.remove(&entry.id)
    }

    /// Removes the oldest entries beyond the capacity, and forgets the boosts that are no longer among the newest entries.
    pub(crate) fn trim(&mut self, capacity: usize) {
        while self.entries.len() > capacity {
            self.entries.pop_first();
        }
        let Some(&last) = self.entries.iter().rev().nth(BOOST_WINDOW) else {
            return;
        };
        let hidden_boosts = &mut self.hidden_boosts;
        self.shown_boosts.retain(|original, boost| {
            let is_recent = *boost > last;
            if !is_recent {
                hidden_boosts.remove(original);
            }
            is_recent
        });
    }

    /// Returns the requested IDs, newest first. Skips those for which `is_hidden` is true.
    pub(crate) fn page(&self, request: &PageRequest, is_hidden: impl Fn(Id) -> bool) -> Vec<Id> {
        let end = request.max_id.map_or(Bound::Unbounded, Bound::Excluded);
        let start = request.min_id.or(request.since_id);
        if start
            .zip(request.max_id)
            .is_some_and(|(start, end)| start >= end)
        {
            return Vec::new();
        }
        let start = start.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.entries.range((start, end)).copied();
        let is_shown = |id: &Id| !is_hidden(*id);
        if request.min_id.is_none() {
            return range.rev().filter(is_shown).take(request.limit).collect();
        }
        let mut ids: Vec<Id> = range.filter(is_shown).take(request.limit).collect();
        ids.reverse();
        ids
    }
}
