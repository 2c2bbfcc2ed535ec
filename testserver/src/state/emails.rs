//! Emails that a real server would have sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::State;
use crate::clock::iso8601;
use crate::ids::Id;

/// Maximum number of kept emails. Older ones are dropped.
const MAX_KEPT: usize = 1000;

/// Kind of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmailKind {
    /// Asks a new user to confirm the email address.
    Confirmation,
    /// Lets a user who has forgotten the password choose another one.
    PasswordReset,
}

/// Email that a real server would have sent. Returned by [`TestServer::emails`](crate::TestServer::emails).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Email {
    /// Kind.
    pub kind: EmailKind,
    /// Recipient.
    pub to: String,
    /// Username of the recipient.
    pub username: String,
    /// Link in the email. It works with GET.
    pub link: String,
    /// Time of the server's clock, in ISO 8601.
    pub sent_at: String,
}

/// Link with which a user can choose another password.
#[derive(Clone, Debug)]
pub(crate) struct PasswordReset {
    /// Token in the link.
    pub(crate) token: String,
    pub(crate) sent: Timestamp,
}

impl State {
    /// Records an email to a user of this server.
    pub(crate) fn send_email(&mut self, kind: EmailKind, user: Id, path: &str, now: Timestamp) {
        let Some(account) = self.accounts.get(&user) else {
            return;
        };
        let Some(login) = &account.login else {
            return;
        };
        let email = Email {
            kind,
            to: login.email.clone(),
            username: account.username.clone(),
            link: format!("{}{path}", self.url),
            sent_at: iso8601(now),
        };
        if self.emails.len() >= MAX_KEPT {
            self.emails.pop_front();
        }
        self.emails.push_back(email);
    }

    /// Sends a confirmation email with a new link to a user.
    pub(crate) fn send_confirmation_email(&mut self, user: Id, now: Timestamp) {
        let confirmation = self.unique_token("confirm");
        let account = self.accounts.get_mut(&user);
        if let Some(login) = account.and_then(|account| account.login.as_mut()) {
            login.confirmation = Some(confirmation.clone());
        }
        let path = format!("/auth/confirmation?confirmation_token={confirmation}");
        self.send_email(EmailKind::Confirmation, user, &path, now);
    }

    /// Sends the current confirmation link to a user again.
    pub(crate) fn resend_confirmation_email(&mut self, user: Id, now: Timestamp) {
        let account = self.accounts.get(&user);
        let login = account.and_then(|account| account.login.as_ref());
        if let Some(confirmation) = login.and_then(|login| login.confirmation.clone()) {
            let path = format!("/auth/confirmation?confirmation_token={confirmation}");
            self.send_email(EmailKind::Confirmation, user, &path, now);
        }
    }
}
