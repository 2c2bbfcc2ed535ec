//! The server from outside: start, address, tokens, clock.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::handlers::oauth;
use crate::params::{Params, parse};
use crate::router;
use crate::state::State;

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) url: String,
    state: Mutex<State>,
}

impl Shared {
    /// The state, with everything done that was due until now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(self.clock.now());
        state
    }
}

/// A running server. It ends when this is dropped.
pub struct TestServer {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// Starts a server on a free port of this machine, with the users alice, bob, carol and dave, who
    /// approves followers by hand, and erin@elsewhere.example, who is far away.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start() -> std::io::Result<Self> {
        Self::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts a server on an address.
    ///
    /// # Errors
    ///
    /// When the address cannot be had.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let clock = Clock::starting_at(Timestamp::now());
        let state = Mutex::new(State::seeded(&url, clock.now()));
        let shared = Arc::new(Shared { clock, url, state });
        let app = router::app(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It is ended by aborting the task, so there is nobody to report to.
            let _ended = axum::serve(listener, app).await;
        });
        Ok(Self { shared, task })
    }

    /// The address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The server's clock, which can be moved.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Lets users have statuses translated: the translation names the language and repeats the text.
    pub fn offer_translation(&self) {
        self.shared.state().translation = true;
    }

    /// What a user does in a browser: opens the page of a log-in, signs in, gives leave. Returns the
    /// code, which the page shows or the redirect carries; `None` where the server refuses.
    pub fn authorize(&self, page: &str, username: &str) -> Option<String> {
        let mut params = Params::default();
        let query = page.split_once('?').map_or("", |(_, query)| query);
        let form = format!("{query}&email={username}@example.org&password={username}");
        parse::read_pairs(&mut params, form.as_bytes()).ok()?;
        let answer = oauth::consent(&self.shared, &params).ok()?;
        let shown = String::from_utf8_lossy(&answer.body);
        let code = shown
            .split("<code>")
            .nth(1)
            .and_then(|rest| rest.split('<').next().map(str::to_owned));
        code.or_else(|| {
            let (_, target) = answer.headers.iter().find(|(name, _)| name == "location")?;
            Some(target.split("code=").nth(1)?.split('&').next()?.to_owned())
        })
    }

    /// What a new user does: follows the link in the message about the e-mail address. False where there is
    /// none to follow.
    pub fn confirm_email(&self, username: &str) -> bool {
        let mut state = self.shared.state();
        let account = state.account_named(username);
        let account = account.and_then(|id| state.accounts.get(&id));
        let link = account.and_then(|account| account.login.as_ref()?.confirmation.clone());
        link.is_some_and(|link| state.confirm(&link).is_some())
    }

    /// The address of the page behind the link in that message, as long as it waits to be opened.
    pub fn confirmation_page(&self, username: &str) -> Option<String> {
        let state = self.shared.state();
        let account = state.accounts.get(&state.account_named(username)?)?;
        let link = account.login.as_ref()?.confirmation.as_ref()?;
        Some(format!(
            "{}/auth/confirmation?confirmation_token={link}",
            state.url
        ))
    }

    /// What the staff does: suspends an account. Nothing is shown of it any more.
    pub fn suspend(&self, acct: &str) {
        self.moderate(acct, |account| account.suspended = true);
    }

    /// What the staff does: limits the reach of an account.
    pub fn limit(&self, acct: &str) {
        self.moderate(acct, |account| account.limited = true);
    }

    /// What a user does who moves: the old account tells the new one.
    pub fn move_account(&self, from: &str, to: &str) {
        let to = self.shared.state().account_by_acct(to);
        self.moderate(from, |account| account.moved = to);
    }

    fn moderate(&self, acct: &str, change: impl Fn(&mut crate::state::Account)) {
        let mut state = self.shared.state();
        let account = state.account_by_acct(acct);
        if let Some(account) = account.and_then(|id| state.accounts.get_mut(&id)) {
            change(account);
        }
    }

    /// A token for a user with scopes, separated by spaces. A user who is not there yet is made.
    pub fn token(&self, username: &str, scopes: &str) -> String {
        let mut state = self.shared.state();
        let now = self.shared.clock.now();
        let user = state
            .account_named(username)
            .unwrap_or_else(|| state.add_account(username, now));
        state.add_token(Some(user), scopes)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
