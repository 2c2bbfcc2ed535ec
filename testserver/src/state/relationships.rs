//! What accounts are to each other.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Account, State, Status};
use crate::ids::Id;

/// Things that an account has gathered, each under the number of its record. Lists of them are paged by
/// that number, which nobody learns but from the links between the pages.
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

    /// Adds something under a record of its own; what is there already keeps its record. Tells the record.
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

    /// The records, the newest_first first.
    pub(crate) fn newest_first(&self) -> Vec<(Id, K)> {
        newest_first(self.0.iter().map(|(key, row)| (*row, key.clone())))
    }
}

/// Records, the newest_first first.
pub(crate) fn newest_first<K>(rows: impl Iterator<Item = (Id, K)>) -> Vec<(Id, K)> {
    let mut rows: Vec<(Id, K)> = rows.collect();
    rows.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    rows
}

/// How an account follows another one, or has asked to.
#[derive(Clone, Debug)]
pub(crate) struct Follow {
    pub(crate) row: Id,
    pub(crate) since: Timestamp,
    /// Whether its boosts appear in the home timeline.
    pub(crate) reblogs: bool,
    /// Whether its new statuses make notifications.
    pub(crate) notify: bool,
    /// Only statuses in these languages appear in the home timeline; empty: all.
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

    /// Whether a status of the followed account comes into the home timeline.
    pub(crate) fn includes(&self, status: &Status) -> bool {
        let language = status.language.as_ref();
        let understood = || language.is_none_or(|language| self.languages.contains(language));
        (self.reblogs || status.reblog_of.is_none()) && (self.languages.is_empty() || understood())
    }
}

/// What a user does not want to see of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mute {
    pub(crate) row: Id,
    /// Whether notifications are hidden too.
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

    /// The mute of one account by another, as long as it lasts.
    pub(crate) fn mute(&self, from: Id, to: Id, now: Timestamp) -> Option<&Mute> {
        let mute = self.accounts.get(&from)?.mutes.get(&to);
        mute.filter(|mute| mute.is_active(now))
    }

    /// Whether the user blocks the whole server that the account lives on.
    pub(crate) fn blocks_domain_of(&self, user: Id, account: Id) -> bool {
        let domain = self
            .accounts
            .get(&account)
            .and_then(|account| account.domain.as_deref());
        domain.is_some_and(|domain| {
            self.account_has(user, |account| account.domain_blocks.contains(domain))
        })
    }

    /// Whether the account lives on another server.
    pub(crate) fn is_remote(&self, account: Id) -> bool {
        self.account_has(account, |account| account.domain.is_some())
    }

    fn account_has(&self, id: Id, what: impl Fn(&Account) -> bool) -> bool {
        self.accounts.get(&id).is_some_and(what)
    }

    /// The accounts that follow one, under the records of their follows.
    pub(crate) fn followers(&self, of: Id) -> impl Iterator<Item = (Id, Id)> {
        self.accounts.values().filter_map(move |account| {
            let follow = account.follows.get(&of)?;
            Some((follow.row, account.id))
        })
    }

    /// The accounts that wait for leave to follow one, under the records of their requests.
    pub(crate) fn follow_requesters(&self, of: Id) -> impl Iterator<Item = (Id, Id)> {
        self.accounts.values().filter_map(move |account| {
            let request = account.follow_requests.get(&of)?;
            Some((request.row, account.id))
        })
    }

    /// Lets one account follow another from now on.
    pub(crate) fn follow(&mut self, from: Id, to: Id, follow: Follow) {
        if let Some(account) = self.accounts.get_mut(&from) {
            account.follows.insert(to, follow);
        }
    }

    /// Ends a follow with all that hangs on it.
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

    /// Takes back a request to follow.
    pub(crate) fn cancel_follow_request(&mut self, from: Id, to: Id) -> Option<Follow> {
        let request = self.accounts.get_mut(&from)?.follow_requests.remove(&to)?;
        self.remove_follow_notification("follow_request", from, to);
        Some(request)
    }

    /// Grants a request to follow. False where there is none.
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

    /// Blocks an account: neither follows the other any more, and what came of them is forgotten.
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
        self.notifications
            .retain(|_, found| found.to != user || found.from != target);
    }

    /// Blocks a server: no follows are left between its accounts and the user.
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

    /// The accounts of a server.
    pub(crate) fn accounts_on_domain(&self, domain: &str) -> Vec<Id> {
        let accounts = self.accounts.values();
        accounts
            .filter(|account| account.domain.as_deref() == Some(domain))
            .map(|account| account.id)
            .collect()
    }

    /// A follow or a request that is no more leaves no notification behind.
    fn remove_follow_notification(&mut self, kind: &str, from: Id, to: Id) {
        self.notifications
            .retain(|_, found| found.kind != kind || found.from != from || found.to != to);
    }
}
