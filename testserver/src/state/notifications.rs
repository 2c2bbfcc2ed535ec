//! Notifications, notification policies and notification requests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{CollectionActivity, DueTask, Permission, State, Visibility};
use crate::clock::later;
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
/// Permissions that belong to moderation.
const MODERATION: &[Permission] = &[
    Permission::ViewDashboard,
    Permission::ViewAuditLog,
    Permission::ManageUsers,
    Permission::ManageUserAccess,
    Permission::DeleteUserData,
    Permission::ManageReports,
    Permission::ManageAppeals,
    Permission::ManageFederation,
    Permission::ManageBlocks,
    Permission::ManageTaxonomies,
    Permission::ManageInvites,
];
/// Maximum count of the notifications of a request.
const MAX_REQUEST_COUNT: usize = 100;
/// Time after which an unfinished merge of notifications is forgotten.
const MERGE_EXPIRY: Duration = Duration::from_secs(30 * 60);
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
    /// Number of filtered mentions and quotes when the request was last saved.
    pub(crate) notifications_count: usize,
}

/// Notification policies, requests and groups of all users.
#[derive(Debug, Default)]
pub(crate) struct NotificationSettings {
    pub(crate) policies: BTreeMap<Id, NotificationPolicy>,
    /// Pairs of a user and a sender whose notifications the user has accepted regardless of the policy.
    pub(super) accepted_senders: BTreeSet<(Id, Id)>,
    pub(crate) requests: BTreeMap<Id, NotificationRequest>,
    /// Number of accepted requests whose notifications are not merged yet, and the time when the number expires, by user.
    pending_merges: BTreeMap<Id, (usize, Timestamp)>,
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
        let is_remote = self
            .accounts
            .get(&to)
            .is_none_or(|account| account.domain.is_some());
        if is_own_action || is_remote {
            return;
        }
        // Mentions by the staff reach everyone.
        let is_from_staff = kind == "mention" && self.is_staff_above(from, to);
        if !is_from_staff && to != from && self.is_unwanted(to, kind, from, status, now) {
            return;
        }
        let action = if is_from_staff {
            PolicyAction::Accept
        } else {
            self.policy_action(to, kind, from, status, now)
        };
        if action == PolicyAction::Drop || about.is_none() && !self.is_new(to, kind, from, status) {
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
        if let Some(status) = status.filter(|_| kind == "mention" && !filtered)
            && let Some(changed) = self.add_to_conversation(to, status)
        {
            self.stream_conversations(&[changed], now);
        }
        // Only types with a status by the sender create a notification request.
        if filtered && matches!(kind, "mention" | "quote") {
            self.add_notification_request(to, from, status, now);
        }
    }

    /// Whether a user does not want to be notified: because of a block or a mute of the sender, or of somebody whom a mention
    /// involves.
    fn is_unwanted(
        &self,
        to: Id,
        kind: &str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) -> bool {
        let blocks = |person: Id| {
            let mute = self.mute(to, person, now);
            self.blocks(to, person) || mute.is_some_and(|mute| mute.notifications)
        };
        let mention = status.filter(|_| kind == "mention");
        let mention = mention.and_then(|id| self.statuses.get(&id));
        let mut involved = mention.iter().flat_map(|status| {
            let replied_to = status.reply_to_account.iter();
            status.mentions.iter().chain(replied_to)
        });
        blocks(from)
            || self.blocks_domain_of(to, from) && !self.follows(to, from)
            || involved.any(|person| blocks(*person))
    }

    /// Whether an account belongs to the moderators, who are shown as such, and is above the role of a user.
    fn is_staff_above(&self, account: Id, user: Id) -> bool {
        let role = self.role_of(account);
        role.is_some_and(|role| role.highlighted)
            && self.outranks(account, user)
            && self.can(account, MODERATION)
    }

