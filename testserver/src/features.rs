//! Features of the server that a test turns on: invites, donation campaigns, email subscriptions.

use std::time::Duration;

use crate::clock::later;
use crate::server::TestServer;
use crate::state::Invite;

impl TestServer {
    /// Acts as a user: creates an invite link, optionally limited in the number of uses and in time. Returns its code,
    /// which an application sends as `invite_code` at sign-up; `None` if the user does not exist.
    pub fn create_invite(
        &self,
        username: &str,
        max_uses: Option<u32>,
        lifetime: Option<Duration>,
    ) -> Option<String> {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let user = state.local_account(username)?;
        Some(state.create_invite(Invite {
            user,
            uses: 0,
            max_uses,
            expires: lifetime.map(|lifetime| later(now, lifetime)),
            autofollow: false,
        }))
    }

    /// Sets the donation campaign that `GET /api/v1/donation_campaigns` returns. Default: `None`, so that the endpoint
    /// responds with 204.
    pub fn set_donation_campaign(&self, campaign: Option<serde_json::Value>) {
        self.shared.state().donation_campaign = campaign;
    }

    /// Lets visitors subscribe by email to the statuses of a user. Default: no user offers it.
    pub fn enable_email_subscriptions(&self, username: &str) {
        let mut state = self.shared.state();
        if let Some(user) = state.local_account(username) {
            state.email_subscriptions.entry(user).or_default();
        }
    }

    /// Returns the email addresses that have subscribed to a user, in alphabetical order.
    pub fn email_subscribers(&self, username: &str) -> Vec<String> {
        let state = self.shared.state();
        let user = state.local_account(username);
        let subscribers = user.and_then(|user| state.email_subscriptions.get(&user));
        subscribers
            .map(|all| all.iter().cloned().collect())
            .unwrap_or_default()
    }
}
