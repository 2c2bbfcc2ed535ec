//! Lists.

use jiff::Timestamp;

use super::{RowSet, State, Status};
use crate::ids::Id;

/// Which answers a list shows, besides those to its owner and those of members to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RepliesPolicy {
    /// To accounts that the owner follows.
    Followed,
    /// To members of the list.
    List,
    /// None.
    None,
}

impl RepliesPolicy {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "followed" => Self::Followed,
            "list" => Self::List,
            "none" => Self::None,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::List => "list",
            Self::None => "none",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) id: Id,
    pub(crate) title: String,
    pub(crate) owner: Id,
    pub(crate) replies_policy: RepliesPolicy,
    /// Whether the home timeline leaves out what its members post.
    pub(crate) exclusive: bool,
    pub(crate) members: RowSet<Id>,
}

impl State {
    /// Whether a status belongs into the timeline of a list.
    pub(crate) fn belongs_in_list(&self, list: &List, status: &Status, now: Timestamp) -> bool {
        list.members.contains(&status.account)
            && self.can_see(Some(list.owner), status)
            && self.involves_only_wanted_accounts(list.owner, status, now)
            && self.is_reply_to_known_account(list.owner, status)
            && self.list_shows_reply(list, status)
    }

    fn list_shows_reply(&self, list: &List, status: &Status) -> bool {
        let answered = status.reply_to_account;
        let answered = answered.filter(|account| *account != status.account);
        answered.is_none_or(|account| {
            account == list.owner
                || match list.replies_policy {
                    RepliesPolicy::Followed => self.follows(list.owner, account),
                    RepliesPolicy::List => list.members.contains(&account),
                    RepliesPolicy::None => false,
                }
        })
    }

    /// Whether the account is in an exclusive list of the user.
    pub(super) fn is_in_exclusive_list(&self, user: Id, account: Id) -> bool {
        let mut lists = self.lists.values();
        lists.any(|list| list.owner == user && list.exclusive && list.members.contains(&account))
    }
}
