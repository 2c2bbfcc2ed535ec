//! What the staff of the server defines: roles, announcements and custom emojis.

use serde::Deserialize;

use super::{Kind, Reference, SeedError, SeedResult, Seeder, Time};
use crate::ids::Id;
use crate::state::{CustomEmoji, ForcedTrends, Permission, ReactionError, Role, is_valid_tag};

/// Role of users. The roles `Owner`, `Admin` and `Moderator` exist always.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleSeed {
    pub(crate) name: String,
    /// Permissions by the names of Mastodon, such as `manage_reports`.
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    /// Only roles of a higher position can act upon its users: that of Moderator is 10, of Admin 100, of Owner 1000.
    #[serde(default)]
    pub(crate) position: i32,
    /// Color such as `#ff0000`.
    #[serde(default)]
    pub(crate) color: String,
    /// Whether profiles show it. Default: true.
    #[serde(default = "yes")]
    pub(crate) highlighted: bool,
}

fn yes() -> bool {
    true
}

/// Announcement of the staff.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnouncementSeed {
    pub(crate) text: String,
    /// Default: the time of the clock.
    #[serde(default)]
    pub(crate) published_at: Option<Time>,
    /// Users who have dismissed it.
    #[serde(default)]
    pub(crate) read_by: Vec<Reference>,
    #[serde(default)]
    pub(crate) reactions: Vec<ReactionSeed>,
}

/// Reaction to an announcement.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ReactionSeed {
    /// Unicode emoji, or shortcode of a custom emoji.
    pub(crate) name: String,
    pub(crate) users: Vec<Reference>,
}

/// Changes of an announcement.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnouncementChanges {
    pub(crate) text: String,
}

/// Custom emoji. Its image is a gray pixel.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct EmojiSeed {
    /// Name without colons.
    pub(crate) shortcode: String,
    #[serde(default)]
    pub(crate) category: Option<String>,
    /// Default: true.
    #[serde(default = "yes")]
    pub(crate) visible_in_picker: bool,
    #[serde(default)]
    pub(crate) featured: bool,
}

/// Trends, in this order. They come before those that statuses cause.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TrendsSeed {
    /// Hashtags.
    pub(crate) tags: Vec<String>,
    /// URLs of pages.
    pub(crate) links: Vec<String>,
    /// Statuses, by label or ID.
    pub(crate) statuses: Vec<Reference>,
}

