//! Cache of server data: version, software, limits, OAuth metadata. Each item is fetched once and shared
//! by all clones.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

#[cfg(feature = "streaming")]
use super::extensions::Extensions;
use super::instance::{fetch_instance, is_instance};
use super::nodeinfo::fetch_nodeinfo;
use super::oauth_metadata::OAuthMetadata;
use super::server_info::ServerInfo;
use super::{Mastodon, MediaLimits};
use crate::call::core::{BoxFuture, Core, ServerContext};
use crate::call::endpoint::Endpoint;
use crate::call::endpoints::{INSTANCE_V1, INSTANCE_V2};
use crate::call::request::Request;
use crate::entities::{NodeInfo, NodeInfoSoftware};
use crate::error::{ApiErrorKind, Error};
use crate::facts::{ServerVersion, Software, StatusLimits, Version};
use crate::http::RawResponse;

/// Server data that a client shares with its clones, and with clients for the same server with another
/// access token. An inner `None` means that the item was requested, but the server does not provide it.
#[derive(Debug, Default)]
pub(crate) struct ServerCache {
    /// Version that was passed to the builder.
    configured_version: Option<Arc<ServerVersion>>,
    info: CachedCell<Option<Arc<ServerInfo>>>,
    software: CachedCell<Software>,
    pub(super) oauth: CachedCell<Option<Arc<OAuthMetadata>>>,
    /// What higher layers know of the server.
    #[cfg(feature = "streaming")]
    pub(crate) extensions: Extensions,
}

impl ServerCache {
    pub(super) fn with_version(version: ServerVersion) -> Self {
        Self {
            configured_version: Some(Arc::new(version)),
            ..Self::default()
        }
    }

    /// Returns the server information, fetched once; `None` if the server does not provide it. An error
    /// response is cached; a transient failure is not, so that the next call fetches again.
    async fn info(
        &self,
        core: &Arc<Core>,
        max_retries: Option<u32>,
    ) -> Result<Option<Arc<ServerInfo>>, Error> {
        let fetch = async || cacheable(fetch_info(core, max_retries).await);
        self.info.get_or_fetch(fetch).await
    }

    /// Returns the server information if it was already fetched.
    fn cached_info(&self) -> Option<Arc<ServerInfo>> {
        self.info.cell().get()?.clone()
    }
}

impl ServerContext for ServerCache {
    fn version<'a>(
        &'a self,
        core: &'a Arc<Core>,
        max_retries: Option<u32>,
    ) -> BoxFuture<'a, Option<Arc<ServerVersion>>> {
        Box::pin(async move {
            if let Some(version) = &self.configured_version {
                return Some(Arc::clone(version));
            }
            let info = self.info(core, max_retries).await.ok().flatten()?;
            Some(Arc::clone(&info.version))
        })
    }

    fn known_version(&self) -> Option<Arc<ServerVersion>> {
        let cached = || Some(Arc::clone(&self.cached_info()?.version));
        self.configured_version.clone().or_else(cached)
    }

    /// Caches a response that contains server information, whichever call requested it. A response of the
    /// version 1 endpoint does not replace cached data, because it contains less.
    fn observe(&self, endpoint: &'static Endpoint, response: &RawResponse) {
        let is = |other: &Endpoint| endpoint.name == other.name;
        let is_better = is(&INSTANCE_V2) || is(&INSTANCE_V1) && self.cached_info().is_none();
        if !is_better || !is_instance(endpoint, response) {
            return;
        }
        if let Ok(mut info) = ServerInfo::decode(endpoint, response) {
            if info.version.software == Software::Unknown {
                // Only a fetch of the server information also requests NodeInfo.
                let Some(known) = self.cached_info() else {
                    return;
                };
                if known.version.raw == info.version.raw {
                    info.version = Arc::clone(&known.version);
                }
            }
            self.info
                .replace(OnceCell::new_with(Some(Some(Arc::new(info)))));
        }
    }
}

/// A value that is fetched once, until it is cleared.
#[derive(Debug)]
pub(super) struct CachedCell<T>(Mutex<Arc<OnceCell<T>>>);

