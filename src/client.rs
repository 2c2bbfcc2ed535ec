//! The client: one for a server and a token, shared by all that use them.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::OnceCell;
use url::{Host, Url};

use crate::endpoint::RateFamily;
use crate::error::Error;
use crate::generated::entities::AccountId;
use crate::known::Known;
use crate::rate_limit::{Budget, RateLimit, RateLimiter};
use crate::secret::SecretString;
use crate::streaming::Shared;
use crate::transport::Transport;
use crate::version::{ServerVersion, VersionCheck};

/// A client of one server, for one token or none.
///
/// A clone costs nothing and shares everything: connections, rate limits, what is known of the server.
///
/// ```
/// # async fn example() -> Result<(), mastodon_sdk::Error> {
/// use mastodon_sdk::Mastodon;
/// let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
/// let me = mastodon.account_verify_credentials().await?;
/// println!("{} has {} followers", me.acct, me.followers_count);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Mastodon {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) base: Url,
    pub(crate) token: Option<SecretString>,
    pub(crate) transport: Transport,
    pub(crate) limiter: RateLimiter,
    pub(crate) settings: Settings,
    pub(crate) known: Arc<Known>,
    /// The user that the token stands for.
    pub(crate) user: OnceCell<AccountId>,
    language: RwLock<Option<String>>,
    /// What its streams share.
    pub(crate) streaming: Shared,
}

/// What a builder sets.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) rate_limit: RateLimit,
    pub(crate) pace_factor: f64,
    pub(crate) version_check: VersionCheck,
    pub(crate) check_limits: bool,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) max_body: usize,
    pub(crate) user_agent: String,
    pub(crate) plain_http: bool,
    pub(crate) lang: Option<String>,
}

/// Sets up a [`Mastodon`] client.
#[derive(Clone)]
#[must_use]
pub struct MastodonBuilder {
    server: String,
    token: Option<SecretString>,
    known: Arc<Known>,
    settings: Settings,
}

impl Mastodon {
    /// Begins a client for a server, such as `mastodon.social` or `http://127.0.0.1:3000`; `https` unless said otherwise.
    pub fn builder(server: impl Into<String>) -> MastodonBuilder {
        MastodonBuilder {
            server: server.into(),
            token: None,
            known: Arc::default(),
            settings: Settings {
                rate_limit: RateLimit::default(),
                pace_factor: 1.1,
                version_check: VersionCheck::default(),
                check_limits: true,
                timeout: Duration::from_secs(60),
                deadline: None,
                connect_timeout: Duration::from_secs(10),
                read_timeout: Duration::from_secs(30),
                max_retries: 3,
                max_body: 64 << 20,
                user_agent: concat!("mastodon-sdk/", env!("CARGO_PKG_VERSION")).to_owned(),
                plain_http: false,
                lang: None,
            },
        }
    }

    /// The address of the server.
    pub fn server(&self) -> &str {
        self.inner.base.as_str().trim_end_matches('/')
    }

    /// What the server last told of a budget; `None` while nothing is known.
    pub fn rate_limit(&self, family: RateFamily) -> Option<Budget> {
        self.inner.limiter.budget(family)
    }

    /// Takes over what is known of a budget from elsewhere, such as from a process that had the token before.
    pub fn set_rate_limit(&self, family: RateFamily, budget: Budget) {
        self.inner.limiter.set_budget(family, budget);
    }

    /// Chooses the language of the server's own texts, such as those of errors, for this client and all
    /// its clones: a code such as `de`. `None` leaves it to the server, which takes the user's own.
    pub fn set_language(&self, lang: Option<&str>) {
        let mut language = self
            .inner
            .language
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *language = lang.map(str::to_owned);
    }

    /// The language that was chosen.
    pub(crate) fn language(&self) -> Option<String> {
        let language = self.inner.language.read();
        language.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Mastodon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mastodon")
            .field("server", &self.server())
            .field("token", &self.inner.token)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MastodonBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MastodonBuilder")
            // It has not been looked at yet, and may hold a password.
            .field("server", &hide_userinfo(&self.server))
            .field("token", &self.token)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl MastodonBuilder {
    /// A builder for the server of a client, with its settings and without its token.
    pub(crate) fn of(client: &Mastodon) -> Self {
        Self {
            server: client.server().to_owned(),
            token: None,
            known: Arc::clone(&client.inner.known),
            settings: Settings {
                lang: client.language(),
                ..client.inner.settings.clone()
            },
        }
    }

    /// The access token to call with.
    pub fn access_token(mut self, token: impl Into<SecretString>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// What to do when a rate limit is reached; [`RateLimit::Wait`] unless set.
    pub fn rate_limit(mut self, mode: RateLimit) -> Self {
        self.settings.rate_limit = mode;
        self
    }

    /// How fast [`RateLimit::Pace`] goes: what is left of a budget would be used up after
    /// 1/`factor` of the time until the reset. 1.1 unless set; above 1 is a little faster than
    /// evenly spread, below 1 leaves a part of the budget to others.
    pub fn pace_factor(mut self, factor: f64) -> Self {
        self.settings.pace_factor = factor;
        self
    }

    /// How calls are checked against the server's version; [`VersionCheck::Created`] unless set.
    pub fn version_check(mut self, check: VersionCheck) -> Self {
        self.settings.version_check = check;
        self
    }

    /// Whether a status or a file that exceeds the server's limits is an error without being sent; it is
    /// unless set to false. The server is asked for its limits once, and for a status only where it is
    /// larger than most servers allow; never with [`VersionCheck::Off`]. Servers that do not tell their
    /// limits, and other software than Mastodon, decide for themselves.
    pub fn check_limits(mut self, check: bool) -> Self {
        self.settings.check_limits = check;
        self
    }

    /// The language of the server's own texts, such as those of errors: a code such as `de`. Unless set,
    /// the server takes the user's own. [`Mastodon::set_language`] changes it later.
    pub fn lang(mut self, lang: impl Into<String>) -> Self {
        self.settings.lang = Some(lang.into());
        self
    }

    /// The server's version, so that it need not be asked for.
    pub fn server_version(mut self, version: ServerVersion) -> Self {
        self.known = Arc::new(Known::version(version));
        self
    }

    /// How long each attempt of a call may take, its answer read; 60 seconds unless set. A call that
    /// takes longer fails, and is not sent again.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long a whole call may take, with all its attempts and the waiting between them and for
    /// rate limits; without end unless set.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = Some(deadline);
        self
    }

    /// How long connecting may take, TLS included; 10 seconds unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long the next piece of an answer that has begun may take to come; 30 seconds unless set.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.settings.read_timeout = timeout;
        self
    }

    /// How often a request that may be repeated, or that never left, is sent again after a failure;
    /// 3 times unless set.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.settings.max_retries = retries;
        self
    }

