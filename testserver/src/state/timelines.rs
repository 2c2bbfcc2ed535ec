//! Selects the statuses of each timeline.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{State, Status, Visibility};
use crate::ids::Id;
use crate::streaming::Channel;
use crate::text;

/// Number of home timeline entries within which a boost of a status that was already shown is hidden.
const REBLOG_FALLOFF: usize = 40;
/// Maximum number of entries of a home timeline or list that a block or mute removes.
const MAX_FEED_ENTRIES: usize = 800;
/// Minimum number of accounts that link to a trending page, and the period in which they do.
const MIN_TREND_ACCOUNTS: usize = 2;
const TREND_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);

impl State {
    /// Returns the home timeline of a user, newest first.
    pub(crate) fn home_timeline(&self, user: Id, now: Timestamp) -> Vec<&Status> {
        let mut recent = VecDeque::new();
        let mut feed = Vec::new();
        for status in self.statuses.values() {
            let is_repeated_boost =
                status.reblog_of.is_some() && recent.contains(&status.original_id());
            if is_repeated_boost || !self.belongs_in_home(user, status, now) {
                continue;
            }
            recent.push_back(status.original_id());
            if recent.len() > REBLOG_FALLOFF {
                recent.pop_front();
            }
            feed.push(status);
        }
        feed.reverse();
        feed
    }

    /// Changes whom a user blocks or mutes. Streams a deletion for each status that this removes from the home timeline
    /// and the lists of the user, although the statuses still exist.
    pub(crate) fn clear_timelines(
        &mut self,
        user: Id,
        now: Timestamp,
        change: impl FnOnce(&mut Self),
    ) {
        let before = self.timeline_entries(user, now);
        change(self);
        let after = self.timeline_entries(user, now);
        self.stream_removed_entries(before.difference(&after));
    }

    /// Returns the newest entries of the home timeline and the lists of a user.
    fn timeline_entries(&self, user: Id, now: Timestamp) -> BTreeSet<(Channel, Id)> {
        let home = self.home_timeline(user, now).into_iter();
        let home = home.take(MAX_FEED_ENTRIES);
        let mut entries: BTreeSet<_> = home
            .map(|status| (Channel::Home(user), status.id))
            .collect();
        for list in self.lists.values().filter(|list| list.owner == user) {
            let statuses = self.statuses.values().rev();
            let statuses = statuses.filter(|status| self.belongs_in_list(list, status, now));
            let statuses = statuses.take(MAX_FEED_ENTRIES);
            entries.extend(statuses.map(|status| (Channel::List(list.id), status.id)));
        }
        entries
    }

    /// Whether the home timeline of a user shows a status. Considers repeated boosts.
    pub(crate) fn is_shown_in_home(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        match status.reblog_of {
            None => self.belongs_in_home(user, status, now),
            Some(_) => self
                .home_timeline(user, now)
                .iter()
                .any(|shown| shown.id == status.id),
        }
    }

    /// Whether a status belongs in the home timeline of a user. Ignores repeated boosts.
    pub(crate) fn belongs_in_home(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        if status.account == user {
            return true;
        }
        let Some(account) = self.accounts.get(&user) else {
            return false;
        };
        let is_followed = account
            .follows
            .get(&status.account)
            .is_some_and(|follow| follow.includes(status));
        let has_followed_tag = status.visibility == Visibility::Public
            && status
                .tags
                .iter()
                .any(|tag| account.followed_tags.contains(tag));
        // A followed hashtag includes all replies; a followed account only replies to accounts that the user follows.
        (has_followed_tag || is_followed && self.passes_reply_filter(user, status))
            && self.can_see(Some(user), status)
            && self.passes_blocks_and_mutes(user, status, now)
            && !self.is_in_exclusive_list(user, status.account)
    }

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

