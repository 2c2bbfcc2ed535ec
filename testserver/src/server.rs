//! Public API of the server: addresses, tokens, faults, clock, staff and user actions.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use crate::base_url::BaseUrls;
use crate::behavior::{Behavior, SharedBehavior};
use crate::builder::TestServerBuilder;
use crate::clock::Clock;
use crate::connection;
use crate::fault::{Fault, Faults};
use crate::handlers::oauth;
use crate::http::RequestIds;
use crate::ids::parse_id;
use crate::limit_settings::{BucketLimit, LimitChanges, Limiter};
use crate::posting::{IdempotencyKeys, Posting};
use crate::push::{PushMessages, PushQueue};
use crate::request_log::{LoggedRequest, RequestLog};
use crate::seed::{Initial, Seed, SeedResult, Seeder};
use crate::state::{Email, State};
use crate::streaming::{Hub, Streaming};

/// State shared by all requests and background tasks. A clone shares everything but the URLs.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) clock: Arc<Clock>,
    /// Base URL of the links in responses: that of the server or, in a clone, the one that the client used.
    pub(crate) url: String,
    pub(crate) request_ids: Arc<RequestIds>,
    /// Base URL of the streaming API (`ws://host:port`).
    pub(crate) streaming_url: String,
    pub(crate) naming: Naming,
    pub(crate) rate_limiter: Arc<Limiter>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) push_queue: Arc<PushQueue>,
    pub(crate) behavior: SharedBehavior,
    pub(crate) posting: Arc<Posting>,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) request_log: Arc<RequestLog>,
    pub(crate) initial: Arc<Initial>,
    /// Whether the control API is served.
    pub(crate) has_control_api: bool,
}

/// Whether links name the configured host or the host that a client used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    Configured,
    ByRequest {
        /// Port of the streaming API, if it is not that of the REST API.
        streaming_port: Option<u16>,
    },
}

impl Shared {
    /// Returns what a request uses, with the URLs that its client used.
    pub(crate) fn for_request(self: &Arc<Self>, request: &Request, is_secure: bool) -> Arc<Self> {
        let Naming::ByRequest { streaming_port } = self.naming else {
            return Arc::clone(self);
        };
        match BaseUrls::of_request(request, is_secure, streaming_port) {
            Some(used) if used.url != self.url => Arc::new(Self {
                url: used.url,
                streaming_url: used.streaming_url,
                ..Self::clone(self)
            }),
            _ => Arc::clone(self),
        }
    }

    /// Locks the state, for links with the URLs of this request. Runs all tasks that are due first.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.url != self.url || state.streaming_url != self.streaming_url {
            state.url.clone_from(&self.url);
            state.streaming_url.clone_from(&self.streaming_url);
            if self.initial.domain.is_none() {
                BaseUrls::domain(&self.url).clone_into(&mut state.domain);
            }
        }
        state.run_due_tasks(self.clock.now());
        state
    }

    /// Restores what the server had at its start.
    pub(crate) fn reset(&self) -> SeedResult<()> {
        let now = self.initial.start_time();
        let (mut fresh, behavior) = (self.initial.state(now)?, self.initial.behavior()?);
        fresh.connect_to(self);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.hub.cut_all();
        self.faults.clear();
        self.rate_limiter.reset();
        self.push_queue.clear();
        self.request_log.clear();
        self.initial.inject_faults(&self.faults)?;
        self.behavior.set(behavior);
        self.clock.set(now);
        *state = fresh;
        Ok(())
    }

    /// Applies the settings of a seed that are not data.
    pub(crate) fn apply_settings(&self, seed: &Seed) -> SeedResult<()> {
        let behavior = match &seed.behavior {
            Some(patch) => Some(
                patch
                    .apply(&self.behavior.get())
                    .map_err(|error| error.inside("behavior"))?,
            ),
            None => None,
        };
        if let Some(behavior) = behavior {
            self.behavior.set(behavior);
        }
        for (index, fault) in seed.faults.iter().enumerate() {
            let injected = self.faults.inject_spec(fault);
            injected.map_err(|error| error.inside(&format!("faults[{index}]")))?;
        }
        if let Some(limits) = &seed.limits {
            let changed = self.rate_limiter.change(limits);
            changed.map_err(|error| error.inside("limits"))?;
        }
        if let Some(time) = seed.clock {
            self.clock.set(time.at(self.clock.now()));
        }
        Ok(())
    }
}