    /// The largest answer that is read, in bytes; 64 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.settings.max_body = bytes;
        self
    }

    /// How the program calls itself to the server.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.settings.user_agent = name.into();
        self
    }

    /// Lets a token travel over plain `http` to hosts other than this machine, where others can read it.
    pub fn allow_plain_http(mut self) -> Self {
        self.settings.plain_http = true;
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when the server's address is none, or a token would travel unprotected.
    pub fn build(self) -> Result<Mastodon, Error> {
        let base = base_url(&self.server)?;
        if self.token.is_some() {
            protected(&base, &self.settings)?;
        }
        let transport = Transport::new(&self.settings)?;
        let (token, settings) = (self.token, self.settings);
        if !(settings.pace_factor.is_finite() && settings.pace_factor > 0.0) {
            return Err(Error::Config(format!(
                "`pace_factor` is {}; it has to be a number above 0, such as 1.1",
                settings.pace_factor
            )));
        }
        let limiter = RateLimiter::new(settings.rate_limit, settings.pace_factor);
        let inner = Inner {
            base,
            token,
            transport,
            limiter,
            language: RwLock::new(settings.lang.clone()),
            settings,
            known: self.known,
            user: OnceCell::new(),
            streaming: Shared::default(),
        };
        Ok(Mastodon {
            inner: Arc::new(inner),
        })
    }
}

/// Whether a token may travel to an address.
pub(crate) fn protected(url: &Url, settings: &Settings) -> Result<(), Error> {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || local || settings.plain_http {
        return Ok(());
    }
    Err(Error::Config(format!(
        "the access token would travel unencrypted to {url}; use https, or `allow_plain_http` if you must"
    )))
}

/// The origin of a server, from what people write.
fn base_url(server: &str) -> Result<Url, Error> {
    let server = server.trim();
    let wrong = |why: &str| {
        Err(Error::Config(format!(
            "`{}` is no server address: {why}; write one such as `mastodon.social`",
            hide_userinfo(server)
        )))
    };
    if server.is_empty() {
        return wrong("it is empty");
    }
    let address = if server.contains("://") {
        server.to_owned()
    } else {
        format!("https://{server}")
    };
    let mut url = match Url::parse(&address) {
        Ok(url) => url,
        Err(error) => return wrong(&error.to_string()),
    };
    if !matches!(url.scheme(), "https" | "http") {
        return wrong("it begins with neither https nor http");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("it holds a user name or a password, or is an account's address");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return wrong("it has no host");
    }
    if url.path().len() > 1 || url.query().is_some() || url.fragment().is_some() {
        return wrong("something follows the host");
    }
    url.set_path("/");
    Ok(url)
}

/// The address without what may be secret: a password, a query.
pub(crate) fn hide_userinfo(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = address
        .split_once("://")
        .map_or((None, address), |(scheme, rest)| (Some(scheme), rest));
    let shown = match rest.rsplit_once('@') {
        Some((before, host)) if scheme.is_some() || before.contains(':') => format!("…@{host}"),
        _ => rest.to_owned(),
    };
    scheme.map_or_else(|| shown.clone(), |scheme| format!("{scheme}://{shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_host_or_its_address() {
        for server in [
            "mastodon.social",
            "https://mastodon.social",
            "https://mastodon.social/",
            " mastodon.social ",
        ] {
            assert_eq!(
                Mastodon::builder(server).build().unwrap().server(),
                "https://mastodon.social"
            );
        }
        assert_eq!(
            Mastodon::builder("http://127.0.0.1:3000")
                .build()
                .unwrap()
                .server(),
            "http://127.0.0.1:3000"
        );
    }

    #[test]
    fn what_is_no_server_is_told_with_what_to_write() {
        for server in [
            "",
            "ftp://a.example",
            "https://",
            "https://a.example/api",
            "alice@a.example",
            "https://u:secret@a.example",
            "https://secret@a.example",
            "https://a.example/?access_token=secret",
            "a b",
        ] {
            let error = Mastodon::builder(server).build().unwrap_err().to_string();
            assert!(
                error.contains("is no server address") && error.contains("`mastodon.social`"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_token_goes_over_plain_http_only_to_this_machine() {
        let builder = |server: &str| Mastodon::builder(server).access_token("hunter2");
        let error = builder("http://a.example").build().unwrap_err().to_string();
        assert!(
            error.contains("unencrypted") && !error.contains("hunter2"),
            "{error}"
        );
        assert!(builder("http://localhost:3000").build().is_ok());
        assert!(
            builder("http://a.example")
                .allow_plain_http()
                .build()
                .is_ok()
        );
        assert!(!format!("{:?}", builder("a.example").build()).contains("hunter2"));
    }
}
