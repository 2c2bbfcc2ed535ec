//! Server information: the parts of an instance that the SDK uses.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::MediaLimits;
use super::instance::decode_instance;
use super::media_limits::positive;
use crate::call::endpoint::Endpoint;
use crate::entities::{
    InstanceConfigurationMediaAttachments, InstanceConfigurationPolls,
    InstanceConfigurationStatuses, InstanceConfigurationTimelinesAccess,
};
use crate::error::Error;
use crate::facts::{ServerVersion, StatusLimits};
use crate::http::RawResponse;
use crate::serde_impls::deserialize_struct;

/// Age at which server information is fetched again before a status or file is rejected because of it: an
/// administrator may have raised the limits in the meantime.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// The parts of an instance that the SDK uses.
#[derive(Debug)]
pub(crate) struct ServerInfo {
    pub(crate) version: Arc<ServerVersion>,
    pub(crate) limits: StatusLimits,
    pub(crate) media: MediaLimits,
    /// Who can read which timeline. Since Mastodon 4.5.0.
    pub(crate) timelines: Option<InstanceConfigurationTimelinesAccess>,
    fetched: Instant,
}

/// Members of an instance. They differ between versions, so none is required.
#[derive(Default)]
struct InstanceMembers {
    configuration: Configuration,
}

deserialize_struct!(InstanceMembers {
    configuration: default
});

#[derive(Default)]
struct Configuration {
    statuses: serde_json::Value,
    media_attachments: serde_json::Value,
    polls: serde_json::Value,
    timelines_access: serde_json::Value,
}

deserialize_struct!(Configuration {
    statuses: default,
    media_attachments: default,
    polls: default,
    timelines_access: default
});

impl ServerInfo {
    pub(crate) fn decode(
        endpoint: &'static Endpoint,
        response: &RawResponse,
    ) -> Result<Self, Error> {
        let json = decode_instance(endpoint, response)?;
        let instance: InstanceMembers = part(&json).unwrap_or_default();
        let version = ServerVersion::from_instance(&json);
        Ok(Self {
            version: Arc::new(version),
            limits: status_limits(
                part(&instance.configuration.statuses).as_ref(),
                part(&instance.configuration.polls).as_ref(),
            ),
            media: part::<InstanceConfigurationMediaAttachments>(
                &instance.configuration.media_attachments,
            )
            .map(|limits| (&limits).into())
            .unwrap_or_default(),
            timelines: part(&instance.configuration.timelines_access),
            fetched: Instant::now(),
        })
    }

    /// Returns whether the data is too old to reject a status or file because of it.
    pub(crate) fn is_outdated(&self) -> bool {
        self.fetched.elapsed() >= MAX_AGE
    }
}

/// Returns a part of the response, if it has the expected type.
fn part<T: DeserializeOwned>(value: &serde_json::Value) -> Option<T> {
    serde_json::from_str(&value.to_string()).ok()
}

fn status_limits(
    statuses: Option<&InstanceConfigurationStatuses>,
    polls: Option<&InstanceConfigurationPolls>,
) -> StatusLimits {
    StatusLimits {
        characters: statuses.and_then(|limit| positive(limit.max_characters)),
        characters_per_link: statuses.and_then(|limit| positive(limit.characters_reserved_per_url)),
        media: statuses.and_then(|limit| positive(limit.max_media_attachments)),
        poll_options: polls.and_then(|limit| positive(limit.max_options)),
        poll_option_characters: polls.and_then(|limit| positive(limit.max_characters_per_option)),
        poll_min_seconds: polls.and_then(|limit| positive(limit.min_expiration)),
        poll_max_seconds: polls.and_then(|limit| positive(limit.max_expiration)),
    }
}
