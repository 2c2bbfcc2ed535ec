//! The server from outside: start, address, tokens, clock.

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

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) url: String,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) faults: Arc<Faults>,
    /// Where streams are, without a path.
    pub(crate) streaming_url: String,
    pub(crate) hub: Arc<Hub>,
    pub(crate) push_queue: Arc<PushQueue>,
    state: Mutex<State>,
}

impl Shared {
    /// The state, with everything done that was due until now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.run_due_tasks(self.clock.now());
        state
    }
}

/// How a server is to be. The rate limits are Mastodon's unless said otherwise.
#[derive(Debug)]
pub struct TestServerBuilder {
    address: SocketAddr,
    limits: BTreeMap<String, u32>,
    unlimited: bool,
    streaming: Option<SocketAddr>,
}

impl TestServerBuilder {
    /// Listens on this address instead of a free port of this machine.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Streams at an address of its own, as large servers do; the other one answers requests for streams with a
    /// redirect.
    #[must_use]
    pub fn streaming_address(mut self, address: SocketAddr) -> Self {
        self.streaming = Some(address);
        self
    }

    /// Lets a family have so many requests in its time. The families are those of [`FAMILIES`](crate::routes::FAMILIES):
    /// `general`, `media`, `deletions`, `paging`, `apps`, `accounts`, `email_confirmations`, `follows`, `statuses`, `reports`.
    #[must_use]
    pub fn rate_limit(mut self, family: &str, requests: u32) -> Self {
        self.limits.insert(family.to_owned(), requests);
        self
    }

    /// Refuses no request for being one too many.
    #[must_use]
    pub fn without_rate_limits(mut self) -> Self {
        self.unlimited = true;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// When an address cannot be had, or there is no rate-limit family of a name that was given.
    pub async fn start(self) -> io::Result<TestServer> {
        let rate_limiter = if self.unlimited {
            RateLimiter::unlimited()
        } else {
            RateLimiter::with_overrides(self.limits).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "no such rate-limit family")
            })?
        };
        let listener = TcpListener::bind(self.address).await?;
        let streaming_listener = match self.streaming {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let url = format!("http://{}", listener.local_addr()?);
        let streams = streaming_listener
            .as_ref()
            .unwrap_or(&listener)
            .local_addr()?;
        let streaming_url = format!("ws://{streams}");
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
        tasks.extend(
            streaming_listener.map(|streaming_listener| {
                serve(&shared, streaming_listener, ServerRole::Streaming)
            }),
        );
        Ok(TestServer { shared, tasks })
    }
}

fn serve(shared: &Arc<Shared>, listener: TcpListener, role: ServerRole) -> JoinHandle<()> {
    let app = router::app(Arc::clone(shared), role);
    let app = app.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move {
        // It is ended by aborting the task, so there is nobody to report to.
        let _ended = axum::serve(CuttableListener(listener), app).await;
    })
}

/// Does what is due as soon as the clock is moved, so that who only listens hears of it.
async fn run_due_tasks_on_advance(shared: Arc<Shared>) {
    loop {
        shared.clock.advanced().await;
        drop(shared.state());
    }
}

/// A running server. It ends when this is dropped.
pub struct TestServer {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl TestServer {
    /// Starts a server on a free port of this machine, with the users alice, bob, carol and dave, who
    /// approves followers by hand, and erin@elsewhere.example, who is far away.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// A server that is to be otherwise than [`start`](Self::start) makes it.
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            limits: BTreeMap::new(),
            unlimited: false,
            streaming: None,
        }
    }

    /// The address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Where its streams are, without a path.
    pub fn streaming_url(&self) -> &str {
        &self.shared.streaming_url
    }

    /// Who listens to the server's streams.
    pub fn streaming(&self) -> Streaming<'_> {
        Streaming(&self.shared)
    }

    /// What the server pushed: encrypted and signed as Mastodon does it, to endpoints on this machine alone.
    pub fn push_messages(&self) -> PushMessages<'_> {
        PushMessages(&self.shared)
    }

    /// The server's clock, which can be moved.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Lets something go wrong with coming requests.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Takes back all faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Lets users have statuses translated: the translation names the language and repeats the text.
    pub fn enable_translation(&self) {
        self.shared.state().translation_enabled = true;
    }

    /// Lets the staff decide on each new user.
    pub fn require_approval(&self) {
        self.shared.state().approval_required = true;
    }

    /// What a user does in a browser: opens the page of a log-in, signs in, gives leave. Returns the
    /// code, which the page shows or the redirect carries; `None` where the server refuses.
    pub fn authorize(&self, page: &str, username: &str) -> Option<String> {
        oauth::authorize(&self.shared, page, username)
    }

    /// What a new user does: follows the link in the message about the e-mail address. False where there is
    /// none to follow.
    pub fn confirm_email(&self, username: &str) -> bool {
        let mut state = self.shared.state();
        let account = state.local_account(username);
        let account = account.and_then(|id| state.accounts.get(&id));
        let link = account.and_then(|account| account.login.as_ref()?.confirmation.clone());
        link.is_some_and(|link| state.confirm_email(&link).is_some())
    }

    /// The address of the page behind the link in that message, as long as it waits to be opened.
    pub fn confirmation_url(&self, username: &str) -> Option<String> {
        let state = self.shared.state();
        let account = state.accounts.get(&state.local_account(username)?)?;
        let link = account.login.as_ref()?.confirmation.as_ref()?;
        Some(format!(
            "{}/auth/confirmation?confirmation_token={link}",
            state.url
        ))
    }

    /// What the staff does: suspends an account. Nothing is shown of it any more.
    pub fn suspend_account(&self, acct: &str) {
        self.moderate(acct, |account| account.suspended = true);
        let account = self.shared.state().account_by_acct(acct);
        if let Some(account) = account {
            self.shared.hub.end_connections_of_user(account);
        }
    }

    /// What the staff does: publishes an announcement. Returns its id.
    pub fn publish_announcement(&self, text: &str) -> String {
        let now = self.shared.clock.now();
        self.shared
            .state()
            .publish_announcement(text, now)
            .to_string()
    }

    /// What the staff does: changes the text of an announcement. False where there is none.
    pub fn update_announcement(&self, id: &str, text: &str) -> bool {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        state.update_announcement(parse_id(id), text, now)
    }

    /// What the staff does: takes an announcement back. False where there is none.
    pub fn delete_announcement(&self, id: &str) -> bool {
        self.shared.state().delete_announcement(parse_id(id))
    }

    /// What the staff does: limits the reach of an account.
    pub fn limit_account(&self, acct: &str) {
        self.moderate(acct, |account| account.limited = true);
    }

    /// What a user does who moves: the old account tells the new one.
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

    /// A token for a user with scopes, separated by spaces. A user who is not there yet is made. Someone of
    /// another server, such as `erin@elsewhere.example`, acts with it as if from there.
    pub fn token(&self, username: &str, scopes: &str) -> String {
        let mut state = self.shared.state();
        let now = self.shared.clock.now();
        let known = state.account_by_acct(username);
        let user = known.unwrap_or_else(|| match username.split_once('@') {
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
