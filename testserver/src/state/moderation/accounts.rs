//! Actions of the staff against accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;

use super::{CanonicalEmailBlock, DomainBlock, EmailDomainBlock, Permission, Severity};
use crate::ids::Id;
use crate::state::{About, Account, State};

/// Maximum number of remembered IP addresses of a user.
const MAX_ADDRESSES: usize = 100;
/// Seconds per day.
const DAY: i64 = 86_400;
/// Maximum number of remembered days on which a user was active.
const MAX_ACTIVE_DAYS: usize = 800;

/// What the staff has decided about an account, besides its suspension and limitation.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccountModeration {
    /// Role of a local user; `None` is the role of everyone.
    pub(crate) role: Option<i64>,
    /// Whether the user is prevented from logging in.
    pub(crate) disabled: bool,
    /// Whether all media count as sensitive.
    pub(crate) sensitized: bool,
    /// Whether the data of the suspended account still exist, so that they can be deleted.
    pub(crate) is_deletable: bool,
    /// Domain block that limits the account.
    pub(crate) limited_by: Option<Id>,
    /// Domain block that suspends the account.
    pub(crate) suspended_by: Option<Id>,
    /// Reason for joining that the user gave.
    pub(crate) invite_request: Option<String>,
    /// User who invited this user.
    pub(crate) invited_by: Option<Id>,
    /// IP addresses of the user and the times of their last use, the latest first.
    pub(crate) addresses: Vec<(IpAddr, Timestamp)>,
    /// Days on which the user was active, counted from the Unix epoch.
    pub(crate) active_days: BTreeSet<i64>,
}

impl AccountModeration {
    pub(crate) fn use_address(&mut self, address: IpAddr, now: Timestamp) {
        self.addresses.retain(|(known, _)| *known != address);
        self.addresses.insert(0, (address, now));
        self.addresses.truncate(MAX_ADDRESSES);
    }

    pub(crate) fn be_active(&mut self, now: Timestamp) {
        self.active_days.insert(now.as_second().div_euclid(DAY));
        if self.active_days.len() > MAX_ACTIVE_DAYS {
            self.active_days.pop_first();
        }
    }
}

impl State {
    /// Creates the user `admin` with the role Owner. Directory and suggestions do not show it.
    pub(crate) fn add_administrator(&mut self, now: Timestamp) {
        let id = self.add_account("admin", now);
        let owner = self.moderation.roles.find("Owner").map(|role| role.id);
        self.set_role(id, owner);
        if let Some(account) = self.accounts.get_mut(&id) {
            account.profile.discoverable = Some(false);
            account.profile.indexable = false;
        }
    }

    /// Creates the blocked domains of other servers and of email providers.
    pub(crate) fn add_initial_blocks(&mut self, now: Timestamp) {
        for (domain, severity, comment) in [
            ("loud.example", Severity::Silence, "Advertising"),
            ("nasty.example", Severity::Suspend, "Harassment"),
        ] {
            let mut block = DomainBlock::new(domain, severity, now);
            block.public_comment = Some(comment.to_owned());
            self.add_domain_block(block, now);
        }
        let id = self.next_row_id();
        let block = EmailDomainBlock {
            id,
            domain: "disposable.example".to_owned(),
            created: now,
            allow_with_approval: false,
            attempts: BTreeMap::new(),
        };
        self.moderation.email_domain_blocks.insert(id, block);
    }

    /// Suspends an account: its content is hidden and its streaming connections are closed. Nobody can sign up with its
    /// email address. A remote account loses its follows.
    pub(crate) fn suspend_account(&mut self, id: Id) {
        let Some(account) = self.accounts.get_mut(&id) else {
            return;
        };
        account.suspended = true;
        account.moderation.is_deletable = true;
        account.moderation.suspended_by = None;
        let email = account.login.as_ref().map(|login| login.email.clone());
        let is_remote = account.domain.is_some();
        let followed: Vec<Id> = account.follows.keys().copied().collect();
        if let Some(email) = email {
            let block = CanonicalEmailBlock::of_email(&email);
            self.add_canonical_email_block(block, Some(id));
        }
        if is_remote {
            for target in followed {
                self.unfollow(id, target);
            }
        }
        self.unmerge_everywhere(id);
        self.hub.end_connections_of_user(id);
    }

