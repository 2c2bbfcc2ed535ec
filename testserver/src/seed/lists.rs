//! What belongs to one user: lists, filters and notifications.

use serde::Deserialize;

use super::notification_type::NotificationType;
use super::{FixedId, Kind, Reference, SeedError, SeedResult, Seeder, Time};
use crate::ids::Id;
use crate::state::{Filter, FilterStatus, Keyword, List, RepliesPolicy, RowSet};

/// List of accounts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSeed {
    /// Owner.
    pub(crate) user: Reference,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    /// Default: `list`.
    #[serde(default)]
    pub(crate) replies_policy: Option<RepliesPolicy>,
    /// Whether the home timeline omits the statuses of the members.
    #[serde(default)]
    pub(crate) exclusive: bool,
    /// Members. The owner must follow them.
    #[serde(default)]
    pub(crate) accounts: Vec<Reference>,
}

/// Context in which a filter applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilterContext {
    Home,
    Notifications,
    Public,
    Thread,
    Account,
}

impl FilterContext {
    fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Notifications => "notifications",
            Self::Public => "public",
            Self::Thread => "thread",
            Self::Account => "account",
        }
    }
}

/// What a filter does with a status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum FilterAction {
    #[default]
    Warn,
    Hide,
    Blur,
}

impl FilterAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Hide => "hide",
            Self::Blur => "blur",
        }
    }
}

/// Filter.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterSeed {
    /// Owner.
    pub(crate) user: Reference,
    pub(crate) title: String,
    pub(crate) context: Vec<FilterContext>,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    /// Default: `warn`.
    #[serde(default)]
    pub(crate) action: FilterAction,
    #[serde(default)]
    pub(crate) expires_at: Option<Time>,
    #[serde(default)]
    pub(crate) keywords: Vec<KeywordSeed>,
    /// Statuses that it matches, by label or ID.
    #[serde(default)]
    pub(crate) statuses: Vec<Reference>,
}

/// Keyword of a filter.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct KeywordSeed {
    pub(crate) keyword: String,
    /// Default: true.
    #[serde(default = "yes")]
    pub(crate) whole_word: bool,
}

fn yes() -> bool {
    true
}

/// Notification without the act that usually causes it. Acts, such as follows and statuses, create theirs.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationSeed {
    /// Recipient.
    pub(crate) to: Reference,
    #[serde(rename = "type")]
    pub(crate) kind: NotificationType,
    /// Account that caused it.
    pub(crate) from: Reference,
    /// Status that it is about, by label or ID.
    #[serde(default)]
    pub(crate) status: Option<Reference>,
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
}

impl Seeder<'_> {
    /// Creates a list. Returns its ID.
    pub(crate) fn list(&mut self, seed: &ListSeed) -> SeedResult<Id> {
        let owner = self.local_user("user", &seed.user)?;
        let mut members = RowSet::default();
        for (index, member) in self
            .accounts("accounts", &seed.accounts)?
            .into_iter()
            .enumerate()
        {
            let is_allowed = member == owner
                || self.state.accounts.get(&owner).is_some_and(|account| {
                    account.follows.contains_key(&member)
                        || account.follow_requests.contains_key(&member)
                });
            if !is_allowed {
                let message = "the owner of a list must follow its members";
                return Err(SeedError::new(format!("accounts[{index}]"), message));
            }
            members.insert(member, self.state.next_row_id());
        }
        let id = self.row_id(seed.id, |state, id| state.lists.contains_key(&id))?;
        let list = List {
            id,
            title: seed.title.clone(),
            owner,
            replies_policy: seed.replies_policy.unwrap_or(RepliesPolicy::List),
            exclusive: seed.exclusive,
            members,
        };
        let members = list.members.newest_first();
        self.state.lists.insert(id, list);
        for (_, member) in members {
            self.state.merge_into_list(member, id, self.now);
        }
        Ok(id)
    }

    /// Creates a filter. Returns its ID.
    pub(crate) fn filter(&mut self, seed: &FilterSeed) -> SeedResult<Id> {
        let owner = self.local_user("user", &seed.user)?;
        if seed.context.is_empty() {
            let message = "a filter needs at least one context: home, notifications, public, thread or account";
            return Err(SeedError::new("context", message));
        }
        let mut statuses = Vec::new();
        for (index, status) in seed.statuses.iter().enumerate() {
            let field = format!("statuses[{index}]");
            statuses.push(FilterStatus {
                id: self.state.next_row_id(),
                status: self.labeled(Kind::Status, &field, status)?,
            });
        }
        let id = self.row_id(seed.id, |state, id| state.filters.contains_key(&id))?;
        let keywords = seed.keywords.iter().map(|keyword| Keyword {
            id: self.state.next_row_id(),
            keyword: keyword.keyword.clone(),
            whole_word: keyword.whole_word,
        });
        let filter = Filter {
            id,
            owner,
            title: seed.title.clone(),
            context: seed
                .context
                .iter()
                .map(|context| context.as_str().to_owned())
                .collect(),
            action: seed.action.as_str().to_owned(),
            expires: seed.expires_at.map(|at| at.at(self.now)),
            keywords: keywords.collect(),
            statuses,
        };
        self.state.filters.insert(id, filter);
        self.state.stream_filters_changed(owner);
        Ok(id)
    }

    /// Creates a notification, unless the recipient does not want it.
    pub(crate) fn notification(&mut self, seed: &NotificationSeed) -> SeedResult<()> {
        let to = self.local_user("to", &seed.to)?;
        let from = self.account("from", &seed.from)?;
        let status = match &seed.status {
            Some(status) => Some(self.labeled(Kind::Status, "status", status)?),
            None if seed.kind.needs_status() => {
                let message = format!(
                    "a notification of the type `{}` needs a status",
                    seed.kind.as_str()
                );
                return Err(SeedError::new("status", message));
            }
            None => None,
        };
        let created = self.time(seed.created_at.as_ref());
        self.state
            .notify(to, seed.kind.as_str(), from, status, created);
        Ok(())
    }
}
