//! What the server knows.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use jiff::Timestamp;

use crate::ids::{Id, Snowflakes};

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) created: Timestamp,
    pub(crate) note: String,
    pub(crate) follows: BTreeSet<Id>,
}

#[derive(Clone, Debug)]
pub(crate) struct Poll {
    pub(crate) id: Id,
    pub(crate) options: Vec<String>,
    pub(crate) expires: Timestamp,
    pub(crate) multiple: bool,
    pub(crate) votes: BTreeMap<Id, BTreeSet<usize>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) id: Id,
    pub(crate) account: Id,
    pub(crate) created: Timestamp,
    pub(crate) text: String,
    pub(crate) spoiler: String,
    pub(crate) sensitive: bool,
    pub(crate) visibility: String,
    pub(crate) language: Option<String>,
    pub(crate) reply_to: Option<Id>,
    pub(crate) media: Vec<Id>,
    pub(crate) poll: Option<Poll>,
    pub(crate) favourited_by: BTreeSet<Id>,
    pub(crate) bookmarked_by: BTreeSet<Id>,
}

#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) id: Id,
    pub(crate) bytes: Bytes,
    pub(crate) description: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) kind: &'static str,
    pub(crate) from: Id,
    pub(crate) status: Option<Id>,
    pub(crate) created: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) user: Option<Id>,
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: String,
    pub(crate) website: Option<String>,
}

/// A code that waits to be exchanged for a token.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) user: Id,
    pub(crate) scope: String,
    pub(crate) challenge: Option<String>,
}

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

impl Status {
    pub(crate) fn new(id: Id, account: Id, created: Timestamp, text: &str) -> Self {
        Self {
            id,
            account,
            created,
            text: text.to_owned(),
            spoiler: String::new(),
            sensitive: false,
            visibility: "public".to_owned(),
            language: Some("en".to_owned()),
            reply_to: None,
            media: Vec::new(),
            poll: None,
            favourited_by: BTreeSet::new(),
            bookmarked_by: BTreeSet::new(),
        }
    }
}

/// The words of a text that begin with a mark, without it.
pub(crate) fn words(text: &str, mark: char) -> impl Iterator<Item = String> {
    text.split_whitespace().filter_map(move |word| {
        let name: String = word
            .strip_prefix(mark)?
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        (!name.is_empty()).then(|| name.to_lowercase())
    })
}
