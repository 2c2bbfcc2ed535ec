//! Channels: what events are published to. A subscription receives the events of its channels.

use super::{Labels, find_stream, has_any_scope};
use crate::hashtags::streamed_form;
use crate::ids::{Id, parse_id};
use crate::route::Stream;
use crate::state::{State, Status, Token};

/// Channel that events are published to, as Mastodon does with Redis. The channels of a subscription identify it:
/// two spellings of a hashtag with the same normal form are one subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// Home timeline and announcements of a user.
    Home(Id),
    Notifications(Id),
    /// Conversations of a user.
    Direct(Id),
    List(Id),
    Public(Origin, MediaOnly),
    /// Hashtag in the normal form of the server that names the channel.
    Hashtag(String, Origin),
}

/// Servers from which a channel has statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    All,
    Local,
    Remote,
}

/// Whether a channel has only statuses with media.
pub(crate) type MediaOnly = bool;

impl Channel {
    /// Whether all users share the channel. The streaming server filters the statuses of these channels for each user.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Public(..) | Self::Hashtag(..))
    }

    /// Returns the channels of a stream. `target` is the hashtag or list ID.
    pub(super) fn of_stream(
        stream: &Stream,
        token: &Token,
        target: &str,
        labels: Labels,
    ) -> Vec<Self> {
        let user = token.user.unwrap_or_default();
        let mut parts = stream.name.split(':');
        let kind = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        let origin = match (parts.contains(&"local"), parts.contains(&"remote")) {
            (true, _) => Origin::Local,
            (_, true) => Origin::Remote,
            _ => Origin::All,
        };
        match kind {
            "user" if parts.contains(&"notification") => vec![Self::Notifications(user)],
            "user" if labels == Labels::Mastodon && reads_notifications(token) => {
                vec![Self::Home(user), Self::Notifications(user)]
            }
            "user" => vec![Self::Home(user)],
            "direct" => vec![Self::Direct(user)],
            "list" => vec![Self::List(parse_id(target))],
            "hashtag" => vec![Self::Hashtag(streamed_form(target), origin)],
            _ => vec![Self::Public(origin, parts.contains(&"media"))],
        }
    }

    /// Returns the public and hashtag channels of a public status.
    pub(super) fn of_public_status(state: &State, status: &Status, with_public: bool) -> Vec<Self> {
        let is_remote = state.is_remote(status.account);
        let origin = if is_remote {
            Origin::Remote
        } else {
            Origin::Local
        };
        let tags = status.tags.iter().flat_map(|tag| {
            let local = (!is_remote).then(|| Self::Hashtag(tag.clone(), Origin::Local));
            std::iter::once(Self::Hashtag(tag.clone(), Origin::All)).chain(local)
        });
        let mut channels: Vec<Self> = tags.collect();
        let has_media = !status.media.is_empty();
        for media_only in [false, true] {
            if with_public && (has_media || !media_only) {
                channels.extend([
                    Self::Public(Origin::All, media_only),
                    Self::Public(origin, media_only),
                ]);
            }
        }
        channels
    }
}

/// Whether a token has a scope for notifications.
fn reads_notifications(token: &Token) -> bool {
    let stream = find_stream("user:notification");
    stream.is_some_and(|stream| has_any_scope(token, stream.scopes))
}
