//! What users are told of, and what is held back from them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{State, Visibility};
use crate::ids::Id;

/// How long an account counts as new, and a follower as none yet.
const NEW_ACCOUNT: SignedDuration = SignedDuration::from_hours(30 * 24);
const NEW_FOLLOWER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Over how many hours a group of notifications may stretch.
const GROUP_HOURS: i64 = 12;
/// What a policy can hold back. The rest tells of nobody's doings, or of what the user asked for.
const FILTERABLE: &[&str] = &[
    "mention",
    "quote",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
];
/// What can be taken together.
pub(crate) const GROUPABLE: &[&str] = &["favourite", "follow", "reblog", "admin.sign_up"];

#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) kind: &'static str,
    pub(crate) from: Id,
    pub(crate) status: Option<Id>,
    pub(crate) created: Timestamp,
    /// Whether the user's policy holds it back.
    pub(crate) filtered: bool,
    /// The group that it was put into when it came.
    pub(crate) group: Option<String>,
}

impl Notification {
    pub(crate) fn group_key(&self) -> String {
        let alone = || format!("ungrouped-{}", self.id);
        self.group.clone().unwrap_or_else(alone)
    }
}

/// What becomes of notifications of a category.
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

/// A category of notifications that a policy speaks of.
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
    /// Each with its name in the second form of the policy, after `for_`. The first form, with `filter_`,
    /// does not know limited accounts.
    pub(crate) const ALL: &[(Self, &str)] = &[
        (Self::NotFollowing, "not_following"),
        (Self::NotFollowers, "not_followers"),
        (Self::NewAccounts, "new_accounts"),
        (Self::PrivateMentions, "private_mentions"),
        (Self::LimitedAccounts, "limited_accounts"),
        (Self::Bots, "bots"),
    ];
}

/// Whose notifications a user wants.
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

/// The notifications held back from one account.
#[derive(Clone, Debug)]
pub(crate) struct NotificationRequest {
    pub(crate) id: Id,
    pub(crate) to: Id,
    pub(crate) from: Id,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) last_status: Option<Id>,
}

/// What users want to be told of.
#[derive(Debug, Default)]
pub(crate) struct NotificationSettings {
    pub(crate) policies: BTreeMap<Id, NotificationPolicy>,
    /// Users and the accounts that they let through, whatever the policy says.
    accepted_senders: BTreeSet<(Id, Id)>,
    pub(crate) requests: BTreeMap<Id, NotificationRequest>,
    /// The hour in which a user's last group of a category began.
    groups: BTreeMap<(Id, String), i64>,
}

impl State {
    /// Tells a user of what an account did, unless they do not want to hear of it.
    pub(crate) fn notify(
        &mut self,
        to: Id,
        kind: &'static str,
        from: Id,
        status: Option<Id>,
        now: Timestamp,
    ) {
        // Of their own actions nobody is told; but a poll ends by itself.
        let own = to == from && kind != "poll";
        let muted = self
            .mute(to, from, now)
            .is_some_and(|mute| mute.notifications);
        let shut_out = self.blocks(to, from) || self.blocks_domain_of(to, from) || muted;
        let remote = self
            .accounts
            .get(&to)
            .is_none_or(|account| account.domain.is_some());
        if own || remote || to != from && shut_out {
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
        let id = self.next_row_id();
        let notification = Notification {
            id,
            to,
            kind,
            from,
            status,
            created: now,
            filtered,
            group,
        };
        if !filtered {
            self.stream_notification(&notification, now);
            self.enqueue_push(&notification);
        }
        self.notifications.insert(id, notification);
        // Only what has a text of its own makes a request.
        if filtered && matches!(kind, "mention" | "quote") {
            self.add_notification_request(to, from, status, now);
        }
    }

    /// What the user's policy makes of a notification; of all categories that it is of, the strictest counts.
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
        let fitting = categories
            .filter(|category| self.category_applies(*category, to, kind, from, status, now));
        fitting
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
        let (Some(sender), stranger) = (self.accounts.get(&from), !self.follows(to, from)) else {
            return false;
        };
        match category {
            PolicyCategory::NotFollowing => stranger,
            PolicyCategory::NotFollowers => {
                let follow = sender.follows.get(&to);
                follow.is_none_or(|follow| now.duration_since(follow.since) < NEW_FOLLOWER)
            }
            PolicyCategory::NewAccounts => {
                stranger && now.duration_since(sender.created) < NEW_ACCOUNT
            }
            PolicyCategory::PrivateMentions => {
                stranger
                    && kind == "mention"
                    && status.is_some_and(|status| self.is_unsolicited_mention(to, from, status))
            }
            PolicyCategory::LimitedAccounts => stranger && sender.limited,
            PolicyCategory::Bots => stranger && sender.profile.bot,
        }
    }

