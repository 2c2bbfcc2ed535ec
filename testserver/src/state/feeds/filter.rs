//! Rules that decide whether a new status is inserted into a feed.

use jiff::Timestamp;

use super::super::{List, RepliesPolicy, State, Status};
use crate::ids::Id;

/// Result of the rules for a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filtered {
    Shown,
    /// Not in the home timeline, but the user can be notified.
    OnlyInList,
    Hidden,
}

impl State {
    /// Applies the rules of the home timeline of a user who follows the author.
    pub(crate) fn filter_for_home(&self, user: Id, status: &Status, now: Timestamp) -> Filtered {
        self.filter_for_feed(user, status, None, now)
    }

    /// Whether a status of a member is shown in a list.
    pub(crate) fn is_allowed_in_list(&self, list: &List, status: &Status, now: Timestamp) -> bool {
        let replied_to = status.reply_to_account;
        let replied_to = replied_to.filter(|account| *account != status.account);
        let is_reply_allowed = replied_to.is_none_or(|account| {
            account == list.owner
                || match list.replies_policy {
                    RepliesPolicy::Followed => true,
                    RepliesPolicy::List => list.members.contains(&account),
                    RepliesPolicy::None => false,
                }
        });
        is_reply_allowed && self.is_shown_in_list(list, status, now)
    }

    /// Like [`is_allowed_in_list`](Self::is_allowed_in_list), for statuses that are merged into the list later.
    pub(super) fn is_shown_in_list(&self, list: &List, status: &Status, now: Timestamp) -> bool {
        self.filter_for_feed(list.owner, status, Some(list), now) == Filtered::Shown
    }

    fn filter_for_feed(
        &self,
        user: Id,
        status: &Status,
        list: Option<&List>,
        now: Timestamp,
    ) -> Filtered {
        if status.account == user {
            return Filtered::Shown;
        }
        if status.reply_to_account.is_some() && status.reply_to.is_none() {
            return Filtered::Hidden;
        }
        if list.is_none() && self.is_in_exclusive_list(user, status.account) {
            return Filtered::OnlyInList;
        }
        let follow = self
            .accounts
            .get(&user)
            .and_then(|account| account.follows.get(&status.account));
        let is_hidden = follow.is_some_and(|follow| !follow.includes_language(status))
            || !self.passes_blocks_and_mutes(user, status, now)
            || self.blocks(status.account, user)
            || !self.passes_reply_filter(user, status, list);
        let hides_boost = || {
            let Some(boosted) = status.reblog_of.map(|id| self.statuses.get(&id)) else {
                return false;
            };
            // A boost of a deleted status is not shown.
            boosted.is_none_or(|boosted| {
                follow.is_some_and(|follow| !follow.reblogs)
                    || self.blocks(boosted.account, user)
                    || self.blocks_domain_of(user, boosted.account)
            })
        };
        if is_hidden || hides_boost() {
            Filtered::Hidden
        } else {
            Filtered::Shown
        }
    }

    /// Whether a status is not a reply, or replies to its author, to the user, or to an account that the user follows. In a
    /// list, the policy of the list replaces the follows.
    fn passes_reply_filter(&self, user: Id, status: &Status, list: Option<&List>) -> bool {
        status.reply_to_account.is_none_or(|account| {
            account == user
                || account == status.account
                || match list.map(|list| (list, list.replies_policy)) {
                    None | Some((_, RepliesPolicy::Followed)) => self.follows(user, account),
                    Some((list, RepliesPolicy::List)) => list.members.contains(&account),
                    Some((_, RepliesPolicy::None)) => false,
                }
        })
    }

    /// Whether the home timeline shows a status of a followed hashtag. The rules for replies and languages do not apply.
    pub(super) fn is_allowed_by_tag(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        let mut people = status.mentions.iter().chain([&status.account]);
        status.account != user
            && !people.any(|person| self.blocks(user, *person) || self.mutes(user, *person, now))
            && !self.blocks(status.account, user)
            && !self.blocks_domain_of(user, status.account)
    }

    /// Whether an account is a member of an exclusive list of the user.
    fn is_in_exclusive_list(&self, user: Id, account: Id) -> bool {
        let mut lists = self.lists.values();
        lists.any(|list| list.owner == user && list.exclusive && list.members.contains(&account))
    }
}
