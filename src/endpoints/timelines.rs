//! Access to public timelines: which ones the server restricts.

use crate::client::Mastodon;
use crate::entities::{InstanceConfigurationTimelinesAccess, TimelineAccess};
use crate::error::{ApiErrorKind, Error};

/// Kind of public timeline to which a server can restrict access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimelineFeed {
    /// All public statuses: [`Mastodon::timeline_public`] and [`Mastodon::timeline_local`].
    Public,
    /// Statuses with a hashtag: [`Mastodon::timeline_hashtag`].
    Hashtag,
    /// Statuses with a trending link: [`Mastodon::timeline_link`].
    Link,
}

/// Servers whose statuses a public timeline contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimelineOrigin {
    /// This server.
    Local,
    /// All other servers.
    Remote,
    /// All servers.
    All,
}

/// # Access to timelines
impl Mastodon {
    /// Returns who can read a public timeline, from the server's configuration. A timeline of all servers has
    /// the stricter of the two restrictions, local and remote.
    ///
    /// Mastodon 4.5.0 and later publish this. `None` if the server does not:
    /// [`Mastodon::timeline_is_available`] then requests the timeline.
    ///
    /// # Errors
    ///
    /// If the server information cannot be fetched.
    pub async fn timeline_access(
        &self,
        feed: TimelineFeed,
        origin: TimelineOrigin,
    ) -> Result<Option<TimelineAccess>, Error> {
        let info = self.require_server_info().await?;
        Ok(info
            .timelines
            .as_ref()
            .and_then(|access| strictest(access, feed, origin)))
    }

    /// Returns whether this client can read a public timeline: with an access token, whether users can;
    /// without one, whether everyone can.
    ///
    /// Mastodon 4.5.0 and later publish this; it is fetched once. On other servers one setting applies to all
    /// these timelines, so one status of the public timeline is requested each time.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::server::{TimelineFeed, TimelineOrigin};
    /// if mastodon.timeline_is_available(TimelineFeed::Public, TimelineOrigin::Local).await? {
    ///     let page = mastodon.timeline_local().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the server information or the timeline cannot be fetched.
    pub async fn timeline_is_available(
        &self,
        feed: TimelineFeed,
        origin: TimelineOrigin,
    ) -> Result<bool, Error> {
        match self.timeline_access(feed, origin).await? {
            Some(TimelineAccess::Public) => Ok(true),
            Some(TimelineAccess::Authenticated) => Ok(self.core().token.is_some()),
            Some(_) => Ok(false),
            None => self.try_public_timeline(origin).await,
        }
    }

    /// Returns whether the public timeline can be read, by requesting one status.
    async fn try_public_timeline(&self, origin: TimelineOrigin) -> Result<bool, Error> {
        let timeline = match origin {
            TimelineOrigin::Local => self.timeline_public().local(true),
            TimelineOrigin::Remote => self.timeline_public().remote(true),
            TimelineOrigin::All => self.timeline_public(),
        };
        match timeline.limit(1).raw().await {
            Ok(_) => Ok(true),
            Err(error) => match error.api().map(|api| api.kind) {
                Some(
                    ApiErrorKind::Unauthorized
                    | ApiErrorKind::Forbidden
                    | ApiErrorKind::NotFound
                    | ApiErrorKind::Gone
                    | ApiErrorKind::Validation,
                ) => Ok(false),
                _ => Err(error),
            },
        }
    }
}

/// Returns the strictest access of the local and remote part of a timeline. `None` if the server does not
/// publish one of them.
fn strictest(
    access: &InstanceConfigurationTimelinesAccess,
    feed: TimelineFeed,
    origin: TimelineOrigin,
) -> Option<TimelineAccess> {
    let (local, remote) = match feed {
        TimelineFeed::Public => {
            let feed = access.live_feeds.as_ref();
            feed.map(|feed| (&feed.local, &feed.remote))
        }
        TimelineFeed::Hashtag => {
            let feed = access.hashtag_feeds.as_ref();
            feed.map(|feed| (&feed.local, &feed.remote))
        }
        TimelineFeed::Link => {
            let feed = access.trending_link_feeds.as_ref();
            feed.map(|feed| (&feed.local, &feed.remote))
        }
    }?;
    let parts: &[_] = match origin {
        TimelineOrigin::Local => &[local],
        TimelineOrigin::Remote => &[remote],
        TimelineOrigin::All => &[local, remote],
    };
    let strictness = |access: &TimelineAccess| match access {
        TimelineAccess::Public => 0,
        TimelineAccess::Authenticated => 1,
        _ => 2,
    };
    let parts: Option<Vec<&TimelineAccess>> = parts.iter().map(|part| part.as_ref()).collect();
    parts?
        .into_iter()
        .max_by_key(|access| strictness(access))
        .cloned()
}