    /// Ends the suspension of an account. Its statuses return to the feeds of its followers.
    pub(crate) fn unsuspend_account(&mut self, id: Id, now: Timestamp) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.suspended = false;
            account.moderation.is_deletable = false;
            account.moderation.suspended_by = None;
        }
        let blocks = &mut self.moderation.canonical_email_blocks;
        blocks.retain(|_, block| block.account != Some(id));
        let followers: Vec<Id> = self.followers(id).map(|(_, user)| user).collect();
        for user in followers {
            self.merge_account(id, user, now);
        }
    }

    /// Whether the staff has suspended the account of a user or disabled its login.
    pub(crate) fn is_login_refused(&self, user: Id) -> bool {
        let account = self.accounts.get(&user);
        account.is_some_and(|account| account.suspended || account.moderation.disabled)
    }

    /// Prevents a user from logging in or from using existing tokens, or allows it again.
    pub(crate) fn set_login_disabled(&mut self, id: Id, disabled: bool) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.moderation.disabled = disabled;
            if disabled {
                self.hub.end_connections_of_user(id);
            }
        }
    }

    /// Approves a sign-up. The staff is notified of the new user once the email address is also confirmed.
    pub(crate) fn approve_account(&mut self, id: Id, now: Timestamp) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.pending_reason = None;
        }
        self.announce_new_user(id, now);
    }

    /// Tells the staff about a new user, unless the approval or the confirmation of the email address is pending.
    pub(crate) fn announce_new_user(&mut self, id: Id, now: Timestamp) {
        let is_pending =
            |account: &Account| account.is_unconfirmed() || account.pending_reason.is_some();
        if self.accounts.get(&id).is_none_or(is_pending) {
            return;
        }
        for member in self.staff_who_can(Permission::ManageUsers) {
            self.notify(member, "admin.sign_up", id, None, now);
        }
    }

    /// Removes an account with everything that belongs to it.
    pub(crate) fn remove_account(&mut self, id: Id, now: Timestamp) {
        self.delete_account_data(id, now);
        self.accounts.remove(&id);
        self.tokens.retain(|_, token| token.user != Some(id));
        self.reports
            .retain(|_, report| report.target != id && report.reporter != id);
        self.hub.end_connections_of_user(id);
    }

    /// Deletes the data of an account and suspends it for good. Its name stays reserved. Statuses in open reports are
    /// kept for the staff.
    pub(crate) fn delete_account_data(&mut self, id: Id, now: Timestamp) {
        let open = self
            .reports
            .values()
            .filter(|report| report.resolved.is_none());
        let about = open.filter(|report| report.target == id);
        let kept: BTreeSet<Id> = about.flat_map(|report| report.statuses.clone()).collect();
        let own = self.statuses.values().filter(|status| status.account == id);
        let own: Vec<Id> = own.map(|status| status.id).collect();
        for status in own.into_iter().filter(|status| !kept.contains(status)) {
            self.remove_status_in_bulk(status, now);
        }
        for status in self.statuses.values_mut() {
            status.favourited_by.remove(&id);
            status.bookmarked_by.remove(&id);
        }
        self.media.retain(|_, media| {
            media.account != id || media.status.is_some_and(|status| kept.contains(&status))
        });
        self.sever_relationships(id);
        self.lists.retain(|_, list| list.owner != id);
        self.filters.retain(|_, filter| filter.owner != id);
        self.scheduled_statuses
            .retain(|_, entry| entry.account != id);
        self.muted_conversations.retain(|(user, _)| *user != id);
        self.notifications
            .retain(|_, item| item.to != id && item.from != id);
        self.notification_settings
            .requests
            .retain(|_, request| request.to != id && request.from != id);
        let tokens = &self.tokens;
        self.push_subscriptions
            .retain(|token, _| tokens.get(token).is_none_or(|token| token.user != Some(id)));
        if let Some(account) = self.accounts.get_mut(&id) {
            let mut empty = Account::new(id, &account.username, account.created);
            empty.profile.discoverable = Some(false);
            empty.domain = account.domain.take();
            empty.login = account.login.take();
            empty.moderation = std::mem::take(&mut account.moderation);
            empty.moderation.is_deletable = false;
            empty.moderation.disabled = empty.login.is_some();
            empty.suspended = true;
            *account = empty;
        }
        self.hub.end_connections_of_user(id);
    }

    /// Removes the follows, requests, blocks, mutes and list memberships between an account and all others.
    fn sever_relationships(&mut self, id: Id) {
        let others: Vec<Id> = self.accounts.keys().copied().collect();
        for other in others {
            for (from, to) in [(id, other), (other, id)] {
                self.unfollow(from, to);
                self.cancel_follow_request(from, to);
            }
            if let Some(other) = self.accounts.get_mut(&other) {
                other.blocks.remove(&id);
                other.mutes.remove(&id);
                other.notes.remove(&id);
            }
        }
        for list in self.lists.values_mut() {
            list.members.remove(&id);
        }
    }

    /// Notifies a user about a warning.
    pub(crate) fn notify_about_warning(&mut self, to: Id, warning: Id, now: Timestamp) {
        self.notify_self(to, "moderation_warning", About::Warning(warning), now);
    }
}