/// A running server. Dropping it stops the server and cuts all streaming connections.
pub struct TestServer {
    pub(crate) shared: Arc<Shared>,
    /// Service of connections that are given to [`serve_connection`](Self::serve_connection).
    pub(crate) app: Router,
    /// Background tasks and connections. Dropping the set aborts them.
    pub(crate) tasks: Mutex<JoinSet<()>>,
    pub(crate) address: Option<SocketAddr>,
    #[cfg(feature = "tls")]
    pub(crate) tls_authority: Option<String>,
}

impl TestServer {
    /// Starts a server on a free port of 127.0.0.1. It has the users `alice`, `bob`, `carol` and `dave`, the remote
    /// account `erin@elsewhere.example`, and the user `admin`, who has the role `Owner`. The account of `dave` is locked:
    /// he approves followers manually.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder for a server with other settings than those of [`start`](Self::start).
    pub fn builder() -> TestServerBuilder {
        TestServerBuilder::default()
    }

    /// Serves HTTP/1.1 on a connection, such as one end of [`tokio::io::duplex`]. With a client in the same thread and
    /// paused time, a test is then deterministic. The connection is closed when the server is dropped.
    ///
    /// Must be called in a tokio runtime. [`TestServerBuilder::in_memory`] starts a server that has no other connections.
    pub fn serve_connection(&self, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(connection::serve(self.app.clone(), io));
    }

    /// Returns the base URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Returns the address that the server listens on; `None` for a server that was started with
    /// [`TestServerBuilder::in_memory`].
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Returns the base URL of the streaming API (`ws://host:port`), without a path.
    pub fn streaming_url(&self) -> &str {
        &self.shared.streaming_url
    }

    /// Returns the certificate of the authority that signs the server's certificate, as PEM; `None` if the server has no
    /// TLS, or a given certificate.
    #[cfg(feature = "tls")]
    pub fn tls_authority(&self) -> Option<&str> {
        self.tls_authority.as_deref()
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

    /// Returns the number of requests that were rejected because a rate limit was exceeded. Faults do not count.
    pub fn rate_limited_requests(&self) -> usize {
        self.shared.rate_limiter.current().rejected()
    }

    /// Sets the maximum number of requests and the length of the windows, in seconds, of a rate-limit bucket. The names are
    /// those of [`TestServerBuilder::rate_limit`]. Returns `false` if the bucket does not exist.
    pub fn set_rate_limit(&self, bucket: &str, requests: u32, seconds: u32) -> bool {
        let limit = BucketLimit {
            requests: Some(requests),
            seconds: Some(seconds.max(1)),
        };
        let changes = LimitChanges {
            enabled: None,
            buckets: [(bucket.to_owned(), Some(limit))].into(),
        };
        self.shared.rate_limiter.change(&changes).is_ok()
    }

    /// Enables or disables all rate limits.
    pub fn enable_rate_limits(&self, enabled: bool) {
        let changes = LimitChanges {
            enabled: Some(enabled),
            ..LimitChanges::default()
        };
        // No bucket is named, so there is no error.
        let _changed = self.shared.rate_limiter.change(&changes);
    }

    /// Removes all faults that have not been applied yet.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Returns the behavior of the server.
    pub fn behavior(&self) -> Behavior {
        self.shared.behavior.get()
    }

    /// Changes the behavior of the server.
    pub fn set_behavior(&self, behavior: Behavior) {
        self.shared.behavior.set(behavior);
    }

    /// Sets what the server does with idempotency keys. Default: [`IdempotencyKeys::Locked`].
    pub fn set_idempotency_keys(&self, keys: IdempotencyKeys) {
        self.shared
            .behavior
            .with(|behavior| behavior.idempotency_keys = keys);
    }

    /// Sets the time that the server works on each POST request of a user before the request has an effect, measured in
    /// tokio's time. The server finishes a request even if its client disconnects. Default: zero.
    pub fn set_work_time(&self, time: Duration) {
        self.shared
            .behavior
            .with(|behavior| behavior.work_time = time);
    }

    /// Restores what the server had at its start: its data, clock, behavior and limits. Removes faults and logs, and cuts
    /// streaming connections.
    pub fn reset(&self) {
        // The same data were accepted at the start.
        let _accepted = self.shared.reset();
    }

    /// Adds data in the format of a seed file. Returns the IDs of what was created, by kind.
    ///
    /// # Errors
    ///
    /// If something in the data is wrong. The error names the place, such as `users[2].role`, and what is allowed.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use mastodon_test_server::TestServer;
    /// use serde_json::json;
    ///
    /// let server = TestServer::start().await?;
    /// let created = server.add(&json!({
    ///     "users": [{ "username": "frida", "locked": true, "tokens": [{ "token": "frida-token" }] }],
    ///     "follows": [{ "from": "frida", "to": "alice" }],
    /// }))?;
    /// println!("frida has the ID {}", created["users"][0]);
    /// # Ok(()) }
    /// ```
    pub fn add(&self, data: &serde_json::Value) -> io::Result<serde_json::Value> {
        let invalid = |error: String| io::Error::new(io::ErrorKind::InvalidInput, error);
        let seed =
            Seed::parse(&data.to_string(), None).map_err(|error| invalid(error.to_string()))?;
        let created = self
            .shared
            .apply_settings(&seed)
            .and_then(|()| {
                let now = self.shared.clock.now();
                Seeder::new(&mut self.shared.state(), now).create_all(&seed)
            })
            .map_err(|error| invalid(error.to_string()))?;
        serde_json::to_value(created).map_err(|error| invalid(error.to_string()))
    }

    /// Returns the requests that clients sent, in the order in which they arrived: the last 1000. A request is listed when
    /// its response is sent.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.request_log.all()
    }

