//! Rules of home timelines, lists and notifications that differ between versions, or that only a busy server shows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seconds;

/// Rules of home timelines, lists and notifications. The default is an idle server with the latest version of Mastodon.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FeedBehavior {
    /// Maximum number of entries of a home timeline or list. Older statuses are in neither. Default: 800; before Mastodon
    /// 4.1: 400.
    pub capacity: usize,
    /// Time that the server takes to regenerate the feeds of a user who has made no request for a week, measured by the
    /// clock of the server. Meanwhile the home timeline is incomplete: its status is 206, and the header
    /// `Mastodon-Async-Refresh` names the refresh. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub regeneration_time: Duration,
    /// Time after which the notifications of an accepted notification request are merged into the others, measured by the
    /// clock of the server. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub merge_time: Duration,
    /// Whether past statuses of an account are added to a list together with the account. Default: true; before Mastodon
    /// 4.4: false.
    pub backfills_lists: bool,
}

impl Default for FeedBehavior {
    fn default() -> Self {
        Self {
            capacity: 800,
            regeneration_time: Duration::ZERO,
            merge_time: Duration::ZERO,
            backfills_lists: true,
        }
    }
}
