//! Public API of the server: builder, addresses, tokens, faults, clock, staff and user actions.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::connection::{CuttableListener, Peer};
use crate::fault::{Fault, Faults};
use crate::handlers::oauth;
use crate::ids::parse_id;
use crate::push::{self, PushMessages, PushQueue};
use crate::rate_limit::RateLimiter;
use crate::router::{self, ServerRole};
use crate::state::State;
use crate::streaming::{Hub, Streaming};

/// State shared by all requests and background tasks.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) url: String,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) faults: Arc<Faults>,
    /// Base URL of the streaming API (`ws://host:port`).
    pub(crate) streaming_url: String,
    pub(crate) hub: Arc<Hub>,
    pub(crate) push_queue: Arc<PushQueue>,
    state: Mutex<State>,
}

impl Shared {
    /// Locks the state. Runs all tasks that are due first.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.run_due_tasks(self.clock.now());
        state
    }
}

/// Configures and starts a [`TestServer`]. By default, the rate limits are those of Mastodon.
#[derive(Debug)]
pub struct TestServerBuilder {
    address: SocketAddr,
    rate_limits: BTreeMap<String, u32>,
    is_unlimited: bool,
    streaming_address: Option<SocketAddr>,
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

    /// Sets the maximum number of requests per period of a rate-limit bucket. The buckets are those of
    /// [`RATE_LIMIT_BUCKETS`](crate::routes::RATE_LIMIT_BUCKETS): `general`, `media`, `deletions`, `paging`, `apps`,
    /// `accounts`, `email_confirmations`, `follows`, `statuses`, `reports`.
    #[must_use]
    pub fn rate_limit(mut self, bucket: &str, requests: u32) -> Self {
        self.rate_limits.insert(bucket.to_owned(), requests);
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
    /// If an address cannot be bound, or if [`rate_limit`](Self::rate_limit) was called with an unknown bucket.
    pub async fn start(self) -> io::Result<TestServer> {
        let rate_limiter = if self.is_unlimited {
            RateLimiter::unlimited()
        } else {
            RateLimiter::with_overrides(self.rate_limits).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "unknown rate-limit bucket; see TestServerBuilder::rate_limit for the names",
                )
            })?
        };
        let listener = TcpListener::bind(self.address).await?;
        let streaming_listener = match self.streaming_address {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let url = format!("http://{}", listener.local_addr()?);
        let streaming_address = streaming_listener
            .as_ref()
            .unwrap_or(&listener)
            .local_addr()?;
        let streaming_url = format!("ws://{streaming_address}");
        let clock = Clock::starting_at(Timestamp::now());
        let faults = Arc::<Faults>::default();
        let hub = Arc::new(Hub::new(Arc::clone(&faults)));
        let mut state = State::seeded(&url, clock.now());
        state.streaming_url.clone_from(&streaming_url);
        state.hub = Arc::clone(&hub);
        let push_queue = Arc::clone(&state.push_queue);
        let shared = Arc::new(Shared {
            clock,
            url,
            rate_limiter,
            faults,
            streaming_url,
            hub,
            push_queue,
            state: Mutex::new(state),
        });
        let mut tasks = vec![
            tokio::spawn(run_due_tasks_on_advance(Arc::clone(&shared))),
            tokio::spawn(push::deliver_all(Arc::clone(&shared))),
        ];
        let role = match streaming_listener {
            Some(_) => ServerRole::Rest,
            None => ServerRole::All,
        };
        tasks.push(serve(&shared, listener, role));
        if let Some(listener) = streaming_listener {
            tasks.push(serve(&shared, listener, ServerRole::Streaming));
        }
        Ok(TestServer { shared, tasks })
    }
}

fn serve(shared: &Arc<Shared>, listener: TcpListener, role: ServerRole) -> JoinHandle<()> {
    let app = router::app(Arc::clone(shared), role);
    let app = app.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move {
        // The server runs until its task is aborted, so no error can be reported.
        let _aborted = axum::serve(CuttableListener(listener), app).await;
    })
}

/// Runs due tasks whenever the clock is advanced, so that clients that only stream receive the events.
async fn run_due_tasks_on_advance(shared: Arc<Shared>) {
    loop {
        shared.clock.advanced().await;
        drop(shared.state());
    }
}

