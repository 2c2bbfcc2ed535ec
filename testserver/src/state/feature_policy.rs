//! Who may add an account to collections.

use std::collections::BTreeSet;

use super::State;
use crate::ids::Id;

/// Whom a remote account lets add it to collections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeaturePolicy {
    /// Accounts that need no approval: `public`, `followers` or `following`.
    pub(crate) automatic: BTreeSet<String>,
    /// Accounts that can ask for approval.
    pub(crate) manual: BTreeSet<String>,
}

impl State {
    /// Returns whether `by` can add an account to collections: `automatic`, `manual`, `missing`, `unknown` or `denied`.
    pub(crate) fn feature_approval(&self, id: Id, by: Option<Id>) -> &'static str {
        let (Some(account), Some(by)) = (self.accounts.get(&id), by) else {
            return "denied";
        };
        if account.domain.is_none() {
            let is_stranger = account.profile.locked && id != by && !self.follows(by, id);
            let is_discoverable = account.profile.discoverable == Some(true);
            return if is_discoverable && !is_stranger {
                "automatic"
            } else {
                "denied"
            };
        }
        if id == by {
            return "automatic";
        }
        let policy = &account.feature_policy;
        if policy.automatic.is_empty() && policy.manual.is_empty() {
            return "missing";
        }
        let is_covered = |group: &BTreeSet<String>| {
            group.iter().any(|name| match name.as_str() {
                "public" => true,
                "followers" => self.follows(by, id),
                "following" => self.follows(id, by),
                _ => false,
            })
        };
        if is_covered(&policy.automatic) {
            "automatic"
        } else if is_covered(&policy.manual) {
            "manual"
        } else {
            "denied"
        }
    }

    /// Whether a user can add an account to collections.
    pub(crate) fn can_feature(&self, user: Id, account: Id) -> bool {
        matches!(
            self.feature_approval(account, Some(user)),
            "automatic" | "manual"
        ) && !self.blocks(user, account)
            && !self.blocks(account, user)
    }
}
