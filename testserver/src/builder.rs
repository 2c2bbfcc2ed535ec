//! Settings and start of the server.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::behavior::{Behavior, SharedBehavior};
use crate::clock::Clock;
use crate::connection::{CuttableListener, Peer};
use crate::fault::Faults;
use crate::posting::Posting;
use crate::push;
use crate::random::Random;
use crate::rate_limit::RateLimiter;
use crate::router::{self, ServerRole};
use crate::server::{Shared, TestServer};
use crate::state::{Software, State};
use crate::streaming::{self, Hub};

/// Configures and starts a [`TestServer`]. By default, the rate limits are those of Mastodon.
#[derive(Debug)]
pub struct TestServerBuilder {
    address: SocketAddr,
    rate_limits: BTreeMap<String, u32>,
    rate_limit_windows: BTreeMap<String, u32>,
    is_unlimited: bool,
    streaming_address: Option<SocketAddr>,
    in_memory_url: Option<String>,
    start_time: Option<Timestamp>,
    seed: u64,
    software: Software,
    behavior: Behavior,
}

impl Default for TestServerBuilder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            rate_limits: BTreeMap::new(),
            rate_limit_windows: BTreeMap::new(),
            is_unlimited: false,
            streaming_address: None,
            in_memory_url: None,
            start_time: None,
            seed: 0,
            software: Software::default(),
            behavior: Behavior::default(),
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

    /// Sets the time of the server's clock at its start. Default: the current time.
    #[must_use]
    pub fn start_time(mut self, time: Timestamp) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Sets the seed of all random choices, such as the delays of a
    /// [`StreamingBehavior`](crate::StreamingBehavior). Default: 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
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
        self.rate_limits.insert(bucket.to_owned(), requests);
        self
    }

    /// Sets the length of the windows of a rate-limit bucket, in seconds. Windows start at multiples of it.
    #[must_use]
    pub fn rate_limit_window(mut self, bucket: &str, seconds: u32) -> Self {
        let seconds = seconds.max(1);
        self.rate_limit_windows.insert(bucket.to_owned(), seconds);
        self
    }

    /// Disables all rate limits.
    #[must_use]
    pub fn without_rate_limits(mut self) -> Self {
        self.is_unlimited = true;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// If an address cannot be bound, or if [`rate_limit`](Self::rate_limit) or
    /// [`rate_limit_window`](Self::rate_limit_window) was called with an unknown bucket.
    pub async fn start(self) -> io::Result<TestServer> {
        let rate_limiter = if self.is_unlimited {
            RateLimiter::unlimited()
        } else {
            let (limits, windows) = (self.rate_limits, self.rate_limit_windows);
            RateLimiter::with_overrides(limits, windows).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "unknown rate-limit bucket; see TestServerBuilder::rate_limit for the names",
                )
            })?
        };
        let addresses = match &self.in_memory_url {
            Some(url) => Addresses::in_memory(url),
            None => Addresses::bind(self.address, self.streaming_address).await?,
        };
        let clock = Clock::starting_at(self.start_time.unwrap_or_else(Timestamp::now));
        let faults = Arc::<Faults>::default();
        let behavior = SharedBehavior::default();
        behavior.set(self.behavior);
        let random = Random::from_seed(self.seed);
        let hub = Arc::new(Hub::new(behavior.clone(), Arc::clone(&faults), random));
        let mut state = State::seeded(&addresses.url, clock.now());
        state.streaming_url.clone_from(&addresses.streaming_url);
        state.hub = Arc::clone(&hub);
        state.software = self.software;
        state.behavior = behavior.clone();
        let push_queue = Arc::clone(&state.push_queue);
        let shared = Arc::new(Shared {
            clock,
            url: addresses.url,
            rate_limiter,
            faults,
            streaming_url: addresses.streaming_url,
            hub,
            push_queue,
            behavior,
            posting: Posting::default(),
            state: Mutex::new(state),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(run_due_tasks_on_advance(Arc::clone(&shared)));
        tasks.spawn(push::deliver_all(Arc::clone(&shared)));
        tasks.spawn(streaming::send_delayed(Arc::clone(&shared)));
        for (listener, role) in addresses.listeners {
            let app = router::app(Arc::clone(&shared), role);
            let app = app.into_make_service_with_connect_info::<Peer>();
            tasks.spawn(async move {
                // The server runs until its task is aborted, so no error can be reported.
                let _aborted = axum::serve(CuttableListener(listener), app).await;
            });
        }
        let app = router::app(Arc::clone(&shared), ServerRole::All);
        let tasks = Mutex::new(tasks);
        Ok(TestServer { shared, app, tasks })
    }
}

/// Base URLs of the server, and the listeners behind them.
struct Addresses {
    url: String,
    streaming_url: String,
    listeners: Vec<(TcpListener, ServerRole)>,
}

impl Addresses {
    fn in_memory(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            streaming_url: url.replacen("http", "ws", 1),
            listeners: Vec::new(),
        }
    }

    async fn bind(address: SocketAddr, streaming_address: Option<SocketAddr>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let Some(streaming_address) = streaming_address else {
            return Ok(Self {
                streaming_url: url.replacen("http", "ws", 1),
                url,
                listeners: vec![(listener, ServerRole::All)],
            });
        };
        let streaming_listener = TcpListener::bind(streaming_address).await?;
        Ok(Self {
            url,
            streaming_url: format!("ws://{}", streaming_listener.local_addr()?),
            listeners: vec![
                (listener, ServerRole::Rest),
                (streaming_listener, ServerRole::Streaming),
            ],
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
