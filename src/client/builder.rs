//! The builder of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Mastodon;
use super::address::{may_send_token, parse_server, require_encryption};
use super::discovery::{DiscoveredServer, discover};
use super::server_cache::ServerCache;
use crate::call::core::{Core, ServerContext, Settings};
use crate::call::version_check::VersionCheck;
use crate::error::Error;
use crate::facts::ServerVersion;
use crate::http::default_headers::DefaultHeaders;
use crate::http::hooks::Hooks;
use crate::http::proxy::ProxySetting;
use crate::http::rate_limit::store::RateLimitStore;
use crate::http::rate_limit::{OnWait, RateLimitMode, RateLimitWait};
use crate::http::tls::RootCertificates;
use crate::http::transport::TransportSettings;
use crate::redact::redact_url;
use mastodon_types::SecretString;

/// Builds a [`Mastodon`] client.
///
/// Only the address of the server is needed, and an access token for everything that is not public. The defaults suit
/// scripts and bots: calls wait for rate limits, are repeated where that is safe, and an attempt takes at most a minute.
///
/// ```
/// # fn example() -> Result<(), mastodon_sdk::Error> {
/// use std::time::Duration;
/// use mastodon_sdk::Mastodon;
/// use mastodon_sdk::rate_limit::RateLimitMode;
///
/// let mastodon = Mastodon::builder("mastodon.social")
///     .access_token("…")
///     .user_agent("my-bot/1.0 (https://bot.example)")
///     .rate_limit_mode(RateLimitMode::Pace)
///     .timeout(Duration::from_secs(20))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[doc(alias("configuration", "settings", "options"))]
#[derive(Clone)]
#[must_use]
pub struct MastodonBuilder {
    address: String,
    token: Option<SecretString>,
    server: Arc<ServerCache>,
    pub(super) settings: Settings,
}

/// # Building a client
impl Mastodon {
    /// Starts building a client for a server, such as `mastodon.social` or `http://127.0.0.1:3000`. The
    /// scheme is `https` unless given.
    ///
    /// If a proxy publishes the server below a path, the address contains it: `https://example.org/mastodon` has the API
    /// at `https://example.org/mastodon/api/`.
    #[doc(alias("new", "connect", "api_base_url"))]
    pub fn builder(server: impl Into<String>) -> MastodonBuilder {
        MastodonBuilder::new(server.into())
    }

    /// Starts building a client for the server that belongs to a domain, an account or a page. The same as
    /// [`builder`](Self::builder) and then [`MastodonBuilder::discover`], which has the details.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// // The API may be at another host, such as `social.example.org`.
    /// let mastodon = Mastodon::discover("@alice@example.org").await?.build()?;
    /// println!("Log in at {}", mastodon.server());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`MastodonBuilder::discover`].
    #[doc(alias("webfinger", "find server"))]
    pub async fn discover(address: impl Into<String>) -> Result<MastodonBuilder, Error> {
        Self::builder(address).discover().await
    }
}

impl MastodonBuilder {
    pub(super) fn new(address: String) -> Self {
        Self {
            address,
            token: None,
            server: Arc::default(),
            settings: Settings {
                rate_limit_mode: RateLimitMode::default(),
                pace_factor: 1.1,
                rate_limit_store: None,
                on_wait: None,
                version_check: VersionCheck::default(),
                check_limits: true,
                timeout: Duration::from_secs(60),
                deadline: None,
                max_retries: 3,
                allow_plain_http: false,
                language: None,
                keep_unknown_fields: false,
                transport: TransportSettings {
                    user_agent: concat!("mastodon-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
                    connect_timeout: Duration::from_secs(10),
                    read_timeout: Duration::from_secs(30),
                    max_body: 64 << 20,
                    headers: DefaultHeaders::default(),
                    proxy: ProxySetting::default(),
                    root_certificates: RootCertificates::default(),
                    customize: None,
                    hooks: Hooks::default(),
                    #[cfg(test)]
                    network: None,
                },
            },
        }
    }

    /// Uses connections in memory.
    #[cfg(test)]
    pub(crate) fn network(mut self, network: crate::http::test_network::TestNetwork) -> Self {
        self.settings.transport.network = Some(network);
        self
    }

    /// Calls a setter with a value if there is one, such as an option of the command line.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::{Mastodon, MastodonBuilder};
    ///
    /// let token = std::env::var("MASTODON_TOKEN").ok();
    /// let mastodon = Mastodon::builder("mastodon.social")
    ///     .maybe(token, MastodonBuilder::access_token)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn maybe<V>(self, value: Option<V>, setter: impl FnOnce(Self, V) -> Self) -> Self {
        match value {
            Some(value) => setter(self, value),
            None => self,
        }
    }

