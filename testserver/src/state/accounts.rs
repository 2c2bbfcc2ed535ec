//! Accounts: profiles, logins and private data.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use jiff::Timestamp;

use super::{
    AccountModeration, Conversation, FeaturePolicy, Follow, Mute, PostingDefaults, RowSet, State,
    Visibility,
};
use crate::base_url::BaseUrls;
use crate::ids::Id;
use crate::media_info::MediaInfo;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) id: Id,
    pub(crate) username: String,
    /// Domain of a remote account; `None` for a local one.
    pub(crate) domain: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) profile: Profile,
    /// Login of a local user; `None` for a remote account.
    pub(crate) login: Option<Login>,
    /// Reason for joining that the user gave. `Some` while the approval by the staff is pending.
    pub(crate) pending_reason: Option<String>,
    pub(crate) suspended: bool,
    /// Whether the staff has limited (silenced) the account.
    pub(crate) limited: bool,
    /// Whom the owner of a remote account lets add it to collections.
    pub(crate) feature_policy: FeaturePolicy,
    /// Other decisions of the staff.
    pub(crate) moderation: AccountModeration,
    /// Account that the user has moved to.
    pub(crate) moved_to: Option<Id>,
    pub(crate) follows: BTreeMap<Id, Follow>,
    /// Sent follow requests that are pending, by target account.
    pub(crate) follow_requests: BTreeMap<Id, Follow>,
    pub(crate) blocks: RowSet<Id>,
    pub(crate) mutes: BTreeMap<Id, Mute>,
    pub(crate) domain_blocks: RowSet<String>,
    pub(crate) followed_tags: RowSet<String>,
    pub(crate) featured_tags: RowSet<String>,
    pub(crate) endorsed_accounts: RowSet<Id>,
    /// Private notes about other accounts, by account.
    pub(crate) notes: BTreeMap<Id, String>,
    /// Accounts that are no longer suggested.
    pub(crate) dismissed_suggestions: BTreeSet<Id>,
    /// Read positions, by timeline.
    pub(crate) markers: BTreeMap<&'static str, Marker>,
    pub(crate) conversations: BTreeMap<Id, Conversation>,
    /// Visibility of new statuses, if the user has set one.
    pub(crate) default_visibility: Option<Visibility>,
    /// Other default values for new statuses.
    pub(crate) posting_defaults: PostingDefaults,
}

/// Profile of an account.
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

/// Profile field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Uploaded avatar or header image.
#[derive(Clone, Debug)]
pub(crate) struct ProfileImage {
    /// File name at the end of its URL, unique for each upload.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
    pub(crate) info: MediaInfo,
}

/// Login data of a user.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) locale: String,
    /// Token in the link of the confirmation email; `None` if the address is confirmed.
    pub(crate) confirmation: Option<String>,
    /// Client ID of the application that created the account.
    pub(crate) app: Option<String>,
}

/// Read position of a timeline.
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
            feature_policy: FeaturePolicy::default(),
            moderation: AccountModeration::default(),
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

    /// Returns the account address: `username`, or `username@domain` for a remote account.
    pub(crate) fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }

    /// Returns the base URL of the account's server.
    fn server_url(&self, local_url: &str) -> String {
        self.domain.as_ref().map_or_else(
            || local_url.to_owned(),
            |domain| format!("https://{domain}"),
        )
    }

    /// Returns the URL of the profile page.
    pub(crate) fn url(&self, local_url: &str) -> String {
        format!("{}/@{}", self.server_url(local_url), self.username)
    }

    /// Returns the ActivityPub ID.
    pub(crate) fn uri(&self, local_url: &str) -> String {
        format!("{}/users/{}", self.server_url(local_url), self.username)
    }

    /// Whether the account is visible: its user has confirmed the email address, and the staff has approved the user.
    pub(crate) fn is_approved(&self) -> bool {
        !self.is_unconfirmed() && self.pending_reason.is_none()
    }

    /// Whether the email address is not confirmed yet.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        let login = self.login.as_ref();
        login.is_some_and(|login| login.confirmation.is_some())
    }
}

impl State {
    /// Creates a local user with the email address `{username}@example.org` and the username as password.
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

    /// Creates a remote account.
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
        self.restrict_new_account(id, now);
        id
    }

    /// Returns the domain of this server.
    pub(crate) fn host(&self) -> &str {
        &self.domain
    }

    /// Whether a domain is that of this server, or a host that clients use for it.
    pub(crate) fn is_own_domain(&self, domain: &str) -> bool {
        let [used, canonical] = [&self.url, &self.canonical_url].map(|url| BaseUrls::domain(url));
        [self.host(), used, canonical]
            .iter()
            .any(|own| domain.eq_ignore_ascii_case(own))
    }

    /// Finds a local account by its username.
    pub(crate) fn local_account(&self, username: &str) -> Option<Id> {
        self.find_account(username, None)
    }

    /// Finds an account by username and domain. For a local account the domain is optional.
    pub(crate) fn find_account(&self, username: &str, domain: Option<&str>) -> Option<Id> {
        let domain = domain.filter(|domain| !self.is_own_domain(domain));
        let same_domain = |account: &&Account| match (account.domain.as_deref(), domain) {
            (Some(own), Some(domain)) => own.eq_ignore_ascii_case(domain),
            (own, domain) => own.is_none() && domain.is_none(),
        };
        self.accounts
            .values()
            .filter(same_domain)
            .find(|account| account.username.eq_ignore_ascii_case(username))
            .map(|account| account.id)
    }

    /// Finds an account by its address, such as `name`, `@name` or `name@domain`.
    pub(crate) fn account_by_acct(&self, acct: &str) -> Option<Id> {
        let acct = acct.trim();
        let acct = acct.strip_prefix('@').unwrap_or(acct);
        match acct.split_once('@') {
            Some((name, domain)) => self.find_account(name, Some(domain)),
            None => self.local_account(acct),
        }
    }

    /// Finds the user with the given email address and password.
    pub(crate) fn authenticate(&self, email: &str, password: &str) -> Option<Id> {
        let matches = |account: &&Account| {
            account.login.as_ref().is_some_and(|login| {
                login.email.eq_ignore_ascii_case(email.trim()) && login.password == password
            })
        };
        self.accounts
            .values()
            .find(matches)
            .map(|account| account.id)
    }

    /// Confirms the email address that a confirmation token belongs to.
    pub(crate) fn confirm_email(&mut self, token: &str, now: Timestamp) -> Option<Id> {
        let matches = |account: &&mut Account| {
            account
                .login
                .as_ref()
                .is_some_and(|login| login.confirmation.as_deref() == Some(token))
        };
        let account = self.accounts.values_mut().find(matches)?;
        account.login.as_mut()?.confirmation = None;
        let id = account.id;
        self.announce_new_user(id, now);
        Some(id)
    }
}