    /// Whether a status is a private mention in a conversation in which the user did not write to its author.
    fn is_unsolicited_mention(&self, user: Id, author: Id, status: Id) -> bool {
        let Some(status) = self.statuses.get(&status) else {
            return false;
        };
        if status.visibility != Visibility::Direct {
            return false;
        }
        let mut above = status.reply_to.and_then(|id| self.statuses.get(&id));
        while let Some(status) = above {
            if status.account == user
                && status.visibility == Visibility::Direct
                && status.mentions.contains(&author)
            {
                return false;
            }
            above = status.reply_to.and_then(|id| self.statuses.get(&id));
        }
        true
    }

    /// The key of the group that a new notification belongs to.
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
        let begun = self
            .notification_settings
            .groups
            .entry((to, subject.clone()))
            .or_insert(hour);
        if hour >= *begun + GROUP_HOURS {
            *begun = hour;
        }
        Some(format!("{subject}-{begun}"))
    }

    fn add_notification_request(&mut self, to: Id, from: Id, status: Option<Id>, now: Timestamp) {
        let known = self
            .notification_settings
            .requests
            .values_mut()
            .find(|request| request.to == to && request.from == from);
        if let Some(known) = known {
            (known.updated, known.last_status) = (now, status);
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

    /// The user's requests, the latest first.
    pub(crate) fn notification_requests_of(
        &self,
        user: Id,
    ) -> impl Iterator<Item = &NotificationRequest> {
        let requests = self.notification_settings.requests.values().rev();
        requests.filter(move |request| request.to == user && !self.is_suspended(request.from))
    }

    /// How many notifications a request holds back.
    pub(crate) fn filtered_count(&self, request: &NotificationRequest) -> usize {
        let held = |found: &&Notification| {
            found.filtered && found.to == request.to && found.from == request.from
        };
        self.notifications.values().filter(held).count()
    }

    /// Lets an account through, with all that was held back from it.
    pub(crate) fn accept_notification_request(&mut self, request: &NotificationRequest) {
        self.notification_settings.requests.remove(&request.id);
        self.notification_settings
            .accepted_senders
            .insert((request.to, request.from));
        for found in self.notifications.values_mut() {
            if found.to == request.to && found.from == request.from {
                found.filtered = false;
            }
        }
    }

    /// Throws away what was held back from an account.
    pub(crate) fn dismiss_notification_request(&mut self, request: &NotificationRequest) {
        self.notification_settings.requests.remove(&request.id);
        self.notifications.retain(|_, found| {
            !found.filtered || found.to != request.to || found.from != request.from
        });
    }

    /// What the user was told of, newest first; what is held back only if wanted.
    pub(crate) fn notifications_of(
        &self,
        user: Id,
        with_filtered: bool,
    ) -> impl Iterator<Item = &Notification> {
        self.notifications.values().rev().filter(move |found| {
            found.to == user && (with_filtered || !found.filtered) && !self.is_suspended(found.from)
        })
    }

    /// How far the user has read.
    pub(crate) fn last_read(&self, user: Id) -> Id {
        let markers = self.accounts.get(&user).map(|account| &account.markers);
        let marker = markers.and_then(|markers| markers.get("notifications"));
        marker.map_or(0, |marker| marker.last_read)
    }

    fn is_suspended(&self, account: Id) -> bool {
        self.accounts
            .get(&account)
            .is_some_and(|account| account.suspended)
    }
}
