//! Data that a test gives the server: in a seed file at its start, or through the control API while it runs.
//!
//! Both use the same structs, one for each kind of thing, and the same functions of [`Seeder`].

mod accounts;
mod applications;
mod collections;
mod files;
mod initial;
mod lists;
mod media;
mod notification_type;
mod relationships;
mod server;
mod statuses;
mod values;

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use accounts::{UserChanges, UserSeed};
pub(crate) use applications::{ApplicationSeed, TokenSeed, UserTokenSeed};
pub(crate) use collections::CollectionSeed;
pub(crate) use files::FileSeed;
pub(crate) use initial::Initial;
pub(crate) use lists::{FilterSeed, ListSeed, NotificationSeed};
pub(crate) use media::MediaSeed;
pub(crate) use relationships::{BlockSeed, DomainBlockSeed, FollowSeed, MuteSeed};
pub(crate) use server::{AnnouncementChanges, AnnouncementSeed, EmojiSeed, RoleSeed, TrendsSeed};
pub(crate) use statuses::{ScheduledStatusSeed, StatusSeed};
pub(crate) use values::{FixedId, Patch, Reference, Scopes, Time};

use crate::behavior::Behavior;
use crate::fault::FaultSpec;
use crate::ids::Id;
use crate::limit_settings::LimitChanges;
use crate::state::State;

/// Data of a server. Everything is optional. Things are created in the order of the fields below; a thing can refer only
/// to those that exist.
///
/// A user is referred to by `name`, by `name@domain` for an account of another server, or by ID. Other things are referred
/// to by their `label` or their ID.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Seed {
    /// Time of the server's clock at its start. Default: the current time.
    pub(crate) clock: Option<Time>,
    /// Changes of the server's behavior.
    pub(crate) behavior: Option<Patch<Behavior>>,
    /// Rate limits that differ from those of Mastodon.
    pub(crate) limits: Option<LimitChanges>,
    /// Faults of the first requests.
    pub(crate) faults: Vec<FaultSpec>,
    /// Roles besides `Owner`, `Admin` and `Moderator`.
    pub(crate) roles: Vec<RoleSeed>,
    pub(crate) emojis: Vec<EmojiSeed>,
    pub(crate) applications: Vec<ApplicationSeed>,
    pub(crate) users: Vec<UserSeed>,
    pub(crate) tokens: Vec<TokenSeed>,
    pub(crate) follows: Vec<FollowSeed>,
    pub(crate) mutes: Vec<MuteSeed>,
    pub(crate) blocks: Vec<BlockSeed>,
    pub(crate) domain_blocks: Vec<DomainBlockSeed>,
    pub(crate) media: Vec<MediaSeed>,
    pub(crate) statuses: Vec<StatusSeed>,
    pub(crate) scheduled_statuses: Vec<ScheduledStatusSeed>,
    pub(crate) notifications: Vec<NotificationSeed>,
    pub(crate) lists: Vec<ListSeed>,
    pub(crate) filters: Vec<FilterSeed>,
    pub(crate) collections: Vec<CollectionSeed>,
    pub(crate) announcements: Vec<AnnouncementSeed>,
    pub(crate) trends: Option<TrendsSeed>,
}

/// Kind of a thing that has a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Status,
    Media,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Media => "media attachment",
        }
    }
}

/// What is wrong with data, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeedError {
    /// Place, such as `users[2].role`. Empty for the thing itself.
    path: String,
    message: String,
}

impl SeedError {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }

    /// Puts the place of the surrounding thing before the place of the error.
    pub(crate) fn inside(mut self, parent: &str) -> Self {
        self.path = match (parent, self.path.as_str()) {
            (parent, "") => parent.to_owned(),
            ("", path) => path.to_owned(),
            (parent, path) if path.starts_with('[') => format!("{parent}{path}"),
            (parent, path) => format!("{parent}.{path}"),
        };
        self
    }
}

impl std::fmt::Display for SeedError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return formatter.write_str(&self.message);
        }
        write!(formatter, "{}: {}", self.path, self.message)
    }
}

impl<E: std::fmt::Display> From<serde_path_to_error::Error<E>> for SeedError {
    fn from(error: serde_path_to_error::Error<E>) -> Self {
        let path = error.path().to_string();
        let path = if matches!(path.as_str(), "." | "?") {
            String::new()
        } else {
            path
        };
        let message = error.inner().to_string();
        // serde_yaml repeats the place, or that of the surrounding thing.
        let message = match message.split_once(": ") {
            Some((place, rest)) if path.starts_with(place) => rest.to_owned(),
            _ => message,
        };
        Self { path, message }
    }
}

pub(crate) type SeedResult<T> = Result<T, SeedError>;

/// Parses YAML. JSON is YAML, too.
pub(crate) fn from_yaml<T: for<'de> Deserialize<'de>>(text: &str) -> SeedResult<T> {
    Ok(serde_path_to_error::deserialize(
        serde_yaml::Deserializer::from_str(text),
    )?)
}

/// Parses JSON.
pub(crate) fn from_json<T: for<'de> Deserialize<'de>>(text: &str) -> SeedResult<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer)?;
    deserializer
        .end()
        .map_err(|error| SeedError::new("", error.to_string()))?;
    Ok(value)
}

/// Converts a JSON value.
pub(crate) fn from_value<T: for<'de> Deserialize<'de>>(value: serde_json::Value) -> SeedResult<T> {
    Ok(serde_path_to_error::deserialize(value)?)
}

