//! Which statuses belong into which timeline.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{State, Status, Visibility};
use crate::ids::Id;
use crate::text;

/// Among how many entries of a home timeline a status is not shown again because somebody boosts it.
const REBLOG_FALLOFF: usize = 40;
/// How many accounts have to link to a page within how long for it to trend.
const TREND_ACCOUNTS: usize = 2;
const TREND_TIME: SignedDuration = SignedDuration::from_hours(7 * 24);

impl State {
    /// The user's home timeline, newest first.
    pub(crate) fn home(&self, user: Id, now: Timestamp) -> Vec<&Status> {
        let mut recent = VecDeque::new();
        let mut feed = Vec::new();
        for status in self.statuses.values() {
            let again = status.reblog_of.is_some() && recent.contains(&status.proper());
            if again || !self.in_home(user, status, now) {
                continue;
            }
            recent.push_back(status.proper());
            if recent.len() > REBLOG_FALLOFF {
                recent.pop_front();
            }
            feed.push(status);
        }
        feed.reverse();
        feed
    }

    /// Whether a status belongs into the user's home timeline, taken by itself.
    pub(crate) fn in_home(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        if status.account == user {
            return true;
        }
        let Some(account) = self.accounts.get(&user) else {
            return false;
        };
        let followed = self.follows(user, status.account);
        let tagged = status.visibility == Visibility::Public
            && status
                .tags
                .iter()
                .any(|tag| account.followed_tags.contains(tag));
        if !(followed || tagged) || !self.sees(Some(user), status) {
            return false;
        }
        let boosted = status.reblog_of.and_then(|id| self.statuses.get(&id));
        let people = std::iter::once(status).chain(boosted);
        let mut people = people.flat_map(|status| status.mentions.iter().chain([&status.account]));
        if people.any(|person| {
            *person != user && (self.blocks(user, *person) || self.mutes(user, *person, now))
        }) {
            return false;
        }
        // A hashtag brings answers to anybody, an account only those to people whom the user knows.
        tagged || self.answers_known(user, status)
    }

    fn answers_known(&self, user: Id, status: &Status) -> bool {
        status.reply_to_account.is_none_or(|account| {
            status.reply_to.is_some()
                && (account == user || account == status.account || self.follows(user, account))
        })
    }

    /// The public timeline as the viewer sees it, newest first.
    pub(crate) fn public(
        &self,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        self.listed(viewer, now)
            .filter(|status| !status.answers_another())
    }

    /// Public statuses, answers among them, without those of accounts that the viewer does not want.
    pub(crate) fn listed(
        &self,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        self.statuses.values().rev().filter(move |status| {
            status.visibility == Visibility::Public
                && status.reblog_of.is_none()
                && !self.hides(viewer, status.account, now)
        })
    }

    /// The statuses of an account that the viewer may see on its page, newest first.
    pub(crate) fn of_account(
        &self,
        account: Id,
        viewer: Option<Id>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Status> {
        let shut_out = viewer.is_some_and(|viewer| self.blocks(account, viewer));
        self.statuses.values().rev().filter(move |status| {
            let boosted = status.reblog_of.and_then(|id| self.statuses.get(&id));
            status.account == account
                && !shut_out
                && self.sees(viewer, status)
                && (viewer == Some(account)
                    || boosted.is_none_or(|boosted| !self.hides(viewer, boosted.account, now)))
        })
    }

    /// Whether a page trends: several accounts link to it these days.
    pub(crate) fn link_trends(&self, url: &str, now: Timestamp) -> bool {
        let recent = self
            .listed(None, now)
            .filter(|status| now.duration_since(status.created) < TREND_TIME)
            .filter(|status| text::links(&status.text).any(|link| link == url));
        let accounts: BTreeSet<Id> = recent.map(|status| status.account).collect();
        accounts.len() >= TREND_ACCOUNTS
    }

    /// Public statuses that others favourited or boosted, the strongest first.
    pub(crate) fn trending(&self, viewer: Option<Id>, now: Timestamp) -> Vec<&Status> {
        let score = |status: &Status| {
            let marks = [&status.favourited_by, &status.reblogged_by];
            let others = marks.into_iter().flat_map(|marks| marks.keys());
            others.filter(|account| **account != status.account).count()
        };
        let fits = |status: &&Status| {
            status.reply_to_account.is_none()
                && !status.sensitive
                && now.duration_since(status.created) < TREND_TIME
                && score(status) > 0
        };
        let mut found: Vec<&Status> = self.listed(viewer, now).filter(fits).collect();
        found.sort_by_key(|status| std::cmp::Reverse(score(status)));
        found
    }
}
