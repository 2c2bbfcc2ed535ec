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

    /// Whether the user's home timeline shows a status.
    pub(crate) fn shows_in_home(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        match status.reblog_of {
            None => self.in_home(user, status, now),
            Some(_) => self
                .home(user, now)
                .iter()
                .any(|shown| shown.id == status.id),
        }
    }

    /// Whether a status belongs into the user's home timeline, taken by itself.
    pub(crate) fn in_home(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        if status.account == user {
            return true;
        }
        let Some(account) = self.accounts.get(&user) else {
            return false;
        };
        let followed = account
            .follows
            .get(&status.account)
            .is_some_and(|follow| follow.brings(status));
        let tagged = status.visibility == Visibility::Public
            && status
                .tags
                .iter()
                .any(|tag| account.followed_tags.contains(tag));
        // A hashtag brings answers to anybody, an account only those to people whom the user knows.
        (tagged || followed && self.answers_known(user, status))
            && self.sees(Some(user), status)
            && self.wants(user, status, now)
            && !self.listed_apart(user, status.account)
    }

    /// Whether nobody has to do with a status whom the user has blocked or muted.
    pub(crate) fn wants(&self, user: Id, status: &Status, now: Timestamp) -> bool {
        let boosted = status.reblog_of.and_then(|id| self.statuses.get(&id));
        let people = std::iter::once(status).chain(boosted);
        let mut people = people.flat_map(|status| status.mentions.iter().chain([&status.account]));
        people.all(|person| {
            *person == user || !self.blocks(user, *person) && !self.mutes(user, *person, now)
        })
    }

    /// Whether a status answers nobody, or somebody of whom the user reads.
    pub(super) fn answers_known(&self, user: Id, status: &Status) -> bool {
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
        self.statuses
            .values()
            .rev()
            .filter(move |status| status.is_listed() && !self.hides(viewer, status.account, now))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Follow, List, Mute, RepliesPolicy, Rows};

    fn list_of(owner: Id) -> List {
        List {
            id: 1,
            title: "list".to_owned(),
            owner,
            replies_policy: RepliesPolicy::List,
            exclusive: false,
            members: Rows::default(),
        }
    }

    /// Bob follows alice; dora follows nobody.
    struct World {
        state: State,
        now: Timestamp,
        bob: Id,
        alice: Id,
        dora: Id,
    }

    impl World {
        fn new() -> Self {
            let now = Timestamp::UNIX_EPOCH;
            let mut state = State::seeded("http://s.example", now);
            let named = |state: &State, name| state.account_named(name).unwrap();
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
                mentions: self.state.mentions(text),
                reply_to,
                reply_to_account: account,
                ..Status::new(id, author, self.now, text)
            });
            id
        }

        fn home(&self) -> Vec<Id> {
            let home = self.state.home(self.bob, self.now).into_iter();
            home.map(|status| status.id).collect()
        }

        fn bob(&mut self) -> &mut crate::state::Account {
            self.state.accounts.get_mut(&self.bob).unwrap()
        }
    }

    #[test]
    fn home_leaves_out_what_concerns_blocked_and_muted_accounts() {
        let mut world = World::new();
        let (alice, dora) = (world.alice, world.dora);
        let plain = world.post(alice, "plain", None);
        let about = world.post(alice, "hello @dora", None);
        assert_eq!(world.home()[..2], [about, plain]);
        world.bob().blocks.insert(dora, 1);
        assert_eq!(world.home()[0], plain);
        world.bob().blocks.remove(&dora);
        let expires = Some(world.now + SignedDuration::from_mins(1));
        let mute = Mute {
            row: 2,
            notifications: true,
            expires,
        };
        world.bob().mutes.insert(dora, mute);
        assert_eq!(world.home()[0], plain);
        // A mute ends by itself.
        world.now += SignedDuration::from_mins(1);
        assert_eq!(world.home()[0], about);
    }

    #[test]
    fn home_has_public_statuses_with_followed_hashtags() {
        let mut world = World::new();
        let dora = world.dora;
        world.bob().followed_tags.insert("cats".to_owned(), 1);
        let tagged = world.post(dora, "#Cats", None);
        world.post(dora, "#dogs", None);
        assert_eq!(world.home()[0], tagged);
    }

    #[test]
    fn who_blocks_the_viewer_is_in_no_public_timeline() {
        let mut world = World::new();
        let (dora, bob) = (world.dora, world.bob);
        let post = world.post(dora, "x", None);
        let has = |world: &World, viewer| {
            let mut found = world.state.public(viewer, world.now);
            found.any(|status| status.id == post)
        };
        assert!(has(&world, Some(bob)));
        let blocks = &mut world.state.accounts.get_mut(&dora).unwrap().blocks;
        blocks.insert(bob, 1);
        assert!(!has(&world, Some(bob)));
        assert!(has(&world, None));
    }

    #[test]
    fn a_list_shows_the_answers_that_its_policy_lets_in() {
        let mut world = World::new();
        let (alice, bob, dora) = (world.alice, world.bob, world.dora);
        world
            .bob()
            .follows
            .insert(dora, Follow::new(1, Timestamp::UNIX_EPOCH));
        let by_bob = world.post(bob, "b", None);
        let by_dora = world.post(dora, "d", None);
        let plain = world.post(alice, "a", None);
        let to_bob = world.post(alice, "re", Some(by_bob));
        let to_dora = world.post(alice, "re", Some(by_dora));
        let shown = |world: &World, replies_policy, members: &[Id]| {
            let mut list = List {
                replies_policy,
                ..list_of(bob)
            };
            for member in members {
                list.members.insert(*member, *member);
            }
            let shows = |id: &&Id| {
                let status = &world.state.statuses[*id];
                world.state.in_list(&list, status, world.now)
            };
            let all = [plain, to_bob, to_dora];
            all.iter().filter(shows).copied().collect::<Vec<_>>()
        };
        let all = [plain, to_bob, to_dora];
        assert_eq!(shown(&world, RepliesPolicy::Followed, &[alice]), all);
        assert_eq!(shown(&world, RepliesPolicy::List, &[alice, dora]), all);
        assert_eq!(shown(&world, RepliesPolicy::List, &[alice]), all[..2]);
        assert_eq!(shown(&world, RepliesPolicy::None, &[alice]), all[..2]);
        assert!(shown(&world, RepliesPolicy::None, &[dora]).is_empty());
    }

    #[test]
    fn home_leaves_out_the_members_of_an_exclusive_list() {
        let mut world = World::new();
        let (alice, bob) = (world.alice, world.bob);
        let post = world.post(alice, "x", None);
        assert!(world.home().contains(&post));
        world.state.lists.insert(
            1,
            List {
                exclusive: true,
                ..list_of(bob)
            },
        );
        world
            .state
            .lists
            .get_mut(&1)
            .unwrap()
            .members
            .insert(alice, 2);
        assert!(!world.home().contains(&post));
    }
}
