//! Users of this server, and accounts of other servers.

use serde::Deserialize;

use super::{FileSeed, FixedId, Reference, SeedError, SeedResult, Seeder, Time, UserTokenSeed};
use crate::ids::Id;
use crate::media_info::{MediaKind, probe};
use crate::state::{
    Account, Field, Login, PostingDefaults, Profile, ProfileImage, QuotePolicy, Visibility,
    normalize_tag,
};

/// User of this server, or account of another server.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct UserSeed {
    /// Username, or `username@domain` for an account of another server.
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) id: Option<FixedId>,
    /// Email address. Default: `{username}@example.org`.
    #[serde(default)]
    pub(crate) email: Option<String>,
    /// Default: the username.
    #[serde(default)]
    pub(crate) password: Option<String>,
    /// Language of the user interface. Default: `en`.
    #[serde(default)]
    pub(crate) locale: Option<String>,
    /// Default: the time of the clock.
    #[serde(default)]
    pub(crate) created_at: Option<Time>,
    /// Whether the email address is confirmed. Default: true.
    #[serde(default = "yes")]
    pub(crate) confirmed: bool,
    /// Whether the staff has approved the user. Default: true.
    #[serde(default = "yes")]
    pub(crate) approved: bool,
    /// Reason for joining that a user gave who is not approved.
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Role, such as `Owner`, `Admin` or `Moderator`. Default: none.
    #[serde(default)]
    pub(crate) role: Option<String>,
    /// Whether the staff has disabled the login.
    #[serde(default)]
    pub(crate) disabled: bool,
    #[serde(default)]
    pub(crate) suspended: bool,
    /// Whether the staff has limited (silenced) the account.
    #[serde(default)]
    pub(crate) silenced: bool,
    /// Default: the username.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    /// Biography, as plain text.
    #[serde(default)]
    pub(crate) note: String,
    #[serde(default)]
    pub(crate) fields: Vec<FieldSeed>,
    #[serde(default)]
    pub(crate) avatar: Option<FileSeed>,
    #[serde(default)]
    pub(crate) avatar_description: String,
    #[serde(default)]
    pub(crate) header: Option<FileSeed>,
    #[serde(default)]
    pub(crate) header_description: String,
    /// Whether the user approves followers manually.
    #[serde(default)]
    pub(crate) locked: bool,
    #[serde(default)]
    pub(crate) bot: bool,
    /// Default: true.
    #[serde(default = "yes")]
    pub(crate) discoverable: bool,
    /// Default: true for users of this server.
    #[serde(default)]
    pub(crate) indexable: Option<bool>,
    #[serde(default)]
    pub(crate) hide_collections: Option<bool>,
    /// Account that the user has moved to.
    #[serde(default)]
    pub(crate) moved_to: Option<Reference>,
    #[serde(default)]
    pub(crate) followed_tags: Vec<String>,
    /// Languages that the user sees in public timelines and streams, such as `de`. Default: all.
    #[serde(default)]
    pub(crate) chosen_languages: Vec<String>,
    #[serde(default)]
    pub(crate) featured_tags: Vec<String>,
    /// Default values of new statuses.
    #[serde(default)]
    pub(crate) posting: PostingSeed,
    /// Access tokens of the user.
    #[serde(default)]
    pub(crate) tokens: Vec<UserTokenSeed>,
}

fn yes() -> bool {
    true
}

/// Profile field.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldSeed {
    name: String,
    value: String,
}

/// Default values of new statuses.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PostingSeed {
    visibility: Option<Visibility>,
    sensitive: bool,
    language: Option<String>,
    quote_policy: Option<QuotePolicy>,
}

/// Changes of an account by the staff or the user. What is not given stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UserChanges {
    /// Whether the email address is confirmed. `false` sends a new confirmation email.
    pub(crate) confirmed: Option<bool>,
    /// Whether the staff has approved the user.
    pub(crate) approved: Option<bool>,
    /// Role, such as `Owner`, `Admin` or `Moderator`. An empty name takes the role away.
    pub(crate) role: Option<String>,
    /// Whether the staff has disabled the login.
    pub(crate) disabled: Option<bool>,
    pub(crate) suspended: Option<bool>,
    /// Whether the staff has limited (silenced) the account.
    pub(crate) silenced: Option<bool>,
    pub(crate) password: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) note: Option<String>,
    /// Whether the user approves followers manually.
    pub(crate) locked: Option<bool>,
    pub(crate) bot: Option<bool>,
    /// Account that the user has moved to.
    pub(crate) moved_to: Option<Reference>,
}

