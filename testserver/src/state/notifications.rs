//! Notifications, notification policies and notification requests.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{CollectionActivity, State, Visibility};
use crate::ids::Id;

/// Time during which an account counts as new, and a follower does not count as a follower yet.
const NEW_ACCOUNT: SignedDuration = SignedDuration::from_hours(30 * 24);
const NEW_FOLLOWER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Maximum time span of a notification group in hours.
const GROUP_HOURS: i64 = 12;
/// Types that a policy can filter. The other types have no sender, or the user has requested them.
const FILTERABLE: &[&str] = &[
    "mention",
    "quote",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "added_to_collection",
];
/// Types that can be grouped.
pub(crate) const GROUPABLE: &[&str] = &["favourite", "follow", "reblog", "admin.sign_up"];

#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) kind: &'static str,
    pub(crate) from: Id,
    pub(crate) status: Option<Id>,
    /// What it is about, if that is not a status.
    pub(crate) about: Option<About>,
    pub(crate) created: Timestamp,
    /// Whether the user's policy filters it.
    pub(crate) filtered: bool,
    /// Key of the group that it was assigned to on creation.
    pub(crate) group: Option<String>,
}

/// What a notification is about, if that is not a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Report(Id),
    Warning(Id),
    Severance(Id),
    Collection(CollectionActivity),
}

impl Notification {
    pub(crate) fn group_key(&self) -> String {
        let ungrouped = || format!("ungrouped-{}", self.id);
        self.group.clone().unwrap_or_else(ungrouped)
    }
}

/// Action of a policy for a category of notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PolicyAction {
    #[default]
    Accept,
    Filter,
    Drop,
}

impl PolicyAction {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "accept" => Self::Accept,
            "filter" => Self::Filter,
            "drop" => Self::Drop,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Filter => "filter",
            Self::Drop => "drop",
        }
    }
}

/// Category of notifications in a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PolicyCategory {
    NotFollowing,
    NotFollowers,
    NewAccounts,
    PrivateMentions,
    LimitedAccounts,
    Bots,
}

impl PolicyCategory {
    /// All categories with their names in the v2 policy, without the prefix `for_`. The v1 policy uses the prefix
    /// `filter_` and has no limited accounts.
    pub(crate) const ALL: &[(Self, &str)] = &[
        (Self::NotFollowing, "not_following"),
        (Self::NotFollowers, "not_followers"),
        (Self::NewAccounts, "new_accounts"),
        (Self::PrivateMentions, "private_mentions"),
        (Self::LimitedAccounts, "limited_accounts"),
        (Self::Bots, "bots"),
    ];
}

/// Notification policy of a user.
#[derive(Clone, Debug)]
pub(crate) struct NotificationPolicy(BTreeMap<PolicyCategory, PolicyAction>);

impl Default for NotificationPolicy {
    fn default() -> Self {
        Self(BTreeMap::from([
            (PolicyCategory::PrivateMentions, PolicyAction::Filter),
            (PolicyCategory::LimitedAccounts, PolicyAction::Filter),
        ]))
    }
}

impl NotificationPolicy {
    pub(crate) fn action_for(&self, category: PolicyCategory) -> PolicyAction {
        self.0.get(&category).copied().unwrap_or_default()
    }

    pub(crate) fn set(&mut self, category: PolicyCategory, action: PolicyAction) {
        self.0.insert(category, action);
    }
}

/// Notification request: the filtered notifications from one account.
#[derive(Clone, Debug)]
pub(crate) struct NotificationRequest {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) from: Id,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) last_status: Option<Id>,
}

/// Notification policies, requests and groups of all users.
#[derive(Debug, Default)]
pub(crate) struct NotificationSettings {
    pub(crate) policies: BTreeMap<Id, NotificationPolicy>,
    /// Pairs of a user and a sender whose notifications the user has accepted regardless of the policy.
    pub(super) accepted_senders: BTreeSet<(Id, Id)>,
    pub(crate) requests: BTreeMap<Id, NotificationRequest>,
    /// Start hour of the latest group, by user and subject.
    groups: BTreeMap<(Id, String), i64>,
}

