//! What is known of a server, whoever asks it: each thing is asked for once and then remembered.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::auth::Metadata;
use crate::call::Call;
use crate::client::Mastodon;
use crate::endpoint::Endpoint;
use crate::error::{ApiErrorKind, Error};
use crate::generated::endpoints::{INSTANCE_V1, INSTANCE_V2};
use crate::media::MediaLimits;
use crate::server_info::{ServerInfo, StatusLimits};
use crate::transport::RawResponse;
use crate::version::{ServerVersion, Software, Version};

/// What a client, its clones and its successors with another token share. Where the inside is
/// `None`, the server was asked and does not tell.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The version that the builder was told.
    given: Option<Arc<ServerVersion>>,
    info: Memory<Option<Arc<ServerInfo>>>,
    software: Memory<Software>,
    pub(crate) oauth: Memory<Option<Arc<Metadata>>>,
}

impl Known {
    /// What somebody else knows of the version.
    pub(crate) fn version(version: ServerVersion) -> Self {
        Self {
            given: Some(Arc::new(version)),
            ..Self::default()
        }
    }
}

/// Something that is asked for once, until it is to be forgotten.
#[derive(Debug)]
pub(crate) struct Memory<T>(Mutex<Arc<OnceCell<T>>>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memory<T> {
    fn cell(&self) -> Arc<OnceCell<T>> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is remembered, asked for if it is not.
    pub(crate) async fn or_ask<F: Future<Output = Result<T, Error>>>(
        &self,
        ask: impl FnOnce() -> F,
    ) -> Result<T, Error> {
        self.cell().get_or_try_init(ask).await.cloned()
    }

    fn replace(&self, cell: OnceCell<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(cell);
    }
}

/// What is to be remembered of an answer: a refusal is, a failure of the moment is not, so that the
/// next call asks again.
pub(crate) fn lasting<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
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
        if let Some(version) = &self.inner.known.given {
            return Ok(ServerVersion::clone(version));
        }
        let info = self.insist().await?;
        Ok(ServerVersion::clone(&info.version))
    }

    /// Whether the server has what Mastodon has since this version.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn verify_minimum_version(&self, version: Version) -> Result<bool, Error> {
        Ok(self.retrieve_mastodon_version().await?.supports(version))
    }

    /// The software that the server runs, as its version tells; where that does not tell, or is not
    /// told, as its NodeInfo does. Asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked, or tells neither.
    pub async fn server_software(&self) -> Result<Software, Error> {
        let known = &self.inner.known.software;
        known.or_ask(|| self.ask_software()).await
    }

    /// What the server lets a status hold, asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn status_limits(&self) -> Result<StatusLimits, Error> {
        self.insist().await.map(|info| info.limits.clone())
    }

    /// What the server takes as media, asked for once and then remembered by all clones.
    ///
    /// # Errors
    ///
    /// When the server cannot be asked.
    pub async fn media_limits(&self) -> Result<MediaLimits, Error> {
        self.insist().await.map(|info| info.media.clone())
    }

    /// Forgets what is known of the server, for all clones; what is needed of it is asked for anew.
    /// Rate limits are not forgotten.
    ///
    /// A program that runs for long can call it after the server's administrator changed something.
    pub fn clear_caches(&self) {
        let Known {
            given: _,
            info,
            software,
            oauth,
        } = &*self.inner.known;
        info.replace(OnceCell::new());
        software.replace(OnceCell::new());
        oauth.replace(OnceCell::new());
    }

    async fn ask_software(&self) -> Result<Software, Error> {
        let told = self.retrieve_mastodon_version().await;
        if let Ok(version) = &told
            && version.software != Software::Unknown
        {
            return Ok(version.software.clone());
        }
        let info = match self.instance_nodeinfo().await {
            // It is on another host.
            Err(Error::Config(_)) => None,
            answer => lasting(answer)?,
        };
        match (info, told) {
            (Some(info), _) => Ok(Software::from_name(&info.software.name)),
            // The version says at least that it is not Mastodon.
            (None, Ok(version)) => Ok(version.software),
            (None, Err(error)) => Err(error),
        }
    }

    /// The version for a check; a server that does not tell it is not stopped by that.
    pub(crate) async fn known_version(&self) -> Option<Arc<ServerVersion>> {
        if let Some(version) = &self.inner.known.given {
            return Some(Arc::clone(version));
        }
        let info = self.server_info().await.ok().flatten()?;
        Some(Arc::clone(&info.version))
    }

    /// What the server said of itself, if it was asked already.
    pub(crate) fn known_info(&self) -> Option<Arc<ServerInfo>> {
        self.inner.known.info.cell().get()?.clone()
    }

    /// What the server says of itself, asked for once; `None` where it does not tell. A refusal is
    /// remembered; a failure of the moment is not, and the next call asks again.
    pub(crate) async fn server_info(&self) -> Result<Option<Arc<ServerInfo>>, Error> {
        let ask = async || lasting(self.ask_info().await);
        self.inner.known.info.or_ask(ask).await
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
        let unknown = || self.known_info().is_none();
        if !(newest || std::ptr::eq(endpoint, &INSTANCE_V1) && unknown()) {
            return;
        }
        if let Ok(info) = ServerInfo::read(endpoint, raw) {
            let info = OnceCell::new_with(Some(Some(Arc::new(info))));
            self.inner.known.info.replace(info);
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