impl Seeder<'_> {
    /// Creates a user of this server, or an account of another server.
    pub(crate) fn user(&mut self, seed: &UserSeed) -> SeedResult<Id> {
        let (username, domain) = self.username(seed)?;
        let created = self.time(seed.created_at.as_ref());
        let moved_to = match &seed.moved_to {
            Some(account) => Some(self.account("moved_to", account)?),
            None => None,
        };
        let role = match &seed.role {
            Some(role) => Some(self.role_id(role)?),
            None => None,
        };
        let avatar = self.image("avatar", seed.avatar.as_ref())?;
        let header = self.image("header", seed.header.as_ref())?;
        let id = self.snowflake_id(seed.id, created)?;
        let is_local = domain.is_none();
        let mut account = Account::new(id, username, created);
        account.domain = domain.map(str::to_owned);
        let name = seed.display_name.clone();
        let fields = seed.fields.iter().map(|field| Field {
            name: field.name.clone(),
            value: field.value.clone(),
        });
        account.profile = Profile {
            display_name: name.unwrap_or_else(|| username.to_owned()),
            note: seed.note.clone(),
            fields: fields.collect(),
            avatar,
            avatar_description: seed.avatar_description.clone(),
            header,
            header_description: seed.header_description.clone(),
            locked: seed.locked,
            bot: seed.bot,
            discoverable: Some(seed.discoverable),
            indexable: seed.indexable.unwrap_or(is_local),
            hide_collections: seed.hide_collections,
            ..Profile::default()
        };
        account.suspended = seed.suspended;
        account.limited = seed.silenced;
        account.moved_to = moved_to;
        account.default_visibility = seed.posting.visibility;
        account.posting_defaults = PostingDefaults {
            sensitive: seed.posting.sensitive,
            language: seed.posting.language.clone(),
            quote_policy: seed.posting.quote_policy.unwrap_or(QuotePolicy::Public),
            ..PostingDefaults::default()
        };
        if is_local {
            let email = seed.email.clone();
            account.login = Some(Login {
                email: email.unwrap_or_else(|| format!("{username}@example.org")),
                password: seed.password.clone().unwrap_or_else(|| username.to_owned()),
                locale: seed.locale.clone().unwrap_or_else(|| "en".to_owned()),
                confirmation: None,
                app: None,
            });
            let reason = seed.reason.clone().unwrap_or_default();
            account.pending_reason = (!seed.approved).then_some(reason);
        }
        self.state.accounts.insert(id, account);
        self.state.set_role(id, role);
        self.state.set_login_disabled(id, seed.disabled);
        self.state.note_activity(id, self.now);
        let languages = seed.chosen_languages.clone();
        self.state.chosen_languages.set(id, languages);
        for (names, is_followed) in [(&seed.followed_tags, true), (&seed.featured_tags, false)] {
            for name in names {
                let row = self.state.next_row_id();
                let tag = normalize_tag(&self.state.register_tag(name));
                if let Some(account) = self.state.accounts.get_mut(&id) {
                    let tags = if is_followed {
                        &mut account.followed_tags
                    } else {
                        &mut account.featured_tags
                    };
                    tags.insert(tag, row);
                }
            }
        }
        if is_local && !seed.confirmed {
            self.state.send_confirmation_email(id, self.now);
        }
        for (index, token) in seed.tokens.iter().enumerate() {
            self.token(&token.of(&id.to_string()))
                .map_err(|error| error.inside(&format!("tokens[{index}]")))?;
        }
        Ok(id)
    }

    /// Splits the username of a new account from its domain.
    fn username<'u>(&self, seed: &'u UserSeed) -> SeedResult<(&'u str, Option<&'u str>)> {
        let invalid = |message: String| Err(SeedError::new("username", message));
        let (name, domain) = match seed.username.split_once('@') {
            Some((name, domain)) => (name, Some(domain)),
            None => (seed.username.as_str(), None),
        };
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(is_word) || domain == Some("") {
            return invalid(format!(
                "`{}` is not a username; use letters, digits and underscores, and `name@domain` for an account of \
                 another server",
                seed.username
            ));
        }
        if self.state.find_account(name, domain).is_some() {
            return invalid(format!("the user `{}` exists already", seed.username));
        }
        let is_login_field = [
            ("email", seed.email.is_some()),
            ("password", seed.password.is_some()),
            ("locale", seed.locale.is_some()),
            ("reason", seed.reason.is_some()),
            ("confirmed", !seed.confirmed),
            ("approved", !seed.approved),
            ("role", seed.role.is_some()),
            ("disabled", seed.disabled),
        ];
        if let (Some(_), Some((field, _))) =
            (domain, is_login_field.iter().find(|(_, given)| *given))
        {
            return Err(SeedError::new(
                *field,
                "an account of another server has no login",
            ));
        }
        if let Some(email) = &seed.email {
            let mut logins = self
                .state
                .accounts
                .values()
                .filter_map(|a| a.login.as_ref());
            if logins.any(|login| login.email.eq_ignore_ascii_case(email)) {
                let message = format!("another user has the email address `{email}`");
                return Err(SeedError::new("email", message));
            }
        }
        Ok((name, domain))
    }

    fn image(&mut self, field: &str, file: Option<&FileSeed>) -> SeedResult<Option<ProfileImage>> {
        let Some(file) = file else { return Ok(None) };
        let bytes = file.content().map_err(|error| error.inside(field))?;
        let info = probe(&bytes)
            .filter(|info| matches!(info.kind, MediaKind::Image | MediaKind::Gifv))
            .ok_or_else(|| SeedError::new(field, "the file is not an image that Mastodon knows"))?;
        let extension = info.mime.rsplit('/').next().unwrap_or_default();
        let name = format!("{}.{extension}", self.state.unique_token("image"));
        Ok(Some(ProfileImage { name, bytes, info }))
    }

    /// Returns the chosen ID of an account, a status or a media attachment, or a new one for its time.
    pub(crate) fn snowflake_id(
        &mut self,
        fixed: Option<FixedId>,
        created: jiff::Timestamp,
    ) -> SeedResult<Id> {
        match fixed {
            Some(FixedId(id)) if self.state.has_snowflake(id) => {
                Err(SeedError::new("id", format!("the ID {id} exists already")))
            }
            Some(FixedId(id)) => Ok(id),
            None => Ok(self.state.id_at(created)),
        }
    }

    /// Changes an account.
    pub(crate) fn change_user(&mut self, user: Id, changes: &UserChanges) -> SeedResult<()> {
        let moved_to = match &changes.moved_to {
            Some(account) => Some(self.account("moved_to", account)?),
            None => None,
        };
        let role = match changes.role.as_deref() {
            Some("") => Some(None),
            Some(role) => Some(Some(self.role_id(role)?)),
            None => None,
        };
        let account = self.state.accounts.get_mut(&user);
        let Some(account) = account else {
            return Ok(());
        };
        if account.login.is_none() {
            let given = [
                ("confirmed", changes.confirmed.is_some()),
                ("approved", changes.approved.is_some()),
                ("password", changes.password.is_some()),
                ("role", changes.role.is_some()),
                ("disabled", changes.disabled.is_some()),
            ];
            if let Some((field, _)) = given.iter().find(|(_, given)| *given) {
                let message = "an account of another server has no login";
                return Err(SeedError::new(*field, message));
            }
        }
        let profile = &mut account.profile;
        for (change, target) in [
            (&changes.display_name, &mut profile.display_name),
            (&changes.note, &mut profile.note),
        ] {
            if let Some(text) = change {
                text.clone_into(target);
            }
        }
        for (change, target) in [
            (changes.locked, &mut profile.locked),
            (changes.bot, &mut profile.bot),
            (changes.silenced, &mut account.limited),
        ] {
            *target = change.unwrap_or(*target);
        }
        if moved_to.is_some() {
            account.moved_to = moved_to;
        }
        let is_approved_now = changes.approved == Some(true) && account.pending_reason.is_some();
        match changes.approved {
            Some(false) if account.pending_reason.is_none() => {
                account.pending_reason = Some(String::new());
            }
            _ => {}
        }
        if let (Some(login), Some(password)) = (&mut account.login, &changes.password) {
            login.password.clone_from(password);
        }
        let confirmation = account
            .login
            .as_ref()
            .and_then(|login| login.confirmation.clone());
        match (changes.confirmed, confirmation) {
            (Some(true), Some(link)) => {
                self.state.confirm_email(&link, self.now);
            }
            (Some(false), None) => self.state.send_confirmation_email(user, self.now),
            _ => {}
        }
        if let Some(role) = role {
            self.state.set_role(user, role);
        }
        if let Some(disabled) = changes.disabled {
            self.state.set_login_disabled(user, disabled);
        }
        if is_approved_now {
            self.state.approve_account(user, self.now);
        }
        match changes.suspended {
            Some(true) => self.state.suspend_account(user),
            Some(false) => self.state.unsuspend_account(user, self.now),
            None => {}
        }
        Ok(())
    }
}
