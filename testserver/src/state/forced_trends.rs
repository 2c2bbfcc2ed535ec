//! Trends that a test has chosen. They come before those that statuses cause.

use super::{State, Status};
use crate::ids::Id;

/// Trends that a test has chosen, in this order.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForcedTrends {
    /// Normalized names of hashtags.
    pub(crate) tags: Vec<String>,
    /// URLs of pages.
    pub(crate) links: Vec<String>,
    pub(crate) statuses: Vec<Id>,
}

/// Puts chosen items before others, without repeating any.
fn before<T: PartialEq>(chosen: impl Iterator<Item = T>, others: Vec<T>) -> Vec<T> {
    let mut items: Vec<T> = chosen.collect();
    let others: Vec<T> = others
        .into_iter()
        .filter(|item| !items.contains(item))
        .collect();
    items.extend(others);
    items
}

impl State {
    pub(super) fn with_forced_tags<'s>(&'s self, others: Vec<&'s str>) -> Vec<&'s str> {
        let tags = self.forced_trends.tags.iter().map(String::as_str);
        before(tags, others)
    }

    pub(crate) fn with_forced_links(&self, others: Vec<String>) -> Vec<String> {
        before(self.forced_trends.links.iter().cloned(), others)
    }

    /// `others`: in the order of their rank.
    pub(super) fn with_forced_statuses<'s>(
        &'s self,
        viewer: Option<Id>,
        others: Vec<&'s Status>,
    ) -> Vec<&'s Status> {
        let ids = self.forced_trends.statuses.iter();
        let chosen: Vec<&Status> = ids
            .filter_map(|id| self.statuses.get(id))
            .filter(|status| self.can_see(viewer, status))
            .collect();
        let is_other = |status: &&Status| !chosen.iter().any(|other| other.id == status.id);
        let others: Vec<&Status> = others.into_iter().filter(is_other).collect();
        chosen.into_iter().chain(others).collect()
    }
}
