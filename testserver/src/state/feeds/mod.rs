//! Home timelines and lists: stored feeds that are filled when a status is posted.

mod clean_up;
mod feed;
mod filter;
mod merge;
mod regeneration;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{State, Status, Visibility};
use crate::ids::Id;
use crate::streaming::Channel;
use feed::Entry;
pub(crate) use feed::Feed;
pub(crate) use filter::Filtered;

/// Feeds of all users.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    /// By user.
    home: BTreeMap<Id, Feed>,
    /// By list.
    lists: BTreeMap<Id, Feed>,
    /// Time of the last request of each user.
    active: BTreeMap<Id, Timestamp>,
}

impl Feeds {
    /// Returns the feed of a home timeline or list. `None` if nothing was inserted yet.
    pub(crate) fn get(&self, channel: &Channel) -> Option<&Feed> {
        match channel {
            Channel::Home(user) => self.home.get(user),
            Channel::List(list) => self.lists.get(list),
            _ => None,
        }
    }

    fn get_mut(&mut self, channel: &Channel) -> Option<&mut Feed> {
        match channel {
            Channel::Home(user) => Some(self.home.entry(*user).or_default()),
            Channel::List(list) => Some(self.lists.entry(*list).or_default()),
            _ => None,
        }
    }

    /// Inserts a status into a feed. Returns whether the feed shows it.
    fn insert(&mut self, channel: &Channel, entry: Entry, capacity: usize) -> bool {
        self.get_mut(channel).is_some_and(|feed| {
            let is_inserted = feed.insert(entry);
            if is_inserted {
                feed.trim(capacity);
            }
            is_inserted
        })
    }

    /// Removes a status from a feed. Returns whether the feed showed it.
    fn remove(&mut self, channel: &Channel, entry: Entry) -> bool {
        self.get_mut(channel).is_some_and(|feed| feed.remove(entry))
    }

    /// Deletes the feed of a list.
    pub(crate) fn delete_list(&mut self, list: Id) {
        self.lists.remove(&list);
    }
}

fn entry(status: &Status) -> Entry {
    Entry {
        id: status.id,
        reblog_of: status.reblog_of,
    }
}

impl State {
    /// Inserts a new or edited status into the feeds that it belongs in. Returns the feeds that show it, in the order of
    /// delivery. A feed occurs repeatedly if there are several reasons, such as a followed author and a followed hashtag. An
    /// edit removes the status from feeds that it does not belong in any more, without an event.
    pub(crate) fn deliver(&mut self, id: Id, is_edit: bool, now: Timestamp) -> Vec<Channel> {
        let Some(status) = self.statuses.get(&id) else {
            return Vec::new();
        };
        let (entry, capacity) = (entry(status), self.feed_capacity());
        let mut delivered = Vec::new();
        for (channel, is_allowed) in self.targets(status, now) {
            if !is_allowed {
                if is_edit {
                    self.feeds.remove(&channel, entry);
                }
            } else if self.feeds.insert(&channel, entry, capacity) {
                delivered.push(channel);
            }
        }
        delivered
    }

    fn feed_capacity(&self) -> usize {
        self.behavior.with(|behavior| behavior.feeds.capacity)
    }

    /// Returns the feeds that a status is delivered to, and whether their rules allow it.
    fn targets(&self, status: &Status, now: Timestamp) -> Vec<(Channel, bool)> {
        let author = status.account;
        let mut targets = Vec::new();
        if self.has_feeds(author, now) {
            targets.push((Channel::Home(author), true));
        }
        let is_direct = status.visibility == Visibility::Direct;
        let followers = self.local_followers(author, now);
        for user in followers.filter(|user| !is_direct || status.mentions.contains(user)) {
            let is_shown = self.filter_for_home(user, status, now) == Filtered::Shown;
            targets.push((Channel::Home(user), is_shown));
        }
        if !is_direct {
            let lists = self.lists.values();
            let lists = lists.filter(|list| list.members.contains(&author));
            for list in lists.filter(|list| self.has_active_member(list, author, now)) {
                let is_shown = self.is_allowed_in_list(list, status, now);
                targets.push((Channel::List(list.id), is_shown));
            }
        }
        if self.is_broadcast(status) {
            targets.extend(self.tag_followers(status, now));
        }
        targets
    }

    /// Returns the feeds of those who follow a hashtag of a status, once for each hashtag.
    fn tag_followers(&self, status: &Status, now: Timestamp) -> Vec<(Channel, bool)> {
        let mut targets = Vec::new();
        for tag in &status.tags {
            for user in self.accounts.values() {
                if user.followed_tags.contains(tag) && self.has_feeds(user.id, now) {
                    let is_shown = self.is_allowed_by_tag(user.id, status, now);
                    targets.push((Channel::Home(user.id), is_shown));
                }
            }
        }
        targets
    }

    /// Returns the followers that have feeds.
    fn local_followers(&self, author: Id, now: Timestamp) -> impl Iterator<Item = Id> {
        self.followers(author)
            .map(|(_, user)| user)
            .filter(move |user| self.has_feeds(*user, now))
    }

    /// Whether a status of a list member is delivered to the list: the owner follows the member, or is the member.
    fn has_active_member(&self, list: &super::List, member: Id, now: Timestamp) -> bool {
        (list.owner == member || self.follows(list.owner, member))
            && self.has_feeds(list.owner, now)
    }

    /// Whether a status is delivered to followers of hashtags and streamed publicly.
    fn is_broadcast(&self, status: &Status) -> bool {
        let author = self.accounts.get(&status.account);
        status.is_in_public_timelines() && author.is_none_or(|author| !author.limited)
    }
}
