//! Removes statuses from feeds, with `delete` events.

use jiff::Timestamp;

use super::super::State;
use super::{Feed, entry};
use crate::ids::Id;
use crate::streaming::Channel;

impl State {
    /// Removes a status from the feeds of the author, the followers and the lists. Returns those that showed it. A home
    /// timeline that has it only because of a followed hashtag keeps the ID.
    pub(crate) fn remove_from_feeds(&mut self, id: Id, now: Timestamp) -> Vec<Channel> {
        let Some(status) = self.statuses.get(&id) else {
            return Vec::new();
        };
        let (entry, author) = (entry(status), status.account);
        let lists = self.lists.values();
        let lists = lists.filter(|list| list.members.contains(&author));
        let lists = lists.filter(|list| self.has_active_member(list, author, now));
        let own = self.has_feeds(author, now).then_some(author);
        let users = own.into_iter().chain(self.local_followers(author, now));
        let channels = users.map(Channel::Home);
        let channels: Vec<_> = channels
            .chain(lists.map(|list| Channel::List(list.id)))
            .collect();
        let channels = channels.into_iter();
        channels
            .filter(|channel| self.feeds.remove(channel, entry))
            .collect()
    }

    /// Removes the statuses that involve an account from the home timeline and the lists of a user, as its author, as the
    /// author of the boosted status, or because they mention it. The statuses themselves are kept. Streams a deletion for
    /// each removed entry.
    pub(crate) fn clear_feeds(&mut self, user: Id, target: Id) {
        let lists = self.lists.values().filter(|list| list.owner == user);
        let lists = lists.map(|list| Channel::List(list.id));
        let channels: Vec<_> = std::iter::once(Channel::Home(user)).chain(lists).collect();
        let involves = |id: Id| {
            let status = self.statuses.get(&id);
            status
                .is_some_and(|status| status.account == target || status.mentions.contains(&target))
        };
        let mut removed = Vec::new();
        for channel in channels {
            let ids = self.feeds.get(&channel).into_iter().flat_map(Feed::ids);
            let statuses = ids.filter_map(|id| self.statuses.get(&id));
            let cleared = statuses
                .filter(|status| involves(status.id) || status.reblog_of.is_some_and(involves));
            // Newest first, as the database returns them.
            let cleared: Vec<_> = cleared.rev().map(entry).collect();
            removed.extend(cleared.into_iter().map(|entry| (channel.clone(), entry)));
        }
        removed.retain(|(channel, entry)| self.feeds.remove(channel, *entry));
        let removed = removed
            .into_iter()
            .map(|(channel, entry)| (channel, entry.id));
        let removed: Vec<_> = removed.collect();
        self.stream_removed_entries(removed.iter());
    }
}