    /// Access token of a user, or of an application. Without one, only public data can be read.
    #[doc(alias("bearer", "oauth", "api key"))]
    pub fn access_token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// What to do when a rate limit is exhausted. Default: [`RateLimitMode::Wait`].
    #[doc(alias("ratelimit_method", "throttle"))]
    pub fn rate_limit_mode(mut self, mode: RateLimitMode) -> Self {
        self.settings.rate_limit_mode = mode;
        self
    }

    /// Speed of [`RateLimitMode::Pace`]: the remaining requests are used up after 1/`factor` of the time
    /// until the reset. Default: 1.1. 1 spreads them evenly; a factor below 1 leaves a part of the limit to
    /// other clients of the same user.
    #[doc(alias("ratelimit_pacefactor"))]
    pub fn pace_factor(mut self, factor: f64) -> Self {
        self.settings.pace_factor = factor;
        self
    }

    /// Calls a function whenever a call begins to wait for a rate limit. Waits of five seconds and more are also logged
    /// at the level `info`.
    ///
    /// The function is called by the task that waits, so it must not block.
    ///
    /// ```
    /// # fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    ///
    /// let mastodon = Mastodon::builder("mastodon.social")
    ///     .on_wait(|wait| {
    ///         let (endpoint, bucket) = (&wait.endpoint, wait.bucket.name());
    ///         println!("{endpoint} waits {:?} for the rate limit {bucket}", wait.duration);
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("throttle callback"))]
    pub fn on_wait(mut self, callback: impl Fn(&RateLimitWait) + Send + Sync + 'static) -> Self {
        self.settings.on_wait = Some(OnWait::new(callback));
        self
    }

    /// Store in which requests are counted, to share the rate limits of an access token with other processes. Default:
    /// the memory of this process.
    ///
    /// Requests that the server counts by IP address, such as those without an access token, are counted in this process
    /// unless the store says that all its users have the same address.
    pub fn rate_limit_store(mut self, store: Arc<dyn RateLimitStore>) -> Self {
        self.settings.rate_limit_store = Some(store);
        self
    }

    /// What is checked against the server's version before a call is sent. Default:
    /// [`VersionCheck::Endpoints`].
    #[doc(alias("version_check_mode"))]
    pub fn version_check(mut self, check: VersionCheck) -> Self {
        self.settings.version_check = check;
        self
    }

    /// Whether statuses and files are checked against the server's limits before they are sent. Default:
    /// true.
    ///
    /// The limits are fetched once, and for a status only if it exceeds Mastodon's defaults; never with
    /// [`VersionCheck::Off`]. Without published limits, and on software other than Mastodon, only the server
    /// checks.
    pub fn check_limits(mut self, check: bool) -> Self {
        self.settings.check_limits = check;
        self
    }

    /// Whether statuses, accounts and other entities that servers extend keep the fields that this version of the SDK
    /// does not know, in their field `unknown_fields`. Default: false. Without the Cargo feature `other-servers`, the
    /// fields of other server software are among them.
    ///
    /// ```
    /// # async fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let mastodon = Mastodon::builder("a.example").keep_unknown_fields(true).build()?;
    /// let status = mastodon.status("1").await?;
    /// for (name, value) in status.unknown_fields.iter() {
    ///     println!("{name}: {value}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_unknown_fields(mut self, keep: bool) -> Self {
        self.settings.keep_unknown_fields = keep;
        self
    }

    /// Language of the server's messages, such as those of errors: a code such as `de`. Default: the
    /// user's own. [`Mastodon::set_language`] changes it later.
    #[doc(alias("locale"))]
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.settings.language = Some(language.into());
        self
    }

    /// Version of the server, which is then not fetched.
    #[doc(alias("mastodon_version"))]
    pub fn server_version(mut self, version: ServerVersion) -> Self {
        self.server = Arc::new(ServerCache::with_version(version));
        self
    }

    /// Maximum duration of each attempt of a call, reading the response included. Default: 60 seconds. An
    /// attempt that takes longer fails the call and is not retried, except if the call must have its effect once: then
    /// the response counts as lost, and its result is searched for.
    #[doc(alias("request_timeout"))]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Maximum duration of a whole call with its retries and the waiting for rate limits. Default: none. With less than
    /// about 40 seconds, a post whose response was lost is not repeated.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// Maximum duration of opening a connection, TLS included. Default: 10 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.transport.connect_timeout = timeout;
        self
    }

    /// Maximum time between two chunks of a response. Default: 30 seconds.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.settings.transport.read_timeout = timeout;
        self
    }

    /// Maximum number of retries of a call. Default: 3. A call is retried if it is idempotent, or if it
    /// failed before the request was sent. A post whose response was lost is retried if the status is not found within
    /// 31 seconds. Retries after status 429 are not counted.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.settings.max_retries = retries;
        self
    }

    /// Maximum size of a response in bytes. Default: 64 MiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.settings.transport.max_body = bytes;
        self
    }

    /// Value of the `User-Agent` header. Default: `mastodon-sdk/` and the version.
    #[doc(alias("client name"))]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.transport.user_agent = name.into();
        self
    }

    /// Whether an access token may be sent over plain HTTP to hosts other than this machine, where others on
    /// the network can read it. Default: false.
    #[doc(alias("insecure", "http"))]
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.settings.allow_plain_http = allow;
        self
    }

    /// Finds the server with the API, and replaces the address by its own. The address can be:
    ///
    /// - a domain: `example.org`
    /// - an account: `@alice@example.org` or `alice@example.org`
    /// - the URL of a page of the server: `https://example.org/@alice`
    ///
    /// The domain in the addresses of accounts is not always the host of the API: Mastodon calls the two
    /// `LOCAL_DOMAIN` and `WEB_DOMAIN`, GoToSocial `account-domain` and `host`. If the domain does not have the API
    /// itself, its WebFinger, host metadata and NodeInfo documents are searched for the server that they redirect
    /// or link to. An account can also be an alias that its WebFinger document links to another server.
    ///
    /// The requests use the settings of this builder. They contain no access token, are not retried, and use
    /// https except for an address of this machine or with
    /// [`allow_plain_http`](Self::allow_plain_http). Together they take at most as long as
    /// [`deadline`](Self::deadline), or [`timeout`](Self::timeout) without one. The version and the limits
    /// of the server are then known to the client.
    ///
    /// The domain decides where the user will log in. Show the user the address of the server that was
    /// found.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), mastodon_sdk::Error> {
    /// use mastodon_sdk::Mastodon;
    /// let builder = Mastodon::builder("example.org").user_agent("my-bot/1.0");
    /// let mastodon = builder.discover().await?.build()?;
    /// assert_eq!(mastodon.server(), "https://social.example.org");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the address is invalid or leads to no server: the message contains what
    /// was tried. [`Error::Network`] if the domain cannot be reached, or if requests failed for a reason
    /// that may pass; [`Error::Timeout`] if the time has elapsed.
    pub async fn discover(mut self) -> Result<Self, Error> {
        let DiscoveredServer { origin, instance } = discover(&self.address, &self.settings).await?;
        let (endpoint, response) = instance;
        self.server.observe(endpoint, &response);
        self.address = origin.into();
        Ok(self)
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the server's address is invalid, if the access token would be sent
    /// unencrypted, if a setting is invalid, or if the environment names a SOCKS proxy without the Cargo feature `socks`.
    pub fn build(self) -> Result<Mastodon, Error> {
        let base = parse_server(&self.address)?;
        self.settings.transport.check_proxy(&base)?;
        if self.token.is_some() {
            require_encryption(&base, &self.settings)?;
        }
        let factor = self.settings.pace_factor;
        if !(factor.is_finite() && factor > 0.0) {
            return Err(Error::configuration(
                "pace_factor",
                format!("`pace_factor` is {factor}; it must be a number above 0, such as 1.1"),
            ));
        }
        let server_context = Arc::clone(&self.server);
        let may_send_token = may_send_token(&base, &self.settings);
        let core = Core::new(
            base,
            self.token,
            may_send_token,
            self.settings,
            server_context,
        )?;
        Ok(Mastodon::new(core, self.server))
    }
}

impl fmt::Debug for MastodonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MastodonBuilder")
            // The address is not validated yet, and may contain a password.
            .field("server", &redact_url(&self.address))
            .field("access_token", &self.token)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