impl Seed {
    /// Parses a seed in YAML or JSON. The paths of files are relative to `directory`.
    pub(crate) fn parse(text: &str, directory: Option<&Path>) -> SeedResult<Self> {
        let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        let mut seed: Self = if text.trim_start().starts_with('{') && is_json() {
            from_json(text)?
        } else if text.trim().is_empty() {
            Self::default()
        } else {
            from_yaml(text)?
        };
        seed.load_files(directory)?;
        Ok(seed)
    }

    /// Reads the files that things name. `directory`: `None` if files cannot be given.
    pub(crate) fn load_files(&mut self, directory: Option<&Path>) -> SeedResult<()> {
        for (index, user) in self.users.iter_mut().enumerate() {
            for (name, file) in [("avatar", &mut user.avatar), ("header", &mut user.header)] {
                if let Some(file) = file {
                    file.load(directory)
                        .map_err(|error| error.inside(&format!("users[{index}].{name}")))?;
                }
            }
        }
        for (index, media) in self.media.iter_mut().enumerate() {
            let loaded = media.content.load(directory);
            loaded.map_err(|error| error.inside(&format!("media[{index}].content")))?;
        }
        Ok(())
    }
}

/// IDs of the things that were created, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CreatedIds {
    /// Client IDs.
    pub(crate) applications: Vec<String>,
    pub(crate) users: Vec<String>,
    /// Access tokens.
    pub(crate) tokens: Vec<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) media: Vec<String>,
    pub(crate) statuses: Vec<String>,
    pub(crate) scheduled_statuses: Vec<String>,
    pub(crate) lists: Vec<String>,
    pub(crate) filters: Vec<String>,
    pub(crate) collections: Vec<String>,
    pub(crate) announcements: Vec<String>,
}

/// Creates things in the database.
pub(crate) struct Seeder<'s> {
    pub(crate) state: &'s mut State,
    pub(crate) now: Timestamp,
}

impl<'s> Seeder<'s> {
    pub(crate) fn new(state: &'s mut State, now: Timestamp) -> Self {
        Self { state, now }
    }

    /// Creates everything in a seed. Things before the one that fails stay.
    pub(crate) fn create_all(&mut self, seed: &Seed) -> SeedResult<CreatedIds> {
        let ids = |ids: Vec<Id>| ids.iter().map(Id::to_string).collect();
        let roles = self.each("roles", &seed.roles, Self::role)?;
        self.each("emojis", &seed.emojis, Self::emoji)?;
        let mut created = CreatedIds {
            roles,
            applications: self.each("applications", &seed.applications, Self::application)?,
            ..CreatedIds::default()
        };
        created.users = ids(self.each("users", &seed.users, Self::user)?);
        created.tokens = self.each("tokens", &seed.tokens, Self::token)?;
        self.each("follows", &seed.follows, Self::follow)?;
        self.each("mutes", &seed.mutes, Self::mute)?;
        self.each("blocks", &seed.blocks, Self::block)?;
        self.each("domain_blocks", &seed.domain_blocks, Self::domain_block)?;
        created.media = ids(self.each("media", &seed.media, Self::media)?);
        created.statuses = ids(self.each("statuses", &seed.statuses, Self::status)?);
        let scheduled = &seed.scheduled_statuses;
        let scheduled = self.each("scheduled_statuses", scheduled, Self::scheduled_status)?;
        created.scheduled_statuses = ids(scheduled);
        self.each("notifications", &seed.notifications, Self::notification)?;
        created.lists = ids(self.each("lists", &seed.lists, Self::list)?);
        created.filters = ids(self.each("filters", &seed.filters, Self::filter)?);
        created.collections = ids(self.each("collections", &seed.collections, Self::collection)?);
        let announcements = self.each("announcements", &seed.announcements, Self::announcement)?;
        created.announcements = ids(announcements);
        if let Some(trends) = &seed.trends {
            self.trends(trends)
                .map_err(|error| error.inside("trends"))?;
        }
        Ok(created)
    }

    fn each<I, T>(
        &mut self,
        name: &str,
        items: &[I],
        create: impl Fn(&mut Self, &I) -> SeedResult<T>,
    ) -> SeedResult<Vec<T>> {
        let mut created = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let item = create(self, item);
            created.push(item.map_err(|error| error.inside(&format!("{name}[{index}]")))?);
        }
        Ok(created)
    }

    /// Returns the time of a thing, by default the time of the clock.
    fn time(&self, time: Option<&Time>) -> Timestamp {
        time.map_or(self.now, |time| time.at(self.now))
    }

    /// Returns the account that a field refers to.
    pub(crate) fn account(&self, field: &str, reference: &Reference) -> SeedResult<Id> {
        let text = reference.as_str();
        let by_id = || {
            let id = text.parse().ok()?;
            self.state.accounts.contains_key(&id).then_some(id)
        };
        self.state
            .account_by_acct(text)
            .or_else(by_id)
            .ok_or_else(|| {
                let accounts = self.state.accounts.values();
                let known: Vec<String> = accounts.map(crate::state::Account::acct).collect();
                SeedError::new(
                    field,
                    format!("unknown user `{text}`; the users are {}", listed(&known)),
                )
            })
    }

    /// Returns the user of this server that a field refers to.
    pub(crate) fn local_user(&self, field: &str, reference: &Reference) -> SeedResult<Id> {
        let id = self.account(field, reference)?;
        let account = self.state.accounts.get(&id);
        if account.is_some_and(|account| account.domain.is_some()) {
            let message = format!("`{}` is not a user of this server", reference.as_str());
            return Err(SeedError::new(field, message));
        }
        Ok(id)
    }
}

/// Lists names in an error message: all of them, or the first ten.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const MAX: usize = 10;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = names
        .iter()
        .take(MAX)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    let more = names.len().saturating_sub(MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}
