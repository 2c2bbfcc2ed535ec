//! Relationships between accounts: follows, requests, blocks and mutes.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Account, State, Status};
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

    /// Whether the settings allow a status of the followed account in the home timeline.
    pub(crate) fn includes(&self, status: &Status) -> bool {
        let language = status.language.as_ref();
        let is_in_languages = || language.is_none_or(|language| self.languages.contains(language));
        (self.reblogs || status.reblog_of.is_none())
            && (self.languages.is_empty() || is_in_languages())
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

    /// Adds a follow.
    pub(crate) fn follow(&mut self, from: Id, to: Id, follow: Follow) {
        if let Some(account) = self.accounts.get_mut(&from) {
            account.follows.insert(to, follow);
        }
    }

    /// Removes a follow, with its notification, endorsement and list memberships.
    pub(crate) fn unfollow(&mut self, from: Id, to: Id) {
        if let Some(account) = self.accounts.get_mut(&from) {
            account.endorsed_accounts.remove(&to);
            if account.follows.remove(&to).is_some() {
                self.remove_follow_notification("follow", from, to);
            }
        }
        for list in self.lists.values_mut() {
            if list.owner == from {
                list.members.remove(&to);
            }
        }
    }

    /// Cancels a follow request, and removes its notification.
    pub(crate) fn cancel_follow_request(&mut self, from: Id, to: Id) -> Option<Follow> {
        let request = self.accounts.get_mut(&from)?.follow_requests.remove(&to)?;
        self.remove_follow_notification("follow_request", from, to);
        Some(request)
    }

    /// Authorizes a follow request. Returns `false` if it does not exist.
    pub(crate) fn authorize_follow_request(&mut self, from: Id, to: Id, now: Timestamp) -> bool {
        let Some(request) = self.cancel_follow_request(from, to) else {
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
        );
        true
    }

    /// Blocks an account. Removes the follows and requests in both directions, and the conversations and notifications
    /// of the user with the account.
    pub(crate) fn block(&mut self, user: Id, target: Id) {
        for (from, to) in [(user, target), (target, user)] {
            self.unfollow(from, to);
            self.cancel_follow_request(from, to);
        }
        let row = self.next_row_id();
        if let Some(account) = self.accounts.get_mut(&user) {
            account.blocks.insert(target, row);
            account
                .conversations
                .retain(|_, conversation| !conversation.other_participants.contains(&target));
        }
        self.separate_in_collections(user, target);
        self.notifications
            .retain(|_, notification| notification.to != user || notification.from != target);
    }

    /// Blocks a domain. Removes the follows and requests between its accounts and the user.
    pub(crate) fn block_domain(&mut self, user: Id, domain: &str) {
        let row = self.next_row_id();
        if let Some(account) = self.accounts.get_mut(&user) {
            account.domain_blocks.insert(domain.to_owned(), row);
        }
        for other in self.accounts_on_domain(domain) {
            for (from, to) in [(user, other), (other, user)] {
                self.unfollow(from, to);
                self.cancel_follow_request(from, to);
            }
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
