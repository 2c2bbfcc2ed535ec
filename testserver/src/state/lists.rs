//! Lists.

use serde::Deserialize;

use super::RowSet;
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
