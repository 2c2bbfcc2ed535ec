//! Selects the statuses of timelines that are queried: public timelines, accounts, links, trends.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{State, Status};
use crate::ids::Id;
use crate::text;

/// Minimum number of accounts that link to a trending page, and the period in which they do.
const MIN_TREND_ACCOUNTS: usize = 2;
const TREND_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);

impl State {
    /// Whether a user has neither blocked nor muted the author, the booster and the mentioned accounts of a status.
    pub(crate) fn passes_blocks_and_mutes(
        &self,
        user: Id,
        status: &Status,
        now: Timestamp,
    ) -> bool {
        let boosted = status.reblog_of.and_then(|id| self.statuses.get(&id));
        let people = std::iter::once(status).chain(boosted);
        let mut people = people.flat_map(|status| status.mentions.iter().chain([&status.account]));
        people.all(|person| {
            *person == user || !self.blocks(user, *person) && !self.mutes(user, *person, now)
        })
    }

    /// Returns the public timeline for a viewer, newest first.
    pub(crate) fn public_timeline(
        &self,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        self.public_statuses(viewer, now)
            .filter(|status| !status.is_reply_to_other_account())
    }

    /// Returns public statuses including replies, newest first, without those of authors hidden from the viewer.
    pub(crate) fn public_statuses(
        &self,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        self.statuses.values().rev().filter(move |status| {
            self.is_publicly_listed(status) && !self.hides_author(viewer, status.account, now)
        })
    }

    /// Whether public timelines and streams show a status: it is public and the staff has not restricted its author.
    pub(crate) fn is_publicly_listed(&self, status: &Status) -> bool {
        let author = self.accounts.get(&status.account);
        let is_restricted = author.is_some_and(|author| author.limited || author.suspended);
        status.is_in_public_timelines() && !is_restricted
    }

    /// Returns the statuses of an account that are visible to the viewer, newest first.
    pub(crate) fn account_statuses(
        &self,
        account: Id,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        let is_blocked = viewer.is_some_and(|viewer| self.blocks(account, viewer));
        self.statuses.values().rev().filter(move |status| {
            let boosted = status.reblog_of.and_then(|id| self.statuses.get(&id));
            status.account == account
                && !is_blocked
                && self.can_see(viewer, status)
                && (viewer == Some(account)
                    || boosted
                        .is_none_or(|boosted| !self.hides_author(viewer, boosted.account, now)))
        })
    }

    /// Whether a URL is trending: several accounts have linked to it recently.
    pub(crate) fn is_trending_link(&self, url: &str, now: Timestamp) -> bool {
        let recent = self
            .public_statuses(None, now)
            .filter(|status| now.duration_since(status.created) < TREND_PERIOD)
            .filter(|status| text::links(&status.text).any(|link| link == url));
        let accounts: BTreeSet<Id> = recent.map(|status| status.account).collect();
        accounts.len() >= MIN_TREND_ACCOUNTS
            || self.forced_trends.links.iter().any(|link| link == url)
    }

    /// Returns recent public statuses, sorted by the number of favourites and boosts by others.
    pub(crate) fn trending_statuses(&self, viewer: Option<Id>, now: Timestamp) -> Vec<&Status> {
        let score = |status: &Status| {
            let reactions = [&status.favourited_by, &status.reblogged_by];
            let others = reactions.into_iter().flat_map(|accounts| accounts.keys());
            others.filter(|account| **account != status.account).count()
        };
        let is_trending = |status: &&Status| {
            status.reply_to_account.is_none()
                && !status.sensitive
                && now.duration_since(status.created) < TREND_PERIOD
                && score(status) > 0
        };
        let mut trending: Vec<&Status> = self
            .public_statuses(viewer, now)
            .filter(is_trending)
            .collect();
        trending.sort_by_key(|status| std::cmp::Reverse(score(status)));
        self.with_forced_statuses(viewer, trending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_timeline_hides_accounts_that_block_the_viewer() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::seeded("http://s.example", now);
        let (alice, bob) = (state.local_account("alice"), state.local_account("bob"));
        let (alice, bob) = (alice.unwrap(), bob.unwrap());
        let post = state.next_id(now);
        state.insert_status(Status::new(post, alice, now, "x"));
        let has = |state: &State, viewer| {
            let mut timeline = state.public_timeline(viewer, now);
            timeline.any(|status| status.id == post)
        };
        assert!(has(&state, Some(bob)));
        let blocks = &mut state.accounts.get_mut(&alice).unwrap().blocks;
        blocks.insert(bob, 1);
        assert!(!has(&state, Some(bob)));
        assert!(has(&state, None));
    }
}
