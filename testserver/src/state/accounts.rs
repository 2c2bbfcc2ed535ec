//! Accounts: who they are, what they show of themselves, and what they keep for themselves.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use jiff::Timestamp;

use super::{Conversation, Follow, Mute, PostingDefaults, RowSet, State, Visibility};
use crate::ids::Id;
use crate::media_info::MediaInfo;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) username: String,
    /// The server that it lives on; `None` for this one.
    pub(crate) domain: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) profile: Profile,
    /// How its user signs in; accounts of other servers have nobody here.
    pub(crate) login: Option<Login>,
    /// Why its user wishes to join, as long as the staff has not decided.
    pub(crate) pending_reason: Option<String>,
    pub(crate) suspended: bool,
    /// Whether the staff has limited its reach.
    pub(crate) limited: bool,
    /// The account that its owner uses now.
    pub(crate) moved_to: Option<Id>,
    pub(crate) follows: BTreeMap<Id, Follow>,
    /// The accounts that it has asked for leave to follow them.
    pub(crate) follow_requests: BTreeMap<Id, Follow>,
    pub(crate) blocks: RowSet<Id>,
    pub(crate) mutes: BTreeMap<Id, Mute>,
    pub(crate) domain_blocks: RowSet<String>,
    pub(crate) followed_tags: RowSet<String>,
    pub(crate) featured_tags: RowSet<String>,
    pub(crate) endorsed_accounts: RowSet<Id>,
    /// Private notes about other accounts.
    pub(crate) notes: BTreeMap<Id, String>,
    /// Accounts that are not to be proposed any more.
    pub(crate) dismissed_suggestions: BTreeSet<Id>,
    /// How far the user has read each timeline.
    pub(crate) markers: BTreeMap<&'static str, Marker>,
    pub(crate) conversations: BTreeMap<Id, Conversation>,
    /// The visibility of new statuses, where the user chose one.
    pub(crate) default_visibility: Option<Visibility>,
    /// What holds where a post does not say it.
    pub(crate) posting_defaults: PostingDefaults,
}

/// What an account shows of itself.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) display_name: String,
    pub(crate) note: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) avatar: Option<ProfileImage>,
    pub(crate) avatar_description: String,
    pub(crate) header: Option<ProfileImage>,
    pub(crate) header_description: String,
    pub(crate) locked: bool,
    pub(crate) bot: bool,
    pub(crate) discoverable: Option<bool>,
    pub(crate) indexable: bool,
    pub(crate) hide_collections: Option<bool>,
    pub(crate) show_media: bool,
    pub(crate) show_media_replies: bool,
    pub(crate) show_featured: bool,
    pub(crate) attribution_domains: Vec<String>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            display_name: String::new(),
            note: String::new(),
            fields: Vec::new(),
            avatar: None,
            avatar_description: String::new(),
            header: None,
            header_description: String::new(),
            locked: false,
            bot: false,
            discoverable: None,
            indexable: false,
            hide_collections: None,
            show_media: true,
            show_media_replies: true,
            show_featured: true,
            attribution_domains: Vec::new(),
        }
    }
}

/// A row of the table on a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// An uploaded picture.
#[derive(Clone, Debug)]
pub(crate) struct ProfileImage {
    /// What its address ends in; every upload has its own.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
    pub(crate) info: MediaInfo,
}

/// How a user signs in.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) locale: String,
    /// What the link in the message about the e-mail address holds; `None` once that is confirmed.
    pub(crate) confirmation: Option<String>,
    /// The client id of the application that signed the user up.
    pub(crate) app: Option<String>,
}

/// How far a user has read.
#[derive(Clone, Debug)]
pub(crate) struct Marker {
    pub(crate) last_read: Id,
    pub(crate) version: u64,
    pub(crate) updated: Timestamp,
}

impl Account {
    pub(crate) fn new(id: Id, username: &str, created: Timestamp) -> Self {
        Self {
            id,
            username: username.to_owned(),
            domain: None,
            created,
            profile: Profile::default(),
            login: None,
            pending_reason: None,
            suspended: false,
            limited: false,
            moved_to: None,
            follows: BTreeMap::new(),
            follow_requests: BTreeMap::new(),
            blocks: RowSet::default(),
            mutes: BTreeMap::new(),
            domain_blocks: RowSet::default(),
            followed_tags: RowSet::default(),
            featured_tags: RowSet::default(),
            endorsed_accounts: RowSet::default(),
            notes: BTreeMap::new(),
            dismissed_suggestions: BTreeSet::new(),
            markers: BTreeMap::new(),
            conversations: BTreeMap::new(),
            default_visibility: None,
            posting_defaults: PostingDefaults::default(),
        }
    }

