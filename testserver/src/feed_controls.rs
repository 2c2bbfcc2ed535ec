//! Controls of feeds and of other servers: incomplete home timelines, late statuses, answers to follow requests.

use std::time::Duration;

use crate::clock::earlier;
use crate::server::TestServer;

impl TestServer {
    /// Empties the home timeline and the lists of a user, and starts to regenerate them, as for a user who has made no
    /// request for a week. Returns `false` if the user does not exist.
    pub fn regenerate_feeds(&self, username: &str) -> bool {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let user = state.local_account(username);
        if let Some(user) = user {
            state.start_regeneration(user, now);
        }
        user.is_some()
    }

    /// Delivers a public status that arrives late from another server: it was created `age` ago and has the ID of that
    /// time, so that it enters timelines below newer statuses. Returns its ID, or `None` if the account, such as
    /// `erin@elsewhere.example`, does not exist.
    pub fn post_late(&self, acct: &str, text: &str, age: Duration) -> Option<String> {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let account = state.account_by_acct(acct)?;
        let id = state.publish_late(account, text, earlier(now, age), now)?;
        Some(id.to_string())
    }

    /// Accepts a follow request as the requested account, which can be on another server. Returns `false` if there is no
    /// request.
    ///
    /// A follow of an account on another server is a request until that server accepts it:
    ///
    /// ```no_run
    /// # let server: mastodon_test_server::TestServer = todo!();
    /// // After alice has followed erin@elsewhere.example:
    /// assert!(server.accept_follow("alice", "erin@elsewhere.example"));
    /// ```
    pub fn accept_follow(&self, follower: &str, followed: &str) -> bool {
        let now = self.shared.clock.now();
        let mut state = self.shared.state();
        let accounts = (
            state.account_by_acct(follower),
            state.account_by_acct(followed),
        );
        let (Some(from), Some(to)) = accounts else {
            return false;
        };
        state.authorize_follow_request(from, to, now)
    }

    /// Rejects a follow request or removes a follower as the requested account, which can be on another server. Returns
    /// `false` if there is neither.
    pub fn reject_follow(&self, follower: &str, followed: &str) -> bool {
        let mut state = self.shared.state();
        let accounts = (
            state.account_by_acct(follower),
            state.account_by_acct(followed),
        );
        let (Some(from), Some(to)) = accounts else {
            return false;
        };
        let is_requested = state.cancel_follow_request(from, to).is_some();
        let is_followed = state.follows(from, to);
        state.unfollow(from, to);
        is_requested || is_followed
    }
}
