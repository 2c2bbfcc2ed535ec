//! Relationships between accounts: follows, requests, blocks and mutes.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{About, Account, DueTask, Severance, State, Status};
use crate::ids::Id;

/// Set whose items have row numbers. Lists are paged by row number, which clients know only from the `Link` headers.
#[derive(Clone, Debug)]
pub(crate) struct RowSet<K>(BTreeMap<K, Id>);

impl<K> Default for RowSet<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> RowSet<K> {
    pub(crate) fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Adds an item and returns its row number. An existing item keeps its row number.
    pub(crate) fn insert(&mut self, key: K, row: Id) -> Id {
        *self.0.entry(key).or_insert(row)
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<Id>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the items with their row numbers, newest first.
    pub(crate) fn newest_first(&self) -> Vec<(Id, K)> {
        newest_first(self.0.iter().map(|(key, row)| (*row, key.clone())))
    }
}

/// Sorts rows by their row number, newest first.
pub(crate) fn newest_first<K>(rows: impl Iterator<Item = (Id, K)>) -> Vec<(Id, K)> {
    let mut rows: Vec<(Id, K)> = rows.collect();
    rows.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    rows
}

/// Follow or follow request, with its settings.
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    pub(crate) row: Id,
    pub(crate) since: Timestamp,
    /// Whether boosts of the followed account appear in the home timeline.
    pub(crate) reblogs: bool,
    /// Whether new statuses of the followed account create notifications.
    pub(crate) notify: bool,
    /// Languages of the statuses that appear in the home timeline. Empty: all.
    pub(crate) languages: Vec<String>,
}

impl Follow {
    pub(crate) fn new(row: Id, since: Timestamp) -> Self {
        Self {
            row,
            since,
            reblogs: true,
            notify: false,
            languages: Vec::new(),
        }
    }

    /// Whether the follow includes the language of a status.
    pub(crate) fn includes_language(&self, status: &Status) -> bool {
        let language = status.language.as_ref();
        self.languages.is_empty()
            || language.is_none_or(|language| self.languages.contains(language))
    }
}

/// Mute of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mute {
    pub(crate) row: Id,
    /// Whether notifications are muted too.
    pub(crate) notifications: bool,
    pub(crate) expires: Option<Timestamp>,
}

impl Mute {
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|at| at > now)
    }
}

impl State {
    pub(crate) fn follows(&self, from: Id, to: Id) -> bool {
        self.account_has(from, |account| account.follows.contains_key(&to))
    }

    pub(crate) fn blocks(&self, from: Id, to: Id) -> bool {
        self.account_has(from, |account| account.blocks.contains(&to))
    }

    pub(crate) fn mutes(&self, from: Id, to: Id, now: Timestamp) -> bool {
        self.mute(from, to, now).is_some()
    }

    /// Returns the active mute of `to` by `from`.
    pub(crate) fn mute(&self, from: Id, to: Id, now: Timestamp) -> Option<&Mute> {
        let mute = self.accounts.get(&from)?.mutes.get(&to);
        mute.filter(|mute| mute.is_active(now))
    }

    /// Whether a user blocks the domain of an account.
    pub(crate) fn blocks_domain_of(&self, user: Id, account: Id) -> bool {
        let domain = self
            .accounts
            .get(&account)
            .and_then(|account| account.domain.as_deref());
        domain.is_some_and(|domain| {
            self.account_has(user, |account| account.domain_blocks.contains(domain))
        })
    }

    /// Whether an account is remote.
    pub(crate) fn is_remote(&self, account: Id) -> bool {
        self.account_has(account, |account| account.domain.is_some())
    }

    fn account_has(&self, id: Id, condition: impl Fn(&Account) -> bool) -> bool {
        self.accounts.get(&id).is_some_and(condition)
    }

    /// Returns the followers of an account, with the row numbers of their follows.
    pub(crate) fn followers(&self, of: Id) -> impl Iterator<Item = (Id, Id)> {
        self.accounts.values().filter_map(move |account| {
            let follow = account.follows.get(&of)?;
            Some((follow.row, account.id))
        })
    }

    /// Returns the accounts with a pending follow request, with the row numbers of their requests.
    pub(crate) fn follow_requesters(&self, of: Id) -> impl Iterator<Item = (Id, Id)> {
        self.accounts.values().filter_map(move |account| {
            let request = account.follow_requests.get(&of)?;
            Some((request.row, account.id))
        })
    }

    /// Adds a follow. Merges the newest statuses of the followed account into the feeds of the follower.
    pub(crate) fn follow(&mut self, from: Id, to: Id, follow: Follow, now: Timestamp) {
        if let Some(account) = self.accounts.get_mut(&from) {
            account.follows.insert(to, follow);
        }
        self.merge_account(to, from, now);
    }

    /// Removes a follow, with its notification, endorsement and list memberships. The feeds of the follower lose the
    /// statuses of the account without an event.
    pub(crate) fn unfollow(&mut self, from: Id, to: Id) {
        let lists = self.lists_with_member(from, to);
        let Some(account) = self.accounts.get_mut(&from) else {
            return;
        };
        if account.follows.remove(&to).is_none() {
            return;
        }
        account.endorsed_accounts.remove(&to);
        self.remove_follow_notification("follow", from, to);
        for id in &lists {
            if let Some(list) = self.lists.get_mut(id) {
                list.members.remove(&to);
            }
        }
        self.unmerge_account(to, from, &lists);
    }

