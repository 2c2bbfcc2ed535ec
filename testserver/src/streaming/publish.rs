//! Which events go to whom.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Payload, Subscriber, Subscription};
use crate::ids::{Id, parse_id};
use crate::render;
use crate::state::{Announcement, Notification, State, Status};

/// What status_event to a status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StatusEvent {
    Update,
    Edit,
    Delete,
}

impl State {
    /// A status was posted.
    pub(crate) fn stream_update(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusEvent::Update, status, now);
    }

    /// A status was edited.
    pub(crate) fn stream_edit(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusEvent::Edit, status, now);
    }

    /// A status is about to be deleted.
    pub(crate) fn stream_delete(&self, status: Id, now: Timestamp) {
        self.stream_status(StatusEvent::Delete, status, now);
    }

    fn stream_status(&self, status_event: StatusEvent, status: Id, now: Timestamp) {
        let Some(status) = self.statuses.get(&status) else {
            return;
        };
        let event = match status_event {
            StatusEvent::Update => "update",
            StatusEvent::Edit => "status.update",
            StatusEvent::Delete => "delete",
        };
        self.hub.publish(event, |subscriber, subscription| {
            let viewer = self.viewer_of(subscriber, subscription, status, status_event, now)?;
            if status_event == StatusEvent::Delete {
                return Some(Payload::Text(status.id.to_string()));
            }
            let mut value = render::status(self, status, viewer, now);
            // Nothing but filters makes a difference between those who read a public stream.
            if viewer.is_none() && self.filters_of(subscriber.user).next().is_some() {
                value["filtered"] = render::filtered(self, status, subscriber.user, now);
            }
            Some(text(&value))
        });
    }

    /// Whether a stream carries a status, and for whom: the public streams show what anybody sees.
    fn viewer_of(
        &self,
        subscriber: &Subscriber,
        subscription: &Subscription,
        status: &Status,
        status_event: StatusEvent,
        now: Timestamp,
    ) -> Option<Option<Id>> {
        let user = subscriber.user;
        // Whom a status mentions hears of its end, whether they saw it in a timeline or not.
        let told = status_event == StatusEvent::Delete && status.mentions.contains(&user);
        let mut name = subscription.stream.name.split(':');
        let kind = name.next().unwrap_or_default();
        let own = match kind {
            "user" => told || self.is_shown_in_home(user, status, now),
            "list" => self.list_carries(user, subscription, status, now),
            _ => false,
        };
        // The parts of a name after the first narrow the stream down.
        let remote = self.is_remote(status.account);
        let fits = |part: &str| match part {
            "local" => !remote,
            "remote" => remote,
            "media" => !status.media.is_empty(),
            _ => false,
        };
        let tagged = |tag: String| status.tags.contains(&tag);
        let listed = match kind {
            "public" => !status.is_reply_to_other_account(),
            "hashtag" => subscription.tag().is_some_and(tagged),
            _ => false,
        };
        // Who may not see a status may still know of its end.
        let wanted = || {
            status_event == StatusEvent::Delete
                || !self.hides_author(Some(user), status.account, now)
                    && self.involves_only_wanted_accounts(user, status, now)
        };
        if own {
            Some(Some(user))
        } else if listed && status.is_in_public_timelines() && name.all(fits) && wanted() {
            Some(None)
        } else {
            None
        }
    }

    fn list_carries(
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

    /// A user was told of something.
    pub(crate) fn stream_notification(&self, found: &Notification, now: Timestamp) {
        self.hub.publish("notification", |subscriber, _| {
            let for_them = subscriber.user == found.to && subscriber.notifications;
            for_them.then(|| text(&render::notification(self, found, None, now)))
        });
    }

    /// Notifications that were held back are among the user's others now.
    pub(crate) fn stream_notifications_merged(&self, user: Id) {
        self.hub.publish("notifications_merged", |subscriber, _| {
            let for_them = subscriber.user == user && subscriber.notifications;
            for_them.then(|| Payload::Text("1".to_owned()))
        });
    }

    pub(crate) fn stream_filters_changed(&self, user: Id) {
        self.hub.publish("filters_changed", |subscriber, _| {
            (subscriber.user == user).then_some(Payload::None)
        });
    }

    /// Conversations have changed: each named by its user and its id.
    pub(crate) fn stream_conversations(&self, changed: &[(Id, Id)], now: Timestamp) {
        for (user, id) in changed {
            let account = self.accounts.get(user);
            let found = account.and_then(|account| account.conversations.get(id));
            let Some(found) = found else { continue };
            self.hub.publish("conversation", |subscriber, _| {
                let for_them = subscriber.user == *user;
                for_them.then(|| text(&render::conversation(self, found, *user, now)))
            });
        }
    }

    /// An announcement was published, or changed.
    pub(crate) fn stream_announcement(&self, found: &Announcement) {
        let payload = render::announcement(self, found, None).to_string();
        let publish = |_: &Subscriber, _: &Subscription| Some(Payload::Text(payload.clone()));
        self.hub.publish("announcement", publish);
    }

    /// Somebody reacted to an announcement, or took that back.
    pub(crate) fn stream_reaction(&self, announcement: Id, name: &str, count: usize) {
        let payload = json!({
            "name": name, "count": count, "announcement_id": announcement.to_string(),
        });
        let publish = |_: &Subscriber, _: &Subscription| Some(text(&payload));
        self.hub.publish("announcement.reaction", publish);
    }

    /// An announcement was withdrawn.
    pub(crate) fn stream_announcement_deletion(&self, announcement: Id) {
        let publish =
            |_: &Subscriber, _: &Subscription| Some(Payload::Text(announcement.to_string()));
        self.hub.publish("announcement.delete", publish);
    }
}

fn text(value: &Value) -> Payload {
    Payload::Text(value.to_string())
}
