//! Selects the recipients of each event.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Payload, Subscriber, Subscription};
use crate::ids::{Id, parse_id};
use crate::render;
use crate::state::{Announcement, Notification, State, Status};

/// Change of a status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StatusChange {
    Update,
    Edit,
    Delete,
}

impl State {
    /// Streams a new status.
    pub(crate) fn stream_update(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusChange::Update, status, now);
    }

    /// Streams an edited status.
    pub(crate) fn stream_edit(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusChange::Edit, status, now);
    }

    /// Streams the deletion of a status. Must be called before the status is removed.
    pub(crate) fn stream_delete(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusChange::Delete, status, now);
    }

    fn stream_status(&self, change: StatusChange, status: Id, now: Timestamp) {
        let Some(status) = self.statuses.get(&status) else {
            return;
        };
        let event = match change {
            StatusChange::Update => "update",
            StatusChange::Edit => "status.update",
            StatusChange::Delete => "delete",
        };
        self.hub.publish(event, |subscriber, subscription| {
            let viewer = self.viewer_of(subscriber, subscription, status, change, now)?;
            if change == StatusChange::Delete {
                return Some(Payload::Text(status.id.to_string()));
            }
            let mut value = render::status(self, status, viewer, now);
            // Public channels show the same JSON to all subscribers, except for the matching filters.
            if viewer.is_none() && self.filters_of(subscriber.user).next().is_some() {
                value["filtered"] = render::filtered(self, status, subscriber.user, now);
            }
            Some(json_payload(&value))
        });
    }

    /// Returns the viewer to render a status for, if the subscription receives it. Public channels have no viewer.
    fn viewer_of(
        &self,
        subscriber: &Subscriber,
        subscription: &Subscription,
        status: &Status,
        change: StatusChange,
        now: Timestamp,
    ) -> Option<Option<Id>> {
        let user = subscriber.user;
        // Mentioned users receive the deletion even if the status was in none of their timelines.
        let is_deleted_mention = change == StatusChange::Delete && status.mentions.contains(&user);
        let mut name = subscription.stream.name.split(':');
        let kind = name.next().unwrap_or_default();
        let is_in_own_timeline = match kind {
            "user" => is_deleted_mention || self.is_shown_in_home(user, status, now),
            "list" => self.list_includes(user, subscription, status, now),
            _ => false,
        };
        // The other parts of a channel name are conditions, as in `public:local:media`.
        let remote = self.is_remote(status.account);
        let matches = |part: &str| match part {
            "local" => !remote,
            "remote" => remote,
            "media" => !status.media.is_empty(),
            _ => false,
        };
        let has_tag = |tag: String| status.tags.contains(&tag);
        let is_in_channel = match kind {
            "public" => !status.is_reply_to_other_account(),
            "hashtag" => subscription.tag().is_some_and(has_tag),
            _ => false,
        };
        // Deletions are sent regardless of blocks and mutes.
        let is_wanted = || {
            change == StatusChange::Delete
                || !self.hides_author(Some(user), status.account, now)
                    && self.passes_blocks_and_mutes(user, status, now)
        };
        if is_in_own_timeline {
            Some(Some(user))
        } else if is_in_channel
            && status.is_in_public_timelines()
            && name.all(matches)
            && is_wanted()
        {
            Some(None)
        } else {
            None
        }
    }

    fn list_includes(
        &self,
        user: Id,
        subscription: &Subscription,
        status: &Status,
        now: Timestamp,
    ) -> bool {
        let id = subscription.target.as_deref().map_or(0, parse_id);
        let list = self.lists.get(&id).filter(|list| list.owner == user);
        list.is_some_and(|list| self.belongs_in_list(list, status, now))
    }

    /// Streams a notification to its recipient.
    pub(crate) fn stream_notification(&self, notification: &Notification, now: Timestamp) {
        self.hub.publish("notification", |subscriber, _| {
            let is_recipient = subscriber.user == notification.to && subscriber.reads_notifications;
            is_recipient.then(|| json_payload(&render::notification(self, notification, None, now)))
        });
    }

    /// Streams `notifications_merged`: filtered notifications of accepted senders were merged into the notifications.
    pub(crate) fn stream_notifications_merged(&self, user: Id) {
        self.hub.publish("notifications_merged", |subscriber, _| {
            let is_recipient = subscriber.user == user && subscriber.reads_notifications;
            is_recipient.then(|| Payload::Text("1".to_owned()))
        });
    }

    /// Streams `filters_changed`: the user's filters were changed.
    pub(crate) fn stream_filters_changed(&self, user: Id) {
        self.hub.publish("filters_changed", |subscriber, _| {
            (subscriber.user == user).then_some(Payload::None)
        });
    }

    /// Streams changed conversations, given as pairs of user and conversation ID.
    pub(crate) fn stream_conversations(&self, changed: &[(Id, Id)], now: Timestamp) {
        for (user, id) in changed {
            let account = self.accounts.get(user);
            let conversation = account.and_then(|account| account.conversations.get(id));
            let Some(conversation) = conversation else {
                continue;
            };
            self.hub.publish("conversation", |subscriber, _| {
                let is_recipient = subscriber.user == *user;
                is_recipient
                    .then(|| json_payload(&render::conversation(self, conversation, *user, now)))
            });
        }
    }

    /// Streams a new or changed announcement.
    pub(crate) fn stream_announcement(&self, announcement: &Announcement) {
        let payload = render::announcement(self, announcement, None).to_string();
        let payload_for = |_: &Subscriber, _: &Subscription| Some(Payload::Text(payload.clone()));
        self.hub.publish("announcement", payload_for);
    }

    /// Streams the new count of a reaction to an announcement.
    pub(crate) fn stream_reaction(&self, announcement: Id, name: &str, count: usize) {
        let payload = json!({
            "name": name, "count": count, "announcement_id": announcement.to_string(),
        });
        let payload_for = |_: &Subscriber, _: &Subscription| Some(json_payload(&payload));
        self.hub.publish("announcement.reaction", payload_for);
    }

    /// Streams the deletion of an announcement.
    pub(crate) fn stream_announcement_deletion(&self, announcement: Id) {
        let payload_for =
            |_: &Subscriber, _: &Subscription| Some(Payload::Text(announcement.to_string()));
        self.hub.publish("announcement.delete", payload_for);
    }
}

fn json_payload(value: &Value) -> Payload {
    Payload::Text(value.to_string())
}