impl Seeder<'_> {
    /// Sets the trends.
    pub(crate) fn trends(&mut self, seed: &TrendsSeed) -> SeedResult<()> {
        let mut trends = ForcedTrends::default();
        for (index, status) in seed.statuses.iter().enumerate() {
            let field = format!("statuses[{index}]");
            trends
                .statuses
                .push(self.labeled(Kind::Status, &field, status)?);
        }
        for (index, name) in seed.tags.iter().enumerate() {
            if !is_valid_tag(name.trim_start_matches('#')) {
                let message = format!("`{name}` is not a hashtag");
                return Err(SeedError::new(format!("tags[{index}]"), message));
            }
            trends.tags.push(self.state.register_tag(name));
        }
        for (index, url) in seed.links.iter().enumerate() {
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let message = format!("`{url}` is not the URL of a page");
                return Err(SeedError::new(format!("links[{index}]"), message));
            }
            trends.links.push(url.clone());
        }
        self.state.forced_trends = trends;
        Ok(())
    }

    /// Creates a role. Returns its ID.
    pub(crate) fn role(&mut self, seed: &RoleSeed) -> SeedResult<String> {
        if self.state.moderation.roles.find(&seed.name).is_some() {
            let message = format!("the role `{}` exists already", seed.name);
            return Err(SeedError::new("name", message));
        }
        let mut permissions = Vec::new();
        for (index, name) in seed.permissions.iter().enumerate() {
            permissions.push(Permission::from_name(name).ok_or_else(|| {
                let all: Vec<&str> = Permission::ALL.iter().map(|(_, name)| *name).collect();
                let message = format!(
                    "unknown permission `{name}`; the permissions are {}",
                    all.join(", ")
                );
                SeedError::new(format!("permissions[{index}]"), message)
            })?);
        }
        let mut role = Role::new(0, &seed.name, &permissions, seed.position.into());
        role.color.clone_from(&seed.color);
        role.highlighted = seed.highlighted;
        Ok(self.state.moderation.roles.add(role).to_string())
    }

    /// Returns the ID of a role.
    pub(crate) fn role_id(&self, name: &str) -> SeedResult<i64> {
        let roles = &self.state.moderation.roles;
        roles.find(name).map(|role| role.id).ok_or_else(|| {
            let message = format!(
                "unknown role `{name}`; the roles are {}",
                super::listed(&roles.names())
            );
            SeedError::new("role", message)
        })
    }

    /// Publishes an announcement. Returns its ID.
    pub(crate) fn announcement(&mut self, seed: &AnnouncementSeed) -> SeedResult<Id> {
        let read_by = self.accounts("read_by", &seed.read_by)?;
        let mut reactions = Vec::new();
        for (index, reaction) in seed.reactions.iter().enumerate() {
            let field = format!("reactions[{index}]");
            let users = self.accounts(&format!("{field}.users"), &reaction.users)?;
            reactions.push((field, &reaction.name, users));
        }
        let published = self.time(seed.published_at.as_ref());
        let id = self.state.publish_announcement(&seed.text, published);
        if let Some(announcement) = self.state.announcements.get_mut(&id) {
            announcement.read_by.extend(read_by);
        }
        for (field, name, users) in reactions {
            for user in users {
                let added = self.state.add_reaction(id, name, user);
                if added == Err(ReactionError::TooMany) {
                    return Err(SeedError::new(field, "at most 8 different reactions"));
                }
            }
        }
        Ok(id)
    }

    /// Creates a custom emoji.
    pub(crate) fn emoji(&mut self, seed: &EmojiSeed) -> SeedResult<()> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if seed.shortcode.len() < 2 || !seed.shortcode.chars().all(is_word) {
            let message = format!(
                "`{}` is not a shortcode; use at least two letters, digits and underscores, without colons",
                seed.shortcode
            );
            return Err(SeedError::new("shortcode", message));
        }
        let mut emojis = self.state.custom_emojis.iter();
        if emojis.any(|emoji| emoji.shortcode == seed.shortcode) {
            let message = format!("the emoji `{}` exists already", seed.shortcode);
            return Err(SeedError::new("shortcode", message));
        }
        self.state.custom_emojis.push(CustomEmoji {
            shortcode: seed.shortcode.clone(),
            category: seed.category.clone(),
            visible_in_picker: seed.visible_in_picker,
            featured: seed.featured,
        });
        Ok(())
    }

    /// Returns the ID of a thing that a field refers to by its label or its ID.
    pub(crate) fn labeled(&self, kind: Kind, field: &str, reference: &Reference) -> SeedResult<Id> {
        let text = reference.as_str();
        let by_label = self.state.labels.get(&(kind, text.to_owned())).copied();
        let exists = |id: &Id| match kind {
            Kind::Status => self.state.statuses.contains_key(id),
            Kind::Media => self.state.media.contains_key(id),
        };
        let found = by_label.or_else(|| text.parse().ok()).filter(exists);
        found.ok_or_else(|| {
            let labels = self.state.labels.keys();
            let labels = labels.filter(|(own, _)| *own == kind);
            let labels: Vec<&str> = labels.map(|(_, label)| label.as_str()).collect();
            let message = format!(
                "unknown {} `{text}`; the labels are {}",
                kind.as_str(),
                super::listed(&labels)
            );
            SeedError::new(field, message)
        })
    }

    /// Fails if another thing of the kind has the label.
    pub(crate) fn check_label(&self, kind: Kind, label: Option<&str>) -> SeedResult<()> {
        let taken = label.filter(|label| {
            let key = (kind, (*label).to_owned());
            self.state.labels.contains_key(&key)
        });
        match taken {
            Some(label) => {
                let message = format!("another {} has the label `{label}`", kind.as_str());
                Err(SeedError::new("label", message))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn set_label(&mut self, kind: Kind, label: Option<&str>, id: Id) {
        if let Some(label) = label {
            self.state.labels.insert((kind, label.to_owned()), id);
        }
    }
}