    /// Cancels a follow request, and removes its notification and list memberships.
    pub(crate) fn cancel_follow_request(&mut self, from: Id, to: Id) -> Option<Follow> {
        let request = self.take_follow_request(from, to)?;
        for id in self.lists_with_member(from, to) {
            if let Some(list) = self.lists.get_mut(&id) {
                list.members.remove(&to);
            }
        }
        Some(request)
    }

    fn take_follow_request(&mut self, from: Id, to: Id) -> Option<Follow> {
        let request = self.accounts.get_mut(&from)?.follow_requests.remove(&to)?;
        self.remove_follow_notification("follow_request", from, to);
        Some(request)
    }

    /// Authorizes a follow request. Returns `false` if it does not exist.
    pub(crate) fn authorize_follow_request(&mut self, from: Id, to: Id, now: Timestamp) -> bool {
        let Some(request) = self.take_follow_request(from, to) else {
            return false;
        };
        let row = self.next_row_id();
        self.follow(
            from,
            to,
            Follow {
                row,
                since: now,
                ..request
            },
            now,
        );
        true
    }

    pub(crate) fn follows_nobody(&self, user: Id) -> bool {
        self.account_has(user, |account| account.follows.is_empty())
    }

    /// Blocks an account. Removes the follows in both directions and the request of the account. The feeds, notifications
    /// and conversations of the user lose everything that involves the account.
    pub(crate) fn block(&mut self, user: Id, target: Id) {
        // The job of the block overtakes those of the ended follows, whose queue is slower and which send no events.
        self.clear_feeds(user, target);
        self.unfollow(user, target);
        self.unfollow(target, user);
        self.cancel_follow_request(target, user);
        let settings = &mut self.notification_settings;
        settings.accepted_senders.remove(&(user, target));
        let row = self.next_row_id();
        if let Some(account) = self.accounts.get_mut(&user) {
            account.blocks.insert(target, row);
        }
        self.remove_interactions(user, target);
    }

    /// Mutes an account. The feeds of the user lose everything that involves the account. If its notifications are muted
    /// too, existing notifications and conversations are deleted.
    pub(crate) fn add_mute(&mut self, user: Id, target: Id, mute: Mute) {
        if let Some(expires) = mute.expires {
            self.add_due_task(expires, DueTask::EndMute(user, target));
        }
        if let Some(account) = self.accounts.get_mut(&user) {
            account.mutes.insert(target, mute);
        }
        self.clear_feeds(user, target);
        if mute.notifications {
            self.remove_interactions(user, target);
        }
    }

    /// Removes a mute. The feeds get the newest statuses of a followed account back.
    pub(crate) fn remove_mute(&mut self, user: Id, target: Id, now: Timestamp) {
        let account = self.accounts.get_mut(&user);
        let removed = account.and_then(|account| account.mutes.remove(&target));
        if removed.is_some() && self.follows(user, target) {
            self.merge_account(target, user, now);
        }
    }

    /// Removes a mute that has expired. Does nothing if a later mute has replaced it.
    pub(super) fn end_mute(&mut self, user: Id, target: Id, now: Timestamp) {
        let account = self.accounts.get(&user);
        let mute = account.and_then(|account| account.mutes.get(&target));
        if mute.is_some_and(|mute| !mute.is_active(now)) {
            self.remove_mute(user, target, now);
        }
    }

    /// Deletes the notifications, the notification request and the conversations of a user with an account.
    fn remove_interactions(&mut self, user: Id, target: Id) {
        self.notifications
            .retain(|_, notification| notification.to != user || notification.from != target);
        self.notification_settings
            .requests
            .retain(|_, request| request.to != user || request.from != target);
        if let Some(account) = self.accounts.get_mut(&user) {
            account
                .conversations
                .retain(|_, conversation| !conversation.other_participants.contains(&target));
        }
        self.separate_in_collections(user, target);
    }

    /// Blocks a domain. Removes the notifications from its accounts, the follows in both directions and the requests of
    /// its accounts. The user is notified about removed follows.
    pub(crate) fn block_domain(&mut self, user: Id, domain: &str, now: Timestamp) {
        let row = self.next_row_id();
        if let Some(account) = self.accounts.get_mut(&user) {
            account.domain_blocks.insert(domain.to_owned(), row);
        }
        let (mut following, mut followers) = (0, 0);
        for other in self.accounts_on_domain(domain) {
            self.notifications
                .retain(|_, notification| notification.to != user || notification.from != other);
            let settings = &mut self.notification_settings;
            settings.accepted_senders.remove(&(user, other));
            following += usize::from(self.follows(user, other));
            followers += usize::from(self.follows(other, user));
            self.unfollow(user, other);
            self.unfollow(other, user);
            self.cancel_follow_request(other, user);
        }
        if following + followers > 0 {
            let id = self.next_row_id();
            let severance = Severance {
                id,
                kind: "user_domain_block",
                domain: domain.to_owned(),
                followers,
                following,
                created: now,
            };
            self.moderation.severances.insert(id, severance);
            self.notify_self(user, "severed_relationships", About::Severance(id), now);
        }
    }

    /// Returns the accounts of a domain.
    pub(crate) fn accounts_on_domain(&self, domain: &str) -> Vec<Id> {
        let accounts = self.accounts.values();
        accounts
            .filter(|account| account.domain.as_deref() == Some(domain))
            .map(|account| account.id)
            .collect()
    }

    /// Removes the notification about a follow or a follow request.
    fn remove_follow_notification(&mut self, kind: &str, from: Id, to: Id) {
        self.notifications.retain(|_, notification| {
            notification.kind != kind || notification.from != from || notification.to != to
        });
    }
}