    /// Forgets the [requests](Self::requests) so far.
    pub fn clear_requests(&self) {
        self.shared.request_log.clear();
    }

    /// Returns the emails that a real server would have sent, oldest first: the last 1000.
    pub fn emails(&self) -> Vec<Email> {
        self.shared.state().emails.iter().cloned().collect()
    }

    /// Enables the translation of statuses. The translated text is the original, prefixed with the target language.
    pub fn enable_translation(&self) {
        self.shared
            .behavior
            .with(|behavior| behavior.instance.translation = true);
    }

    /// Requires staff approval of each new user.
    pub fn require_approval(&self) {
        self.shared
            .behavior
            .with(|behavior| behavior.instance.approval_required = true);
    }

    /// Sets the languages that a user sees in public timelines and in `public` and `hashtag` streams, as codes such as
    /// `de`. None means all. Open streaming connections keep the earlier languages. In Mastodon, users choose them in
    /// the preferences of the web application. Default: all languages.
    pub fn set_chosen_languages(&self, username: &str, languages: &[&str]) {
        let mut state = self.shared.state();
        if let Some(user) = state.local_account(username) {
            let languages = languages.iter().map(|language| (*language).to_owned());
            state.chosen_languages.set(user, languages.collect());
        }
    }

    /// Acts as a user in a browser: opens the authorization URL, logs in and authorizes the application. Returns
    /// the authorization code from the redirect or the page; `None` if the server rejects the request.
    pub fn authorize(&self, url: &str, username: &str) -> Option<String> {
        oauth::authorize(&self.shared, url, username)
    }

    /// Acts as a new user: opens the link in the confirmation email. Returns `false` if no confirmation is pending.
    pub fn confirm_email(&self, username: &str) -> bool {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let account = state.local_account(username);
        let account = account.and_then(|id| state.accounts.get(&id));
        let link = account.and_then(|account| account.login.as_ref()?.confirmation.clone());
        link.is_some_and(|link| state.confirm_email(&link, now).is_some())
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

    /// Acts as a user who has followed the link in the email about a forgotten password: sets a new password. As on the
    /// real server, all access tokens, authorization codes and push subscriptions of the user are revoked, and streaming
    /// connections and browser sessions end. Returns `false` if there is no such user.
    pub fn reset_password(&self, username: &str, password: &str) -> bool {
        let mut state = self.shared.state();
        let Some(user) = state.local_account(username) else {
            return false;
        };
        let account = state.accounts.get_mut(&user);
        if let Some(login) = account.and_then(|account| account.login.as_mut()) {
            password.clone_into(&mut login.password);
        }
        state.revoke_access(user);
        true
    }

    /// Acts as staff: suspends an account. Its content is hidden and its streaming connections are closed.
    pub fn suspend_account(&self, acct: &str) {
        let mut state = self.shared.state();
        if let Some(account) = state.account_by_acct(acct) {
            state.suspend_account(account);
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
        state.note_activity(user, now);
        state.add_token(Some(user), scopes, now)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.shared.hub.cut_all();
    }
}
