//! Lists.

use jiff::Timestamp;

use super::{Rows, State, Status};
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
    pub(crate) fn named(name: &str) -> Option<Self> {
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
    pub(crate) members: Rows<Id>,
}

impl State {
    /// Whether a status belongs into the timeline of a list.
    pub(crate) fn in_list(&self, list: &List, status: &Status, now: Timestamp) -> bool {
        list.members.contains(&status.account)
            && self.sees(Some(list.owner), status)
            && self.wants(list.owner, status, now)
            && self.answers_known(list.owner, status)
            && self.list_shows_answer(list, status)
    }

    fn list_shows_answer(&self, list: &List, status: &Status) -> bool {
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
    pub(super) fn listed_apart(&self, user: Id, account: Id) -> bool {
        let mut lists = self.lists.values();
        lists.any(|list| list.owner == user && list.exclusive && list.members.contains(&account))
    }
}