impl<T> Default for CachedCell<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> CachedCell<T> {
    fn cell(&self) -> Arc<OnceCell<T>> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn get_or_fetch<F: Future<Output = Result<T, Error>>>(
        &self,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, Error> {
        self.cell().get_or_try_init(fetch).await.cloned()
    }

    fn replace(&self, cell: OnceCell<T>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(cell);
    }

    fn clear(&self) {
        self.replace(OnceCell::new());
    }
}

/// Converts a result to what may be cached: `None` for a permanent failure; a transient failure stays an
/// error, so that the next call fetches again.
pub(super) fn cacheable<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Api(error))
            if !matches!(
                error.kind,
                ApiErrorKind::Server | ApiErrorKind::RateLimited | ApiErrorKind::Blocked
            ) =>
        {
            Ok(None)
        }
        Err(Error::NotMastodon { .. } | Error::Decode(_) | Error::NotProvided { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn fetch_info(core: &Arc<Core>, max_retries: Option<u32>) -> Result<Arc<ServerInfo>, Error> {
    let mut request = Request::new(core, &INSTANCE_V2);
    request.max_retries = max_retries;
    let (response, request) = fetch_instance(request).await?;
    let mut info = ServerInfo::decode(request.endpoint, &response)?;
    if info.version.software == Software::Unknown
        && let Ok(nodeinfo) = fetch_nodeinfo(core).await
    {
        let version = ServerVersion::clone(&info.version);
        info.version = Arc::new(named_by(version, &nodeinfo));
    }
    Ok(Arc::new(info))
}

/// Returns the version with the software that NodeInfo names.
fn named_by(version: ServerVersion, nodeinfo: &NodeInfo) -> ServerVersion {
    let NodeInfoSoftware {
        name, version: own, ..
    } = &nodeinfo.software;
    version.with_nodeinfo(name, Some(own))
}

/// # Server information
///
/// Server information is fetched when it is first needed, and cached for all clones of the client. A
/// response of [`Mastodon::instance`] is also cached. [`Mastodon::clear_caches`] clears the cache.
impl Mastodon {
    /// Returns the server's version. It is fetched once and cached for all clones.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub async fn retrieve_mastodon_version(&self) -> Result<ServerVersion, Error> {
        if let Some(version) = &self.inner.server.configured_version {
            return Ok(ServerVersion::clone(version));
        }
        let info = self.require_server_info().await?;
        Ok(ServerVersion::clone(&info.version))
    }

    /// Returns whether the server has the features of this Mastodon version.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub async fn verify_minimum_version(&self, version: Version) -> Result<bool, Error> {
        Ok(self.retrieve_mastodon_version().await?.supports(version))
    }

    /// Returns the server's software, from its version or otherwise from its NodeInfo. It is fetched once and
    /// cached for all clones.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, or provides neither.
    pub async fn server_software(&self) -> Result<Software, Error> {
        let software = &self.inner.server.software;
        software.get_or_fetch(|| self.fetch_software()).await
    }

    /// Returns the server's limits of a status. They are fetched once and cached for all clones.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub async fn status_limits(&self) -> Result<StatusLimits, Error> {
        Ok(self.require_server_info().await?.limits.clone())
    }

    /// Returns the media types and sizes that the server accepts. They are fetched once and cached for all
    /// clones.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub async fn media_limits(&self) -> Result<MediaLimits, Error> {
        Ok(self.require_server_info().await?.media.clone())
    }

    /// Clears the cached server data for all clones; it is fetched again when it is needed. Rate limits
    /// are kept.
    ///
    /// A long-running application can call it after the server's administrator changed something.
    pub fn clear_caches(&self) {
        let ServerCache {
            configured_version: _,
            info,
            software,
            oauth,
            #[cfg(feature = "streaming")]
                extensions: _,
        } = &*self.inner.server;
        info.clear();
        software.clear();
        oauth.clear();
    }

    async fn fetch_software(&self) -> Result<Software, Error> {
        let version = self.retrieve_mastodon_version().await;
        if let Ok(version) = &version
            && version.software != Software::Unknown
        {
            return Ok(version.software.clone());
        }
        let nodeinfo = cacheable(fetch_nodeinfo(self.core()).await)?;
        match (nodeinfo, version) {
            (Some(nodeinfo), Ok(version)) => Ok(named_by(version, &nodeinfo).software),
            (Some(nodeinfo), Err(_)) => Ok(Software::from_name(&nodeinfo.software.name)),
            // `Unknown`: the version is not one of Mastodon's.
            (None, Ok(version)) => Ok(version.software),
            (None, Err(error)) => Err(error),
        }
    }

    /// Returns the version of the server, fetched if necessary; `None` if the server does not report it.
    pub(crate) async fn server_version(&self) -> Option<Arc<ServerVersion>> {
        self.inner.server.version(self.core(), None).await
    }

    /// Returns the server information if it was already fetched.
    pub(crate) fn cached_server_info(&self) -> Option<Arc<ServerInfo>> {
        self.inner.server.cached_info()
    }

    /// Returns the server information, fetched once; `None` if the server does not provide it.
    pub(crate) async fn server_info(&self) -> Result<Option<Arc<ServerInfo>>, Error> {
        self.inner.server.info(self.core(), None).await
    }

    /// Returns the server information. Fails if the server does not provide it.
    pub(crate) async fn require_server_info(&self) -> Result<Arc<ServerInfo>, Error> {
        match self.server_info().await? {
            Some(info) => Ok(info),
            None => fetch_info(self.core(), None).await,
        }
    }

    /// Fetches the server information again; `None` if it cannot be fetched.
    pub(crate) async fn refresh_server_info(&self) -> Option<Arc<ServerInfo>> {
        self.clear_caches();
        self.server_info().await.ok().flatten()
    }

    /// Fetches the instance, undecoded, from whichever endpoint the server has.
    pub(crate) async fn fetch_instance(&self) -> Result<(RawResponse, Request), Error> {
        fetch_instance(Request::new(self.core(), &INSTANCE_V2)).await
    }
}
