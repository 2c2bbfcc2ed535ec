//! Nightly deletion of data that is no longer needed.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::ids::Id;

/// Time of the day at which the data is deleted, in UTC.
const CLEANUP_TIME: SignedDuration = SignedDuration::from_hours(4);
const DAY: i64 = 86_400;
/// Time after which a user who has not confirmed the email address is deleted.
const UNCONFIRMED_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

impl State {
    /// Deletes revoked tokens and users who never confirmed their email address, if a night has passed since the last
    /// time.
    pub(super) fn clean_up_nightly(&mut self, now: Timestamp) {
        let night = (now.as_second() - CLEANUP_TIME.as_secs()).div_euclid(DAY);
        if self
            .last_cleanup
            .replace(night)
            .is_none_or(|last| last == night)
        {
            return;
        }
        let cleaned_at = Timestamp::from_second(night * DAY + CLEANUP_TIME.as_secs());
        let cleaned_at = cleaned_at.unwrap_or(now);
        self.tokens.retain(|_, token| !token.revoked);
        self.authorization_codes
            .retain(|_, code| code.is_valid(cleaned_at));
        let is_expired = |account: &&super::Account| {
            account.is_unconfirmed()
                && cleaned_at.duration_since(account.created) >= UNCONFIRMED_LIFETIME
        };
        let expired: Vec<Id> = self
            .accounts
            .values()
            .filter(is_expired)
            .map(|account| account.id)
            .collect();
        for id in expired {
            self.accounts.remove(&id);
            self.tokens.retain(|_, token| token.user != Some(id));
        }
    }

    /// Revokes all that gives access to a user: tokens, authorization codes, push subscriptions and browser sessions.
    pub(crate) fn revoke_access(&mut self, user: Id) {
        self.sessions.retain(|_, owner| *owner != user);
        self.authorization_codes.retain(|_, code| code.user != user);
        let tokens = self.tokens.values_mut();
        for token in tokens.filter(|token| token.user == Some(user)) {
            token.revoked = true;
            self.push_subscriptions.remove(&token.value);
            self.hub.end_connections_of_token(&token.value);
        }
    }
}
