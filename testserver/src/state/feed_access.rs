//! Who can use the live and hashtag feeds, and the languages that users have chosen for public timelines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Permission, State, Status};
use crate::ids::Id;

/// Who can read the statuses of one origin in live or hashtag feeds. A setting of the server's staff, since Mastodon 4.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FeedAccess {
    /// Everyone.
    #[default]
    Public,
    /// Users who are logged in.
    Authenticated,
    /// Only users whose role has the permission to view feeds. For others the feeds lack these statuses, without an
    /// error: a timeline with only these statuses is empty, and a stream of them is silent.
    Disabled,
}

impl FeedAccess {
    /// Returns the name in the `timelines_access` of the instance.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Authenticated => "authenticated",
            Self::Disabled => "disabled",
        }
    }
}

/// Access settings of the live feeds (public timelines) and of the hashtag feeds. The default is public access to all.
/// Set by [`Behavior::feed_access`](crate::Behavior::feed_access).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FeedAccessSettings {
    /// Statuses of this server in live feeds.
    pub local_live: FeedAccess,
    /// Statuses of other servers in live feeds.
    pub remote_live: FeedAccess,
    /// Statuses of this server in hashtag and link feeds.
    pub local_topic: FeedAccess,
    /// Statuses of other servers in hashtag and link feeds.
    pub remote_topic: FeedAccess,
}

/// Kind of feed with access settings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedKind {
    Live,
    /// Hashtags and links.
    Topic,
}

/// Languages of the statuses in the public timelines of users. Users without an entry see all languages.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChosenLanguages(BTreeMap<Id, Vec<String>>);

impl ChosenLanguages {
    /// Returns the languages that a user has chosen. Empty: all.
    pub(crate) fn of(&self, user: Id) -> &[String] {
        self.0.get(&user).map_or(&[], Vec::as_slice)
    }

    /// Sets the languages of a user. None means all.
    pub(crate) fn set(&mut self, user: Id, languages: Vec<String>) {
        if languages.is_empty() {
            self.0.remove(&user);
        } else {
            self.0.insert(user, languages);
        }
    }
}

impl State {
    /// Returns the access settings of a feed for local and for remote statuses.
    pub(crate) fn feed_access(&self, kind: FeedKind) -> [FeedAccess; 2] {
        let settings = self.behavior.with(|behavior| behavior.feed_access);
        match kind {
            FeedKind::Live => [settings.local_live, settings.remote_live],
            FeedKind::Topic => [settings.local_topic, settings.remote_topic],
        }
    }

    /// Whether a feed needs a user, for the origins that the parameters `local` and `remote` select.
    pub(crate) fn feed_needs_user(&self, kind: FeedKind, is_local: bool, is_remote: bool) -> bool {
        let [local, remote] = self.feed_access(kind);
        let selected = match (is_local, is_remote) {
            (true, _) => vec![local],
            (_, true) => vec![remote],
            _ => vec![local, remote],
        };
        selected.iter().any(|access| *access != FeedAccess::Public)
    }

    /// Whether the access settings hide the statuses of a feed from a user who is logged in.
    pub(crate) fn hides_feed(&self, kind: FeedKind, user: Id, is_remote: bool) -> bool {
        !self.can_read_feed(kind, Some(user), is_remote)
    }

    /// Whether a viewer can read the statuses of a feed that come from this server or from others.
    fn can_read_feed(&self, kind: FeedKind, viewer: Option<Id>, is_remote: bool) -> bool {
        let [local, remote] = self.feed_access(kind);
        match if is_remote { remote } else { local } {
            FeedAccess::Public => true,
            FeedAccess::Authenticated => viewer.is_some(),
            FeedAccess::Disabled => {
                viewer.is_some_and(|viewer| self.can(viewer, &[Permission::ViewFeeds]))
            }
        }
    }

    /// Whether a feed can show a status to a viewer, by the access settings of the server.
    pub(crate) fn is_readable_in_feed(
        &self,
        kind: FeedKind,
        viewer: Option<Id>,
        status: &Status,
    ) -> bool {
        self.can_read_feed(kind, viewer, self.is_remote(status.account))
    }

    /// Whether the public timelines of a viewer include the language of a status.
    pub(crate) fn is_in_chosen_languages(&self, viewer: Option<Id>, status: &Status) -> bool {
        let chosen = viewer.map(|viewer| self.chosen_languages.of(viewer));
        chosen.is_none_or(|chosen| includes_language(chosen, status))
    }
}

/// Whether chosen languages include that of a status. A status of unknown language is in none.
pub(crate) fn includes_language(chosen: &[String], status: &Status) -> bool {
    let language = status.language.as_ref();
    chosen.is_empty() || language.is_some_and(|language| chosen.contains(language))
}
