//! Behavior of posts, media and actions that only a busy or failing server shows.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seconds;

/// Behavior of posts, media and actions on statuses that only a busy or failing server shows. The default is an idle server.
///
/// ```
/// # async fn example() -> std::io::Result<()> {
/// use std::time::Duration;
/// use mastodon_test_server::TestServer;
///
/// let server = TestServer::start().await?;
/// let mut behavior = server.behavior();
/// behavior.posting.home_delay = Duration::from_secs(2);
/// behavior.posting.media_processing_fails = true;
/// server.set_behavior(behavior);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PostingBehavior {
    /// Time after which a new status is in home timelines and lists, measured by the server's clock. Its author can read it
    /// elsewhere at once. The events of these timelines follow when the status is there. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub home_delay: Duration,
    /// Time after which the search finds a new status, measured by the server's clock. Mastodon indexes new statuses each
    /// minute. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub search_delay: Duration,
    /// Time for which a post or an edit waits for another server, for each account in its text that this server does not
    /// know, such as `@anna@far.example`. The accounts are not found. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub remote_lookup_time: Duration,
    /// Texts that statuses of all accounts must not contain. A new status with one of them is not stored although the
    /// response is successful, unless it replies to or mentions a follower of the author. Case does not matter. Default:
    /// none.
    pub banned_texts: Vec<String>,
    /// The same for accounts that are at most a week old. Default: none.
    pub banned_texts_of_new_accounts: Vec<String>,
    /// Time for which uploaded video, audio and animated images are processed, measured by the server's clock. Default: 1.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub media_processing_time: Duration,
    /// Whether the processing of uploads fails. Images, and files that are sent to the v1 endpoint, are rejected with 500.
    /// Other files are accepted, and fail with 422 after [`media_processing_time`](Self::media_processing_time). Default:
    /// false.
    pub media_processing_fails: bool,
    /// Time after which the media of a deleted status can be attached to another one, measured by the server's clock.
    /// Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub media_release_delay: Duration,
    /// Time after which a favourite that was undone is gone, measured by the server's clock. The response to the action
    /// shows the new state at once. Default: 0.
    #[serde(with = "seconds")]
    #[cfg_attr(test, schemars(with = "f64", range(min = 0)))]
    pub unfavourite_delay: Duration,
}

impl Default for PostingBehavior {
    fn default() -> Self {
        Self {
            home_delay: Duration::ZERO,
            search_delay: Duration::ZERO,
            remote_lookup_time: Duration::ZERO,
            banned_texts: Vec::new(),
            banned_texts_of_new_accounts: Vec::new(),
            media_processing_time: Duration::from_secs(1),
            media_processing_fails: false,
            media_release_delay: Duration::ZERO,
            unfavourite_delay: Duration::ZERO,
        }
    }
}
