//! What a server says of itself, as far as it matters here.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::decode;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::generated::entities::{
    InstanceConfigurationMediaAttachments, InstanceConfigurationPolls,
    InstanceConfigurationStatuses, InstanceConfigurationTimelinesAccess,
};
use crate::media::MediaLimits;
use crate::transport::RawResponse;
use crate::version::ServerVersion;

/// What a server lets a status hold. What it does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusLimits {
    /// The most characters of its text, the content warning counted in.
    pub characters: Option<u64>,
    /// How many characters a link counts for, however long it is.
    pub characters_per_link: Option<u64>,
    /// The most media.
    pub media: Option<u64>,
    /// The most answers of a poll.
    pub poll_options: Option<u64>,
    /// The most characters of an answer.
    pub poll_option_characters: Option<u64>,
    /// The shortest time that a poll is open, in seconds.
    pub poll_min_seconds: Option<u64>,
    /// The longest time that a poll is open, in seconds.
    pub poll_max_seconds: Option<u64>,
}

/// What a server said of itself.
#[derive(Debug)]
pub(crate) struct ServerInfo {
    pub(crate) version: Arc<ServerVersion>,
    pub(crate) limits: StatusLimits,
    pub(crate) media: MediaLimits,
    /// Who may read which timeline; Mastodon tells it since 4.5.0.
    pub(crate) timelines: Option<InstanceConfigurationTimelinesAccess>,
    learnt: Instant,
}

/// The parts of an instance that matter here. Other versions have other fields, and none is relied on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    version: serde_json::Value,
    api_versions: serde_json::Value,
    configuration: Configuration,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configuration {
    statuses: serde_json::Value,
    media_attachments: serde_json::Value,
    polls: serde_json::Value,
    timelines_access: serde_json::Value,
}

impl ServerInfo {
    pub(crate) fn read(endpoint: &'static Endpoint, raw: &RawResponse) -> Result<Self, Error> {
        let answer: serde_json::Value = decode::read(endpoint, raw)?;
        let told: Told = part(&answer).unwrap_or_default();
        let api = told.api_versions["mastodon"]
            .as_u64()
            .and_then(|api| u32::try_from(api).ok());
        let version = ServerVersion::parse(told.version.as_str().unwrap_or_default(), api);
        Ok(Self {
            version: Arc::new(version),
            limits: limits(
                part(&told.configuration.statuses).as_ref(),
                part(&told.configuration.polls).as_ref(),
            ),
            media: part::<InstanceConfigurationMediaAttachments>(
                &told.configuration.media_attachments,
            )
            .map(|told| (&told).into())
            .unwrap_or_default(),
            timelines: part(&told.configuration.timelines_access),
            learnt: Instant::now(),
        })
    }

    /// How long ago the server said so.
    pub(crate) fn age(&self) -> Duration {
        self.learnt.elapsed()
    }
}

/// A part of an answer, if it is there and as it should be.
fn part<T: DeserializeOwned>(value: &serde_json::Value) -> Option<T> {
    serde_json::from_str(&value.to_string()).ok()
}

fn limits(
    statuses: Option<&InstanceConfigurationStatuses>,
    polls: Option<&InstanceConfigurationPolls>,
) -> StatusLimits {
    // A number that is missing reads as zero, and no server has such a limit.
    let told = |limit: i64| u64::try_from(limit).ok().filter(|limit| *limit > 0);
    StatusLimits {
        characters: statuses.and_then(|limit| told(limit.max_characters)),
        characters_per_link: statuses.and_then(|limit| told(limit.characters_reserved_per_url)),
        media: statuses.and_then(|limit| told(limit.max_media_attachments)),
        poll_options: polls.and_then(|limit| told(limit.max_options)),
        poll_option_characters: polls.and_then(|limit| told(limit.max_characters_per_option)),
        poll_min_seconds: polls.and_then(|limit| told(limit.min_expiration)),
        poll_max_seconds: polls.and_then(|limit| told(limit.max_expiration)),
    }
}