impl State {
    /// Creates a notification, unless the user has blocked or muted the sender or the policy drops it.
    pub(crate) fn notify(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) {
        self.notify_with(to, kind, from, (status, None), now);
    }

    /// Creates a notification about a collection.
    pub(super) fn notify_about_collection(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        activity: CollectionActivity,
        now: Timestamp,
    ) {
        self.notify_with(
            to,
            kind,
            from,
            (None, Some(About::Collection(activity))),
            now,
        );
    }

    fn notify_with(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        (status, about): (Option<Id>, Option<About>),
        now: Timestamp,
    ) {
        // Users are not notified about their own actions, except that their poll has ended.
        let is_own_action = to == from && kind != "poll";
        let is_muted = self
            .mute(to, from, now)
            .is_some_and(|mute| mute.notifications);
        let is_unwanted = self.blocks(to, from) || self.blocks_domain_of(to, from) || is_muted;
        let is_remote = self
            .accounts
            .get(&to)
            .is_none_or(|account| account.domain.is_some());
        if is_own_action || is_remote || to != from && is_unwanted {
            return;
        }
        let action = self.policy_action(to, kind, from, status, now);
        if action == PolicyAction::Drop {
            return;
        }
        let filtered = action == PolicyAction::Filter;
        let group = (!filtered)
            .then(|| self.group_key_for(to, kind, status, now))
            .flatten();
        let id = self.next_notification_id(now);
        let notification = Notification {
            id,
            to,
            kind,
            from,
            status,
            about,
            created: now,
            filtered,
            group,
        };
        self.deliver_notification(notification, now);
        // Only types with a status by the sender create a notification request.
        if filtered && matches!(kind, "mention" | "quote") {
            self.add_notification_request(to, from, status, now);
        }
    }

    /// Stores a notification. Streams and pushes it unless it is filtered.
    pub(super) fn deliver_notification(&mut self, notification: Notification, now: Timestamp) {
        if !notification.filtered {
            self.stream_notification(&notification, now);
            self.enqueue_push(&notification);
        }
        self.notifications.insert(notification.id, notification);
    }

    /// Returns the action of the user's policy: the strictest one of all matching categories.
    fn policy_action(
        &self,
        to: Id,
        kind: &str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) -> PolicyAction {
        if !FILTERABLE.contains(&kind)
            || self
                .notification_settings
                .accepted_senders
                .contains(&(to, from))
        {
            return PolicyAction::Accept;
        }
        let policy = self
            .notification_settings
            .policies
            .get(&to)
            .cloned()
            .unwrap_or_default();
        let categories = PolicyCategory::ALL.iter().map(|(category, _)| *category);
        let matching = categories
            .filter(|category| self.category_applies(*category, to, kind, from, status, now));
        matching
            .map(|category| policy.action_for(category))
            .max()
            .unwrap_or_default()
    }

    fn category_applies(
        &self,
        category: PolicyCategory,
        to: Id,
        kind: &str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) -> bool {
        let (Some(sender), is_stranger) = (self.accounts.get(&from), !self.follows(to, from))
        else {
            return false;
        };
        match category {
            PolicyCategory::NotFollowing => is_stranger,
            PolicyCategory::NotFollowers => {
                let follow = sender.follows.get(&to);
                follow.is_none_or(|follow| now.duration_since(follow.since) < NEW_FOLLOWER)
            }
            PolicyCategory::NewAccounts => {
                is_stranger && now.duration_since(sender.created) < NEW_ACCOUNT
            }
            PolicyCategory::PrivateMentions => {
                is_stranger
                    && kind == "mention"
                    && status.is_some_and(|status| self.is_unsolicited_mention(to, from, status))
            }
            PolicyCategory::LimitedAccounts => is_stranger && sender.limited,
            PolicyCategory::Bots => is_stranger && sender.profile.bot,
        }
    }

