//! Follows, follow requests, mutes and blocks.

use serde::Deserialize;

use super::{Reference, SeedError, SeedResult, Seeder, Time};
use crate::ids::Id;
use crate::state::{Follow, Mute};

/// Follow, or follow request.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowSeed {
    /// Follower.
    pub(crate) from: Reference,
    /// Followed account.
    pub(crate) to: Reference,
    /// Whether it is a request that waits for approval.
    #[serde(default)]
    pub(crate) pending: bool,
    /// Whether boosts appear in the home timeline. Default: true.
    #[serde(default = "yes")]
    pub(crate) reblogs: bool,
    /// Whether new statuses create notifications.
    #[serde(default)]
    pub(crate) notify: bool,
    /// Languages of the statuses in the home timeline. Default: all.
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
}

fn yes() -> bool {
    true
}

/// Mute of an account.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct MuteSeed {
    pub(crate) user: Reference,
    /// Muted account.
    pub(crate) target: Reference,
    /// Whether notifications are muted, too. Default: true.
    #[serde(default = "yes")]
    pub(crate) notifications: bool,
    #[serde(default)]
    pub(crate) expires_at: Option<Time>,
}

/// Block of an account.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockSeed {
    pub(crate) user: Reference,
    /// Blocked account.
    pub(crate) target: Reference,
}

/// Block of a domain by a user.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainBlockSeed {
    pub(crate) user: Reference,
    pub(crate) domain: String,
}

impl Seeder<'_> {
    /// Creates a follow or a follow request, and the notification about it.
    pub(crate) fn follow(&mut self, seed: &FollowSeed) -> SeedResult<()> {
        let (from, to) = self.pair(("from", &seed.from), ("to", &seed.to))?;
        let since = self.time(seed.created_at.as_ref());
        let row = self.state.next_row_id();
        let follow = Follow {
            reblogs: seed.reblogs,
            notify: seed.notify,
            languages: seed.languages.clone(),
            ..Follow::new(row, since)
        };
        let kind = if seed.pending {
            if let Some(account) = self.state.accounts.get_mut(&from) {
                account.follow_requests.insert(to, follow);
            }
            "follow_request"
        } else {
            self.state.follow(from, to, follow, self.now);
            "follow"
        };
        self.state.notify(to, kind, from, None, since);
        Ok(())
    }

    pub(crate) fn mute(&mut self, seed: &MuteSeed) -> SeedResult<()> {
        let (user, target) = self.pair(("user", &seed.user), ("target", &seed.target))?;
        let mute = Mute {
            row: self.state.next_row_id(),
            notifications: seed.notifications,
            expires: seed.expires_at.map(|at| at.at(self.now)),
        };
        self.state.add_mute(user, target, mute);
        Ok(())
    }

    pub(crate) fn block(&mut self, seed: &BlockSeed) -> SeedResult<()> {
        let (user, target) = self.pair(("user", &seed.user), ("target", &seed.target))?;
        self.state.block(user, target);
        Ok(())
    }

    pub(crate) fn domain_block(&mut self, seed: &DomainBlockSeed) -> SeedResult<()> {
        let user = self.local_user("user", &seed.user)?;
        let domain = seed.domain.to_lowercase();
        self.state.block_domain(user, &domain, self.now);
        Ok(())
    }

    /// Returns two accounts that must differ.
    fn pair(
        &self,
        (from_field, from): (&str, &Reference),
        (to_field, to): (&str, &Reference),
    ) -> SeedResult<(Id, Id)> {
        let from = self.account(from_field, from)?;
        let to = self.account(to_field, to)?;
        if from == to {
            let message = format!("must be another account than `{from_field}`");
            return Err(SeedError::new(to_field, message));
        }
        Ok((from, to))
    }
}
