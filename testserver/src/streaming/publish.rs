//! Which events go to whom.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Listener, Payload, Subscription};
use crate::ids::{Id, position};
use crate::render;
use crate::state::{Announcement, Notification, State, Status};

/// What happens to a status.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Happens {
    Update,
    Edit,
    Delete,
}

impl State {
    /// A status was posted.
    pub(crate) fn stream_update(&self, status: Id, now: Timestamp) {
        self.stream_status(Happens::Update, status, now);
    }

    /// A status was edited.
    pub(crate) fn stream_edit(&self, status: Id, now: Timestamp) {
        self.stream_status(Happens::Edit, status, now);
    }

    /// A status is about to be deleted.
    pub(crate) fn stream_delete(&self, status: Id, now: Timestamp) {
        self.stream_status(Happens::Delete, status, now);
    }

    fn stream_status(&self, happens: Happens, status: Id, now: Timestamp) {
        let Some(status) = self.statuses.get(&status) else {
            return;
        };
        let event = match happens {
            Happens::Update => "update",
            Happens::Edit => "status.update",
            Happens::Delete => "delete",
        };
        self.hub.publish(event, |listener, subscription| {
            let viewer = self.carries(listener, subscription, status, happens, now)?;
            Some(Payload::Text(match happens {
                Happens::Delete => status.id.to_string(),
                _ => render::status(self, status, viewer, now).to_string(),
            }))
        });
    }

    /// Whether a stream carries a status, and for whom: the public streams show what anybody sees.
    fn carries(
        &self,
        listener: &Listener,
        subscription: &Subscription,
        status: &Status,
        happens: Happens,
        now: Timestamp,
    ) -> Option<Option<Id>> {
        let user = listener.user;
        // Whom a status mentions hears of its end, whether they saw it in a timeline or not.
        let told = happens == Happens::Delete && status.mentions.contains(&user);
        let mut name = subscription.stream.name.split(':');
        let kind = name.next().unwrap_or_default();
        let own = match kind {
            "user" => told || self.shows_in_home(user, status, now),
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
            "public" => !status.answers_another(),
            "hashtag" => subscription.tag().is_some_and(tagged),
            _ => false,
        };
        // Who may not see a status may still know of its end.
        let wanted = || {
            happens == Happens::Delete
                || !self.hides(Some(user), status.account, now) && self.wants(user, status, now)
        };
        if own {
            Some(Some(user))
        } else if listed && status.is_listed() && name.all(fits) && wanted() {
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
        let id = subscription.of.as_deref().map_or(0, position);
        let list = self.lists.get(&id).filter(|list| list.owner == user);
        list.is_some_and(|list| self.in_list(list, status, now))
    }

    /// A user was told of something.
    pub(crate) fn stream_notification(&self, found: &Notification, now: Timestamp) {
        self.hub.publish("notification", |listener, _| {
            let for_them = listener.user == found.to && listener.notifications;
            for_them.then(|| text(&render::notification(self, found, None, now)))
        });
    }

    /// Notifications that were held back are among the user's others now.
    pub(crate) fn stream_merged(&self, user: Id) {
        self.hub.publish("notifications_merged", |listener, _| {
            let for_them = listener.user == user && listener.notifications;
            for_them.then(|| Payload::Text("1".to_owned()))
        });
    }

    pub(crate) fn stream_filters_changed(&self, user: Id) {
        self.hub.publish("filters_changed", |listener, _| {
            (listener.user == user).then_some(Payload::None)
        });
    }

    /// Conversations have changed: each named by its user and its id.
    pub(crate) fn stream_conversations(&self, changed: &[(Id, Id)], now: Timestamp) {
        for (user, id) in changed {
            let account = self.accounts.get(user);
            let found = account.and_then(|account| account.conversations.get(id));
            let Some(found) = found else { continue };
            self.hub.publish("conversation", |listener, _| {
                let for_them = listener.user == *user;
                for_them.then(|| text(&render::conversation(self, found, *user, now)))
            });
        }
    }

    /// An announcement was published, or changed.
    pub(crate) fn stream_announcement(&self, found: &Announcement) {
        let payload = render::announcement(self, found, None).to_string();
        let publish = |_: &Listener, _: &Subscription| Some(Payload::Text(payload.clone()));
        self.hub.publish("announcement", publish);
    }

    /// Somebody reacted to an announcement, or took that back.
    pub(crate) fn stream_reaction(&self, announcement: Id, name: &str, count: usize) {
        let payload = json!({
            "name": name, "count": count, "announcement_id": announcement.to_string(),
        });
        let publish = |_: &Listener, _: &Subscription| Some(text(&payload));
        self.hub.publish("announcement.reaction", publish);
    }

    /// An announcement was withdrawn.
    pub(crate) fn stream_withdrawal(&self, announcement: Id) {
        let publish =
            |_: &Listener, _: &Subscription| Some(Payload::Text(announcement.to_string()));
        self.hub.publish("announcement.delete", publish);
    }
}

fn text(value: &Value) -> Payload {
    Payload::Text(value.to_string())
}
