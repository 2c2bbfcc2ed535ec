//! What a server says of itself: asked for on first need, then remembered by all clones.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::client::Mastodon;
use crate::decode;
use crate::endpoint::Endpoint;
use crate::error::{ApiErrorKind, Error};
use crate::generated::entities::{
    AccountId, InstanceConfigurationPolls, InstanceConfigurationStatuses,
    InstanceConfigurationTimelinesAccess,
};
use crate::generated::methods::instance::{INSTANCE_V1, INSTANCE_V2};
use crate::request::Call;
use crate::transport::RawResponse;
use crate::version::{ServerVersion, Software, Version};

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
    /// Who may read which timeline; Mastodon tells it since 4.5.0.
    pub(crate) timelines: Option<InstanceConfigurationTimelinesAccess>,
    learnt: Instant,
}

/// What all clones of a client remember.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// `None` inside: the server was asked and does not tell.
    server: OnceCell<Option<Arc<ServerInfo>>>,
    /// The user that the token stands for.
    pub(crate) user: OnceCell<AccountId>,
}

/// The memory, which can be exchanged for an empty one.
#[derive(Debug, Default)]
pub(crate) struct Memories(Mutex<Arc<Memory>>);

impl Memories {
    pub(crate) fn now(&self) -> Arc<Memory> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, memory: Memory) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(memory);
    }
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
    polls: serde_json::Value,
    timelines_access: serde_json::Value,
}

impl ServerInfo {
    fn read(endpoint: &'static Endpoint, raw: &RawResponse) -> Result<Self, Error> {
        let answer: serde_json::Value = decode::read(endpoint, raw)?;
        let told: Told = part(answer).unwrap_or_default();
        let api = told.api_versions["mastodon"]
            .as_u64()
            .and_then(|api| u32::try_from(api).ok());
        let version = ServerVersion::parse(told.version.as_str().unwrap_or_default(), api);
        Ok(Self {
            version: Arc::new(version),
            limits: limits(
                part(told.configuration.statuses).as_ref(),
                part(told.configuration.polls).as_ref(),
            ),
            timelines: part(told.configuration.timelines_access),
            learnt: Instant::now(),
        })
    }

    /// How long ago the server said so.
    pub(crate) fn age(&self) -> Duration {
        self.learnt.elapsed()
    }
}

/// A part of an answer, if it is there and as it should be.
fn part<T: DeserializeOwned>(value: serde_json::Value) -> Option<T> {
    serde_json::from_value(value).ok()
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

/// # What the server says of itself
///
/// It is asked for on first need and then remembered, by all clones of the client; an answer of
/// [`Mastodon::instance`] is remembered, too. [`Mastodon::clear_caches`] forgets it.
impl Mastodon {
    /// The server's version, asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn retrieve_mastodon_version(&self) -> Result<ServerVersion, Error> {
        if let Some(version) = &self.inner.version {
            return Ok(ServerVersion::clone(version));
        }
        self.insist()
            .await
            .map(|info| ServerVersion::clone(&info.version))
    }

    /// Whether the server has what Mastodon has since this version.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn verify_minimum_version(&self, version: Version) -> Result<bool, Error> {
        Ok(self.retrieve_mastodon_version().await?.supports(version))
    }

    /// The software that the server runs, as its version tells.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn server_software(&self) -> Result<Software, Error> {
        Ok(self.retrieve_mastodon_version().await?.software)
    }

    /// What the server lets a status hold, asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn status_limits(&self) -> Result<StatusLimits, Error> {
        self.insist().await.map(|info| info.limits.clone())
    }

    /// Forgets what is known of the server and of the user, for all clones; what is needed of it is
    /// asked for anew. Rate limits are not forgotten.
    ///
    /// A program that runs for long can call it after the server's administrator changed something.
    pub fn clear_caches(&self) {
        self.inner.memories.replace(Memory::default());
    }

    /// The version for a check; a server that does not tell it is not stopped by that.
    pub(crate) async fn known_version(&self) -> Option<Arc<ServerVersion>> {
        if let Some(version) = &self.inner.version {
            return Some(Arc::clone(version));
        }
        let info = self.server_info().await.ok().flatten()?;
        Some(Arc::clone(&info.version))
    }

    /// What the server said of itself, if it was asked already.
    pub(crate) fn known_info(&self) -> Option<Arc<ServerInfo>> {
        self.inner.memories.now().server.get()?.clone()
    }

    /// What the server says of itself, asked for once; `None` where it does not tell. A refusal is
    /// remembered; a failure of the moment is not, and the next call asks again.
    pub(crate) async fn server_info(&self) -> Result<Option<Arc<ServerInfo>>, Error> {
        let memory = self.inner.memories.now();
        let learn = async || match self.ask_info().await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Api(refused))
                if !matches!(
                    refused.kind,
                    ApiErrorKind::Server | ApiErrorKind::RateLimited
                ) =>
            {
                Ok(None)
            }
            Err(Error::NotMastodon { .. } | Error::Decode(_)) => Ok(None),
            Err(error) => Err(error),
        };
        memory.server.get_or_try_init(learn).await.cloned()
    }

    /// As [`server_info`](Self::server_info), but where the server did not tell, the reason.
    pub(crate) async fn insist(&self) -> Result<Arc<ServerInfo>, Error> {
        match self.server_info().await? {
            Some(info) => Ok(info),
            None => self.ask_info().await,
        }
    }

    async fn ask_info(&self) -> Result<Arc<ServerInfo>, Error> {
        let (endpoint, raw) = self.describe_itself().await?;
        ServerInfo::read(endpoint, &raw).map(Arc::new)
    }

    /// Remembers an answer that describes the server, whoever asked for it. The old form of the
    /// description tells less than what may be known already.
    pub(crate) fn remember(&self, endpoint: &'static Endpoint, raw: &RawResponse) {
        let newest = std::ptr::eq(endpoint, &INSTANCE_V2);
        let memory = self.inner.memories.now();
        let known = matches!(memory.server.get(), Some(Some(_)));
        if !(newest || std::ptr::eq(endpoint, &INSTANCE_V1) && !known) {
            return;
        }
        if let Ok(info) = ServerInfo::read(endpoint, raw) {
            self.inner.memories.replace(Memory {
                server: OnceCell::new_with(Some(Some(Arc::new(info)))),
                user: memory.user.clone(),
            });
        }
    }

    /// What the server says of itself, not read yet, and the endpoint that said it: not all servers have both.
    pub(crate) async fn describe_itself(&self) -> Result<(&'static Endpoint, RawResponse), Error> {
        let ask = async |endpoint| {
            let call = Call::<serde_json::Value>::new(self, endpoint).unchecked();
            call.raw().await.map(|raw| (endpoint, raw))
        };
        match ask(&INSTANCE_V2).await {
            Err(error) if error.is_not_found() => ask(&INSTANCE_V1).await,
            answer => answer,
        }
    }
}