    /// The address as this server writes it.
    pub(crate) fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }

    /// The server that it lives on.
    fn server_url(&self, here: &str) -> String {
        self.domain
            .as_ref()
            .map_or_else(|| here.to_owned(), |domain| format!("https://{domain}"))
    }

    /// The profile's web page.
    pub(crate) fn url(&self, here: &str) -> String {
        format!("{}/@{}", self.server_url(here), self.username)
    }

    /// What names it in the federation.
    pub(crate) fn uri(&self, here: &str) -> String {
        format!("{}/users/{}", self.server_url(here), self.username)
    }

    /// Whether the e-mail address still waits for its confirmation.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        let login = self.login.as_ref();
        login.is_some_and(|login| login.confirmation.is_some())
    }
}

impl State {
    /// Adds a user who signs in with the address and the password that their name gives.
    pub(crate) fn add_account(&mut self, username: &str, now: Timestamp) -> Id {
        let id = self.next_id(now);
        let mut account = Account::new(id, username, now);
        account.profile.display_name = username.to_owned();
        account.profile.discoverable = Some(true);
        account.profile.indexable = true;
        account.login = Some(Login {
            email: format!("{username}@example.org"),
            password: username.to_owned(),
            locale: "en".to_owned(),
            confirmation: None,
            app: None,
        });
        self.accounts.insert(id, account);
        id
    }

    /// Adds an account of another server.
    pub(crate) fn add_remote_account(
        &mut self,
        username: &str,
        domain: &str,
        now: Timestamp,
    ) -> Id {
        let id = self.next_id(now);
        let mut account = Account::new(id, username, now);
        account.domain = Some(domain.to_owned());
        account.profile.display_name = username.to_owned();
        account.profile.discoverable = Some(true);
        self.accounts.insert(id, account);
        id
    }

    /// This server's own domain.
    pub(crate) fn host(&self) -> &str {
        self.url.split("://").nth(1).unwrap_or_default()
    }

    /// The local account of that name.
    pub(crate) fn local_account(&self, username: &str) -> Option<Id> {
        self.find_account(username, None)
    }

    /// The account of that name on that server; this one may be named or not.
    pub(crate) fn find_account(&self, username: &str, domain: Option<&str>) -> Option<Id> {
        let domain = domain.filter(|domain| !domain.eq_ignore_ascii_case(self.host()));
        let same_domain = |account: &&Account| match (account.domain.as_deref(), domain) {
            (Some(own), Some(wanted)) => own.eq_ignore_ascii_case(wanted),
            (own, wanted) => own.is_none() && wanted.is_none(),
        };
        self.accounts
            .values()
            .filter(same_domain)
            .find(|account| account.username.eq_ignore_ascii_case(username))
            .map(|account| account.id)
    }

    /// The account with an address such as `name`, `@name` or `name@domain`.
    pub(crate) fn account_by_acct(&self, acct: &str) -> Option<Id> {
        let acct = acct.trim();
        let acct = acct.strip_prefix('@').unwrap_or(acct);
        match acct.split_once('@') {
            Some((name, domain)) => self.find_account(name, Some(domain)),
            None => self.local_account(acct),
        }
    }

    /// Who signs in with that e-mail address and password.
    pub(crate) fn authenticate(&self, email: &str, password: &str) -> Option<Id> {
        let fits = |account: &&Account| {
            account.login.as_ref().is_some_and(|login| {
                login.email.eq_ignore_ascii_case(email.trim()) && login.password == password
            })
        };
        self.accounts.values().find(fits).map(|account| account.id)
    }

    /// Confirms an e-mail address, as the link in the message does.
    pub(crate) fn confirm_email(&mut self, token: &str) -> Option<Id> {
        let waits = |account: &&mut Account| {
            account
                .login
                .as_ref()
                .is_some_and(|login| login.confirmation.as_deref() == Some(token))
        };
        let account = self.accounts.values_mut().find(waits)?;
        account.login.as_mut()?.confirmation = None;
        Some(account.id)
    }
}