    /// Prepares for a notification. There is one notification for each cause: an edit replaces the earlier notification about
    /// an edit, and a mention that an edit repeats is not a new one.
    fn is_new(&mut self, to: Id, kind: &str, from: Id, status: Option<Id>) -> bool {
        let is_same = |notification: &Notification| {
            notification.to == to
                && notification.kind == kind
                && notification.from == from
                && notification.status == status
        };
        if matches!(kind, "update" | "quoted_update") {
            self.notifications.retain(|_, known| !is_same(known));
            return true;
        }
        let status = status.and_then(|id| self.statuses.get(&id));
        let is_edited = status.is_some_and(|status| status.edited.is_some());
        // Only an edit repeats the cause.
        !(is_edited && kind == "mention" && self.notifications.values().any(is_same))
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
            let id = existing.id;
            self.count_notifications(id);
            return;
        }
        let id = self.next_id(now);
        let request = NotificationRequest {
            notifications_count: 1,
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

    /// Counts the filtered mentions and quotes of a request again. Returns the count.
    fn count_notifications(&mut self, id: Id) -> usize {
        let Some(request) = self.notification_settings.requests.get_mut(&id) else {
            return 0;
        };
        let is_counted = |notification: &&Notification| {
            notification.filtered
                && matches!(notification.kind, "mention" | "quote")
                && notification.to == request.to
                && notification.from == request.from
        };
        let counted = self.notifications.values().filter(is_counted);
        request.notifications_count = counted.take(MAX_REQUEST_COUNT).count();
        request.notifications_count
    }

    /// Deletes notifications one by one. Requests that have no notifications left are deleted too.
    pub(crate) fn delete_notifications(&mut self, is_deleted: impl Fn(&Notification) -> bool) {
        let mut pairs = BTreeSet::new();
        self.notifications.retain(|_, notification| {
            let is_deleted = is_deleted(notification);
            if is_deleted {
                pairs.insert((notification.to, notification.from));
            }
            !is_deleted
        });
        let requests = self.notification_settings.requests.values();
        let affected = requests.filter(|request| pairs.contains(&(request.to, request.from)));
        for id in affected.map(|request| request.id).collect::<Vec<_>>() {
            if self.count_notifications(id) == 0 {
                self.notification_settings.requests.remove(&id);
            }
        }
    }

    /// Accepts a notification request: future notifications from the account are not filtered, past ones are merged into the
    /// others after a while.
    pub(crate) fn accept_notification_request(
        &mut self,
        request: &NotificationRequest,
        now: Timestamp,
    ) {
        let settings = &mut self.notification_settings;
        settings.requests.remove(&request.id);
        let (user, from) = (request.to, request.from);
        settings.accepted_senders.insert((user, from));
        let time = self.behavior.with(|behavior| behavior.feeds.merge_time);
        let pending = settings.pending_merges.entry(user).or_insert((0, now));
        if pending.1 <= now {
            pending.0 = 0;
        }
        *pending = (pending.0 + 1, later(now, MERGE_EXPIRY));
        let due = later(now, time);
        self.add_due_task(due, DueTask::MergeNotifications(user, from));
    }

    /// Whether all accepted notifications of a user are merged.
    pub(crate) fn has_merged_notifications(&self, user: Id, now: Timestamp) -> bool {
        let pending = self.notification_settings.pending_merges.get(&user);
        pending.is_none_or(|(count, expires)| *count == 0 || *expires <= now)
    }

    /// Merges the filtered notifications from an accepted account into the others.
    pub(super) fn merge_notifications(&mut self, user: Id, from: Id, now: Timestamp) {
        let mut mentions = Vec::new();
        for notification in self.notifications.values_mut().rev() {
            if notification.to == user && notification.from == from && notification.filtered {
                notification.filtered = false;
                mentions.extend(
                    notification
                        .status
                        .filter(|_| notification.kind == "mention"),
                );
            }
        }
        for status in mentions {
            if let Some(changed) = self.add_to_conversation(user, status) {
                self.stream_conversations(&[changed], now);
            }
        }
        let pending = self.notification_settings.pending_merges.get_mut(&user);
        let left = pending.map_or(0, |(count, _)| {
            *count = count.saturating_sub(1);
            *count
        });
        if left == 0 {
            self.stream_notifications_merged(user);
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