/// A running server. Dropping it stops the server and cuts all streaming connections.
pub struct TestServer {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server on a free port of 127.0.0.1. It has the users `alice`, `bob`, `carol` and `dave` and the
    /// remote account `erin@elsewhere.example`. The account of `dave` is locked: he approves followers manually.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder for a server with other settings than those of [`start`](Self::start).
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            rate_limits: BTreeMap::new(),
            is_unlimited: false,
            streaming_address: None,
        }
    }

    /// Returns the base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Returns the base URL of the streaming API (`ws://host:port`), without a path.
    pub fn streaming_url(&self) -> &str {
        &self.shared.streaming_url
    }

    /// Returns the streaming connections and controls.
    pub fn streaming(&self) -> Streaming<'_> {
        Streaming(&self.shared)
    }

    /// Returns the Web Push messages that the server sent. They are encrypted and signed as Mastodon does it, and
    /// are delivered only to loopback addresses.
    pub fn push_messages(&self) -> PushMessages<'_> {
        PushMessages(&self.shared)
    }

    /// Returns the server's clock, which can be advanced.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Adds a fault that applies to later requests or stream events.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Returns the number of faults that have not been applied as often as requested.
    pub fn pending_faults(&self) -> usize {
        self.shared.faults.pending()
    }

    /// Removes all faults that have not been applied yet.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Enables the translation of statuses. The translated text is the original, prefixed with the target language.
    pub fn enable_translation(&self) {
        self.shared.state().translation_enabled = true;
    }

    /// Requires staff approval of each new user.
    pub fn require_approval(&self) {
        self.shared.state().approval_required = true;
    }

    /// Acts as a user in a browser: opens the authorization URL, logs in and authorizes the application. Returns
    /// the authorization code from the redirect or the page; `None` if the server rejects the request.
    pub fn authorize(&self, url: &str, username: &str) -> Option<String> {
        oauth::authorize(&self.shared, url, username)
    }

    /// Acts as a new user: opens the link in the confirmation email. Returns `false` if no confirmation is pending.
    pub fn confirm_email(&self, username: &str) -> bool {
        let mut state = self.shared.state();
        let account = state.local_account(username);
        let account = account.and_then(|id| state.accounts.get(&id));
        let link = account.and_then(|account| account.login.as_ref()?.confirmation.clone());
        link.is_some_and(|link| state.confirm_email(&link).is_some())
    }

    /// Returns the URL of the link in the confirmation email; `None` if no confirmation is pending.
    pub fn confirmation_url(&self, username: &str) -> Option<String> {
        let state = self.shared.state();
        let account = state.accounts.get(&state.local_account(username)?)?;
        let link = account.login.as_ref()?.confirmation.as_ref()?;
        Some(format!(
            "{}/auth/confirmation?confirmation_token={link}",
            state.url
        ))
    }

    /// Acts as staff: suspends an account. Its content is hidden and its streaming connections are closed.
    pub fn suspend_account(&self, acct: &str) {
        self.moderate(acct, |account| account.suspended = true);
        let account = self.shared.state().account_by_acct(acct);
        if let Some(account) = account {
            self.shared.hub.end_connections_of_user(account);
        }
    }

    /// Acts as staff: publishes an announcement. Returns its ID.
    pub fn publish_announcement(&self, text: &str) -> String {
        let now = self.shared.clock.now();
        self.shared
            .state()
            .publish_announcement(text, now)
            .to_string()
    }

    /// Acts as staff: changes the text of an announcement. Returns `false` if it does not exist.
    pub fn update_announcement(&self, id: &str, text: &str) -> bool {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        state.update_announcement(parse_id(id), text, now)
    }

    /// Acts as staff: deletes an announcement. Returns `false` if it does not exist.
    pub fn delete_announcement(&self, id: &str) -> bool {
        self.shared.state().delete_announcement(parse_id(id))
    }

    /// Acts as staff: limits (silences) an account.
    pub fn limit_account(&self, acct: &str) {
        self.moderate(acct, |account| account.limited = true);
    }

    /// Acts as a user who moves: the profile of `from` then points to `to`.
    pub fn move_account(&self, from: &str, to: &str) {
        let to = self.shared.state().account_by_acct(to);
        self.moderate(from, |account| account.moved_to = to);
    }

    fn moderate(&self, acct: &str, change: impl Fn(&mut crate::state::Account)) {
        let mut state = self.shared.state();
        let account = state.account_by_acct(acct);
        if let Some(account) = account.and_then(|id| state.accounts.get_mut(&id)) {
            change(account);
        }
    }

    /// Creates an access token with the given scopes, separated by spaces. An unknown user is created first. A
    /// remote account, such as `erin@elsewhere.example`, can also have a token: requests with it act as that account.
    pub fn token(&self, username: &str, scopes: &str) -> String {
        let mut state = self.shared.state();
        let now = self.shared.clock.now();
        let existing = state.account_by_acct(username);
        let user = existing.unwrap_or_else(|| match username.split_once('@') {
            Some((name, domain)) => state.add_remote_account(name, domain, now),
            None => state.add_account(username, now),
        });
        state.add_token(Some(user), scopes, now)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.hub.cut_all();
    }
}
