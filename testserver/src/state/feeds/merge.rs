//! Merges the statuses of accounts into feeds and removes them again, without events.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::{State, Status, Visibility};
use super::{Filtered, entry};
use crate::ids::Id;
use crate::streaming::Channel;

impl State {
    /// Merges the newest statuses of a followed account into the home timeline of a user and the lists with that account.
    pub(crate) fn merge_account(&mut self, from: Id, user: Id, now: Timestamp) {
        self.merge(from, &Channel::Home(user), now);
        self.finish_regeneration(user, now);
        for list in self.lists_with_member(user, from) {
            self.merge(from, &Channel::List(list), now);
        }
    }

    /// Merges the newest statuses of an account that was added to a list into the list.
    pub(crate) fn merge_into_list(&mut self, from: Id, list: Id, now: Timestamp) {
        let backfills = self
            .behavior
            .with(|behavior| behavior.feeds.backfills_lists);
        if backfills {
            self.merge(from, &Channel::List(list), now);
        }
    }

    fn merge(&mut self, from: Id, channel: &Channel, now: Timestamp) {
        let Some(owner) = self
            .feed_owner(channel)
            .filter(|owner| self.has_feeds(*owner, now))
        else {
            return;
        };
        // A quarter of the capacity.
        let capacity = self.feed_capacity();
        let limit = capacity / 4;
        let feed = self.feeds.get(channel);
        let oldest = feed
            .filter(|feed| feed.len() >= limit)
            .and_then(super::Feed::oldest);
        let merged = self.newest_statuses(from, oldest, limit);
        let entries: Vec<_> = merged
            .filter(|status| self.is_merged(owner, channel, status, now))
            .map(entry)
            .collect();
        for entry in entries {
            self.feeds.insert(channel, entry, capacity);
        }
    }

    /// Returns the newest statuses of an account that feeds can show, newest first.
    pub(super) fn newest_statuses(
        &self,
        account: Id,
        after: Option<Id>,
        limit: usize,
    ) -> impl Iterator<Item = &Status> {
        let statuses = self.statuses.range(after.map_or(0, |id| id + 1)..).rev();
        statuses
            .map(|(_, status)| status)
            .filter(move |status| status.account == account)
            .filter(|status| status.visibility != Visibility::Direct)
            .take(limit)
    }

    pub(super) fn is_merged(
        &self,
        owner: Id,
        channel: &Channel,
        status: &Status,
        now: Timestamp,
    ) -> bool {
        match channel {
            Channel::List(list) => self
                .lists
                .get(list)
                .is_some_and(|list| self.is_shown_in_list(list, status, now)),
            _ => self.filter_for_home(owner, status, now) == Filtered::Shown,
        }
    }

    fn feed_owner(&self, channel: &Channel) -> Option<Id> {
        match channel {
            Channel::Home(user) => Some(*user),
            Channel::List(list) => self.lists.get(list).map(|list| list.owner),
            _ => None,
        }
    }

    /// Returns the lists of a user that have an account as a member.
    pub(crate) fn lists_with_member(&self, user: Id, account: Id) -> Vec<Id> {
        let lists = self.lists.values();
        lists
            .filter(|list| list.owner == user && list.members.contains(&account))
            .map(|list| list.id)
            .collect()
    }

    /// Removes the statuses of an account from the home timeline of a user and from the given lists.
    pub(crate) fn unmerge_account(&mut self, from: Id, user: Id, lists: &[Id]) {
        self.unmerge(&Channel::Home(user), |_, status| status.account == from);
        for list in lists {
            self.unmerge_from_list(from, *list);
        }
    }

    /// Removes the statuses of an account from a list.
    pub(crate) fn unmerge_from_list(&mut self, from: Id, list: Id) {
        self.unmerge(&Channel::List(list), |_, status| status.account == from);
    }

    /// Removes the statuses of an account from all feeds.
    pub(crate) fn unmerge_everywhere(&mut self, from: Id) {
        let home = self.feeds.home.keys().copied().filter(|user| *user != from);
        let lists = self.feeds.lists.keys().copied();
        let channels = home.map(Channel::Home).chain(lists.map(Channel::List));
        for channel in channels.collect::<Vec<_>>() {
            self.unmerge(&channel, |_, status| status.account == from);
        }
    }

    /// Removes the statuses with a hashtag from the home timeline of a user, except those that another followed hashtag or a
    /// followed account brings.
    pub(crate) fn unmerge_tag(&mut self, tag: &str, user: Id) {
        self.unmerge(&Channel::Home(user), |state, status| {
            let account = state.accounts.get(&user);
            status.account != user
                && status.tags.iter().any(|own| own == tag)
                && !account.is_some_and(|account| {
                    account.follows.contains_key(&status.account)
                        || status
                            .tags
                            .iter()
                            .any(|own| account.followed_tags.contains(own))
                })
        });
    }

    fn unmerge(&mut self, channel: &Channel, is_removed: impl Fn(&Self, &Status) -> bool) {
        let ids: BTreeSet<Id> = self
            .feeds
            .get(channel)
            .into_iter()
            .flat_map(super::Feed::ids)
            .collect();
        let statuses = ids.iter().filter_map(|id| self.statuses.get(id));
        let removed: Vec<_> = statuses
            .filter(|status| is_removed(self, status))
            .map(entry)
            .collect();
        for entry in removed {
            self.feeds.remove(channel, entry);
        }
    }
}
