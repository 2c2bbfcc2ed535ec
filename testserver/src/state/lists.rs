//! Lists.

use jiff::Timestamp;
use serde::Deserialize;

use super::{RowSet, State, Status};
use crate::ids::Id;

/// Replies that a list shows, in addition to replies to its owner and replies of members to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum RepliesPolicy {
    /// Replies to accounts that the owner follows.
    Followed,
    /// Replies to members of the list.
    List,
    /// No other replies.
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
    /// Whether statuses of the members are removed from the home timeline.
    pub(crate) exclusive: bool,
    pub(crate) members: RowSet<Id>,
}

impl State {
    /// Whether a status belongs in the timeline of a list.
    pub(crate) fn belongs_in_list(&self, list: &List, status: &Status, now: Timestamp) -> bool {
        list.members.contains(&status.account)
            && self.can_see(Some(list.owner), status)
            && self.passes_blocks_and_mutes(list.owner, status, now)
            && self.passes_reply_filter(list.owner, status)
            && self.list_shows_reply(list, status)
    }

    fn list_shows_reply(&self, list: &List, status: &Status) -> bool {
        let replied_to = status.reply_to_account;
        let replied_to = replied_to.filter(|account| *account != status.account);
        replied_to.is_none_or(|account| {
            account == list.owner
                || match list.replies_policy {
                    RepliesPolicy::Followed => self.follows(list.owner, account),
                    RepliesPolicy::List => list.members.contains(&account),
                    RepliesPolicy::None => false,
                }
        })
    }

    /// Whether an account is a member of an exclusive list of the user.
    pub(super) fn is_in_exclusive_list(&self, user: Id, account: Id) -> bool {
        let mut lists = self.lists.values();
        lists.any(|list| list.owner == user && list.exclusive && list.members.contains(&account))
    }
}