    /// Whether a status is a private mention that does not reply to a private message of the user to its author.
    fn is_unsolicited_mention(&self, user: Id, author: Id, status: Id) -> bool {
        let Some(status) = self.statuses.get(&status) else {
            return false;
        };
        if status.visibility != Visibility::Direct {
            return false;
        }
        let mut parent = status.reply_to.and_then(|id| self.statuses.get(&id));
        while let Some(status) = parent {
            if status.account == user
                && status.visibility == Visibility::Direct
                && status.mentions.contains(&author)
            {
                return false;
            }
            parent = status.reply_to.and_then(|id| self.statuses.get(&id));
        }
        true
    }

    /// Returns the key of the group of a new notification; `None` if its type is not grouped.
    fn group_key_for(
        &mut self,
        to: Id,
        kind: &str,
        status: Option<Id>,
        now: Timestamp,
    ) -> Option<String> {
        if !GROUPABLE.contains(&kind) {
            return None;
        }
        let subject = match status {
            Some(status) => format!("{kind}-{status}"),
            None => kind.to_owned(),
        };
        let hour = now.as_second().div_euclid(3600);
        let start = self
            .notification_settings
            .groups
            .entry((to, subject.clone()))
            .or_insert(hour);
        if hour >= *start + GROUP_HOURS {
            *start = hour;
        }
        Some(format!("{subject}-{start}"))
    }

    fn add_notification_request(&mut self, to: Id, from: Id, status: Option<Id>, now: Timestamp) {
        let existing = self
            .notification_settings
            .requests
            .values_mut()
            .find(|request| request.to == to && request.from == from);
        if let Some(existing) = existing {
            (existing.updated, existing.last_status) = (now, status);
            return;
        }
        let id = self.next_id(now);
        let request = NotificationRequest {
            id,
            to,
            from,
            created: now,
            updated: now,
            last_status: status,
        };
        self.notification_settings.requests.insert(id, request);
    }

    /// Returns the notification requests of a user, newest first.
    pub(crate) fn notification_requests_of(
        &self,
        user: Id,
    ) -> impl Iterator<Item = &NotificationRequest> {
        let requests = self.notification_settings.requests.values().rev();
        requests.filter(move |request| request.to == user && !self.is_suspended(request.from))
    }

    /// Returns the number of filtered notifications of a request.
    pub(crate) fn filtered_count(&self, request: &NotificationRequest) -> usize {
        let is_filtered = |notification: &&Notification| {
            notification.filtered
                && notification.to == request.to
                && notification.from == request.from
        };
        self.notifications.values().filter(is_filtered).count()
    }

    /// Accepts a notification request: past and future notifications from the account are no longer filtered.
    pub(crate) fn accept_notification_request(&mut self, request: &NotificationRequest) {
        self.notification_settings.requests.remove(&request.id);
        self.notification_settings
            .accepted_senders
            .insert((request.to, request.from));
        for notification in self.notifications.values_mut() {
            if notification.to == request.to && notification.from == request.from {
                notification.filtered = false;
            }
        }
    }

    /// Dismisses a notification request and deletes its filtered notifications.
    pub(crate) fn dismiss_notification_request(&mut self, request: &NotificationRequest) {
        self.notification_settings.requests.remove(&request.id);
        self.notifications.retain(|_, notification| {
            !notification.filtered
                || notification.to != request.to
                || notification.from != request.from
        });
    }

    /// Returns the notifications of a user, newest first, with or without filtered ones.
    pub(crate) fn notifications_of(
        &self,
        user: Id,
        with_filtered: bool,
    ) -> impl Iterator<Item = &Notification> {
        self.notifications
            .values()
            .rev()
            .filter(move |notification| {
                notification.to == user
                    && (with_filtered || !notification.filtered)
                    && !self.is_suspended(notification.from)
            })
    }

    /// Returns the ID of the last notification that the user has read.
    pub(crate) fn last_read(&self, user: Id) -> Id {
        let markers = self.accounts.get(&user).map(|account| &account.markers);
        let marker = markers.and_then(|markers| markers.get("notifications"));
        marker.map_or(0, |marker| marker.last_read)
    }

    pub(crate) fn is_suspended(&self, account: Id) -> bool {
        self.accounts
            .get(&account)
            .is_some_and(|account| account.suspended)
    }
}
