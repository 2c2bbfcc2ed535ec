//! Who may read which public timeline.

use crate::client::Mastodon;
use crate::entities::{InstanceConfigurationTimelinesAccess, TimelineAccess};
use crate::error::{ApiErrorKind, Error};

/// A kind of public timeline, to which a server can restrict access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feed {
    /// All public statuses: [`Mastodon::timeline_public`] and [`Mastodon::timeline_local`].
    Public,
    /// The statuses with a hashtag: [`Mastodon::timeline_hashtag`].
    Hashtag,
    /// The statuses with a trending link: [`Mastodon::timeline_link`].
    Link,
}

/// Whose statuses a public timeline has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Those of the server itself.
    Local,
    /// Those of other servers.
    Remote,
    /// Those of all servers.
    All,
}

impl Mastodon {
    /// Who may read a public timeline. A timeline of all servers is as restricted as its more
    /// restricted half.
    ///
    /// Mastodon tells it since 4.5.0. `None` from other servers: there the only way to know is
    /// [`Mastodon::timeline_is_available`].
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn timeline_access(
        &self,
        feed: Feed,
        origin: Origin,
    ) -> Result<Option<TimelineAccess>, Error> {
        let info = self.require_server_info().await?;
        Ok(info
            .timelines
            .as_ref()
            .and_then(|told| strictest(told, feed, origin)))
    }

    /// Whether this client can read a public timeline: with a token, whether users can; without one,
    /// whether everyone can.
    ///
    /// Mastodon tells it since 4.5.0, and is asked once. From other servers a status of the public
    /// timeline is fetched to see: there one setting holds for all these timelines.
    ///
    /// ```no_run
    /// # async fn example(mastodon: mastodon_sdk::Mastodon) -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::server::{Feed, Origin};
    /// if mastodon.timeline_is_available(Feed::Public, Origin::Local).await? {
    ///     let page = mastodon.timeline_local().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn timeline_is_available(&self, feed: Feed, origin: Origin) -> Result<bool, Error> {
        match self.timeline_access(feed, origin).await? {
            Some(TimelineAccess::Public) => Ok(true),
            Some(TimelineAccess::Authenticated) => Ok(self.core().token.is_some()),
            Some(_) => Ok(false),
            None => self.can_read(origin).await,
        }
    }

    /// Sees whether the public timeline can be read, by reading a status of it.
    async fn can_read(&self, origin: Origin) -> Result<bool, Error> {
        let timeline = match origin {
            Origin::Local => self.timeline_public().local(true),
            Origin::Remote => self.timeline_public().remote(true),
            Origin::All => self.timeline_public(),
        };
        match timeline.limit(1).raw().await {
            Ok(_) => Ok(true),
            Err(error) => match error.api().map(|refused| refused.kind) {
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

fn strictest(
    told: &InstanceConfigurationTimelinesAccess,
    feed: Feed,
    origin: Origin,
) -> Option<TimelineAccess> {
    let (local, remote) = match feed {
        Feed::Public => told
            .live_feeds
            .as_ref()
            .map(|told| (&told.local, &told.remote)),
        Feed::Hashtag => told
            .hashtag_feeds
            .as_ref()
            .map(|told| (&told.local, &told.remote)),
        Feed::Link => {
            let told = told.trending_link_feeds.as_ref();
            told.map(|told| (&told.local, &told.remote))
        }
    }?;
    let halves: &[_] = match origin {
        Origin::Local => &[local],
        Origin::Remote => &[remote],
        Origin::All => &[local, remote],
    };
    let strictness = |access: &TimelineAccess| match access {
        TimelineAccess::Public => 0,
        TimelineAccess::Authenticated => 1,
        _ => 2,
    };
    // A half that is not told leaves the whole untold.
    let halves: Option<Vec<&TimelineAccess>> = halves.iter().map(|half| half.as_ref()).collect();
    halves?
        .into_iter()
        .max_by_key(|access| strictness(access))
        .cloned()
}
