//! What the server knows.

mod accounts;
mod notifications;
mod oauth;
mod statuses;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub(crate) use accounts::Account;
pub(crate) use notifications::Notification;
pub(crate) use oauth::{App, Grant, Token};
pub(crate) use statuses::{Media, Poll, Status, words};

use crate::ids::{Id, Snowflakes};

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) url: String,
    pub(crate) accounts: BTreeMap<Id, Account>,
    pub(crate) statuses: BTreeMap<Id, Status>,
    pub(crate) media: BTreeMap<Id, Media>,
    pub(crate) notifications: BTreeMap<Id, Notification>,
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) apps: BTreeMap<String, App>,
    pub(crate) grants: BTreeMap<String, Grant>,
    /// Statuses by their author and idempotency key.
    pub(crate) posted: BTreeMap<(Id, String), Id>,
    snowflakes: Snowflakes,
    counter: u64,
}

impl State {
    /// Three users who follow alice, and a few statuses.
    pub(crate) fn seeded(url: &str, now: Timestamp) -> Self {
        let mut state = Self {
            url: url.to_owned(),
            ..Self::default()
        };
        let [alice, bob, carol] =
            ["alice", "bob", "carol"].map(|name| state.add_account(name, now));
        for follower in [bob, carol] {
            state.accounts.entry(follower).and_modify(|account| {
                account.follows.insert(alice);
            });
        }
        for (author, text) in [
            (alice, "Hello, world! #introduction"),
            (bob, "Good morning."),
            (alice, "It works. #rust"),
        ] {
            let id = state.next_id(now);
            state
                .statuses
                .insert(id, Status::new(id, author, now, text));
        }
        state
    }

    pub(crate) fn next_id(&mut self, now: Timestamp) -> Id {
        self.snowflakes.next(now)
    }

    /// A text that nobody guesses by chance; this server guards nothing.
    pub(crate) fn unique(&mut self, what: &str) -> String {
        self.counter += 1;
        format!("{what}-{:08x}", self.counter.wrapping_mul(0x9e37_79b9))
    }

    pub(crate) fn add_account(&mut self, username: &str, now: Timestamp) -> Id {
        let id = self.next_id(now);
        let account = Account {
            id,
            username: username.to_owned(),
            created: now,
            note: String::new(),
            follows: BTreeSet::new(),
        };
        self.accounts.insert(id, account);
        id
    }

    pub(crate) fn account_named(&self, username: &str) -> Option<Id> {
        self.accounts
            .values()
            .find(|account| account.username.eq_ignore_ascii_case(username))
            .map(|account| account.id)
    }

    pub(crate) fn add_token(&mut self, user: Option<Id>, scopes: &str) -> String {
        let token = self.unique("token");
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        self.tokens.insert(token.clone(), Token { user, scopes });
        token
    }

    pub(crate) fn notify(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) {
        if to != from {
            let id = self.next_id(now);
            self.notifications.insert(
                id,
                Notification {
                    id,
                    to,
                    kind,
                    from,
                    status,
                    created: now,
                },
            );
        }
    }

    /// Whether the viewer may see the status.
    pub(crate) fn sees(&self, viewer: Option<Id>, status: &Status) -> bool {
        let mentioned =
            || viewer.is_some_and(|viewer| self.mentions(&status.text).contains(&viewer));
        let follows = || {
            viewer
                .and_then(|viewer| self.accounts.get(&viewer))
                .is_some_and(|v| v.follows.contains(&status.account))
        };
        viewer == Some(status.account)
            || match status.visibility.as_str() {
                "public" | "unlisted" => true,
                "private" => follows() || mentioned(),
                _ => mentioned(),
            }
    }

    /// The accounts that a text mentions.
    pub(crate) fn mentions(&self, text: &str) -> BTreeSet<Id> {
        words(text, '@')
            .filter_map(|name| self.account_named(&name))
            .collect()
    }
}
