//! State that the calls of a client share: the server's URL, transport, rate limits, settings.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use url::Url;

use super::encode::url_at;
use super::endpoint::Endpoint;
use super::lost_response::Claims;
use super::version_check::VersionCheck;
use crate::error::Error;
use crate::facts::ServerVersion;
use crate::http::RawResponse;
use crate::http::access_token::AccessToken;
use crate::http::rate_limit::store::{MemoryRateLimitStore, RateLimitStore};
use crate::http::rate_limit::{Identity, OnWait, RateLimitMode, RateLimiter};
use crate::http::transport::{Transport, TransportSettings};
use crate::redact::KnownSecrets;
use crate::sorted::SortedMap;
use mastodon_types::SecretString;

/// A boxed future, for futures whose type would otherwise contain itself.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Settings of a client.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) rate_limit_mode: RateLimitMode,
    pub(crate) pace_factor: f64,
    pub(crate) rate_limit_store: Option<Arc<dyn RateLimitStore>>,
    pub(crate) on_wait: Option<OnWait>,
    pub(crate) version_check: VersionCheck,
    pub(crate) check_limits: bool,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_retries: u32,
    pub(crate) allow_plain_http: bool,
    pub(crate) language: Option<String>,
    pub(crate) keep_unknown_fields: bool,
    pub(crate) transport: TransportSettings,
}

/// State that the calls of a client share.
pub(crate) struct Core {
    /// URL of the server. Its path ends in `/`, and paths of endpoints are appended to it.
    pub(crate) base: Url,
    pub(crate) token: Option<AccessToken>,
    /// The token, as a secret of each request.
    pub(crate) secrets: KnownSecrets,
    /// Whether the token may be sent: the connection is encrypted, or the user allowed another one.
    pub(crate) may_send_token: bool,
    pub(crate) transport: Arc<Transport>,
    pub(crate) limiter: RateLimiter,
    pub(crate) settings: Settings,
    /// Results of calls that must have their effect once.
    pub(crate) claims: Claims,
    language: RwLock<Option<String>>,
    /// URLs by the paths of endpoints without path parameters. To set the path of a URL takes ten times as long as to copy
    /// the URL.
    urls: Mutex<SortedMap<&'static str, Url>>,
    pub(crate) server: Arc<dyn ServerContext>,
}

/// Server data that calls use and update. The client implements it.
pub(crate) trait ServerContext: Send + Sync + fmt::Debug {
    /// Returns the version of the server, fetched if necessary; `None` if the server does not report it. `max_retries`:
    /// maximum number of retries, instead of the client's.
    fn version<'a>(
        &'a self,
        core: &'a Arc<Core>,
        max_retries: Option<u32>,
    ) -> BoxFuture<'a, Option<Arc<ServerVersion>>>;

    /// Returns the version of the server if it is already known.
    fn known_version(&self) -> Option<Arc<ServerVersion>>;

    /// Called with each successful response.
    fn observe(&self, endpoint: &'static Endpoint, response: &RawResponse);
}

impl Core {
    pub(crate) fn new(
        base: Url,
        token: Option<SecretString>,
        may_send_token: bool,
        settings: Settings,
        server: Arc<dyn ServerContext>,
    ) -> Result<Self, Error> {
        let limiter = limiter(&base, token.as_ref(), &settings)?;
        Ok(Self {
            base,
            secrets: secrets(token.as_ref()),
            token: token.map(AccessToken::new),
            may_send_token,
            transport: Arc::new(Transport::new(settings.transport.clone())?),
            limiter,
            claims: Claims::default(),
            language: RwLock::new(settings.language.clone()),
            urls: Mutex::default(),
            settings,
            server,
        })
    }

    /// Returns the state for another access token, with the same transport and server data.
    pub(crate) fn with_token(&self, token: SecretString, may_send_token: bool) -> Self {
        let identity = Identity::new(self.server_url(), Some(&token));
        Self {
            base: self.base.clone(),
            secrets: secrets(Some(&token)),
            token: Some(AccessToken::new(token)),
            may_send_token,
            transport: Arc::clone(&self.transport),
            limiter: self.limiter.for_identity(identity),
            claims: Claims::default(),
            language: RwLock::new(self.language()),
            urls: Mutex::default(),
            settings: self.settings.clone(),
            server: Arc::clone(&self.server),
        }
    }

    /// Returns the URL of the server, without a slash at the end.
    pub(crate) fn server_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Returns the URL of an endpoint without path parameters.
    pub(crate) fn url(&self, path: &'static str) -> Url {
        let mut urls = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        let url = urls.get_or_insert_with(path, || url_at(&self.base, path));
        url.clone()
    }

    /// Returns the language of the server's messages, if it was set.
    pub(crate) fn language(&self) -> Option<String> {
        let language = self.language.read();
        language.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_language(&self, language: Option<String>) {
        *self
            .language
            .write()
            .unwrap_or_else(PoisonError::into_inner) = language;
    }
}

fn secrets(token: Option<&SecretString>) -> KnownSecrets {
    KnownSecrets::new(token.cloned().into_iter().collect())
}

fn limiter(
    base: &Url,
    token: Option<&SecretString>,
    settings: &Settings,
) -> Result<RateLimiter, Error> {
    let identity = Identity::new(base.as_str().trim_end_matches('/'), token);
    #[cfg(test)]
    let is_simulated = settings.transport.network.is_some();
    #[cfg(not(test))]
    let is_simulated = false;
    // Servers in memory have the same address.
    let memory = if is_simulated {
        Arc::new(MemoryRateLimitStore::new())
    } else {
        MemoryRateLimitStore::of_process(identity.server())
    };
    let (mode, pace_factor) = (settings.rate_limit_mode, settings.pace_factor);
    let store = settings.rate_limit_store.clone();
    RateLimiter::new(mode, pace_factor, identity, memory, store)
}
