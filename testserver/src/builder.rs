//! Settings and start of the server.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::addresses::Addresses;
#[cfg(feature = "tls")]
use crate::base_url::BaseUrls;
use crate::behavior::{Behavior, SharedBehavior};
use crate::clock::Clock;
use crate::connection::{CuttableListener, Peer};
use crate::fault::Faults;
use crate::http::RequestIds;
use crate::limit_settings::{BucketLimit, LimitChanges, LimitSettings, Limiter};
use crate::push;
use crate::random::Random;
use crate::router::{self, ServerRole};
use crate::seed::{Initial, Seed, SeedError};
use crate::server::{Shared, TestServer};
use crate::settings::Audience;
use crate::state::Software;
use crate::streaming::{self, Hub};
#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsSource};

/// Configures and starts a [`TestServer`]. By default, the rate limits are those of Mastodon.
#[derive(Debug)]
pub struct TestServerBuilder {
    address: SocketAddr,
    limits: LimitChanges,
    streaming_address: Option<SocketAddr>,
    in_memory_url: Option<String>,
    url: Option<String>,
    domain: Option<String>,
    #[cfg(feature = "tls")]
    tls: Option<TlsSource>,
    start_time: Option<Timestamp>,
    random_seed: u64,
    software: Software,
    behavior: Behavior,
    data: Data,
    has_control_api: bool,
}

/// Data of the server at its start.
#[derive(Debug)]
enum Data {
    Default,
    File(PathBuf),
    Text(String),
}

impl Default for TestServerBuilder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            limits: LimitChanges::default(),
            streaming_address: None,
            in_memory_url: None,
            url: None,
            domain: None,
            #[cfg(feature = "tls")]
            tls: None,
            start_time: None,
            random_seed: 0,
            software: Software::default(),
            behavior: Behavior::default(),
            data: Data::Default,
            has_control_api: true,
        }
    }
}

impl TestServerBuilder {
    /// Sets the listen address. Default: a free port on 127.0.0.1.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Serves the streaming API on a separate address, as large servers do. The main address then redirects
    /// streaming requests to it.
    #[must_use]
    pub fn streaming_address(mut self, address: SocketAddr) -> Self {
        self.streaming_address = Some(address);
        self
    }

    /// Listens on no address. The server has the given base URL, without a trailing slash, and serves only the
    /// connections that are given to [`TestServer::serve_connection`].
    #[must_use]
    pub fn in_memory(mut self, url: &str) -> Self {
        self.in_memory_url = Some(url.trim_end_matches('/').to_owned());
        self
    }