    /// Whether a status is not a reply, or replies to its author, to the user or to an account that the user follows.
    pub(super) fn passes_reply_filter(&self, user: Id, status: &Status) -> bool {
        status.reply_to_account.is_none_or(|account| {
            status.reply_to.is_some()
                && (account == user || account == status.account || self.follows(user, account))
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
        trending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Follow, List, Mute, RepliesPolicy, RowSet};

    fn list_of(owner: Id) -> List {
        List {
            id: 1,
            title: "list".to_owned(),
            owner,
            replies_policy: RepliesPolicy::List,
            exclusive: false,
            members: RowSet::default(),
        }
    }

    /// State in which bob follows alice, and dora follows nobody.
    struct Fixture {
        state: State,
        now: Timestamp,
        bob: Id,
        alice: Id,
        dora: Id,
    }

    impl Fixture {
        fn new() -> Self {
            let now = Timestamp::UNIX_EPOCH;
            let mut state = State::seeded("http://s.example", now);
            let named = |state: &State, name| state.local_account(name).unwrap();
            let (alice, bob) = (named(&state, "alice"), named(&state, "bob"));
            let dora = state.add_account("dora", now);
            Self {
                state,
                now,
                bob,
                alice,
                dora,
            }
        }

        fn post(&mut self, author: Id, text: &str, reply_to: Option<Id>) -> Id {
            let id = self.state.next_id(self.now);
            let account = reply_to.map(|id| self.state.statuses[&id].account);
            self.state.insert_status(Status {
                mentions: self.state.mentioned_accounts(text),
                reply_to,
                reply_to_account: account,
                ..Status::new(id, author, self.now, text)
            });
            id
        }

        fn home(&self) -> Vec<Id> {
            let home = self.state.home_timeline(self.bob, self.now).into_iter();
            home.map(|status| status.id).collect()
        }

        fn bob(&mut self) -> &mut crate::state::Account {
            self.state.accounts.get_mut(&self.bob).unwrap()
        }
    }

    #[test]
    fn home_hides_statuses_that_involve_blocked_or_muted_accounts() {
        let mut fixture = Fixture::new();
        let (alice, dora) = (fixture.alice, fixture.dora);
        let plain = fixture.post(alice, "plain", None);
        let about = fixture.post(alice, "hello @dora", None);
        assert_eq!(fixture.home()[..2], [about, plain]);
        fixture.bob().blocks.insert(dora, 1);
        assert_eq!(fixture.home()[0], plain);
        fixture.bob().blocks.remove(&dora);
        let expires = Some(fixture.now + SignedDuration::from_mins(1));
        let mute = Mute {
            row: 2,
            notifications: true,
            expires,
        };
        fixture.bob().mutes.insert(dora, mute);
        assert_eq!(fixture.home()[0], plain);
        // The mute has expired.
        fixture.now += SignedDuration::from_mins(1);
        assert_eq!(fixture.home()[0], about);
    }

    #[test]
    fn home_includes_public_statuses_with_followed_hashtags() {
        let mut fixture = Fixture::new();
        let dora = fixture.dora;
        fixture.bob().followed_tags.insert("cats".to_owned(), 1);
        let tagged = fixture.post(dora, "#Cats", None);
        fixture.post(dora, "#dogs", None);
        assert_eq!(fixture.home()[0], tagged);
    }

    #[test]
    fn public_timeline_hides_accounts_that_block_the_viewer() {
        let mut fixture = Fixture::new();
        let (dora, bob) = (fixture.dora, fixture.bob);
        let post = fixture.post(dora, "x", None);
        let has = |fixture: &Fixture, viewer| {
            let mut timeline = fixture.state.public_timeline(viewer, fixture.now);
            timeline.any(|status| status.id == post)
        };
        assert!(has(&fixture, Some(bob)));
        let blocks = &mut fixture.state.accounts.get_mut(&dora).unwrap().blocks;
        blocks.insert(bob, 1);
        assert!(!has(&fixture, Some(bob)));
        assert!(has(&fixture, None));
    }

    #[test]
    fn list_shows_only_the_replies_that_its_policy_allows() {
        let mut fixture = Fixture::new();
        let (alice, bob, dora) = (fixture.alice, fixture.bob, fixture.dora);
        fixture
            .bob()
            .follows
            .insert(dora, Follow::new(1, Timestamp::UNIX_EPOCH));
        let by_bob = fixture.post(bob, "b", None);
        let by_dora = fixture.post(dora, "d", None);
        let plain = fixture.post(alice, "a", None);
        let to_bob = fixture.post(alice, "re", Some(by_bob));
        let to_dora = fixture.post(alice, "re", Some(by_dora));
        let shown = |fixture: &Fixture, replies_policy, members: &[Id]| {
            let mut list = List {
                replies_policy,
                ..list_of(bob)
            };
            for member in members {
                list.members.insert(*member, *member);
            }
            let shows = |id: &&Id| {
                let status = &fixture.state.statuses[*id];
                fixture.state.belongs_in_list(&list, status, fixture.now)
            };
            let all = [plain, to_bob, to_dora];
            all.iter().filter(shows).copied().collect::<Vec<_>>()
        };
        let all = [plain, to_bob, to_dora];
        assert_eq!(shown(&fixture, RepliesPolicy::Followed, &[alice]), all);
        assert_eq!(shown(&fixture, RepliesPolicy::List, &[alice, dora]), all);
        assert_eq!(shown(&fixture, RepliesPolicy::List, &[alice]), all[..2]);
        assert_eq!(shown(&fixture, RepliesPolicy::None, &[alice]), all[..2]);
        assert!(shown(&fixture, RepliesPolicy::None, &[dora]).is_empty());
    }

    #[test]
    fn home_hides_members_of_exclusive_lists() {
        let mut fixture = Fixture::new();
        let (alice, bob) = (fixture.alice, fixture.bob);
        let post = fixture.post(alice, "x", None);
        assert!(fixture.home().contains(&post));
        fixture.state.lists.insert(
            1,
            List {
                exclusive: true,
                ..list_of(bob)
            },
        );
        fixture
            .state
            .lists
            .get_mut(&1)
            .unwrap()
            .members
            .insert(alice, 2);
        assert!(!fixture.home().contains(&post));
    }
}
