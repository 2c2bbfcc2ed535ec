//! Feeds of users who return after a week, and the mark that a home timeline is incomplete.

use std::time::Duration;

use jiff::Timestamp;

use super::super::{DueTask, State};
use super::{Feed, entry};
use crate::clock::later;
use crate::ids::Id;
use crate::streaming::Channel;

/// Time since the last request after which a user has no feeds.
const ACTIVE: Duration = Duration::from_secs(7 * 24 * 3600);

fn refresh_name(user: Id) -> String {
    format!("account:{user}:regeneration")
}

impl State {
    /// Whether statuses are delivered to the feeds of an account: it is a local user who was active in the last week.
    pub(super) fn has_feeds(&self, account: Id, now: Timestamp) -> bool {
        self.last_active(account)
            .is_some_and(|last| later(last, ACTIVE) >= now)
    }

    fn last_active(&self, user: Id) -> Option<Timestamp> {
        let account = self.accounts.get(&user)?;
        account.login.as_ref()?;
        let last = self.feeds.active.get(&user);
        Some(last.map_or(account.created, |last| *last.max(&account.created)))
    }

    /// Notes that a user has made a request. The feeds of a user who was away are empty and are regenerated.
    pub(crate) fn note_activity(&mut self, user: Id, now: Timestamp) {
        let Some(last) = self.last_active(user) else {
            return;
        };
        self.feeds.active.insert(user, now.max(last));
        if later(last, ACTIVE) < now {
            self.start_regeneration(user, now);
        }
    }

    /// Empties the feeds of a user and regenerates them, after the time that this takes.
    pub(crate) fn start_regeneration(&mut self, user: Id, now: Timestamp) {
        if self.is_regenerating(user, now) {
            return;
        }
        for channel in self.feeds_of(user) {
            if let Some(feed) = self.feeds.get_mut(&channel) {
                *feed = Feed::default();
            }
        }
        self.mark_as_incomplete(user, now);
        let time = self
            .behavior
            .with(|behavior| behavior.feeds.regeneration_time);
        let due = later(now, time);
        if due > now {
            self.add_due_task(due, DueTask::RegenerateFeeds(user));
        } else {
            self.regenerate(user, now);
        }
    }

    /// Fills the home timeline and the lists of a user.
    pub(crate) fn regenerate(&mut self, user: Id, now: Timestamp) {
        for channel in self.feeds_of(user) {
            self.fill(user, &channel, now);
        }
        self.finish_regeneration(user, now);
    }

    fn feeds_of(&self, user: Id) -> Vec<Channel> {
        let lists = self.lists.values().filter(|list| list.owner == user);
        let lists = lists.map(|list| Channel::List(list.id));
        std::iter::once(Channel::Home(user)).chain(lists).collect()
    }

    fn fill(&mut self, user: Id, channel: &Channel, now: Timestamp) {
        let capacity = self.feed_capacity();
        let limit = capacity / 2;
        if *channel == Channel::Home(user) {
            let own = self.statuses.values().rev();
            let own = own.filter(|status| status.account == user).take(limit);
            let entries: Vec<_> = own.map(entry).collect();
            for entry in entries {
                self.feeds.insert(channel, entry, capacity);
            }
        }
        let follows = self.accounts.get(&user).map(|account| &account.follows);
        let mut accounts: Vec<Id> = follows
            .into_iter()
            .flat_map(|follows| follows.keys().copied())
            .collect();
        if let Channel::List(list) = channel {
            let members = self.lists.get(list).map(|list| &list.members);
            accounts.retain(|account| members.is_some_and(|members| members.contains(account)));
        }
        for account in accounts {
            let feed = self.feeds.get(channel).filter(|feed| feed.len() >= limit);
            let oldest = feed.and_then(Feed::oldest);
            let entries: Vec<_> = self
                .newest_statuses(account, oldest, limit)
                .filter(|status| self.is_merged(user, channel, status, now))
                .map(entry)
                .collect();
            for entry in entries {
                self.feeds.insert(channel, entry, capacity);
            }
        }
    }

    /// Marks the home timeline of a user as incomplete, until an account is merged or the mark expires.
    pub(crate) fn mark_as_incomplete(&mut self, user: Id, now: Timestamp) {
        self.start_async_refresh(&refresh_name(user), None, now);
    }

    pub(super) fn finish_regeneration(&mut self, user: Id, now: Timestamp) {
        self.finish_async_refresh(&refresh_name(user), now);
    }

    pub(crate) fn is_regenerating(&self, user: Id, now: Timestamp) -> bool {
        self.regeneration_header(user, now).is_some()
    }

    /// Returns the value of the `Mastodon-Async-Refresh` header of an incomplete home timeline.
    pub(crate) fn regeneration_header(&self, user: Id, now: Timestamp) -> Option<String> {
        self.async_refresh_header(&refresh_name(user), 5, now)
    }
}