    /// Sets the base URL that the server has in links, such as `https://social.example` behind a proxy. Default: in each
    /// response, the address that its client used: the host and the port of the `Host` header or of `X-Forwarded-Host`,
    /// and the scheme of `X-Forwarded-Proto`.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.url = Some(url.to_owned());
        self
    }

    /// Sets the domain of the local accounts, which can be another one than that of the base URL. Default: the host and
    /// the port of [`url`](Self::url), otherwise of the address that the client used.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        self.domain = Some(domain.to_owned());
        self
    }

    /// Serves HTTPS and `wss`. The certificate is made at the start, and so is the authority that signs it:
    /// [`TestServer::tls_authority`] returns its certificate, which clients have to trust. The certificate is valid for
    /// `localhost`, 127.0.0.1, `::1`, the host of [`url`](Self::url), and each name that a client asks for. Without
    /// effect on [`TestServer::serve_connection`].
    ///
    /// ```
    /// # use mastodon_test_server::TestServer;
    /// # async fn start() -> std::io::Result<()> {
    /// let server = TestServer::builder().tls().start().await?;
    /// let trusted = server.tls_authority();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = Some(TlsSource::Generated);
        self
    }

    /// Serves HTTPS and `wss` with a given certificate chain and its private key, both as PEM.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls = Some(TlsSource::Given(certificate.into(), key.into()));
        self
    }

    /// Sets the time of the server's clock at its start. Default: the current time.
    #[must_use]
    pub fn start_time(mut self, time: Timestamp) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Sets the seed of all random choices, such as the delays of a
    /// [`StreamingBehavior`](crate::StreamingBehavior). Default: 0.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random_seed = seed;
        self
    }

    /// Reads the data of the server from a seed file in YAML or JSON, instead of the default data. The JSON Schema of
    /// seed files is [`SEED_SCHEMA`](crate::SEED_SCHEMA).
    #[must_use]
    pub fn seed_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Data::File(path.into());
        self
    }

    /// Sets the data of the server, in the format of a seed file (YAML or JSON), instead of the default data.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> std::io::Result<()> {
    /// use mastodon_test_server::TestServer;
    ///
    /// let data = "
    /// users:
    ///   - username: frida
    ///     id: 1
    ///     tokens: [{ token: frida-token, scopes: read write }]
    ///   - username: gustav@elsewhere.example
    /// follows:
    ///   - { from: gustav@elsewhere.example, to: frida }
    /// ";
    /// let server = TestServer::builder().seed_data(data).start().await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn seed_data(mut self, data: impl Into<String>) -> Self {
        self.data = Data::Text(data.into());
        self
    }

    /// Does not serve the control API under `/_test/`.
    #[must_use]
    pub fn without_control_api(mut self) -> Self {
        self.has_control_api = false;
        self
    }

    /// Sets the software that the server claims to be: its name in `NodeInfo` and its version in the instance, such as
    /// `gotosocial` and `0.20.0`. The behavior does not change, except that the instance has no `api_versions`. Default:
    /// the version of Mastodon that the server imitates.
    #[must_use]
    pub fn software(mut self, name: &str, version: &str) -> Self {
        self.software = Software {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        self
    }

    /// Sets the behavior of the server: what differs between servers, or what only a busy or older server shows.
    #[must_use]
    pub fn behavior(mut self, behavior: Behavior) -> Self {
        self.behavior = behavior;
        self
    }

    /// Confirms the email addresses of new users at once. Default: the user has to open the link in the confirmation
    /// email, as with [`TestServer::confirm_email`].
    #[must_use]
    pub fn confirmed_sign_ups(mut self) -> Self {
        self.behavior.confirmed_sign_ups = true;
        self
    }

    /// Lets clients exchange an email address and a password for a token (`grant_type=password`), as before Mastodon
    /// 4.4. Default: such requests fail with `unsupported_grant_type`.
    #[must_use]
    pub fn password_grant(mut self) -> Self {
        self.behavior.password_grant = true;
        self
    }

    /// Sets the maximum number of requests per period of a rate-limit bucket. The buckets are those of
    /// [`RATE_LIMIT_BUCKETS`](crate::routes::RATE_LIMIT_BUCKETS): `general`, `media`, `deletions`, `paging`, `apps`,
    /// `accounts`, `email_confirmations`, `follows`, `statuses`, `reports`.
    #[must_use]
    pub fn rate_limit(mut self, bucket: &str, requests: u32) -> Self {
        self.bucket(bucket).requests = Some(requests);
        self
    }

    /// Sets the length of the windows of a rate-limit bucket, in seconds. Windows start at multiples of it.
    #[must_use]
    pub fn rate_limit_window(mut self, bucket: &str, seconds: u32) -> Self {
        self.bucket(bucket).seconds = Some(seconds.max(1));
        self
    }

    fn bucket(&mut self, name: &str) -> &mut BucketLimit {
        let limit = self.limits.buckets.entry(name.to_owned());
        limit.or_default().get_or_insert_default()
    }

    /// Disables all rate limits.
    #[must_use]
    pub fn without_rate_limits(mut self) -> Self {
        self.limits.enabled = Some(false);
        self
    }

    /// Sets the language of error messages for requests that ask for no language: `de`, `fr`, or any other language code.
    /// Messages of other languages are in English. Default: `en`.
    #[must_use]
    pub fn default_locale(mut self, language: &str) -> Self {
        language.clone_into(&mut self.behavior.instance.default_locale);
        self
    }

    /// Sets who sees which domains the instance blocks. Default: nobody, as on a new Mastodon server.
    #[must_use]
    pub fn show_domain_blocks(mut self, audience: Audience) -> Self {
        self.behavior.instance.show_domain_blocks = audience;
        self
    }

    /// Closes the registrations: sign-up is refused with 403. Default: they are open.
    #[must_use]
    pub fn closed_registrations(mut self) -> Self {
        self.behavior.instance.closed_registrations = true;
        self
    }

    /// Sets the minimum age of new users in years. Sign-up then needs a date of birth. Default: no minimum age.
    #[must_use]
    pub fn minimum_age(mut self, years: u8) -> Self {
        self.behavior.instance.minimum_age = Some(years);
        self
    }

    /// Requires a reason in the sign-up if the staff has to approve new users; see
    /// [`TestServer::require_approval`](crate::TestServer::require_approval). Default: no reason is needed.
    #[must_use]
    pub fn sign_up_reason_required(mut self) -> Self {
        self.behavior.instance.sign_up_reason_required = true;
        self
    }

    /// Refuses visitors and application tokens on nearly all of the API with 401, as an instance with
    /// `DISALLOW_UNAUTHENTICATED_API_ACCESS` does. The description of the server and sign-up stay open.
    #[must_use]
    pub fn without_visitor_access(mut self) -> Self {
        self.behavior.instance.visitors_disallowed = true;
        self
    }

    /// Behaves as an instance in limited federation mode: like [`without_visitor_access`](Self::without_visitor_access),
    /// and most of the description of the server is hidden from visitors, too.
    #[must_use]
    pub fn limited_federation(mut self) -> Self {
        self.behavior.limited_federation = true;
        self
    }

    /// Behaves as an instance that shuts down for good (self-destruct): nearly every request fails with 410.
    #[must_use]
    pub fn self_destructing(mut self) -> Self {
        self.behavior.instance.self_destruct = true;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// If an address cannot be bound, if [`url`](Self::url) has no scheme, if a given certificate is invalid, if the seed
    /// file cannot be read or has an error, or if [`rate_limit`](Self::rate_limit) or
    /// [`rate_limit_window`](Self::rate_limit_window) was called with an unknown bucket.
    pub async fn start(self) -> io::Result<TestServer> {
        let seed = self.data.parse()?;
        let limits = LimitSettings::default().changed(&self.limits);
        let mut limits = limits.map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "unknown rate-limit bucket; see TestServerBuilder::rate_limit for the names",
            )
        })?;
        let changes = seed.as_ref().and_then(|seed: &Seed| seed.limits.as_ref());
        if let Some(changes) = changes {
            limits = limits.changed(changes).map_err(|error| {
                let error = format!("seed: {}", error.inside("limits"));
                io::Error::new(io::ErrorKind::InvalidInput, error)
            })?;
        }
        let rate_limiter = Limiter::new(limits);
        #[cfg(feature = "tls")]
        let scheme = self.tls.as_ref().map_or("http", |_| "https");
        #[cfg(not(feature = "tls"))]
        let scheme = "http";
        let mut addresses = match &self.in_memory_url {
            Some(url) => Addresses::in_memory(url),
            None => Addresses::bind(scheme, self.address, self.streaming_address).await?,
        };
        if let Some(url) = &self.url {
            addresses = addresses.named(url)?;
        }
        #[cfg(feature = "tls")]
        let tls = match &self.tls {
            Some(source) => {
                let streaming = BaseUrls::domain(&addresses.streaming_url);
                let host = BaseUrls::domain(&addresses.url);
                let hosts = [host, self.domain.as_deref().unwrap_or(host), streaming];
                Some(Tls::new(source, &hosts)?)
            }
            None => None,
        };
        #[cfg(feature = "tls")]
        let encryption = tls.as_ref().map(Tls::encryption);
        #[cfg(not(feature = "tls"))]
        let encryption = None;
        let initial = Initial {
            url: addresses.url.clone(),
            domain: self.domain,
            seed,
            behavior: self.behavior,
            start_time: self.start_time,
            software: self.software,
        };
        let clock = Clock::starting_at(initial.start_time());
        let invalid = |error: SeedError| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("seed: {error}"))
        };
        let faults = Arc::<Faults>::default();
        initial.inject_faults(&faults).map_err(invalid)?;
        let behavior = SharedBehavior::default();
        behavior.set(initial.behavior().map_err(invalid)?);
        let random = Random::from_seed(self.random_seed);
        let hub = Arc::new(Hub::new(behavior.clone(), Arc::clone(&faults), random));
        let state = initial.state(clock.now()).map_err(invalid)?;
        let push_queue = Arc::clone(&state.push_queue);
        let shared = Arc::new(Shared {
            clock: Arc::new(clock),
            url: addresses.url,
            request_ids: Arc::new(RequestIds::default()),
            streaming_url: addresses.streaming_url,
            naming: addresses.naming,
            rate_limiter: Arc::new(rate_limiter),
            faults,
            hub,
            push_queue,
            posting: Arc::default(),
            state: Arc::new(Mutex::new(state)),
            behavior,
            request_log: Arc::default(),
            initial: Arc::new(initial),
            has_control_api: self.has_control_api,
        });
        shared.state().connect_to(&shared);
        let mut tasks = JoinSet::new();
        tasks.spawn(run_due_tasks_on_advance(Arc::clone(&shared)));
        tasks.spawn(push::deliver_all(Arc::clone(&shared)));
        tasks.spawn(streaming::send_delayed(Arc::clone(&shared)));
        let address = addresses.listeners.first();
        let address = address.and_then(|(listener, _)| listener.local_addr().ok());
        for (listener, role) in addresses.listeners {
            let app = router::app(Arc::clone(&shared), role);
            let app = app.into_make_service_with_connect_info::<Peer>();
            let listener = CuttableListener {
                listener,
                encryption: Option::clone(&encryption),
            };
            tasks.spawn(async move {
                // The server runs until its task is aborted, so no error can be reported.
                let _aborted = axum::serve(listener, app).await;
            });
        }
        let app = router::app(Arc::clone(&shared), ServerRole::All);
        let tasks = Mutex::new(tasks);
        Ok(TestServer {
            shared,
            app,
            tasks,
            address,
            #[cfg(feature = "tls")]
            tls_authority: tls.and_then(|tls| tls.authority),
        })
    }
}

impl Data {
    /// Reads and parses the data. `None`: the default data.
    fn parse(&self) -> io::Result<Option<Seed>> {
        let (name, parsed) = match self {
            Self::Default => return Ok(None),
            Self::Text(text) => ("seed".to_owned(), Seed::parse(text, None)),
            Self::File(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| {
                    io::Error::new(
                        error.kind(),
                        format!("the seed file {name} cannot be read: {error}"),
                    )
                })?;
                let directory = path.parent().unwrap_or(Path::new(""));
                (name, Seed::parse(&text, Some(directory)))
            }
        };
        parsed.map(Some).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: {error}"))
        })
    }
}

/// Runs due tasks whenever the clock is advanced, so that clients that only stream receive the events.
async fn run_due_tasks_on_advance(shared: Arc<Shared>) {
    loop {
        shared.clock.advanced().await;
        drop(shared.state());
    }
}
